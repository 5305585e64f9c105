"""The claim that a generic ephemeral volume makes (``ValidatePersistentVolumeClaimTemplate``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid, not_supported, required
from kubectl_ds.manifest.checks.metadata import annotation_keys, labels
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.resources import amount
from kubectl_ds.manifest.checks.selector import label_selector

_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_VOLUME_MODES = ("Block", "Filesystem")
_ONCE = "ReadWriteOncePod"


def ephemeral(source: Node) -> Faults:
    """A volume source of kind ``ephemeral``."""
    template = source.object("volumeClaimTemplate")
    if template is None:
        if source.sound("volumeClaimTemplate"):
            yield required(source.child("volumeClaimTemplate"))
        return
    meta = template.below("metadata")
    yield from annotation_keys(meta)
    yield from labels(meta, "labels")
    for name, value in meta.data.items():
        if name not in ("annotations", "labels") and value not in (None, "", 0, []):
            yield forbidden(meta.child(name), "cannot be set")
    yield from claim_spec(template.below("spec"))


def claim_spec(spec: Node) -> Faults:
    """``ValidatePersistentVolumeClaimSpec``."""
    yield from _access_modes(spec)
    yield from label_selector(spec.object("selector"))
    requests = spec.below("resources").below("requests")
    size = amount(requests, "storage") if "storage" in requests.data else None
    if "storage" not in requests.data:
        if requests.path not in spec.spoiled and requests.sound("storage"):
            yield required(requests.child("storage"))
    elif size is not None and size <= 0:
        yield invalid(requests.child("storage"), requests.data["storage"], "must be greater than zero")
    for field in ("storageClassName", "volumeAttributesClassName"):
        if spec.text(field):
            yield from each_invalid(spec.child(field), spec.text(field), formats.dns_subdomain(spec.text(field)))
    mode = spec.data.get("volumeMode")
    if isinstance(mode, str) and mode not in _VOLUME_MODES:
        yield not_supported(spec.child("volumeMode"), mode, _VOLUME_MODES)
    yield from _sources(spec)


def _access_modes(spec: Node) -> Faults:
    modes = spec.texts("accessModes")
    if not modes and spec.sound("accessModes"):
        yield required(spec.child("accessModes"), "at least 1 access mode is required")
    for path, text in modes:
        if text not in _ACCESS_MODES:
            yield not_supported(path, text, _ACCESS_MODES)
    known = {text for _, text in modes} & set(_ACCESS_MODES)
    if _ONCE in known and len(known) > 1:
        yield forbidden(spec.child("accessModes"), "may not use ReadWriteOncePod with other access modes")


def _sources(spec: Node) -> Faults:
    """What the volume is filled from: two fields that must say the same."""
    source, ref = spec.object("dataSource"), spec.object("dataSourceRef")
    for each in (source, ref):
        if each is not None:
            yield from _source(each)
    if source is None or ref is None:
        return
    if ref.text("namespace"):
        detail = "may not be specified when dataSourceRef.namespace is specified"
        yield invalid(source.path, source.text("name"), detail)
    elif any((source.data.get(each) or "") != (ref.data.get(each) or "") for each in ("apiGroup", "kind", "name")):
        yield invalid(source.path, source.text("name"), "must match dataSourceRef")


def _source(source: Node) -> Faults:
    for field in ("name", "kind"):
        if not source.text(field) and source.sound(field):
            yield required(source.child(field))
    group, kind = source.text("apiGroup"), source.text("kind")
    if group:
        yield from each_invalid(source.child("apiGroup"), group, formats.dns_subdomain(group))
    elif kind != "PersistentVolumeClaim" and source.sound("kind") and source.sound("apiGroup"):
        detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        yield invalid(source.child("kind"), kind, detail)
    if source.text("namespace"):
        namespace = source.text("namespace")
        yield from each_invalid(source.child("namespace"), namespace, formats.dns_label(namespace))
