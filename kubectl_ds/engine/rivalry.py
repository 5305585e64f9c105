"""What pods that wait, and the ends of a DaemonSet's victims, do to what was foretold for its pods.

A pod that waits may take the room that victims leave; a victim's end on one node can be what lets a pod in, or keeps
it out, on another; and company that a waiting pod wants comes with the DaemonSet. What holds in every order is said;
the rest nobody can know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from kubectl_ds.engine.contention import foretold_on, in_one_topology
from kubectl_ds.engine.decision import Decision, Preemption, Verdict
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.fit.plugin import Refusals
from kubectl_ds.engine.order import left_to_the_order
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot

_ACROSS_NODES = frozenset({"InterPodAffinity", "PodTopologySpread", "VolumeRestrictions"})
"""Filters that look at pods of other nodes."""
_RUNS = frozenset({Verdict.RUNS, Verdict.PREEMPTS})
_MAY_RUN = _RUNS | {Verdict.UNKNOWN}
_MOST_NODES = 32
"""With more nodes where pods wait, each is looked at without what those on the others do."""


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
        return self._snapshot.pods_named(self._victims)

    def contested(self, node: str, code: str, preemption: Preemption) -> bool:
        """Remember whom the pod evicts there; whether somebody who waits may take their room before it.

        That is a waiting pod of no lower priority that fits once they are gone: then the queue's order decides.

        Args:
            node: where the pod evicts others.
            code: the filter that refuses it first as things are.
            preemption: whom it evicts.
        """
        self._victims |= preemption.victim_names
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
        if not (self._waiting or self._view.looks_across_nodes(self._pod)):
            return decisions
        own = [foretold_on(self._pod, each.node) for each in decisions if each.verdict in _MAY_RUN]
        evicting = [each.node for each in decisions if each.verdict is Verdict.UNKNOWN or _waits_for_others(each)]
        freed = self._without_all_that_may_go(evicting, own)
        if freed is None:
            return decisions
        crowd = freed.changed(come=own)
        rivals = self._with_rivals(self._waiting, freed)
        changed = self._unsure_in_the_end([each for each in decisions if each.verdict in _RUNS], freed)
        asked = [each for each in decisions if each.verdict in _RUNS or self._may_change(each)]
        for each in asked:
            if each.verdict in _RUNS:
                code = self._kept_out(each, rivals)
            else:
                code = self._blocked_unless(each, (freed, crowd), rivals)
            if code:
                changed.setdefault(each.node, code)
        if changed:  # whoever is let in by a victim's end competes with the pod that evicted it
            changed |= {
                each.node: each.scheduling[0].code
                for each in decisions
                if each.verdict is Verdict.PREEMPTS and _looks_across_nodes(each)
            }
        changed |= self._contested
        blocked = (each for each in asked if each.verdict is Verdict.BLOCKED and each.node not in changed)
        never = {each.node: code for each in blocked if (code := self._refused_otherwise(each, rivals))}
        told = left_to_the_order(left_to_the_order(decisions, changed, len(changed)), never, 0)
        return tuple(self._with_other_victims(each, (freed, crowd)) for each in told)

    def as_company_allows(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Pods that wait for company are let in by the DaemonSet's own pods elsewhere; then the order decides."""
        drawn = {
            node
            for node, pods in self._waiting.items()
            if any(pod.required_affinity or pod.spreads_over_nodes for pod in pods)
        }
        if not drawn:
            return decisions
        own = {each.node: foretold_on(self._pod, each.node) for each in decisions if each.verdict in _MAY_RUN}
        crowd = self._view.changed(gone=self.evicted, come=own.values())
        changed: dict[str, str] = {}
        never: dict[str, str] = {}
        for each in decisions:
            if (each.node in drawn and each.verdict in _RUNS) or self._may_change(each):
                for others in self._without_some(crowd, own, each.node):
                    rivals = self._with_rivals(drawn if len(drawn) <= _MOST_NODES else {each.node}, others)
                    if each.verdict in _RUNS:
                        code = self._kept_out(each, rivals)
                        changed |= {each.node: code} if code else {}
                        continue
                    code = self._refused_by(rivals, each.node)
                    if rivals is not None and self._helped_by(rivals, each.node):
                        changed[each.node] = each.scheduling[0].code
                    elif code and code != each.scheduling[0].code:
                        never[each.node] = code
        never = {node: code for node, code in never.items() if node not in changed}
        return left_to_the_order(left_to_the_order(decisions, changed, len(changed)), never, 0)

    def _without_some(self, crowd: ClusterView, own: Mapping[str, Pod], node: str) -> Iterator[ClusterView]:
        """The DaemonSet's pods on all other nodes; and where a spread may let in a pod that waits, on those elsewhere.

        Pods in the node's own topology crowd it: the one that waits may have got in before them.
        """
        yield crowd.without([own[node]] if node in own else ())
        waiting = self._waiting.get(node, ())
        keys = {each.topology_key for pod in waiting for each in pod.spreads_over_nodes}
        if keys:
            beside = in_one_topology(self._snapshot, node, own, keys)
            yield crowd.without(own[name] for name in {*beside, node} if name in own)

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

    def _without_all_that_may_go(self, nodes: Sequence[str], own: Sequence[Pod]) -> ClusterView | None:
        """The cluster without victims, and without those evicted on these nodes once others have gone or own have come.

        None where there are no such pods.
        One end leads to the next: each lets the DaemonSet's pods in elsewhere, and there they may evict in their turn.
        """
        gone = set(self._victims)
        while True:
            freed = self._view.without(self._snapshot.pods_named(gone))
            count = len(gone)
            for view in (freed, freed.changed(come=own)) if own else (freed,):
                for node in nodes:
                    refusals = view.refusals(self._pod, node)
                    gone |= view.preempt(self._pod, node, refusals).victim_names if refusals else set()
            if len(gone) == count:
                return freed if gone else None

    def _evicted_from(self, node: str, preemption: Preemption) -> list[Pod]:
        names = preemption.victim_names
        return [pod for pod in self._snapshot.pods_by_node.get(node, ()) if (pod.namespace, pod.name) in names]

    def _may_change(self, decision: Decision) -> bool:
        """Whether a pod that is blocked may not be, or be refused by another filter, when pods come and go."""
        return _waits_for_others(decision) or (decision.verdict is Verdict.BLOCKED and decision.node in self._waiting)

    def _unsure_in_the_end(self, decisions: Sequence[Decision], freed: ClusterView) -> dict[str, str]:
        """Where the pod may not get in once all victims elsewhere have gone, with the filter that refuses it then.

        It gets in where it does without the victims, once it is on others where it does; a spread must allow it still
        when it is on all of them.
        """
        sure: dict[str, Pod] = {}
        crowd = freed
        while more := [each.node for each in decisions if each.node not in sure and self._gets_in(each, crowd)]:
            sure |= {node: foretold_on(self._pod, node) for node in more}
            crowd = freed.changed(come=sure.values())
            if len(sure) == len(decisions):
                break
        unsure: dict[str, str] = {}
        for each in decisions:
            if each.node not in sure or self._pod.spreads_over_nodes:
                code = self._kept_out(each, crowd.without([sure[each.node]]) if each.node in sure else crowd)
                unsure |= {each.node: code} if code else {}
        return unsure

    def _gets_in(self, decision: Decision, view: ClusterView) -> bool:
        """Whether the pod gets in where it is foretold to, by eviction if by that it would."""
        refusals, preemption = self._attempt(decision, view)
        return not refusals or (preemption is not None and preemption.possible)

    def _attempt(self, decision: Decision, view: ClusterView) -> tuple[Refusals, Preemption | None]:
        """What refuses the pod in a cluster without victims, its own back again, and whom it evicts of them.

        Preemption takes away all pods of lower priority first, those too that may come back and keep it company.
        """
        node = decision.node
        refusals = view.refusals(self._pod, node)
        if decision.verdict is not Verdict.PREEMPTS or decision.preemption is None or refusals:
            return refusals, None
        before = view.changed(come=self._evicted_from(node, decision.preemption))
        refusals = before.refusals(self._pod, node)
        return refusals, before.preempt(self._pod, node, refusals) if refusals else None

    def _kept_out(self, decision: Decision, view: ClusterView | None) -> str:
        """The filter that keeps the pod out where it is foretold to get in; empty when none does, or nobody came."""
        if view is None or self._gets_in(decision, view):
            return ""
        refusals = view.refusals(self._pod, decision.node)
        return (refusals[0].cause if refusals else decision.scheduling[0]).code

    def _with_other_victims(self, decision: Decision, views: Sequence[ClusterView]) -> Decision:
        """The decision, its victims in doubt where they may be others once pods have come or gone on other nodes."""
        foretold = decision.preemption
        if decision.verdict is not Verdict.PREEMPTS or foretold is None:
            return decision
        own = self._pod.required_affinity or self._pod.spreads_over_nodes
        doubtful = bool(own) and foretold.candidates > len(foretold.victims)
        for view in views:
            _, really = self._attempt(decision, view.without([foretold_on(self._pod, decision.node)]))
            doubtful = doubtful or (really is not None and {*really.victims} != {*foretold.victims})
        if not doubtful:
            return decision
        return msgspec.structs.replace(decision, preemption=msgspec.structs.replace(foretold, ambiguous=True))

    def _blocked_unless(self, decision: Decision, later: Iterable[ClusterView], rivals: ClusterView | None) -> str:
        """The filter that blocks the pod now, where it may let it in, or be another one, later; else empty."""
        node, code = decision.node, decision.scheduling[0].code
        for view in later:
            refusals = view.refusals(self._pod, node)
            if not refusals or refusals[0].cause.code != code or view.preempt(self._pod, node, refusals).possible:
                return code
        return code if rivals is not None and self._helped_by(rivals, node) else ""

    def _helped_by(self, rivals: ClusterView, node: str) -> bool:
        """Whether the pod gets in, or evicts others, once rivals are there."""
        refusals = rivals.refusals(self._pod, node)
        return not refusals or rivals.preempt(self._pod, node, refusals).possible

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
        let_in: dict[str, Pod] = {}
        view, count = freed, -1
        while len(let_in) > count:
            count = len(let_in)
            for node in nodes:
                for rival in self._waiting.get(node, ()):
                    refusals = view.refusals(rival, node) if rival.metadata.uid not in let_in else ()
                    preemption = view.preempt(rival, node, refusals) if refusals else None
                    kept_out = preemption is not None and not preemption.possible
                    if rival.metadata.uid in let_in or kept_out or rival.spec.scheduling_gates:
                        continue
                    gone += [rival, *(self._evicted_from(node, preemption) if preemption is not None else ())]
                    spec = msgspec.structs.replace(rival.spec, node_name=node)
                    let_in[rival.metadata.uid] = msgspec.structs.replace(rival, spec=spec)
            view = freed.changed(gone=gone, come=let_in.values())
        return view if let_in else None


def _waits_for_others(decision: Decision) -> bool:
    """Whether pods of other nodes are among what keeps the pod away for good."""
    return decision.verdict is Verdict.BLOCKED and _looks_across_nodes(decision)


def _looks_across_nodes(decision: Decision) -> bool:
    return any(cause.code in _ACROSS_NODES for cause in decision.scheduling)
