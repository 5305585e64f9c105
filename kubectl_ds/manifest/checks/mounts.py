"""Where containers mount volumes (``ValidateVolumeMounts``, ``ValidateVolumeDevices``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import (
    Faults,
    each_invalid,
    forbidden,
    invalid,
    not_found,
    not_supported,
    required,
)
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.suggest import closest

_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")


def volume_mounts(pod: Node, container: Node) -> Faults:
    """The mounts of a container."""
    devices = {each.text("name"): each.text("devicePath") for each in container.items("volumeDevices")}
    paths = set()
    for mount in container.items("volumeMounts"):
        name, path = mount.text("name"), mount.text("mountPath")
        yield from _reference(pod, mount)
        if not path and mount.sound("mountPath"):
            yield required(mount.child("mountPath"))
        if path in paths and path:
            yield invalid(mount.child("mountPath"), path, "must be unique")
        paths.add(path)
        if name in devices:
            yield invalid(mount.child("name"), name, "must not already exist in volumeDevices")
        if path in devices.values():
            yield invalid(mount.child("mountPath"), path, "must not already exist as a path in volumeDevices")
        for field in ("subPath", "subPathExpr"):
            yield from each_invalid(mount.child(field), mount.text(field), formats.local_path(mount.text(field)))
        if mount.text("subPath") and mount.text("subPathExpr"):
            detail = "subPathExpr and subPath are mutually exclusive"
            yield invalid(mount.child("subPathExpr"), mount.text("subPathExpr"), detail)
        yield from _propagation(container, mount)
        yield from _recursive(mount)


def _reference(pod: Node, mount: Node) -> Faults:
    """To a volume that must be there."""
    name = mount.text("name")
    if not name:
        if mount.sound("name"):
            yield required(mount.child("name"))
    elif all(each.sound("name") for each in pod.items("volumes")) and pod.child("volumes") not in pod.spoiled:
        names = [each.text("name") for each in pod.items("volumes")]
        if name not in names:
            near = closest(name, names)
            known = f"the volumes of the pod are: {', '.join(names)}" if names else "the pod has no volumes"
            yield not_found(mount.child("name"), name, f"did you mean {near}?" if near else known)


def _propagation(container: Node, mount: Node) -> Faults:
    value = mount.data.get("mountPropagation")
    path = mount.child("mountPropagation")
    if not isinstance(value, str):
        return
    if value not in _PROPAGATIONS:
        yield not_supported(path, value, _PROPAGATIONS)
    elif value == "Bidirectional" and not container.below("securityContext").flag("privileged"):
        yield forbidden(path, "Bidirectional mount propagation is available only to privileged containers")


def _recursive(mount: Node) -> Faults:
    value = mount.data.get("recursiveReadOnly")
    path = mount.child("recursiveReadOnly")
    if not isinstance(value, str) or value == "Disabled":
        return
    if value not in _RECURSIVE:
        yield not_supported(path, value, _RECURSIVE)
        return
    if not mount.flag("readOnly"):
        yield forbidden(path, "may only be specified when readOnly is true")
    if mount.data.get("mountPropagation") not in (None, "None"):
        yield forbidden(path, "may only be specified when mountPropagation is None or not specified")


def volume_devices(pod: Node, container: Node) -> Faults:
    """Volumes that a container has as raw devices."""
    mounts = {each.text("name"): each.text("mountPath") for each in container.items("volumeMounts")}
    names, paths = set(), set()
    for device in container.items("volumeDevices"):
        name, path = device.text("name"), device.text("devicePath")
        yield from _reference(pod, device)
        volume = next((each for each in pod.items("volumes") if name and each.text("name") == name), None)
        if volume is not None and not volume.has("persistentVolumeClaim") and not volume.has("ephemeral"):
            detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            yield invalid(device.child("name"), name, detail)
        if name in names:
            yield invalid(device.child("name"), name, "must be unique")
        if not path and device.sound("devicePath"):
            yield required(device.child("devicePath"))
        elif path in paths:
            yield invalid(device.child("devicePath"), path, "must be unique")
        if formats.no_backsteps(path):
            yield invalid(device.child("devicePath"), path, "can not contain backsteps ('..')")
        if name in mounts:
            yield invalid(device.child("name"), name, "must not already exist in volumeMounts")
        if path in mounts.values():
            yield invalid(device.child("devicePath"), path, "must not already exist as a path in volumeMounts")
        names.add(name)
        paths.add(path)
