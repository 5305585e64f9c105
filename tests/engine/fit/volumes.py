"""Tiny builders of claims, volumes, classes and drivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.engine.fit.cells import HOSTNAME

Object = dict[str, Any]

BIND_COMPLETED = {"pv.kubernetes.io/bind-completed": "yes"}
LATE = "WaitForFirstConsumer"


def claim(
    name: str = "data",
    volume: str = "",
    storage_class: str | None = None,
    modes: tuple[str, ...] = ("ReadWriteOnce",),
    phase: str = "",
    storage: str = "1Gi",
    metadata: Object | None = None,
    **spec: Any,
) -> Object:
    """A claim; naming a volume binds it, unless ``metadata`` brings other annotations."""
    annotations = BIND_COMPLETED if volume else {}
    return {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}", "annotations": annotations}
        | (metadata or {}),
        "spec": {
            "accessModes": list(modes),
            "volumeName": volume,
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": storage}},
        }
        | spec,
        "status": {"phase": phase or ("Bound" if volume else "Pending")},
    }


def volume(
    name: str = "pv",
    storage_class: str = "",
    phase: str = "Available",
    storage: str = "1Gi",
    nodes: tuple[str, ...] = (),
    labels: Object | None = None,
    metadata: Object | None = None,
    **spec: Any,
) -> Object:
    """A persistent volume, usable from these nodes alone if any are named."""
    only = {"key": HOSTNAME, "operator": "In", "values": list(nodes)}
    affinity = {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [only]}]}}} if nodes else {}
    return {
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": labels or {}} | (metadata or {}),
        "spec": {
            "capacity": {"storage": storage},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
        }
        | affinity
        | spec,
        "status": {"phase": phase},
    }


def storage_class(
    name: str, mode: str = LATE, provisioner: str = "csi.example.com", metadata: Object | None = None, **fields: Any
) -> Object:
    """A storage class, binding late if nothing else is said."""
    return {
        "kind": "StorageClass",
        "metadata": {"name": name} | (metadata or {}),
        "provisioner": provisioner,
        "volumeBindingMode": mode,
    } | fields


def csi(handle: str, driver: str = "csi.example.com") -> Object:
    """The source of a CSI volume."""
    return {"csi": {"driver": driver, "volumeHandle": handle}}


def csi_node(
    limits: Mapping[str, int] | None = None, installed: tuple[str, ...] = (), migrated: tuple[str, ...] = ()
) -> Object:
    """What CSI drivers say of ``n1``: how many volumes each attaches, and which attach without limit."""
    drivers: list[Object] = [
        {"name": driver, "allocatable": {"count": count}} for driver, count in (limits or {}).items()
    ]
    drivers += [{"name": driver} for driver in installed]
    annotations = {"storage.alpha.kubernetes.io/migrated-plugins": ",".join(migrated)} if migrated else {}
    return {"kind": "CSINode", "metadata": {"name": "n1", "annotations": annotations}, "spec": {"drivers": drivers}}


def driver(name: str = "csi.example.com", **spec: Any) -> Object:
    """A CSI driver."""
    return {"kind": "CSIDriver", "metadata": {"name": name}, "spec": spec}


def attachment(volume_name: str, node: str = "n1", attacher: str = "csi.example.com") -> Object:
    """A volume attached to a node."""
    return {
        "kind": "VolumeAttachment",
        "metadata": {"name": f"{volume_name}-on-{node}"},
        "spec": {"attacher": attacher, "nodeName": node, "source": {"persistentVolumeName": volume_name}},
    }


def uses(*claims: str) -> list[Object]:
    """The volumes of a pod that names these claims."""
    return [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]


def ephemeral(storage_class_name: str | None, name: str = "scratch") -> list[Object]:
    """A volume with a claim of its own for each pod."""
    spec: Object = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    if storage_class_name is not None:
        spec["storageClassName"] = storage_class_name
    return [{"name": name, "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}]


def owned_by(pod_name: str) -> Object:
    """Metadata of a claim made for a pod."""
    return {"ownerReferences": [{"kind": "Pod", "name": pod_name, "uid": f"uid-{pod_name}", "controller": True}]}
