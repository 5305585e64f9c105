"""Security contexts of pods and containers (``ValidateSecurityContext``, ``validatePodSpecSecurityContext``)."""

from __future__ import annotations

import re

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import (
    Faults,
    duplicate,
    each_invalid,
    forbidden,
    invalid,
    not_supported,
    required,
)
from kubectl_ds.manifest.checks.node import Node

_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_ENUMS = {
    "fsGroupChangePolicy": ("Always", "OnRootMismatch"),
    "supplementalGroupsPolicy": ("Merge", "Strict"),
    "seLinuxChangePolicy": ("MountOption", "Recursive"),
}
_SYSCTL = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?\Z")
_IPC_SYSCTL = re.compile(r"(?:kernel[./](?:shm|msg)|kernel[./]sem\Z|fs[./]mqueue[./])")


def security_context(pod: Node, container: Node) -> Faults:
    """That of a container."""
    context = container.object("securityContext")
    if context is None:
        return
    yield from _ids(context, ("runAsUser", "runAsGroup"))
    yield from _profiles(context)
    mount = context.data.get("procMount")
    if isinstance(mount, str):
        if mount not in ("Default", "Unmasked"):
            yield not_supported(context.child("procMount"), mount, ("Default", "Unmasked"))
        elif mount == "Unmasked" and pod.data.get("hostUsers") is not False:
            yield invalid(context.child("procMount"), mount, "`hostUsers` must be false to use `Unmasked`")
    if context.data.get("allowPrivilegeEscalation") is False:
        path = context.child("allowPrivilegeEscalation")
        if context.flag("privileged"):
            yield invalid(path, False, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        if "CAP_SYS_ADMIN" in (each for _, each in context.below("capabilities").texts("add")):
            detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            yield invalid(path, False, detail)


def pod_security_context(pod: Node) -> Faults:
    """That of the pod."""
    context = pod.object("securityContext")
    if context is None:
        return
    yield from _ids(context, ("fsGroup", "runAsUser", "runAsGroup"))
    groups = context.data.get("supplementalGroups")
    for index, group in enumerate(groups if isinstance(groups, list) else []):
        if isinstance(group, int) and not isinstance(group, bool):
            yield from each_invalid(f"{context.child('supplementalGroups')}[{index}]", group, formats.user_id(group))
    for name, supported in _ENUMS.items():
        value = context.data.get(name)
        if isinstance(value, str) and value not in supported:
            yield not_supported(context.child(name), value, supported)
    yield from _profiles(context)
    yield from _sysctls(pod, context)


def host_users(pod: Node) -> Faults:
    """``validateHostUsers``: a user namespace of its own goes with no other namespace of the host."""
    if pod.data.get("hostUsers") is not False:
        return
    for name in ("hostPID", "hostIPC"):
        if pod.flag(name):
            yield forbidden(pod.child(name), "when `hostUsers` is false")
    for kind in ("containers", "initContainers"):
        for container in pod.items(kind):
            if container.items("volumeDevices"):
                yield forbidden(container.child("volumeDevices"), "when `hostUsers` is false")


def _ids(context: Node, names: tuple[str, ...]) -> Faults:
    for name in names:
        number = context.number(name)
        if number is not None:
            yield from each_invalid(context.child(name), number, formats.user_id(number))


def _profiles(context: Node) -> Faults:
    seccomp = context.object("seccompProfile")
    if seccomp is not None:
        yield from _profile_type(seccomp, "type is required when seccompProfile is set")
        path = seccomp.text("localhostProfile")
        yield from each_invalid(seccomp.child("localhostProfile"), path, formats.local_path(path))
    apparmor = context.object("appArmorProfile")
    if apparmor is not None:
        yield from _profile_type(apparmor, "type is required when appArmorProfile is set")
        name = apparmor.data.get("localhostProfile")
        if apparmor.text("type") == "Localhost" and isinstance(name, str) and name.strip() != name:
            yield invalid(apparmor.child("localhostProfile"), name, "must not be padded with whitespace")
        elif apparmor.text("type") == "Localhost" and name == "":
            yield required(apparmor.child("localhostProfile"), "must be set when AppArmor type is Localhost")


def _profile_type(profile: Node, missing: str) -> Faults:
    kind = profile.text("type")
    path = profile.child("localhostProfile")
    if not kind:
        if profile.sound("type"):
            yield required(profile.child("type"), missing)
    elif kind not in _PROFILES:
        yield not_supported(profile.child("type"), kind, _PROFILES)
    elif kind == "Localhost" and not profile.has("localhostProfile") and profile.sound("localhostProfile"):
        yield required(path, "must be set when type is Localhost")
    elif kind != "Localhost" and profile.has("localhostProfile"):
        yield invalid(path, profile.text("localhostProfile"), "can only be set when type is Localhost")


def _sysctls(pod: Node, context: Node) -> Faults:
    seen = set()
    for sysctl in context.items("sysctls"):
        name, path = sysctl.text("name"), sysctl.child("name")
        if not name:
            if sysctl.sound("name"):
                yield required(path)
        elif formats.length(name) > 253 or not _SYSCTL.match(name):
            yield invalid(path, name, "must have at most 253 characters, of [a-z0-9._/-]")
        elif name in seen:
            yield duplicate(path, name)
        seen.add(name)
        if pod.flag("hostNetwork") and re.match(r"net[./]", name):
            yield invalid(path, name, "may not be specified when 'hostNetwork' is true")
        if pod.flag("hostIPC") and _IPC_SYSCTL.match(name):
            yield invalid(path, name, "may not be specified when 'hostIPC' is true")
