"""Where a DaemonSet's own pods are in each other's way, and the outcome hangs on the order of the scheduler's queue.

One ReadWriteOncePod claim, anti-affinity among themselves, affinity to themselves, spread that counts other nodes, and
volumes (``engine.volume_contention``). What holds in every order is said; the rest nobody can know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.order import order_cause
from kubectl_ds.engine.volume_contention import VolumeContention
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot

_MOST_NODES = 300
"""Up to here every node is tried with all others taken; beyond, one of each kind."""

_AFTER_VOLUMES = frozenset({"VolumeZone", "PodTopologySpread", "InterPodAffinity", "DynamicResources"})
"""Filters that the scheduler comes to after VolumeBinding."""


def foretold_on(pod: Pod, node: str) -> Pod:
    """The DaemonSet's pod as it would be on a node."""
    metadata = msgspec.structs.replace(pod.metadata, name=f"foretold on {node}", uid=f"foretold on {node}")
    return msgspec.structs.replace(pod, metadata=metadata, spec=msgspec.structs.replace(pod.spec, node_name=node))


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
        self._volumes = VolumeContention(snapshot.nodes_by_name, view.storage, pod)

    @property
    def possible(self) -> bool:
        """Whether pods like this one can be in each other's way on different nodes."""
        pod = self._pod
        terms = pod.required_affinity or pod.required_anti_affinity
        return bool(terms or pod.spreads_over_nodes) or self._volumes.possible

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
        if len(nodes) > _MOST_NODES and self._pod.spreads_over_nodes:
            return dict.fromkeys(alone, order_cause("PodTopologySpread", len(alone)))
        placed = self._everyone_who_ever_fits(nodes, alone)
        candidates = list(dict.fromkeys((*placed, *preempting)))
        together = self._volumes.most_from_shared(candidates)
        if together is not None:
            shared = candidates if len(candidates) > 1 else ()
            unsure: dict[str, Cause | None] = dict.fromkeys(shared, order_cause("VolumeBinding", together))
            return unsure | dict.fromkeys(self._hopeless(nodes, candidates), order_cause("VolumeBinding", 0))
        outcome = self._among_themselves(nodes, placed, preempting)
        if not self._volumes.limited:
            return outcome
        left_out, at_most = self._volumes.without_one_of_their_own(candidates)
        outcome |= dict.fromkeys(left_out, order_cause("VolumeBinding", at_most))
        never = self._volumes.left_without(self._hopeless(nodes, candidates), candidates)
        return outcome | dict.fromkeys(never, order_cause("VolumeBinding", 0))

    def _hopeless(self, nodes: Sequence[str], candidates: Sequence[str]) -> list[str]:
        """Nodes that never get their pod, and of which volumes would be told first, had others taken them."""
        refused = {node: self._view.refusals(self._pod, node) for node in _without(nodes, candidates)}
        return [node for node, refusals in refused.items() if refusals and refusals[0].cause.code in _AFTER_VOLUMES]

    def _among_themselves(
        self, nodes: Sequence[str], placed: list[str], preempting: Sequence[str]
    ) -> dict[str, Cause | None]:
        """The outcome as far as their places are concerned, not their volumes."""
        candidates = list(dict.fromkeys((*placed, *preempting)))
        company = self._company(nodes, candidates)
        crowd = self._with(candidates)
        others = _without(nodes, candidates)
        if company is not None:
            hanging: dict[str, Cause | None] = dict.fromkeys(candidates, order_cause("InterPodAffinity", company))
            return hanging | self._refused_anew(crowd, others, candidates)
        stuck, evict_at_last = self._stuck_among_all(crowd, placed, preempting)
        refused_anew = self._refused_anew(crowd, others, candidates) | self._evicting_late(crowd, others, candidates)
        if not stuck:
            return dict.fromkeys(placed) | refused_anew
        sure = [node for node in placed if node not in stuck]
        if preempting and self._pod.spreads_over_nodes:
            in_turn = len(stuck)  # whoever evicts others first decides how many can follow
        else:
            in_turn = self._domains(stuck) if len(nodes) > _MOST_NODES else self._how_many_in_turn(sorted(stuck), sure)
        at_most = max(in_turn, sum(node in stuck for node in preempting), 1) + evict_at_last
        unsure = {node: order_cause(code, at_most) for node, code in stuck.items()}
        return unsure | dict.fromkeys(sure) | refused_anew

    def _refused_anew(
        self, crowd: ClusterView, nodes: Sequence[str], candidates: Sequence[str]
    ) -> dict[str, Cause | None]:
        """Nodes that never get their pod, and of which filter is told depends on who came before."""
        found: dict[str, Cause | None] = {}
        for node in nodes:
            alone = self._view.refusals(self._pod, node)
            later = (each.refusals(self._pod, node) for each in (crowd, *self._on_the_way(node, candidates)))
            codes = [refusals[0].cause.code for refusals in later if refusals]
            others = [code for code in codes if alone and code != alone[0].cause.code]
            if others:
                found[node] = order_cause(others[0], 0)
        return found

    def _on_the_way(self, node: str, candidates: Sequence[str]) -> Iterator[ClusterView]:
        """The cluster while pods are only where a node's own spread gets better by them, or only where it gets worse.

        Pods elsewhere fill the emptiest topology, those in the node's own one crowd it: before all have come, a spread
        may refuse that refuses neither at first nor at last, or the other way round.
        """
        keys = [each.topology_key for each in self._pod.spreads_over_nodes]
        beside = in_one_topology(self._snapshot, node, candidates, keys)
        for part in (beside, _without(candidates, beside)) if keys else ():
            first = [each for each in part if not self._view.refusals(self._pod, each)]
            if first and len(part) < len(candidates):
                yield self._with(self._everyone_who_ever_fits(part, first))

    def _evicting_late(self, crowd: ClusterView, nodes: Sequence[str], candidates: Sequence[str]) -> dict[str, Cause]:
        """Nodes on which an eviction helps once the DaemonSet's own pods are elsewhere, and those that it lets in."""
        late: dict[str, str] = {}
        victims: set[tuple[str, str]] = set()
        freed = crowd
        more = [*nodes]
        while more:
            let_in: dict[str, str] = {}
            for node in more:
                for view in (freed, *(self._on_the_way(node, candidates) if freed is crowd else ())):
                    refusals = view.refusals(self._pod, node)
                    preemption = view.preempt(self._pod, node, refusals) if refusals else None
                    if preemption is None or preemption.possible:
                        let_in[node] = (refusals or self._view.refusals(self._pod, node))[0].cause.code
                        victims |= preemption.victim_names if preemption is not None else set()
            if not let_in:
                break
            late |= let_in
            more = _without(more, let_in)
            freed = crowd.without(self._snapshot.pods_named(victims))
        return {node: order_cause(code, len(late)) for node, code in late.items()}

    def _stuck_among_all(
        self, crowd: ClusterView, placed: Sequence[str], preempting: Sequence[str]
    ) -> tuple[dict[str, str], int]:
        """Nodes that do not get their pod once all others have theirs, with the filter that refuses then.

        And on how many of them the pod, which fits alone, evicts others where it comes last.
        Among many nodes those that are alike fare alike: alone in each of their topologies, or not.
        """
        every = list(dict.fromkeys((*placed, *preempting)))
        evicting = frozenset(preempting)
        crowds = self._crowds(every) if len(every) > _MOST_NODES else {}
        stuck: dict[str, str] = {}
        evict_at_last = 0
        known: dict[object, tuple[str, bool]] = {}
        for node in every:
            kind: object = (node in evicting, crowds.get(node, node))
            if kind not in known:
                rest = crowd.without([foretold_on(self._pod, node)])
                refusals = rest.refusals(self._pod, node)
                evicts = bool(refusals) and rest.preempt(self._pod, node, refusals).possible
                helped = evicts and node in evicting
                known[kind] = refusals[0].cause.code if refusals and not helped else "", evicts
            code, evicts = known[kind]
            if code:
                stuck[node] = code
                evict_at_last += evicts
        return stuck, evict_at_last

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
        return _label(self._snapshot, node, key)

    def _company(self, nodes: Sequence[str], candidates: Sequence[str]) -> int | None:
        """How many pods run at most where they want each other's company and whoever comes first chooses the place.

        None where that is no question: somebody whom they all want is there already, or all nodes are one place.
        """
        keys = _keys(self._pod, apart=False)
        if not keys or len(candidates) < 2:
            return None
        places = Counter(tuple(self._label(node, key) for key in keys) for node in candidates)
        if len(places) == 1 or self._all_get_in_after(candidates[0], nodes, candidates):
            return None
        return max(places.values())

    def _all_get_in_after(self, first: str, nodes: Sequence[str], candidates: Sequence[str]) -> bool:
        """Whether all candidates get in, if need be by eviction, once the first has."""
        placed = self._everyone_who_ever_fits(nodes, [first])
        crowd = self._with(placed)
        for node in _without(candidates, placed):
            refusals = crowd.refusals(self._pod, node)
            if refusals and not crowd.preempt(self._pod, node, refusals).possible:
                return False
        return True

    def _everyone_who_ever_fits(self, nodes: Sequence[str], first: list[str]) -> list[str]:
        """Those who fit alone, and those who fit once others are there, as long as any come in addition."""
        placed = list(first)
        while True:
            crowd = self._with(placed)
            more = [node for node in _without(nodes, placed) if not crowd.refusals(self._pod, node)]
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
        return self._view.changed(come=(foretold_on(self._pod, node) for node in nodes))


def in_one_topology(snapshot: Snapshot, node: str, others: Iterable[str], keys: Collection[str]) -> list[str]:
    """Those of the others that share the node's topology by any of these labels."""
    own = {key: _label(snapshot, node, key) for key in keys}
    return [each for each in others if any(_label(snapshot, each, key) == value for key, value in own.items())]


def _label(snapshot: Snapshot, node: str, key: str) -> str | None:
    found = snapshot.nodes_by_name.get(node)
    return found.labels.get(key) if found is not None else None


def _without(nodes: Sequence[str], others: Iterable[str]) -> list[str]:
    known = frozenset(others)
    return [node for node in nodes if node not in known]


def _keys(pod: Pod, *, apart: bool) -> tuple[str, ...]:
    """The topologies in which the pod's own terms keep it from others, or bring it to them."""
    terms = pod.required_anti_affinity if apart else pod.required_affinity
    return tuple(dict.fromkeys(term.topology_key for term in terms))
