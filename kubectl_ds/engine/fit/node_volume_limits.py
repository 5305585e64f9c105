"""NodeVolumeLimits: a node attaches only so many volumes of a CSI driver.

Mirrors ``CSILimits`` (pkg/scheduler/framework/plugins/nodevolumelimits, 1.37): volumes of pods on the node, and those
attached to it without a pod, each counted once. Since 1.37 a driver may also demand to be installed
(``preventPodSchedulingIfMissing``).
"""

from __future__ import annotations

from collections import Counter

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import VolumeEvidence, VolumeLimitEvidence
from kubectl_ds.engine.fit.claims import pod_claims
from kubectl_ds.engine.fit.csi_translation import (
    CsiVolume,
    TranslationError,
    driver_of_provisioner,
    inline_volume,
    is_inline_migratable,
    persistent_volume,
)
from kubectl_ds.engine.fit.plugin import Filter, Refusal, Refusals, cannot_tell, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.fit.storage_lister import claim_class
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.model.storage import CSINode, PersistentVolumeClaim

NAME = "NodeVolumeLimits"


class NodeVolumeLimits(Filter):
    """A pod with volumes that may have to be attached."""

    def __init__(self, pod: Pod, cluster: SharedLister) -> None:
        self._pod = pod
        self._cluster = cluster

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node that lacks a driver, or would attach too many volumes of one: one refusal a driver."""
        csi_node = self._cluster.storage.csi_nodes.get(node.name)
        errors = _untranslatable(self._pod, csi_node)  # a foreign claim of its own was VolumeBinding's to tell
        if errors:
            return errors
        asked = self._attachable(self._pod, csi_node)
        if not asked:
            return ()
        gap = self._gap()
        if gap is not None:
            return (cannot_tell(NAME, gap),)
        missing = [self._missing_driver(driver, csi_node) for driver in sorted({each.driver for each in asked})]
        if any(missing):
            return tuple(refusal for refusal in missing if refusal is not None)
        limits = _limits(csi_node)
        if not limits:
            return ()
        errors = tuple(each for pod in node.pods for each in self._errors(pod.pod, csi_node))
        if errors:
            return errors
        held = {volume for pod in node.pods for volume in self._attachable(pod.pod, csi_node)}
        used = Counter(volume.driver for volume in held | self._attached(node.name))
        new = Counter(volume.driver for volume in asked - held)
        return tuple(
            refuse(
                NAME,
                VolumeLimitEvidence(driver=driver, requested=new[driver], used=used[driver], limit=limits[driver]),
                Fault.CAPACITY,
            )
            for driver in sorted(new)
            if driver in limits and used[driver] + new[driver] > limits[driver]
        )

    def _gap(self) -> Gap | None:
        """What must be read to judge any node."""
        snapshot = self._cluster.snapshot
        for resource in ("csinodes", "persistentvolumes", "storageclasses", "volumeattachments"):
            gap = snapshot.denied(resource)
            if gap is not None:
                return gap
        drivers = snapshot.denied("csidrivers") if self._cluster.rules.drivers_may_be_required else None
        return drivers or self._cluster.pods_gap

    def _attachable(self, pod: Pod, csi_node: CSINode | None) -> set[CsiVolume]:
        """The CSI volumes of a pod (``filterAttachableVolumes``)."""
        claims = (each.claim for each in pod_claims(pod, self._cluster.storage))
        found = {self._volume_of(claim, csi_node) for claim in claims if claim is not None}
        found |= {inline_volume(volume, csi_node) for volume in pod.spec.volumes}
        return {volume for volume in found if volume is not None and volume.driver and volume.handle}

    def _volume_of(self, claim: PersistentVolumeClaim, csi_node: CSINode | None) -> CsiVolume | None:
        """The volume of a claim; one that its class has yet to make counts as well (``getCSIDriverInfo``)."""
        volume = self._cluster.storage.volumes.get(claim.spec.volume_name) if claim.spec.volume_name else None
        if volume is not None:
            return persistent_volume(volume, csi_node)
        storage_class = self._cluster.storage.storage_classes.get(claim_class(claim))
        if storage_class is None:
            return None
        driver = driver_of_provisioner(storage_class.provisioner, csi_node)
        return CsiVolume(driver=driver, handle=f"(claim) {claim.metadata.namespace}/{claim.metadata.name}")

    def _attached(self, node: str) -> set[CsiVolume]:
        """Volumes attached to the node, with or without a pod (``getNodeVolumeAttachmentInfo``)."""
        found = set()
        for attachment in self._cluster.storage.attachments.get(node, ()):
            name = attachment.spec.source.persistent_volume_name
            volume = self._cluster.storage.volumes.get(name) if name else None
            if attachment.spec.attacher and volume is not None and volume.spec.csi is not None:
                found.add(CsiVolume(driver=attachment.spec.attacher, handle=volume.spec.csi.volume_handle))
        return found

    def _missing_driver(self, name: str, csi_node: CSINode | None) -> Refusal | None:
        """The refusal for a driver that wants to be on the node and is not (``checkCSIDriverOnNode``)."""
        driver = self._cluster.storage.csi_drivers.get(name) if self._cluster.rules.drivers_may_be_required else None
        if driver is None or not driver.spec.prevent_pod_scheduling_if_missing:
            return None
        if csi_node is not None and any(each.name == name for each in csi_node.spec.drivers):
            return None
        return refuse(NAME, VolumeEvidence(volume=name, problem="missingDriver"), Fault.NODE)

    def _errors(self, pod: Pod, csi_node: CSINode | None) -> Refusals:
        """What makes upstream give up on account of another pod."""
        foreign = [each for each in pod_claims(pod, self._cluster.storage) if each.foreign]
        return _untranslatable(pod, csi_node) + tuple(
            refuse(NAME, VolumeEvidence(claim=each.name, problem="foreignClaim"), Fault.POD, unresolvable=True)
            for each in foreign
        )


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | None:
    """Nothing to do for a pod without claims and without disks that CSI has taken over."""
    if any(
        volume.persistent_volume_claim is not None or volume.ephemeral is not None or is_inline_migratable(volume)
        for volume in pod.spec.volumes
    ):
        return NodeVolumeLimits(pod, cluster)
    return None


def _untranslatable(pod: Pod, csi_node: CSINode | None) -> Refusals:
    """The disks named in a pod that their CSI driver should take over and cannot."""
    found = []
    for volume in pod.spec.volumes:
        try:
            inline_volume(volume, csi_node)
        except TranslationError:
            evidence = VolumeEvidence(volume=volume.name, problem="untranslatable")
            found.append(refuse(NAME, evidence, Fault.POD, unresolvable=True))
    return tuple(found)


def _limits(csi_node: CSINode | None) -> dict[str, int]:
    """How many volumes of each driver the node attaches, where it says so (``getVolumeLimits``)."""
    if csi_node is None:
        return {}
    return {
        driver.name: driver.allocatable.count
        for driver in csi_node.spec.drivers
        if driver.allocatable is not None and driver.allocatable.count is not None
    }
