"""Names, labels, annotations, owners and finalizers of any object (apimachinery ``validateObjectMetaAccessor…``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Fault, Faults, each_invalid, forbidden, invalid, required
from kubectl_ds.manifest.checks.node import Node

_ANNOTATIONS_LIMIT = 256 * 1024
_LABELLED = frozenset({"Namespace"})
_SEGMENTED = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
_SUBDOMAINS = frozenset(
    {
        *("ConfigMap", "DaemonSet", "LimitRange", "PersistentVolume", "PersistentVolumeClaim", "Pod"),
        *("PriorityClass", "ResourceQuota", "RuntimeClass", "Secret", "ServiceAccount", "StorageClass"),
    }
)
_CLUSTER_WIDE = frozenset(
    {
        *("ClusterRole", "ClusterRoleBinding", "CSIDriver", "MutatingWebhookConfiguration", "Namespace"),
        *("PersistentVolume", "PriorityClass", "RuntimeClass", "StorageClass", "ValidatingWebhookConfiguration"),
    }
)


def metadata(document: Node, kind: str) -> Faults:
    """All of an object's metadata."""
    meta = document.below("metadata")
    check = _name_check(kind)
    if (not meta.has("name") and not meta.has("generateName")) or (
        not meta.text("name") and not meta.text("generateName") and meta.sound("name") and meta.sound("generateName")
    ):
        yield required("metadata.name", "name or generateName is required")
    if check is not None:
        for field, text in (
            ("name", meta.text("name")),
            ("generateName", formats.generated(meta.text("generateName"))),
        ):
            if text:
                yield from each_invalid(meta.child(field), meta.text(field), check(text))
    namespace = meta.text("namespace")
    if namespace and kind not in _CLUSTER_WIDE:
        yield from each_invalid(meta.child("namespace"), namespace, formats.dns_label(namespace))
    generation = meta.number("generation")
    if generation is not None and generation < 0:
        yield invalid(meta.child("generation"), generation, "must be greater than or equal to 0")
    yield from labels(meta, "labels")
    yield from annotation_keys(meta)
    yield from _owners(meta)
    yield from _finalizers(meta)


def labels(node: Node, name: str) -> Faults:
    """Labels and what is written like them (``ValidateLabels``)."""
    for key, value in node.mapping(name).items():
        path = f"{node.child(name)}[{key}]"
        yield from each_invalid(path, key, formats.label_key(key))
        yield from each_invalid(path, value, formats.label_value(value))


def annotation_keys(meta: Node) -> Faults:
    """Keys, and the size of all of them (``ValidateAnnotations``)."""
    found = meta.mapping("annotations")
    path = meta.child("annotations")
    for key in found:
        yield from each_invalid(f"{path}[{key}]", key, formats.label_key(key.lower()))
    if sum(formats.length(key) + formats.length(value) for key, value in found.items()) > _ANNOTATIONS_LIMIT:
        yield Fault(path, f"{path}: Too long: may not be more than {_ANNOTATIONS_LIMIT} bytes")


def _name_check(kind: str) -> Callable[[str], list[str]] | None:
    if kind in _LABELLED:
        return formats.dns_label
    if kind in _SEGMENTED:
        return formats.path_segment
    return formats.dns_subdomain if kind in _SUBDOMAINS else None


def _owners(meta: Node) -> Faults:
    controllers = 0
    seen: list[dict[str, object]] = []
    for owner in meta.items("ownerReferences"):
        if owner.data in seen:
            continue  # the same twice is kept once (apiserver v0.37.2, ``dedupOwnerReferences``)
        seen.append(owner.data)
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.text(field) and owner.sound(field):
                yield required(owner.child(field), "must not be empty")
        version = owner.text("apiVersion")
        if version.count("/") > 1 or version.endswith("/"):
            yield invalid(owner.child("apiVersion"), version, "must be <group>/<version> or <version>")
        if (version, owner.text("kind")) == ("v1", "Event"):
            yield invalid(owner.path, owner.data, "/v1, Kind=Event is disallowed from being an owner")
        controllers += owner.flag("controller")
    if controllers > 1:
        path = meta.child("ownerReferences")
        yield Fault(path, f"{path}: Invalid value: Only one reference can have Controller set to true")


_STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


def _finalizers(meta: Node) -> Faults:
    names: Iterable[tuple[str, str]] = meta.texts("finalizers")
    for path, name in names:
        yield from each_invalid(path, name, formats.label_key(name))
        if not formats.label_key(name) and "/" not in name and name not in _STANDARD_FINALIZERS:
            yield invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified")
    if {"orphan", "foregroundDeletion"} <= {name for _, name in names}:
        yield forbidden(meta.child("finalizers"), "finalizer orphan and foregroundDeletion cannot be both set")
