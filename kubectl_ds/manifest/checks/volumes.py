"""Volumes and where they come from (``ValidateVolumes``, ``validateVolumeSource``)."""

from __future__ import annotations

import re
from collections.abc import Callable

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
from kubectl_ds.manifest.checks.projected import downward_file, key_to_path, mode, projected

_SOURCES = (
    *("emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi"),
    *("glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc"),
    *("flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk"),
    *("storageos", "projected", "scaleIO", "csi", "ephemeral", "image"),
)
_HOST_PATH_TYPES = (
    *("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"),
)
_REQUIRED = {
    "awsElasticBlockStore": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "azureFile": ("secretName", "shareName"),
    "cinder": ("volumeID",),
    "configMap": ("name",),
    "csi": ("driver",),
    "flexVolume": ("driver",),
    "gcePersistentDisk": ("pdName",),
    "gitRepo": ("repository",),
    "glusterfs": ("endpoints", "path"),
    "hostPath": ("path",),
    "image": ("reference",),
    "iscsi": ("targetPortal", "iqn"),
    "nfs": ("server", "path"),
    "persistentVolumeClaim": ("claimName",),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "quobyte": ("registry", "volume"),
    "rbd": ("image",),
    "scaleIO": ("gateway", "system", "volumeName"),
    "secret": ("secretName",),
    "vsphereVolume": ("volumePath",),
}
"""What each source cannot be without: fields that may not be empty."""


def volumes(pod: Node) -> Faults:
    """All volumes of the pod."""
    names = set()
    for volume in pod.items("volumes"):
        name = volume.text("name")
        if not name:
            if volume.sound("name"):
                yield required(volume.child("name"))
        else:
            yield from each_invalid(volume.child("name"), name, formats.dns_label(name))
            if name in names:
                yield duplicate(volume.child("name"), name)
        names.add(name)
        yield from _source(volume)


def _source(volume: Node) -> Faults:
    """Exactly one, and what it needs; with none at all the server makes it an emptyDir (``SetDefaults_Volume``)."""
    given = [each for each in _SOURCES if volume.has(each)]
    for other in given[1:]:
        yield forbidden(volume.child(other), "may not specify more than 1 volume type")
    for kind in given[:1]:
        source = volume.below(kind)
        for field in _REQUIRED.get(kind, ()):
            if not source.text(field) and source.sound(field):
                yield required(source.child(field))
        check = _CHECKS.get(kind)
        if check is not None:
            yield from check(source)


def _empty_dir(source: Node) -> Faults:
    limit = str(source.data.get("sizeLimit") or "").strip()
    if limit.startswith("-") and source.sound("sizeLimit") and re.search(r"[1-9]", limit):
        yield forbidden(source.child("sizeLimit"), "SizeLimit field must be a valid resource quantity")


def _host_path(source: Node) -> Faults:
    if source.text("path"):
        yield from each_invalid(source.child("path"), source.text("path"), formats.no_backsteps(source.text("path")))
        kind = source.data.get("type")
        if isinstance(kind, str) and kind not in _HOST_PATH_TYPES:
            yield not_supported(source.child("type"), kind, _HOST_PATH_TYPES)


def _git_repo(source: Node) -> Faults:
    directory = source.text("directory")
    yield from each_invalid(source.child("directory"), directory, formats.local_path(directory))


def _partition(source: Node) -> Faults:
    number = source.number("partition") or 0
    if not 0 <= number <= 255:
        yield invalid(source.child("partition"), number, "must be between 0 and 255, inclusive")


def _items(source: Node) -> Faults:
    yield from mode(source, "defaultMode")
    for item in source.items("items"):
        yield from key_to_path(item)


def _nfs(source: Node) -> Faults:
    if source.sound("path") and not source.text("path").startswith("/"):
        yield invalid(source.child("path"), source.text("path"), "must be an absolute path")


def _iscsi(source: Node) -> Faults:
    name, lun = source.text("iqn"), source.number("lun") or 0
    if name and not name.startswith(("iqn", "eui", "naa")):
        yield invalid(source.child("iqn"), name, "must be valid format starting with iqn, eui, or naa")
    if not 0 <= lun <= 255:
        yield invalid(source.child("lun"), lun, "must be between 0 and 255, inclusive")
    if (source.flag("chapAuthDiscovery") or source.flag("chapAuthSession")) and not source.has("secretRef"):
        yield required(source.child("secretRef"))


def _monitors(source: Node) -> Faults:
    if not source.texts("monitors") and source.sound("monitors"):
        yield required(source.child("monitors"))


def _fibre_channel(source: Node) -> Faults:
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


def _flocker(source: Node) -> Faults:
    name, uuid = source.text("datasetName"), source.text("datasetUUID")
    if not name and not uuid:
        yield required(source.path, "one of datasetName and datasetUUID is required")
    if name and uuid:
        yield invalid(source.path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
    if "/" in name:
        yield invalid(source.child("datasetName"), name, "must not contain '/'")


def _downward_api(source: Node) -> Faults:
    yield from mode(source, "defaultMode")
    for item in source.items("items"):
        yield from downward_file(item)


def _csi(source: Node) -> Faults:
    driver = source.text("driver")
    if driver:
        details = formats.dns_subdomain(driver.lower())
        yield from each_invalid(source.child("driver"), driver, details)
        if formats.length(driver) > 63:
            yield invalid(source.child("driver"), driver, "may not be more than 63 bytes")
    secret = source.object("nodePublishSecretRef")
    if secret is not None:
        name = secret.text("name")
        if name:
            yield from each_invalid(secret.child("name"), name, formats.dns_subdomain(name))
        elif secret.sound("name"):
            yield required(secret.child("name"))


def _ephemeral(source: Node) -> Faults:
    template = source.object("volumeClaimTemplate")
    if template is None:
        if source.sound("volumeClaimTemplate"):
            yield required(source.child("volumeClaimTemplate"))
        return
    spec = template.below("spec")
    if not spec.texts("accessModes") and spec.sound("accessModes"):
        yield required(spec.child("accessModes"), "at least 1 access mode is required")
    modes = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
    for path, text in spec.texts("accessModes"):
        if text not in modes:
            yield not_supported(path, text, modes)
    requests = spec.below("resources").below("requests")
    if not requests.has("storage") and requests.path not in spec.spoiled and requests.sound("storage"):
        yield required(requests.child("storage"))


def _image(source: Node) -> Faults:
    policy = source.text("pullPolicy")
    if policy and policy not in ("Always", "IfNotPresent", "Never"):
        yield not_supported(source.child("pullPolicy"), policy, ("Always", "IfNotPresent", "Never"))


_CHECKS: dict[str, Callable[[Node], Faults]] = {
    "awsElasticBlockStore": _partition,
    "cephfs": _monitors,
    "configMap": _items,
    "csi": _csi,
    "downwardAPI": _downward_api,
    "emptyDir": _empty_dir,
    "ephemeral": _ephemeral,
    "fc": _fibre_channel,
    "flocker": _flocker,
    "gcePersistentDisk": _partition,
    "gitRepo": _git_repo,
    "hostPath": _host_path,
    "image": _image,
    "iscsi": _iscsi,
    "nfs": _nfs,
    "projected": projected,
    "rbd": _monitors,
    "secret": _items,
}
