"""VolumeRestrictions: a disk that only one pod may use, and a claim that only one pod may use, must be free.

Mirrors ``VolumeRestrictions`` (pkg/scheduler/framework/plugins/volumerestrictions, 1.37): the same GCE disk, EBS
volume, iSCSI target or Ceph image on one node, unless all mounts are read-only (EBS: never); and ReadWriteOncePod
claims, anywhere in the cluster. Preemption counts users of a claim by its name alone, whatever their namespace, and
several users as one: upstream does, so it is done here. A missing claim is found here first, but is told under
``VolumeBinding``, where people look for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import VolumeEvidence
from kubectl_ds.engine.fit import volume_binding
from kubectl_ds.engine.fit.plugin import Filter, Refusals, cannot_tell, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo, PodInfo, pod_name
from kubectl_ds.model.pod import Pod, Volume

NAME = "VolumeRestrictions"
_ONE_POD = "ReadWriteOncePod"


class VolumeRestrictions(Filter):
    """The disks and exclusive claims of a pod."""

    across_nodes = True

    def __init__(self, pod: Pod, disks: tuple[Volume, ...], claims: frozenset[str], cluster: SharedLister) -> None:
        self._pod = pod
        self.disks = disks
        """Volumes that are disks named in the pod itself."""
        self._claims = claims
        self._cluster = cluster
        self.in_use = sum((pod.namespace, name) in cluster.claim_users for name in claims)
        """How many of the exclusive claims somebody uses (``conflictingPVCRefCount``)."""

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse for disks in use on the node, one refusal a disk, and for exclusive claims in use anywhere."""
        refusals = []
        for disk in self.disks:
            holders = sorted(
                pod_name(other.pod) for other in node.pods if any(_clash(disk, each) for each in other.pod.spec.volumes)
            )
            if holders:
                evidence = VolumeEvidence(volume=_disk_name(disk), problem="diskInUse", holder=holders[0])
                refusals.append(refuse(NAME, evidence, Fault.CAPACITY))
        if self.in_use > 0:
            refusals += [refuse(NAME, evidence, Fault.CAPACITY) for evidence in self._claims_in_use()]
        gap = self._cluster.pods_gap
        return tuple(refusals) if refusals or gap is None else (cannot_tell(NAME, gap),)

    def update(self, pod: PodInfo, node: NodeInfo, delta: int) -> None:
        """Count a pod that comes or goes for each volume with the name of an exclusive claim (``updateWithPod``)."""
        for volume in pod.pod.spec.volumes:
            source = volume.persistent_volume_claim
            if source is not None and source.claim_name in self._claims:
                self.in_use += delta

    def clone(self) -> Filter:
        """A copy with a count of its own."""
        copy = object.__new__(VolumeRestrictions)
        copy.__dict__.update(self.__dict__)
        return copy

    def _claims_in_use(self) -> Iterable[VolumeEvidence]:
        for name in sorted(self._claims):
            users = self._cluster.claim_users.get((self._pod.namespace, name), ())
            holder = min((pod_name(user) for user in users), default=None)
            if holder is not None or len(self._claims) == 1:
                yield VolumeEvidence(claim=name, access_mode=_ONE_POD, problem="readWriteOncePod", holder=holder)


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | Refusals | None:
    """Nothing to do for a pod without such disks and without a ReadWriteOncePod claim that is in use."""
    names = [
        volume.persistent_volume_claim.claim_name
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim is not None
    ]
    if names and cluster.snapshot.denied("persistentvolumeclaims", pod.namespace) is not None:
        names = []
    absent = tuple(dict.fromkeys(name for name in names if (pod.namespace, name) not in cluster.storage.claims))
    if absent:
        return tuple(volume_binding.refuse_missing_claim(name) for name in absent)
    known = cluster.storage.claims
    claims = frozenset(name for name in names if _ONE_POD in known[pod.namespace, name].spec.access_modes)
    found = VolumeRestrictions(pod, tuple(each for each in pod.spec.volumes if _is_disk(each)), claims, cluster)
    doubtful = cluster.pods_gap is not None and bool(claims)
    return found if found.disks or found.in_use or doubtful else None


def _is_disk(volume: Volume) -> bool:
    return (
        volume.gce_persistent_disk is not None
        or volume.aws_elastic_block_store is not None
        or volume.iscsi is not None
        or volume.rbd is not None
    )


def _clash(wanted: Volume, held: Volume) -> bool:
    """Whether two volumes are one disk, and not both read-only (``isVolumeConflict``)."""
    gce, ebs, iscsi, rbd = (
        wanted.gce_persistent_disk,
        wanted.aws_elastic_block_store,
        wanted.iscsi,
        wanted.rbd,
    )
    if gce is not None and (other_gce := held.gce_persistent_disk) is not None:
        return gce.pd_name == other_gce.pd_name and not (gce.read_only and other_gce.read_only)
    if ebs is not None and held.aws_elastic_block_store is not None:
        return ebs.volume_id == held.aws_elastic_block_store.volume_id
    if iscsi is not None and held.iscsi is not None:
        return iscsi.iqn == held.iscsi.iqn and not (iscsi.read_only and held.iscsi.read_only)
    if rbd is not None and (other := held.rbd) is not None:
        return (
            not set(rbd.ceph_monitors).isdisjoint(other.ceph_monitors)
            and (rbd.rbd_pool or "rbd") == (other.rbd_pool or "rbd")
            and rbd.rbd_image == other.rbd_image
            and not (rbd.read_only and other.read_only)
        )
    return False


def _disk_name(volume: Volume) -> str:
    if volume.gce_persistent_disk is not None:
        return volume.gce_persistent_disk.pd_name
    if volume.aws_elastic_block_store is not None:
        return volume.aws_elastic_block_store.volume_id
    if volume.iscsi is not None:
        return volume.iscsi.iqn
    return f"{volume.rbd.rbd_pool}/{volume.rbd.rbd_image}" if volume.rbd is not None else ""
