"""Volumes and where they come from (``ValidateVolumes``, ``validateVolumeSource``)."""

from __future__ import annotations

import re
from collections.abc import Callable

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.claims import ephemeral
from kubectl_ds.manifest.checks.disks import (
    azure_disk,
    fibre_channel,
    flex_volume,
    flocker,
    iscsi,
    quobyte,
    secret_name,
    storage_os,
)
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
    "storageos": ("volumeName",),
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
    portal = volume.below("iscsi")
    if portal.has("initiatorName") and formats.length(f"{volume.text('name')}:{portal.text('targetPortal')}") > 64:
        detail = "together with iscsi.targetPortal must be under 64 characters if iscsi.initiatorName is specified"
        yield invalid(volume.child("name"), volume.text("name"), detail)


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


def _monitors(source: Node) -> Faults:
    if not source.texts("monitors") and source.sound("monitors"):
        yield required(source.child("monitors"))


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


def _image(source: Node) -> Faults:
    policy = source.text("pullPolicy")
    if policy and policy not in ("Always", "IfNotPresent", "Never"):
        yield not_supported(source.child("pullPolicy"), policy, ("Always", "IfNotPresent", "Never"))


_CHECKS: dict[str, Callable[[Node], Faults]] = {
    "awsElasticBlockStore": _partition,
    "azureDisk": azure_disk,
    "cephfs": _monitors,
    "cinder": secret_name,
    "configMap": _items,
    "csi": _csi,
    "downwardAPI": _downward_api,
    "emptyDir": _empty_dir,
    "ephemeral": ephemeral,
    "fc": fibre_channel,
    "flexVolume": flex_volume,
    "flocker": flocker,
    "gcePersistentDisk": _partition,
    "gitRepo": _git_repo,
    "hostPath": _host_path,
    "image": _image,
    "iscsi": iscsi,
    "nfs": _nfs,
    "projected": projected,
    "quobyte": quobyte,
    "rbd": _monitors,
    "secret": _items,
    "storageos": storage_os,
}
