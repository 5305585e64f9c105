"""VolumeZone: a bound volume with zone or region labels can be used only from nodes with one of these values.

Mirrors ``VolumeZone`` (pkg/scheduler/framework/plugins/volumezone, 1.37). Its complaints about claims and volumes that
do not exist are told under ``VolumeBinding``, where people look for them.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import VolumeEvidence
from kubectl_ds.engine.fit import volume_binding
from kubectl_ds.engine.fit.claims import pod_claims
from kubectl_ds.engine.fit.plugin import Filter, Refusals, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.storage import PersistentVolume

NAME = "VolumeZone"
_GENERALLY_AVAILABLE = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
}
_TOPOLOGY_LABELS = (*_GENERALLY_AVAILABLE, *_GENERALLY_AVAILABLE.values())


class Topology:
    """Where a volume is."""

    __slots__ = ("claim", "key", "values", "volume")

    def __init__(self, claim: str, volume: str, key: str, values: frozenset[str]) -> None:
        self.claim = claim
        self.volume = volume
        self.key = key
        self.values = values


class VolumeZone(Filter):
    """The zones and regions of a pod's volumes."""

    def __init__(self, topologies: tuple[Topology, ...]) -> None:
        self._topologies = topologies

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node elsewhere, one refusal for each label of a volume; a node without zones is everywhere."""
        labels = node.labels
        if not any(key in labels for key in _TOPOLOGY_LABELS):
            return ()
        refusals = []
        for each in self._topologies:
            actual = labels.get(each.key, labels.get(_GENERALLY_AVAILABLE.get(each.key, each.key)))
            if actual not in each.values:
                bound_to = f"{each.key} in ({', '.join(sorted(each.values))})"
                evidence = VolumeEvidence(claim=each.claim, volume=each.volume, bound_to=bound_to, problem="zone")
                refusals.append(refuse(NAME, evidence, Fault.POD, unresolvable=True))
        return tuple(refusals)


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | Refusals | None:
    """Nothing to do for a pod without bound volumes in a zone or region."""
    topologies: list[Topology] = []
    for each in pod_claims(pod, cluster.storage):
        if each.ephemeral or each.claim is None or not each.claim.spec.volume_name:
            continue
        volume = cluster.storage.volumes.get(each.claim.spec.volume_name)
        if volume is None:
            if cluster.snapshot.denied("persistentvolumes") is None:
                return (volume_binding.refuse_missing_volume(each.claim, pre_filter=True),)
            continue
        topologies += _topologies(each.name, volume)
    return VolumeZone(tuple(topologies)) if topologies else None


def _topologies(claim: str, volume: PersistentVolume) -> list[Topology]:
    """The topology labels of a volume; one with an empty part says nothing (``LabelZonesToSet``)."""
    found = []
    for key in _TOPOLOGY_LABELS:
        if key in volume.metadata.labels:
            values = [part.strip() for part in volume.metadata.labels[key].split("__")]
            if all(values):
                found.append(Topology(claim, volume.metadata.name, key, frozenset(values)))
    return found
