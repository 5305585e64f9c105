"""Storage objects by name, as the filters ask for them: claims, volumes, classes, CSI nodes and drivers, attachments.

Mirrors the listers that the scheduler's volume plugins share (client-go informers, 1.37). Everything is built when it
is first asked for, and serves every view of the same cluster: pods that come and go change none of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from kubectl_ds.engine.fit.volume_pool import VolumePool
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.storage import (
    CSIDriver,
    CSINode,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_CLASS_BETA = "storageclass.beta.kubernetes.io/is-default-class"
_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
_NO_VOLUMES = VolumePool(())


class StorageLister:
    """All that filters may ask about the storage of a cluster."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Look at a snapshot, which is what was read."""
        self._snapshot = snapshot

    @cached_property
    def claims(self) -> Mapping[tuple[str, str], PersistentVolumeClaim]:
        """Claims by namespace and name."""
        return {(claim.metadata.namespace, claim.metadata.name): claim for claim in self._snapshot.claims}

    @cached_property
    def volumes(self) -> Mapping[str, PersistentVolume]:
        """Persistent volumes by name."""
        return {volume.metadata.name: volume for volume in self._snapshot.volumes}

    @cached_property
    def volumes_by_class(self) -> Mapping[str, VolumePool]:
        """Persistent volumes by the name of their storage class, sorted by their own name."""
        found: defaultdict[str, list[PersistentVolume]] = defaultdict(list)
        for volume in sorted(self._snapshot.volumes, key=lambda each: each.metadata.name):
            found[volume_class(volume)].append(volume)
        return {name: VolumePool(volumes) for name, volumes in found.items()}

    def volumes_for(self, claim: PersistentVolumeClaim) -> VolumePool:
        """The persistent volumes of the class that a claim asks for."""
        return self.volumes_by_class.get(claim_class(claim), _NO_VOLUMES)

    @cached_property
    def storage_classes(self) -> Mapping[str, StorageClass]:
        """Storage classes by name."""
        return {each.metadata.name: each for each in self._snapshot.storage_classes}

    @cached_property
    def default_class(self) -> str | None:
        """The class that a claim without one gets: the newest default (``GetDefaultClass``, pkg/volume/util)."""
        defaults = [
            each
            for each in self._snapshot.storage_classes
            if "true"
            in (each.metadata.annotations.get(_DEFAULT_CLASS), each.metadata.annotations.get(_DEFAULT_CLASS_BETA))
        ]
        if not defaults:
            return None
        defaults.sort(key=lambda each: each.metadata.name)
        return max(defaults, key=_created).metadata.name

    @cached_property
    def csi_nodes(self) -> Mapping[str, CSINode]:
        """CSINodes by the name of their node."""
        return {each.metadata.name: each for each in self._snapshot.csi_nodes}

    @cached_property
    def csi_drivers(self) -> Mapping[str, CSIDriver]:
        """CSIDrivers by name."""
        return {each.metadata.name: each for each in self._snapshot.csi_drivers}

    @cached_property
    def attachments(self) -> Mapping[str, tuple[VolumeAttachment, ...]]:
        """VolumeAttachments by the name of their node."""
        found: defaultdict[str, list[VolumeAttachment]] = defaultdict(list)
        for each in self._snapshot.volume_attachments:
            found[each.spec.node_name].append(each)
        return {name: tuple(attachments) for name, attachments in found.items()}


def claim_class(claim: PersistentVolumeClaim) -> str:
    """The name of the class that a claim asks for, empty for none (``GetPersistentVolumeClaimClass``)."""
    annotated = claim.metadata.annotations.get(_CLASS_ANNOTATION)
    return annotated if annotated is not None else claim.spec.storage_class_name or ""


def volume_class(volume: PersistentVolume) -> str:
    """The name of the class of a volume, empty for none (``GetPersistentVolumeClass``)."""
    annotated = volume.metadata.annotations.get(_CLASS_ANNOTATION)
    return annotated if annotated is not None else volume.spec.storage_class_name


def _created(storage_class: StorageClass) -> float:
    created = storage_class.metadata.creation_timestamp
    return created.timestamp() if created is not None else 0.0
