"""Where a DaemonSet's own pods are in each other's way, and the outcome hangs on the order of the scheduler's queue.

One ReadWriteOncePod claim, anti-affinity among themselves, affinity to themselves, spread that counts other nodes, one
claim that is bound by whoever comes first. What holds in every order is said; the rest nobody can know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.evidence import OrderEvidence
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.model.pod import Pod, PodAffinity
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.storage import PersistentVolumeClaim, StorageClass

_MOST_NODES = 300
"""Up to here every node is tried with all others taken; beyond, nothing is promised."""

_NO_PROVISIONER = "kubernetes.io/no-provisioner"
_LATE = "WaitForFirstConsumer"
_ONE_POD = "ReadWriteOncePod"


def contends(pod: Pod, snapshot: Snapshot) -> bool:
    """Whether pods like this one can be in each other's way on different nodes."""
    spec = pod.spec
    affinity = spec.affinity
    return (
        (affinity is not None and (_terms(affinity.pod_affinity) or _terms(affinity.pod_anti_affinity)))
        or any(
            each.when_unsatisfiable == "DoNotSchedule" and each.node_affinity_policy == "Ignore"
            for each in spec.topology_spread_constraints
        )
        or any(_ONE_POD in claim.spec.access_modes for claim in _shared_claims(pod, snapshot))
        or _first_consumer(pod, snapshot) is not None
    )


class Contention:
    """Tries a DaemonSet's pods against each other."""

    def __init__(self, snapshot: Snapshot, view: ClusterView, pod: Pod) -> None:
        """Prepare.

        Args:
            snapshot: the cluster, without pods that are replaced.
            view: the same as the filters see it.
            pod: as it would be stored, without its pin.
        """
        self._snapshot = snapshot
        self._view = view
        self._pod = pod

    def outcome(self, nodes: Sequence[str], preempting: Sequence[str]) -> dict[str, Cause | None]:
        """By node: None where the pod runs whatever the order, a cause where that depends on it.

        Nodes on which the pod cannot run in any order are left out, and so are those where it evicts others whatever
        the order.

        Args:
            nodes: all on which it should run.
            preempting: those of them on which, by itself, it would evict others.
        """
        alone = [node for node in nodes if not self._view.refusals(self._pod, node)]
        if not alone and not preempting:
            return {}
        if len(nodes) > _MOST_NODES:
            return dict.fromkeys(alone, _order("PodTopologySpread", len(alone)))
        placed = self._everyone_who_ever_fits(nodes, alone)
        late = _first_consumer(self._pod, self._snapshot)
        if late is not None and len(placed) > 1:
            return dict.fromkeys(
                placed, _order("VolumeBinding", 1 if late.provisioner == _NO_PROVISIONER else len(placed))
            )
        crowd = self._with([*placed, *(node for node in preempting if node not in placed)])
        stuck = self._stuck_among_all(crowd, placed, preempting)
        refused_anew = self._refused_anew(crowd, [node for node in nodes if node not in (*placed, *preempting)])
        if not stuck:
            return dict.fromkeys(placed) | refused_anew
        sure = [node for node in placed if node not in stuck]
        at_most = max(self._how_many_in_turn(sorted(stuck), sure), sum(node in stuck for node in preempting), 1)
        unsure = {node: _order(code, at_most) for node, code in stuck.items()}
        return unsure | dict.fromkeys(sure) | refused_anew

    def _refused_anew(self, crowd: ClusterView, nodes: Sequence[str]) -> dict[str, Cause]:
        """Nodes that never get their pod, and of which filter is told depends on who came before."""
        found = {}
        for node in nodes:
            alone, later = self._view.refusals(self._pod, node), crowd.refusals(self._pod, node)
            if alone and later and alone[0].cause.code != later[0].cause.code:
                found[node] = _order(later[0].cause.code, 0)
        return found

    def _stuck_among_all(self, crowd: ClusterView, placed: Sequence[str], preempting: Sequence[str]) -> dict[str, str]:
        """Nodes that do not get their pod once all others have theirs, with the filter that refuses then."""
        stuck = {}
        for node in dict.fromkeys((*placed, *preempting)):
            rest = crowd.without([self._on(node)])
            refusals = rest.refusals(self._pod, node)
            if refusals and not (node in preempting and rest.preempt(self._pod, node, refusals).possible):
                stuck[node] = refusals[0].cause.code
        return stuck

    def _everyone_who_ever_fits(self, nodes: Sequence[str], first: list[str]) -> list[str]:
        """Those who fit alone, and those who fit once others are there, as long as any come in addition."""
        placed = list(first)
        while True:
            crowd = self._with(placed)
            more = [node for node in nodes if node not in placed and not crowd.refusals(self._pod, node)]
            if not more:
                return placed
            placed += more

    def _how_many_in_turn(self, nodes: list[str], placed: list[str]) -> int:
        """How many of ``nodes`` get their pod when they are tried one after the other."""
        count = 0
        for node in nodes:
            if not self._with(placed).refusals(self._pod, node):
                placed = [*placed, node]
                count += 1
        return count

    def _with(self, nodes: Sequence[str]) -> ClusterView:
        """The cluster with the DaemonSet's pods on these nodes."""
        foretold = (self._on(node) for node in nodes)
        return ClusterView(replace(self._snapshot, pods=(*self._snapshot.pods, *foretold)))

    def _on(self, node: str) -> Pod:
        metadata = msgspec.structs.replace(self._pod.metadata, name=f"foretold on {node}", uid=f"foretold on {node}")
        spec = msgspec.structs.replace(self._pod.spec, node_name=node)
        return msgspec.structs.replace(self._pod, metadata=metadata, spec=spec)


def _shared_claims(pod: Pod, snapshot: Snapshot) -> Iterator[PersistentVolumeClaim]:
    names = {
        volume.persistent_volume_claim.claim_name
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim is not None
    }
    for claim in snapshot.claims:
        if claim.metadata.namespace == pod.namespace and claim.metadata.name in names:
            yield claim


def _first_consumer(pod: Pod, snapshot: Snapshot) -> StorageClass | None:
    """The class of a shared claim that will be bound to suit whichever pod comes first."""
    late = {each.metadata.name: each for each in snapshot.storage_classes if each.volume_binding_mode == _LATE}
    for claim in _shared_claims(pod, snapshot):
        if not claim.spec.volume_name and claim.spec.storage_class_name in late:
            return late[claim.spec.storage_class_name]
    return None


def _terms(affinity: PodAffinity | None) -> bool:
    return affinity is not None and bool(affinity.required_during_scheduling_ignored_during_execution)


def _order(code: str, at_most: int) -> Cause:
    return Cause(code=code, evidence=OrderEvidence(order=True, at_most=at_most))
