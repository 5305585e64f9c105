"""What pods that wait, and the ends of a DaemonSet's victims, do to what was foretold for its pods.

A pod that waits may take the room that victims leave; a victim's end on one node can be what lets a pod in, or keeps
it out, on another; and company that a waiting pod wants comes with the DaemonSet. What holds in every order is said;
the rest nobody can know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

import msgspec

from kubectl_ds.engine.contention import foretold_on
from kubectl_ds.engine.decision import Decision, Preemption, Verdict
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.order import left_to_the_order
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot

_ACROSS_NODES = frozenset({"InterPodAffinity", "PodTopologySpread", "VolumeRestrictions"})
"""Filters that look at pods of other nodes."""
_RUNS = frozenset({Verdict.RUNS, Verdict.PREEMPTS})
_MAY_RUN = _RUNS | {Verdict.UNKNOWN}


class Rivalry:
    """The pods that a DaemonSet's own evict, and those that wait for the same room."""

    def __init__(self, snapshot: Snapshot, view: ClusterView, pod: Pod, replaced: Iterable[Pod]) -> None:
        """Prepare.

        Args:
            snapshot: the cluster.
            view: the same as the filters see it, without pods that are replaced.
            pod: of the DaemonSet, as it would be stored, without its pin.
            replaced: pods that go before the first of the DaemonSet's comes.
        """
        self._snapshot = snapshot
        self._view = view
        self._pod = pod
        self._replaced = frozenset(each.metadata.uid for each in replaced)
        self._victims: set[tuple[str, str]] = set()
        """Namespace and name."""
        self._contested: dict[str, str] = {}
        """Nodes where somebody who waits may take the room of the victims, with the filter that refuses the pod now."""

    @property
    def evicted(self) -> tuple[Pod, ...]:
        """Every pod that is evicted for one of the DaemonSet's, on any node that was told of."""
        return self._named(self._victims)

    def contested(self, node: str, code: str, preemption: Preemption) -> bool:
        """Remember whom the pod evicts there; whether somebody who waits may take their room before it.

        That is a waiting pod of no lower priority that fits once they are gone: then the queue's order decides.

        Args:
            node: where the pod evicts others.
            code: the filter that refuses it first as things are.
            preemption: whom it evicts.
        """
        self._victims |= {(victim.namespace, victim.name) for victim in preemption.victims}
        rivals = [
            pod
            for pod in self._waiting.get(node, ())
            if pod.spec.effective_priority >= preemption.priority and not pod.spec.scheduling_gates
        ]
        if not rivals:
            return False
        freed = self._view.without(self._evicted_from(node, preemption))
        if all(freed.refusals(pod, node) for pod in rivals):
            return False
        self._contested[node] = code
        return True

    def as_victims_allow(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Victims on one node can be what refuses the pod, or attracts it, on another; then the order decides."""
        if not self._victims:
            return decisions
        freed = self._without_all_that_may_go([each.node for each in decisions if _waits_for_others(each)])
        rivals = self._with_rivals(self._waiting, freed)
        sure = self._sure_without_victims([each.node for each in decisions if each.verdict in _RUNS], freed)
        asked = [
            each
            for each in decisions
            if each.verdict in _RUNS
            or _waits_for_others(each)
            or (each.verdict is Verdict.BLOCKED and each.node in self._waiting)
        ]
        changed = {each.node: code for each in asked if (code := self._changes(each, freed, rivals, sure))}
        if changed:  # whoever is let in by a victim's end competes with the pod that evicted it
            changed |= {
                each.node: each.scheduling[0].code
                for each in decisions
                if each.verdict is Verdict.PREEMPTS and _looks_across_nodes(each)
            }
        changed |= self._contested
        blocked = (each for each in asked if each.verdict is Verdict.BLOCKED and each.node not in changed)
        never = {each.node: code for each in blocked if (code := self._refused_otherwise(each, rivals))}
        return left_to_the_order(left_to_the_order(decisions, changed, len(changed)), never, 0)

    def as_company_allows(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Pods that wait for company are let in by the DaemonSet's own pods elsewhere; then the order decides."""
        drawn = {node for node, pods in self._waiting.items() if any(pod.required_affinity for pod in pods)}
        if not drawn:
            return decisions
        own = {each.node: foretold_on(self._pod, each.node) for each in decisions if each.verdict in _MAY_RUN}
        crowd = self._view.changed(gone=self.evicted, come=own.values())
        changed: dict[str, str] = {}
        for each in decisions:
            if each.node in drawn and each.verdict in _RUNS:
                rivals = self._with_rivals((each.node,), crowd.without([own[each.node]]))
                code = self._refused_by(rivals, each.node)
                changed |= {each.node: code} if code else {}
        return left_to_the_order(decisions, changed, len(changed))

    @cached_property
    def _waiting(self) -> Mapping[str, tuple[Pod, ...]]:
        """Pods that wait, by their target node."""
        waiting = self._snapshot.waiting_by_node
        if not self._replaced:
            return waiting
        left = {
            node: tuple(pod for pod in pods if pod.metadata.uid not in self._replaced) for node, pods in waiting.items()
        }
        return {node: pods for node, pods in left.items() if pods}

    def _named(self, names: Set[tuple[str, str]]) -> tuple[Pod, ...]:
        return tuple(pod for pod in self._snapshot.pods if (pod.namespace, pod.name) in names) if names else ()

    def _without_all_that_may_go(self, blocked: Sequence[str]) -> ClusterView:
        """The cluster without the victims, and without those that can be evicted on blocked nodes once they have gone.

        One end leads to the next: each lets the DaemonSet's pods in elsewhere, and there they may evict in their turn.
        """
        gone = set(self._victims)
        while True:
            freed = self._view.without(self._named(gone))
            count = len(gone)
            for node in blocked:
                refusals = freed.refusals(self._pod, node)
                victims = freed.preempt(self._pod, node, refusals).victims if refusals else ()
                gone |= {(victim.namespace, victim.name) for victim in victims}
            if len(gone) == count:
                return freed

    def _evicted_from(self, node: str, preemption: Preemption) -> list[Pod]:
        names = {(victim.namespace, victim.name) for victim in preemption.victims}
        return [pod for pod in self._snapshot.pods_by_node.get(node, ()) if (pod.namespace, pod.name) in names]

    def _sure_without_victims(self, nodes: list[str], freed: ClusterView) -> set[str]:
        """Those of these nodes where the pod fits without the victims, once it is on others where it does."""
        sure: set[str] = set()
        crowd = freed
        while more := [node for node in nodes if node not in sure and not crowd.refusals(self._pod, node)]:
            sure.update(more)
            if len(sure) == len(nodes):
                break
            crowd = freed.changed(come=(foretold_on(self._pod, node) for node in nodes if node in sure))
        return sure

    def _changes(self, decision: Decision, freed: ClusterView, rivals: ClusterView | None, sure: set[str]) -> str:
        """The filter on which it hangs, when the verdict may be another one once all victims have gone; else empty."""
        node = decision.node
        after = freed.refusals(self._pod, node)
        if decision.verdict in _RUNS:
            return self._refused_by(rivals, node) if node in sure else after[0].cause.code
        code = decision.scheduling[0].code
        if not after or after[0].cause.code != code or freed.preempt(self._pod, node, after).possible:
            return code
        refusals = rivals.refusals(self._pod, node) if rivals is not None else after
        helped = rivals is not None and bool(refusals) and rivals.preempt(self._pod, node, refusals).possible
        return code if helped or not refusals else ""

    def _refused_otherwise(self, decision: Decision, rivals: ClusterView | None) -> str:
        """The filter that refuses the pod first once rivals have come before it; empty when it is the same one."""
        code = self._refused_by(rivals, decision.node)
        return "" if code == decision.scheduling[0].code else code

    def _refused_by(self, rivals: ClusterView | None, node: str) -> str:
        """The filter that refuses the pod first once rivals are there; empty when none does, or none came."""
        refusals = rivals.refusals(self._pod, node) if rivals is not None else ()
        return refusals[0].cause.code if refusals else ""

    def _with_rivals(self, nodes: Iterable[str], freed: ClusterView) -> ClusterView | None:
        """The cluster once pods that wait for these nodes are let in by victims elsewhere; None when none of them is.

        Each of them can keep the DaemonSet's pods away from other nodes as well.
        """
        gone: list[Pod] = []
        let_in: list[Pod] = []
        for node in nodes:
            for rival in self._waiting.get(node, ()):
                refusals = freed.refusals(rival, node)
                preemption = freed.preempt(rival, node, refusals) if refusals else None
                if rival.spec.scheduling_gates or (preemption is not None and not preemption.possible):
                    continue
                gone += [rival, *(self._evicted_from(node, preemption) if preemption is not None else ())]
                let_in.append(msgspec.structs.replace(rival, spec=msgspec.structs.replace(rival.spec, node_name=node)))
        return freed.changed(gone=gone, come=let_in) if let_in else None


def _waits_for_others(decision: Decision) -> bool:
    """Whether pods of other nodes are among what keeps the pod away for good."""
    return decision.verdict is Verdict.BLOCKED and _looks_across_nodes(decision)


def _looks_across_nodes(decision: Decision) -> bool:
    return any(cause.code in _ACROSS_NODES for cause in decision.scheduling)
