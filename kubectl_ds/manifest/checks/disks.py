"""Disks and shares of other systems, as volumes (``validateISCSIVolumeSource``, ``validateAzureDisk`` …)."""

from __future__ import annotations

import re

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import Faults, each_invalid, forbidden, invalid, not_supported, required
from kubectl_ds.manifest.checks.node import Node

_INITIATORS = {
    "iqn": re.compile(r"iqn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.-]+:[^,;*&$|\t\n\f\r ]+\Z"),
    "eui": re.compile(r"^eui.[A-Za-z0-9]{16}\Z"),
    "naa": re.compile(r"^naa.[A-Za-z0-9]{32}\Z"),
}
_CACHING = ("None", "ReadOnly", "ReadWrite")
_DISK_KINDS = ("Dedicated", "Managed", "Shared")
_MANAGED = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
_BLOB = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_PAIRS = "must be a host:port pair or multiple pairs separated by commas"
_HOST_PORT = re.compile(r"(?:\[[^\[\]]*\]|[^:\[\]]*):[^:\[\]]*\Z")


def iscsi(source: Node) -> Faults:
    """``validateISCSIVolumeSource``."""
    lun = source.number("lun") or 0
    for field in ("iqn", "initiatorName"):
        name = source.data.get(field)
        if not isinstance(name, str) or (field == "iqn" and not name):
            continue
        form = _INITIATORS.get(name[:3])
        if form is None:
            yield invalid(source.child(field), name, "must be valid format starting with iqn, eui, or naa")
        elif not form.search(name):
            yield invalid(source.child(field), name, "must be valid format")
    if not 0 <= lun <= 255:
        yield invalid(source.child("lun"), lun, "must be between 0 and 255, inclusive")
    if (source.flag("chapAuthDiscovery") or source.flag("chapAuthSession")) and not source.has("secretRef"):
        yield required(source.child("secretRef"))


def fibre_channel(source: Node) -> Faults:
    """``validateFCVolumeSource``."""
    targets, wwids = source.texts("targetWWNs"), source.texts("wwids")
    path = source.child("targetWWNs")
    if not source.sound("targetWWNs") or not source.sound("wwids"):
        return
    if not targets and not wwids:
        yield required(path, "must specify either targetWWNs or wwids, but not both")
    if targets and wwids:
        yield forbidden(path, "targetWWNs and wwids can not be specified simultaneously")
    if targets and source.sound("lun"):
        lun = source.number("lun")
        if lun is None:
            yield required(source.child("lun"), "lun is required if targetWWNs is specified")
        elif not 0 <= lun <= 255:
            yield invalid(source.child("lun"), lun, "must be between 0 and 255, inclusive")


def flocker(source: Node) -> Faults:
    """``validateFlockerVolumeSource``."""
    name, uuid = source.text("datasetName"), source.text("datasetUUID")
    if not name and not uuid:
        yield required(source.path, "one of datasetName and datasetUUID is required")
    if name and uuid:
        yield invalid(source.path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
    if "/" in name:
        yield invalid(source.child("datasetName"), name, "must not contain '/'")


def azure_disk(source: Node) -> Faults:
    """``validateAzureDisk``: where the disk is depends on its kind."""
    for field, known in (("cachingMode", _CACHING), ("kind", _DISK_KINDS)):
        value = source.data.get(field)
        if isinstance(value, str) and value not in known:
            yield not_supported(source.child(field), value, known)
    kind, address = source.data.get("kind", "Shared"), source.text("diskURI")
    if not isinstance(kind, str) or not source.sound("diskURI"):
        return
    begin, form = ("/subscriptions/", _MANAGED) if kind == "Managed" else ("https://", _BLOB)
    if not address.startswith(begin):
        yield not_supported(source.child("diskURI"), address, (form,))


def quobyte(source: Node) -> Faults:
    """``validateQuobyteVolumeSource``."""
    registry, tenant = source.text("registry"), source.text("tenant")
    if registry and formats.length(tenant) >= 65:
        yield required(source.child("tenant"), "must be a UUID and may not exceed a length of 64 characters")
    elif registry and not all(_HOST_PORT.match(pair) for pair in registry.split(",")):
        yield invalid(source.child("registry"), registry, _PAIRS)


def storage_os(source: Node) -> Faults:
    """``validateStorageOSVolumeSource``."""
    for field in ("volumeName", "volumeNamespace"):
        if source.text(field):
            yield from each_invalid(source.child(field), source.text(field), formats.dns_label(source.text(field)))
    yield from secret_name(source)


def flex_volume(source: Node) -> Faults:
    """``validateFlexVolumeSource``: options of Kubernetes' own are reserved."""
    for key in source.mapping("options"):
        domain = f".{key.partition('/')[0].lower()}"
        if domain.endswith((".kubernetes.io", ".k8s.io")):
            path = f"{source.child('options')}[{key}]"
            yield invalid(path, key, "kubernetes.io and k8s.io namespaces are reserved")


def secret_name(source: Node) -> Faults:
    """A Secret that is spoken of needs its name."""
    secret = source.object("secretRef")
    if secret is not None and not secret.text("name") and secret.sound("name"):
        yield required(secret.child("name"))
