"""Files that volumes are made of: keys, downward API and projections (``validateProjectionSources``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.env import field_ref, resource_field_ref
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid, required
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.selector import label_selector

_FILE_FIELDS = frozenset(
    {"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"}
)
_SOURCES = ("secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate")
_MODE = "must be a number between 0 and 0777 (octal), both inclusive"


def mode(node: Node, name: str) -> Faults:
    """Permission bits."""
    number = node.number(name)
    if number is not None and not 0 <= number <= 0o777:
        yield invalid(node.child(name), number, _MODE)


def key_to_path(item: Node) -> Faults:
    """``validateKeyToPath``."""
    for field in ("key", "path"):
        if not item.text(field) and item.sound(field):
            yield required(item.child(field))
    yield from each_invalid(item.child("path"), item.text("path"), formats.reserved_path(item.text("path")))
    yield from mode(item, "mode")


def downward_file(item: Node) -> Faults:
    """``validateDownwardAPIVolumeFile``."""
    if not item.text("path") and item.sound("path"):
        yield required(item.child("path"))
    yield from each_invalid(item.child("path"), item.text("path"), formats.reserved_path(item.text("path")))
    if item.has("fieldRef"):
        yield from field_ref(item.below("fieldRef"), _FILE_FIELDS)
        if item.has("resourceFieldRef"):
            yield invalid(item.path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
    elif item.has("resourceFieldRef"):
        yield from resource_field_ref(item.below("resourceFieldRef"), volume=True)
    else:
        yield required(item.path, "one of fieldRef and resourceFieldRef is required")
    yield from mode(item, "mode")


def projected(volume: Node) -> Faults:
    """Several sources in one volume; no two may write one file."""
    yield from mode(volume, "defaultMode")
    paths: set[str] = set()
    for source in volume.items("sources"):
        given = [each for each in _SOURCES if source.has(each)]
        if len(given) > 1:
            yield forbidden(source.path, "may not specify more than 1 volume type per source")
        for each in ("secret", "configMap"):
            if source.has(each):
                yield from _keys(source.below(each), paths)
        if source.has("downwardAPI"):
            for item in source.below("downwardAPI").items("items"):
                yield from downward_file(item)
                yield from _conflict(item, "path", paths)
        if source.has("serviceAccountToken"):
            yield from _token(source.below("serviceAccountToken"))
        if source.has("clusterTrustBundle"):
            yield from _trust_bundle(source.below("clusterTrustBundle"), paths)


def _keys(source: Node, paths: set[str]) -> Faults:
    if not source.text("name") and source.sound("name"):
        yield required(source.child("name"))
    for item in source.items("items"):
        yield from key_to_path(item)
        yield from _conflict(item, "path", paths)


def _conflict(node: Node, name: str, paths: set[str]) -> Faults:
    path = node.text(name)
    if path and path in paths:
        yield invalid(node.child(name), path, "conflicting duplicate paths")
    paths.add(path)


def _token(token: Node) -> Faults:
    seconds = token.number("expirationSeconds")
    at = token.child("expirationSeconds")
    if seconds is not None and seconds < 600:
        yield invalid(at, seconds, "may not specify a duration less than 10 minutes")
    if seconds is not None and seconds > 2**32:
        yield invalid(at, seconds, "may not specify a duration larger than 2^32 seconds")
    path = token.text("path")
    if path:
        yield from each_invalid(token.child("path"), path, formats.reserved_path(path))
    elif token.sound("path"):
        yield required(token.child("path"))


def _trust_bundle(bundle: Node, paths: set[str]) -> Faults:
    if bundle.has("name") and bundle.has("signerName"):
        yield invalid(bundle.path, "", "only one of name and signerName may be used")
    elif not bundle.has("name") and not bundle.has("signerName"):
        yield required(bundle.path, "either name or signerName must be specified")
    yield from label_selector(bundle.object("labelSelector"))
    if not bundle.text("path") and bundle.sound("path"):
        yield required(bundle.child("path"))
    yield from each_invalid(bundle.child("path"), bundle.text("path"), formats.reserved_path(bundle.text("path")))
    yield from _conflict(bundle, "path", paths)
