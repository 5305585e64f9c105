"""Environment variables (``ValidateEnv``, ``ValidateEnvFrom``)."""

from __future__ import annotations

import re

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, invalid, not_found, not_supported, required
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.model import quantity

_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
ENV_FIELDS = frozenset(
    {
        *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
        *("status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"),
    }
)
_CONVERTED = ENV_FIELDS | {
    *("metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase"),
    "spec.host",
}
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
RESOURCE_FIELDS = tuple(f"{each}.{resource}" for each in ("limits", "requests") for resource in _RESOURCES)
_SUBSCRIPT = re.compile(r"([^\[]*)\['(.*)'\]", re.DOTALL)
_DIVISORS = ("1", *(f"1{each}" for each in ("k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")))
_PLAIN = re.compile(r"[+]?([0-9]*)(?:\.([0-9]*))?([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE]?)")


def env(pod: Node, container: Node) -> Faults:
    """The variables that are written one by one."""
    for variable in container.items("env"):
        name = variable.text("name")
        if not name:
            if variable.sound("name"):
                yield required(variable.child("name"))
        else:
            yield from each_invalid(variable.child("name"), name, formats.env_name(name))
        source = variable.object("valueFrom")
        if source is not None:
            yield from _value_from(pod, variable, source)


def _value_from(pod: Node, variable: Node, source: Node) -> Faults:
    given = [each for each in _SOURCES if source.has(each)]
    if source.has("fieldRef"):
        yield from field_ref(source.below("fieldRef"), ENV_FIELDS)
    if source.has("resourceFieldRef"):
        yield from resource_field_ref(source.below("resourceFieldRef"), volume=False)
    for each in ("configMapKeyRef", "secretKeyRef"):
        if source.has(each):
            yield from _key_ref(source.below(each))
    if not given:
        yield invalid(source.path, "", f"must specify one of: {', '.join(f'`{each}`' for each in _SOURCES)}")
    elif variable.text("value"):
        yield invalid(source.path, "", "may not be specified when `value` is not empty")
    elif len(given) > 1:
        yield invalid(source.path, "", "may not have more than one field specified at a time")
    if source.has("fileKeyRef"):
        yield from _file_key_ref(pod, source.below("fileKeyRef"))


def field_ref(ref: Node, expressions: frozenset[str]) -> Faults:
    """``validateObjectFieldSelector``."""
    path, version = ref.text("fieldPath"), ref.text("apiVersion") or "v1"
    at = ref.child("fieldPath")
    if not path:
        if ref.sound("fieldPath"):
            yield required(at)
        return
    if version != "v1":
        yield invalid(at, path, f"error converting fieldPath: unsupported pod version: {version}")
        return
    subscript = _SUBSCRIPT.fullmatch(path)
    if subscript:
        name, key = subscript.groups()
        if name not in ("metadata.annotations", "metadata.labels"):
            yield invalid(at, path, f"error converting fieldPath: field label does not support subscript: {path}")
        else:
            yield from each_invalid(at, key, formats.label_key(key.lower() if name.endswith("annotations") else key))
    elif path not in _CONVERTED:
        fault = not_supported(at, path, sorted(expressions))
        yield invalid(at, path, f"error converting fieldPath: field label not supported: {path}", fault.suggestion)
    elif ("spec.nodeName" if path == "spec.host" else path) not in expressions:
        yield not_supported(at, path, sorted(expressions))


def resource_field_ref(ref: Node, *, volume: bool) -> Faults:
    """``validateContainerResourceFieldSelector``."""
    resource = ref.text("resource")
    huge = resource.startswith(("requests.hugepages-", "limits.hugepages-"))
    if volume and not ref.text("containerName"):
        if ref.sound("containerName"):
            yield required(ref.child("containerName"))
    elif not resource:
        if ref.sound("resource"):
            yield required(ref.child("resource"))
    elif resource not in RESOURCE_FIELDS and not huge:
        yield not_supported(ref.child("resource"), resource, sorted(RESOURCE_FIELDS))
    if ref.sound("divisor") and ref.has("divisor"):
        yield from _divisor(ref, resource, huge=huge)


def _divisor(ref: Node, resource: str, *, huge: bool) -> Faults:
    """``validateContainerResourceDivisor``."""
    divisor = ref.data["divisor"]
    if not isinstance(divisor, (str, int, float)) or not quantity.parse(divisor):
        return
    cpu = resource in ("limits.cpu", "requests.cpu")
    known = ("1m", "1") if cpu else _DIVISORS
    if (cpu or huge or resource in RESOURCE_FIELDS) and not _reads_as(str(divisor).strip(), known):
        words = f"only divisor's values {', '.join(known)} are supported with this resource"
        yield invalid(ref.child("divisor"), divisor, words)


def _reads_as(text: str, known: tuple[str, ...]) -> bool:
    """Whether the server writes a quantity as one of these: what it takes for canonical it leaves as it is written."""
    if text in known:
        return True
    found = _PLAIN.fullmatch(text)
    if found is None:
        return False
    whole, fraction, suffix = found.groups()
    whole, fraction = whole.lstrip("0") or "0", fraction or ""
    value, binary = quantity.parse(text), suffix.endswith("i")
    if binary:
        kept = not fraction and int(whole) % 8 != 0
    else:
        exponent = int(suffix[1:]) if suffix[:1] in ("e", "E") and suffix[1:] else 0
        shifted = whole + fraction
        kept = (exponent - len(fraction)) % 3 == 0 and not shifted.endswith("000") and shifted[0] != "0"
        if exponent and value != 1:
            return False
    same = (each for each in known if each.endswith("i") == binary or value == 1)
    return not kept and any(quantity.parse(each) == value for each in same)


def _key_ref(ref: Node) -> Faults:
    if ref.sound("name"):
        yield from each_invalid(ref.child("name"), ref.text("name"), formats.dns_subdomain(ref.text("name")))
    key = ref.text("key")
    if key:
        yield from each_invalid(ref.child("key"), key, formats.config_key(key))
    elif ref.sound("key"):
        yield required(ref.child("key"))


def _file_key_ref(pod: Node, ref: Node) -> Faults:
    for field in ("key", "volumeName", "path"):
        if not ref.text(field) and ref.sound(field):
            yield required(ref.child(field))
    yield from each_invalid(ref.child("path"), ref.text("path"), formats.no_backsteps(ref.text("path")))
    name = ref.text("volumeName")
    if name and pod.sound("volumes"):
        yield from each_invalid(ref.child("volumeName"), name, formats.dns_label(name))
        volume = next((each for each in pod.items("volumes") if each.text("name") == name), None)
        if volume is None:
            yield not_found(ref.child("volumeName"), name)
        elif not volume.has("emptyDir") and len(volume.data) > 1:
            yield invalid(ref.child("volumeName"), name, "referenced volume must be of type emptyDir")


def env_from(container: Node) -> Faults:
    """The variables that come from ConfigMaps and Secrets."""
    for source in container.items("envFrom"):
        prefix = source.text("prefix")
        yield from each_invalid(source.child("prefix"), prefix, formats.env_name(prefix))
        given = [each for each in ("configMapRef", "secretRef") if source.has(each)]
        for each in given:
            ref = source.below(each)
            name = ref.text("name")
            if name:
                yield from each_invalid(ref.child("name"), name, formats.dns_subdomain(formats.generated(name)))
            elif ref.sound("name"):
                yield required(ref.child("name"))
        if not given:
            yield invalid(source.path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(given) > 1:
            yield invalid(source.path, "", "may not have more than one field specified at a time")
