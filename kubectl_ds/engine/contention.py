"""Where a DaemonSet's own pods are in each other's way, and the outcome hangs on the order of the scheduler's queue.

One ReadWriteOncePod claim, anti-affinity among themselves, affinity to themselves, spread that counts other nodes, one
claim that is bound by whoever comes first. What holds in every order is said; the rest nobody can know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.evidence import OrderEvidence
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.fit.shared_lister import claim_class
from kubectl_ds.engine.fit.volume_matching import find_matching_volume, selects_labels
from kubectl_ds.model.pod import Pod, PodAffinity
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.storage import PersistentVolume, PersistentVolumeClaim, StorageClass

_MOST_NODES = 300
"""Up to here every node is tried with all others taken; beyond, one of each kind."""

_NO_PROVISIONER = "kubernetes.io/no-provisioner"
_LATE = "WaitForFirstConsumer"
_ONE_POD = "ReadWriteOncePod"


def contends(pod: Pod, snapshot: Snapshot) -> bool:
    """Whether pods like this one can be in each other's way on different nodes."""
    spec = pod.spec
    affinity = spec.affinity
    return (
        (affinity is not None and (_terms(affinity.pod_affinity) or _terms(affinity.pod_anti_affinity)))
        or _spreads_over_nodes(pod)
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
        if len(nodes) > _MOST_NODES and _spreads_over_nodes(self._pod):
            return dict.fromkeys(alone, _order("PodTopologySpread", len(alone)))
        placed = self._everyone_who_ever_fits(nodes, alone)
        together = self._most_from_one_volume(placed)
        if together is not None and len(placed) > 1:
            return dict.fromkeys(placed, _order("VolumeBinding", together))
        company = self._company(nodes, placed)
        if company is not None:
            return dict.fromkeys(placed, _order("InterPodAffinity", company))
        crowd = self._with([*placed, *(node for node in preempting if node not in placed)])
        stuck = self._stuck_among_all(crowd, placed, preempting)
        refused_anew = self._refused_anew(crowd, [node for node in nodes if node not in (*placed, *preempting)])
        if not stuck:
            return dict.fromkeys(placed) | refused_anew
        sure = [node for node in placed if node not in stuck]
        in_turn = self._domains(stuck) if len(nodes) > _MOST_NODES else self._how_many_in_turn(sorted(stuck), sure)
        at_most = max(in_turn, sum(node in stuck for node in preempting), 1)
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
        """Nodes that do not get their pod once all others have theirs, with the filter that refuses then.

        Among many nodes those that are alike fare alike: alone in each of their topologies, or not.
        """
        every = list(dict.fromkeys((*placed, *preempting)))
        crowds = self._crowds(every) if len(every) > _MOST_NODES else {}
        stuck: dict[str, str] = {}
        known: dict[object, str] = {}
        for node in every:
            kind: object = (node in preempting, crowds.get(node, node))
            if kind not in known:
                rest = crowd.without([self._on(node)])
                refusals = rest.refusals(self._pod, node)
                helped = node in preempting and rest.preempt(self._pod, node, refusals).possible if refusals else False
                known[kind] = refusals[0].cause.code if refusals and not helped else ""
            if known[kind]:
                stuck[node] = known[kind]
        return stuck

    def _crowds(self, nodes: Sequence[str]) -> dict[str, tuple[bool, ...]]:
        """By node: in which of the topologies that pods keep apart in it has company."""
        keys = _keys(self._pod, apart=True)
        counted = [Counter(self._label(node, key) for node in nodes) for key in keys]
        return {
            node: tuple(count[self._label(node, key)] > 1 for key, count in zip(keys, counted, strict=True))
            for node in nodes
        }

    def _domains(self, stuck: Mapping[str, str]) -> int:
        """How many of these nodes can get their pod at most: one alone, or one for each topology they keep apart in."""
        if "VolumeRestrictions" in stuck.values():
            return 1
        counts = [len({self._label(node, key) for node in stuck}) for key in _keys(self._pod, apart=True)]
        return min(counts, default=1)

    def _label(self, node: str, key: str) -> str | None:
        found = self._snapshot.nodes_by_name.get(node)
        return found.labels.get(key) if found is not None else None

    def _company(self, nodes: Sequence[str], placed: Sequence[str]) -> int | None:
        """How many pods run at most where they want each other's company and whoever comes first chooses the place.

        None where that is no question: somebody whom they all want is there already, or all nodes are one place.
        """
        keys = _keys(self._pod, apart=False)
        if not keys or len(placed) < 2:
            return None
        places = Counter(tuple(self._label(node, key) for key in keys) for node in placed)
        if len(places) == 1 or set(self._everyone_who_ever_fits(nodes, list(placed[:1]))) >= set(placed):
            return None
        return max(places.values())

    def _most_from_one_volume(self, placed: Sequence[str]) -> int | None:
        """How many pods run at most where a shared claim gets the volume of whoever comes first.

        None where there is no such claim, or any of its volumes can be used from everywhere.
        """
        late = _first_consumer(self._pod, self._snapshot)
        if late is None:
            return None
        claim, storage_class = late
        if storage_class.provisioner != _NO_PROVISIONER:
            return len(placed)
        volumes = [each for each in self._snapshot.volumes if each.spec.storage_class_name == claim_class(claim)]
        labels = {node: self._snapshot.nodes_by_name[node].labels for node in placed}
        chosen = {
            volume.metadata.name: volume
            for node in placed
            if (volume := find_matching_volume(claim, volumes, labels[node], frozenset())) is not None
        }
        usable = [sum(_usable_from(volume, labels[node]) for node in placed) for volume in chosen.values()]
        if usable and min(usable) == len(placed):
            return None
        return max(usable, default=1)

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


def _first_consumer(pod: Pod, snapshot: Snapshot) -> tuple[PersistentVolumeClaim, StorageClass] | None:
    """A shared claim that will be bound to suit whichever pod comes first, with its class."""
    late = {each.metadata.name: each for each in snapshot.storage_classes if each.volume_binding_mode == _LATE}
    for claim in _shared_claims(pod, snapshot):
        if not claim.spec.volume_name and claim.spec.storage_class_name in late:
            return claim, late[claim.spec.storage_class_name]
    return None


def _usable_from(volume: PersistentVolume, labels: Mapping[str, str]) -> bool:
    affinity = volume.spec.node_affinity
    return affinity is None or affinity.required is None or selects_labels(affinity.required, labels)


def _spreads_over_nodes(pod: Pod) -> bool:
    """Whether a spread constraint counts pods on other nodes than the pod's own."""
    return any(
        each.when_unsatisfiable == "DoNotSchedule" and each.node_affinity_policy == "Ignore"
        for each in pod.spec.topology_spread_constraints
    )


def _keys(pod: Pod, *, apart: bool) -> tuple[str, ...]:
    """The topologies in which the pod's own terms keep it from others, or bring it to them."""
    affinity = pod.spec.affinity
    if affinity is None:
        return ()
    terms = affinity.pod_anti_affinity if apart else affinity.pod_affinity
    found = terms.required_during_scheduling_ignored_during_execution if terms is not None else ()
    return tuple(dict.fromkeys(term.topology_key for term in found))


def _terms(affinity: PodAffinity | None) -> bool:
    return affinity is not None and bool(affinity.required_during_scheduling_ignored_during_execution)


def _order(code: str, at_most: int) -> Cause:
    return Cause(code=code, evidence=OrderEvidence(order=True, at_most=at_most))
