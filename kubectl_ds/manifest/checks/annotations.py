"""Annotations of the pod template that mean something to the API server (``ValidatePodSpecificAnnotations``).

Most are forms that fields have long replaced, and which old manifests still bring along: an annotation that does not
go with the field beside it is refused (``validateSeccompAnnotationsAndFields`` and its like for AppArmor).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.tolerations import tolerations
from kubectl_ds.manifest.suggest import closest

_MIRROR = "kubernetes.io/config.mirror"
_TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_LOCALHOST = "localhost/"
_SECCOMP_VALUES = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default", "docker/default")}
_APPARMOR_VALUES = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default",)}
_INTEGER = re.compile(r"(?:0|[1-9][0-9]*|-[0-9]+)\Z")
_MISMATCH = "{} type in annotation and field must match"


def pod_annotations(template: Node) -> Faults:
    """Those of ``spec.template``, and the fields that say the same."""
    meta, pod = template.below("metadata"), template.below("spec")
    for key, value in meta.mapping("annotations").items():
        path = f"{meta.child('annotations')}[{key}]"
        if key == _MIRROR and not pod.text("nodeName"):
            yield invalid(path, value, "must set spec.nodeName if mirror pod annotation is set")
        elif key == _TOLERATIONS and value:
            yield from _tolerations(path, value)
        elif key == _DELETION_COST and not (_INTEGER.match(value) and -(2**31) <= int(value) < 2**31):
            yield invalid(path, value, "must be a 32bit integer")
        elif key == _SECCOMP_POD or key.startswith(_SECCOMP_CONTAINER):
            yield from _seccomp(path, value)
        elif key.startswith(_APPARMOR):
            yield from _app_armor(pod, path, key, value)
    yield from _fields(meta.mapping("annotations"), pod)


def _tolerations(path: str, text: str) -> Faults:
    """A list as JSON; Go's decoder does not mind the case of its keys."""
    try:
        written = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        yield invalid(path, text, f"this is no JSON: {error}")
        return
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        if written is not None:
            yield invalid(path, text, "must be a list of tolerations, as JSON")
        return
    for each in written:
        fields = {key[:1].lower() + key[1:]: value for key, value in each.items()}
        for fault in tolerations(Node("", {"tolerations": [fields]})):
            _, _, said = fault.message.partition(": ")
            yield invalid(path, text, f"{fault.path.rpartition('.')[2]}: {said}")


def _seccomp(path: str, value: str) -> Faults:
    if value.startswith(_LOCALHOST):
        yield from each_invalid(path, value, formats.local_path(value.removeprefix(_LOCALHOST)))
    elif not any(value in values for values in _SECCOMP_VALUES.values()):
        yield invalid(path, value, "must be a valid seccomp profile")


def _app_armor(pod: Node, path: str, key: str, value: str) -> Faults:
    name = key.removeprefix(_APPARMOR)
    names = [container.text("name") for _, container in _containers(pod)]
    sound = all(container.sound("name") for _, container in _containers(pod))
    if name not in names and sound and pod.sound("containers") and pod.sound("initContainers"):
        near = closest(name, names)
        yield invalid(path, name, "container not found", f"did you mean {near}?" if near else "")
    if value and not value.startswith(_LOCALHOST) and not any(value in known for known in _APPARMOR_VALUES.values()):
        yield invalid(path, value, "invalid AppArmor profile name")


def _fields(annotations: dict[str, str], pod: Node) -> Faults:
    own = pod.below("securityContext")
    yield from _match(annotations.get(_SECCOMP_POD), own.object("seccompProfile"), "seccomp", _SECCOMP_VALUES)
    for name, container in _containers(pod):
        context = container.below("securityContext")
        yield from _match(
            annotations.get(f"{_SECCOMP_CONTAINER}{name}"),
            context.object("seccompProfile"),
            "seccomp",
            _SECCOMP_VALUES,
        )
        if pod.below("os").text("name") != "windows":
            profile = context.object("appArmorProfile") or own.object("appArmorProfile")
            yield from _match(annotations.get(f"{_APPARMOR}{name}"), profile, "apparmor", _APPARMOR_VALUES)


def _match(annotation: str | None, profile: Node | None, what: str, values: Mapping[str, tuple[str, ...]]) -> Faults:
    if annotation is None or profile is None:
        return
    kind = profile.text("type")
    if kind == "Localhost" and annotation.startswith(_LOCALHOST):
        if profile.data.get("localhostProfile") != annotation.removeprefix(_LOCALHOST):
            yield forbidden(profile.child("localhostProfile"), f"{what} profile in annotation and field must match")
    elif kind == "Localhost" or annotation not in values.get(kind, (annotation,)):
        yield forbidden(profile.child("type"), _MISMATCH.format(what))


def _containers(pod: Node) -> Iterator[tuple[str, Node]]:
    for kind in ("initContainers", "containers"):
        for container in pod.items(kind):
            yield container.text("name"), container
