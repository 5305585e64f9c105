"""The operating system that a pod names, and what it rules out (``validateOS``, ``validateWindows``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid, not_supported, required
from kubectl_ds.manifest.checks.node import Node

_POD = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "runAsUser"),
    *("runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"),
)
_CONTAINER = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged"),
    *("allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup"),
)
_SPEC_LIMIT, _DOMAIN_LIMIT, _USER_LIMIT = 64 * 1024, 256, 104
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NET_BIOS = re.compile(r"[^\\/:*?\"<>|.][^\\/:*?\"<>|]{0,14}\Z")
_NO_USER = re.compile(r"[\"/\\:;|=,+*?<>@\[\]]")
_DENIED = "cannot be set for a windows pod"


def operating_system(pod: Node) -> Faults:
    """What ``os`` says, and Windows' own options."""
    for context in _contexts(pod):
        yield from _options(context)
    system = pod.object("os")
    if system is not None:
        name = system.text("name")
        if not name:
            if system.sound("name"):
                yield required(system.child("name"))
        elif name not in ("linux", "windows"):
            yield not_supported(system.child("name"), name, ("linux", "windows"))
        elif name == "linux":
            for context in _contexts(pod):
                if context.has("windowsOptions"):
                    yield forbidden(context.child("windowsOptions"), "windows options cannot be set for a linux pod")
        else:
            yield from _windows(pod)
    yield from _host_process(pod)


def _options(context: Node) -> Faults:
    """``validateWindowsSecurityContextOptions``, of a pod's or a container's security context."""
    options = context.below("windowsOptions")
    name, spec = options.data.get("gmsaCredentialSpecName"), options.data.get("gmsaCredentialSpec")
    if isinstance(name, str):
        yield from each_invalid(options.child("gmsaCredentialSpecName"), name, formats.dns_subdomain(name))
    if isinstance(spec, str) and not 0 < formats.length(spec) <= _SPEC_LIMIT:
        yield invalid(options.child("gmsaCredentialSpec"), spec[:40], "cannot be empty, and must be under 64 KiB")
    user = options.data.get("runAsUserName")
    if isinstance(user, str):
        yield from each_invalid(options.child("runAsUserName"), user, _user_name(user))


def _user_name(name: str) -> Iterator[str]:
    """A domain, a backslash and a user, or the user alone."""
    if not name or _CONTROL.search(name) or name.count("\\") > 1:
        yield "cannot be empty, nor contain control characters or more than one backslash"
        return
    domain, backslash, user = name.rpartition("\\")
    if formats.length(domain) >= _DOMAIN_LIMIT:
        yield "the domain must be under 256 characters"
    if backslash and not _NET_BIOS.match(domain) and formats.dns_subdomain(domain):
        yield "the domain doesn't match the NetBios nor the DNS format"
    if not 0 < formats.length(user) <= _USER_LIMIT:
        yield "the user cannot be empty, nor longer than 104 characters"
    elif not user.strip(". "):
        yield "the user cannot contain only periods or spaces"
    if _NO_USER.search(user):
        yield 'the user cannot contain the following characters: "/\\:;|=,+*?<>@[]'


def _windows(pod: Node) -> Faults:
    own, *others = _contexts(pod)
    for context, names in ((own, _POD), *((each, _CONTAINER) for each in others)):
        for name in names:
            if context.has(name):
                yield forbidden(context.child(name), _DENIED)
    if own.items("sysctls"):
        yield forbidden(own.child("sysctls"), _DENIED)
    for name in ("hostUsers", "shareProcessNamespace"):
        if pod.has(name):
            yield forbidden(pod.child(name), _DENIED)
    for name in ("hostPID", "hostIPC"):
        if pod.flag(name):
            yield forbidden(pod.child(name), _DENIED)


def _host_process(pod: Node) -> Faults:
    """``validateWindowsHostProcessPod``: all containers, or none, and only in the host's network."""
    own, *others = _contexts(pod)
    inherited = own.below("windowsOptions").data.get("hostProcess")
    processes = []
    for context in others:
        options = context.below("windowsOptions")
        value = options.data.get("hostProcess")
        if isinstance(inherited, bool) and isinstance(value, bool) and value is not inherited:
            detail = "pod hostProcess value must be identical if both are specified"
            yield invalid(options.child("hostProcess"), value, detail)
        processes.append(inherited if value is None else value)
    if True in processes:
        if processes.count(True) != len(processes):
            detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers"
            yield invalid(pod.path, "", detail)
        if not pod.flag("hostNetwork"):
            detail = "hostNetwork must be true if pod contains any hostProcess containers"
            yield invalid(pod.child("hostNetwork"), False, detail)


def _contexts(pod: Node) -> Iterator[Node]:
    """The pod's security context, then those of its containers."""
    yield pod.below("securityContext")
    for kind in ("initContainers", "containers"):
        for container in pod.items(kind):
            yield container.below("securityContext")
