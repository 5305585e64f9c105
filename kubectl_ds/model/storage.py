"""Claims, volumes, classes and drivers: what decides whether a pod's storage can be on its node."""

from __future__ import annotations

from kubectl_ds.model.meta import ObjectMeta, ObjectReference
from kubectl_ds.model.pod import (
    AzureDisk,
    CinderVolume,
    HostPathVolume,
    PersistentVolumeClaimSpec,
    PortworxVolume,
)
from kubectl_ds.model.selector import LabelSelector, NodeSelector
from kubectl_ds.model.value import Value


class PersistentVolumeClaimStatus(Value, frozen=True):
    """How far a claim has come."""

    phase: str = ""
    access_modes: tuple[str, ...] = ()


class PersistentVolumeClaim(Value, frozen=True):
    """A claim."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()
    status: PersistentVolumeClaimStatus = PersistentVolumeClaimStatus()


class VolumeNodeAffinity(Value, frozen=True):
    """From which nodes a volume can be used."""

    required: NodeSelector | None = None


class CsiVolumeSource(Value, frozen=True):
    """A volume of a CSI driver."""

    driver: str = ""
    volume_handle: str = ""


class NfsVolumeSource(Value, frozen=True):
    """An export that any node can mount."""

    server: str = ""
    path: str = ""


class LocalVolumeSource(Value, frozen=True):
    """A disk or folder of one node."""

    path: str = ""


class GceDiskSource(Value, frozen=True):
    """A GCE disk behind a volume."""

    pd_name: str = ""


class AwsDiskSource(Value, frozen=True):
    """An EBS disk behind a volume."""

    volume_id: str = ""


class PersistentVolumeSpec(Value, frozen=True):
    """What a volume offers; sources that no answer leans on stay undecoded."""

    capacity: dict[str, str] = {}
    access_modes: tuple[str, ...] = ()
    claim_ref: ObjectReference | None = None
    storage_class_name: str = ""
    volume_mode: str = ""
    volume_attributes_class_name: str = ""
    node_affinity: VolumeNodeAffinity | None = None
    csi: CsiVolumeSource | None = None
    host_path: HostPathVolume | None = None
    nfs: NfsVolumeSource | None = None
    local: LocalVolumeSource | None = None
    gce_persistent_disk: GceDiskSource | None = None
    aws_elastic_block_store: AwsDiskSource | None = None
    azure_disk: AzureDisk | None = None
    cinder: CinderVolume | None = None
    portworx_volume: PortworxVolume | None = None


class PersistentVolumeStatus(Value, frozen=True):
    """How far a volume has come."""

    phase: str = ""


class PersistentVolume(Value, frozen=True):
    """A volume."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PersistentVolumeSpec = PersistentVolumeSpec()
    status: PersistentVolumeStatus = PersistentVolumeStatus()


class TopologySelectorLabelRequirement(Value, frozen=True):
    """A label whose value must be one of these."""

    key: str = ""
    values: tuple[str, ...] = ()


class TopologySelectorTerm(Value, frozen=True):
    """Requirements, ANDed."""

    match_label_expressions: tuple[TopologySelectorLabelRequirement, ...] = ()


class StorageClass(Value, frozen=True):
    """A storage class."""

    metadata: ObjectMeta = ObjectMeta()
    provisioner: str = ""
    volume_binding_mode: str = "Immediate"
    allowed_topologies: tuple[TopologySelectorTerm, ...] = ()


class VolumeNodeResources(Value, frozen=True):
    """How many volumes of a driver a node can attach; None is no limit."""

    count: int | None = None


class CSINodeDriver(Value, frozen=True):
    """A CSI driver on a node."""

    name: str = ""
    node_id: str = ""
    topology_keys: tuple[str, ...] = ()
    allocatable: VolumeNodeResources | None = None


class CSINodeSpec(Value, frozen=True):
    """The drivers on a node."""

    drivers: tuple[CSINodeDriver, ...] = ()


class CSINode(Value, frozen=True):
    """What CSI drivers said of a node; its name is the node's."""

    metadata: ObjectMeta = ObjectMeta()
    spec: CSINodeSpec = CSINodeSpec()


class CSIDriverSpec(Value, frozen=True):
    """How a driver works."""

    attach_required: bool = True
    storage_capacity: bool = False
    prevent_pod_scheduling_if_missing: bool = False


class CSIDriver(Value, frozen=True):
    """A CSI driver."""

    metadata: ObjectMeta = ObjectMeta()
    spec: CSIDriverSpec = CSIDriverSpec()


class VolumeAttachmentSource(Value, frozen=True):
    """What is attached."""

    persistent_volume_name: str | None = None


class VolumeAttachmentSpec(Value, frozen=True):
    """What is to be attached where."""

    attacher: str = ""
    node_name: str = ""
    source: VolumeAttachmentSource = VolumeAttachmentSource()


class VolumeAttachmentStatus(Value, frozen=True):
    """Whether it is attached."""

    attached: bool = False


class VolumeAttachment(Value, frozen=True):
    """A volume attached to a node."""

    metadata: ObjectMeta = ObjectMeta()
    spec: VolumeAttachmentSpec = VolumeAttachmentSpec()
    status: VolumeAttachmentStatus = VolumeAttachmentStatus()


class CSIStorageCapacity(Value, frozen=True):
    """How much room a driver has in a topology, for a class."""

    metadata: ObjectMeta = ObjectMeta()
    storage_class_name: str = ""
    capacity: str | None = None
    maximum_volume_size: str | None = None
    node_topology: LabelSelector | None = None
    """Which nodes can reach it; None is none."""
