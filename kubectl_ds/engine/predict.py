"""What would become of a DaemonSet that is not created yet, node by node.

The same order as in life: the controller's rule, then the API server's admission, then the scheduler's filters and
preemption, each computed for the pod that would really be stored. A manifest of a DaemonSet that exists is judged as
its replacement: its live pods free their room first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

import msgspec

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.contention import Contention, contends, foretold_on
from kubectl_ds.engine.coverage import Counts, CoverageReport, DaemonSetCoverage
from kubectl_ds.engine.decision import Cause, Decision, Eligibility, Fault, Preemption, Verdict
from kubectl_ds.engine.eligibility import Controller
from kubectl_ds.engine.evidence import OrderEvidence, PortEvidence, ResourceEvidence, UnknownEvidence
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.fit.plugin import Refusals
from kubectl_ds.engine.revisions import CurrentRevision
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot


def predict(snapshot: Snapshot, daemon_sets: tuple[DaemonSet, ...]) -> CoverageReport:
    """The coverage of each of these DaemonSets, were it created now, by itself, in the cluster of ``snapshot``."""
    scheduler = Scheduler(snapshot)
    covered = tuple(predict_one(snapshot, each, scheduler) for each in daemon_sets)
    return CoverageReport(snapshot=snapshot, daemon_sets=covered)


def predict_one(snapshot: Snapshot, daemon_set: DaemonSet, scheduler: Scheduler) -> DaemonSetCoverage:
    """The predicted coverage of one DaemonSet."""
    return Prediction(snapshot, daemon_set, scheduler).coverage()


class Prediction:
    """Foretells one DaemonSet against one snapshot."""

    def __init__(self, snapshot: Snapshot, daemon_set: DaemonSet, scheduler: Scheduler) -> None:
        self._daemon_set = daemon_set
        self._scheduler = scheduler
        self._whole = snapshot
        self._controller = Controller(daemon_set)
        self._replaced = replaced = _live_pods(snapshot, daemon_set)
        self.admission = Admission(snapshot, daemon_set, freed=replaced)
        """What the API server would make of the pods."""
        self._snapshot = snapshot
        self._view = scheduler.view
        if replaced:
            gone = {pod.metadata.uid for pod in replaced}
            self._snapshot = replace(snapshot, pods=tuple(pod for pod in snapshot.pods if pod.metadata.uid not in gone))
            self._view = ClusterView(self._snapshot)
        self._pod = _unpinned(self.admission.pod(""))
        self._never_scheduled = bool(daemon_set.spec.template.spec.node_name)
        self._victims: set[tuple[str, str]] = set()
        """Namespace and name of every pod that is evicted for one of its pods, on any node."""
        self._rivalled: dict[str, str] = {}
        """Nodes where somebody who waits may take the room of its victims, with the filter that refuses it now."""

    def coverage(self) -> DaemonSetCoverage:
        """The predicted coverage, all nodes together."""
        nodes = sorted(self._whole.nodes, key=lambda node: natural_key(node.name))
        decisions = self.decide_all(tuple(nodes))
        none = Counts(desired=0, current=0, ready=0, up_to_date=0, available=0, unavailable=0, misscheduled=0)
        return DaemonSetCoverage(
            daemon_set=self._daemon_set,
            revision=CurrentRevision(hash="", number=None, template_generation=None),
            decisions=decisions,
            counts=_count(decisions) if self._whole.denied("nodes") is None else None,
            reported=none,
            orphans=(),
            snapshot=self._whole,
            scheduler=self._scheduler,
            predicted=True,
        )

    def decide_all(self, nodes: tuple[Node, ...]) -> tuple[Decision, ...]:
        """The decisions for these nodes, in their order."""
        decisions = [self.decide(node) for node in nodes]
        if self._pod_is_scheduled and contends(self._pod, self._snapshot):
            contention = Contention(self._snapshot, self._view, self._pod)
            wanted = [each.node for each in decisions if each.eligibility.should_run]
            preempting = [each.node for each in decisions if each.verdict is Verdict.PREEMPTS]
            outcome = contention.outcome(wanted, preempting)
            decisions = [self._contended(each, outcome) for each in decisions]
        return self._as_quota_allows(self._as_company_allows(self._as_victims_allow(tuple(decisions))))

    def decide(self, node: Node) -> Decision:
        """The decision for one node, as if no other node's pod were made."""
        eligibility = self._controller.eligibility(node)
        if not eligibility.should_run:
            return Decision(node=node.name, eligibility=eligibility, verdict=Verdict.EXCLUDED)
        if self.admission.refusals:
            return Decision(
                node=node.name,
                eligibility=eligibility,
                verdict=Verdict.BLOCKED,
                fault=Fault.POLICY,
                admission=self.admission.refusals,
            )
        if self.admission.unknown:
            return Decision(
                node=node.name, eligibility=eligibility, verdict=Verdict.UNKNOWN, admission=self.admission.unknown
            )
        if not self._pod_is_scheduled:
            refused = tuple(self._refused_by_kubelet(node.name))
            return Decision(node=node.name, eligibility=eligibility, verdict=Verdict.RUNS, running=refused)
        return self._scheduled(node.name, eligibility, self._view.refusals(self._pod, node.name))

    def _refused_by_kubelet(self, node: str) -> Iterator[Cause]:
        """Of a pod that the template itself binds: what its kubelet may refuse it for, since no scheduler looks.

        ``AdmissionCheck`` (pkg/scheduler, 1.37), which the kubelet asks; what it says, it says as a reason of its own.
        """
        for refusal in self._view.refusals(self._pod, node):
            evidence = refusal.cause.evidence
            if isinstance(evidence, ResourceEvidence):
                yield Cause(code=f"OutOf{evidence.name}", evidence=evidence, fault=Fault.CAPACITY)
            elif isinstance(evidence, PortEvidence):
                yield refusal.cause

    @property
    def _pod_is_scheduled(self) -> bool:
        return not self._never_scheduled and not self.admission.refusals and not self.admission.unknown

    def _scheduled(self, node: str, eligibility: Eligibility, refusals: Refusals) -> Decision:
        if not refusals:
            return Decision(node=node, eligibility=eligibility, verdict=Verdict.RUNS)
        preemption = self._view.preempt(self._pod, node, refusals)
        self._victims |= {(victim.namespace, victim.name) for victim in preemption.victims}
        verdict = _verdict(refusals, preemption)
        if verdict is Verdict.PREEMPTS and self._rival_takes_the_room(node, preemption):
            self._rivalled[node] = refusals[0].cause.code
            cause = Cause(code=refusals[0].cause.code, evidence=OrderEvidence(order=True, at_most=1))
            return Decision(node=node, eligibility=eligibility, verdict=Verdict.UNKNOWN, scheduling=(cause,))
        return Decision(
            node=node,
            eligibility=eligibility,
            verdict=verdict,
            fault=refusals[0].cause.fault if verdict is Verdict.BLOCKED else None,
            scheduling=tuple(refusal.cause for refusal in refusals),
            preemption=preemption,
        )

    def _rival_takes_the_room(self, node: str, preemption: Preemption) -> bool:
        """Whether a waiting pod of no lower priority fits where victims would go: then the queue's order decides."""
        rivals = [
            pod
            for pod in self._waiting.get(node, ())
            if pod.spec.effective_priority >= preemption.priority and not pod.spec.scheduling_gates
        ]
        if not rivals:
            return False
        freed = self._view.without(self._evicted_from(node, preemption))
        return any(not freed.refusals(pod, node) for pod in rivals)

    def _evicted_from(self, node: str, preemption: Preemption) -> list[Pod]:
        names = {(victim.namespace, victim.name) for victim in preemption.victims}
        return [pod for pod in self._snapshot.pods_by_node.get(node, ()) if (pod.namespace, pod.name) in names]

    @property
    def _evicted(self) -> tuple[Pod, ...]:
        return tuple(pod for pod in self._snapshot.pods if (pod.namespace, pod.name) in self._victims)

    @cached_property
    def _waiting(self) -> dict[str, list[Pod]]:
        """Pods that wait, by their target node."""
        waiting: dict[str, list[Pod]] = {}
        for pod in self._snapshot.pods:
            if not pod.bound and not pod.terminal:
                waiting.setdefault(pod.target_node, []).append(pod)
        return waiting

    def _contended(self, decision: Decision, outcome: dict[str, Cause | None]) -> Decision:
        """The decision once the DaemonSet's own pods compete; a cause of None lets the pod run after all."""
        if decision.node not in outcome:
            return decision
        cause = outcome[decision.node]
        if cause is None:
            return Decision(node=decision.node, eligibility=decision.eligibility, verdict=Verdict.RUNS)
        return _left_open(decision, cause)

    def _as_victims_allow(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Victims on one node can be what refuses the pod, or attracts it, on another; then the order decides."""
        if not self._victims:
            return decisions
        freed = self._view.without(self._evicted)
        rivals = self._with_rivals(self._waiting, freed)
        sure = self._sure_without_victims([each.node for each in decisions if each.verdict in _RUNS], freed)
        asked = [
            each
            for each in decisions
            if each.verdict in _RUNS
            or (each.verdict is Verdict.BLOCKED and (_looks_across_nodes(each) or each.node in self._waiting))
        ]
        changed = {each.node: code for each in asked if (code := self._changes(each, freed, rivals, sure))}
        if changed:  # whoever is let in by a victim's end competes with the pod that evicted it
            changed |= {
                each.node: each.scheduling[0].code
                for each in decisions
                if each.verdict is Verdict.PREEMPTS and _looks_across_nodes(each)
            }
        changed |= self._rivalled
        blocked = (each for each in asked if each.verdict is Verdict.BLOCKED and each.node not in changed)
        never = {each.node: code for each in blocked if (code := self._refused_otherwise(each, rivals))}
        return _left_to_the_order(_left_to_the_order(decisions, changed, len(changed)), never, 0)

    def _sure_without_victims(self, nodes: list[str], freed: ClusterView) -> set[str]:
        """Those of these nodes where the pod fits without the victims, once it is on others where it does."""
        sure: list[str] = []
        crowd = freed
        while more := [node for node in nodes if node not in sure and not crowd.refusals(self._pod, node)]:
            sure += more
            if len(sure) == len(nodes):
                break
            crowd = freed.changed(come=(foretold_on(self._pod, node) for node in sure))
        return set(sure)

    def _as_company_allows(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Pods that wait for company are let in by the DaemonSet's own pods elsewhere; then the order decides."""
        drawn = {node for node, pods in self._waiting.items() if any(_wants_company(pod) for pod in pods)}
        if not drawn or not self._pod_is_scheduled:
            return decisions
        own = {each.node: foretold_on(self._pod, each.node) for each in decisions if each.verdict in _MAY_RUN}
        crowd = self._view.changed(gone=self._evicted, come=own.values())
        changed: dict[str, str] = {}
        for each in decisions:
            if each.node in drawn and each.verdict in _RUNS:
                rivals = self._with_rivals((each.node,), crowd.without([own[each.node]]))
                code = self._refused_by(rivals, each.node)
                changed |= {each.node: code} if code else {}
        return _left_to_the_order(decisions, changed, len(changed))

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

    def _as_quota_allows(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Where a quota lets in fewer pods than there are nodes, nobody knows which nodes get theirs.

        Its pods' victims make room for more of them.
        """
        room = self.admission.room
        asking = [each for each in decisions if each.eligibility.should_run]
        if room is None or room >= len(asking) or self.admission.refusals:
            return decisions
        if self._victims:
            room = Admission(self._whole, self._daemon_set, freed=(*self._replaced, *self._evicted)).room
        at_most = len(asking) if room is None else min(room, len(asking))
        cause = Cause(code="FailedCreate", evidence=OrderEvidence(order=True, at_most=at_most), fault=Fault.POLICY)
        return tuple(
            Decision(node=each.node, eligibility=each.eligibility, verdict=Verdict.UNKNOWN, admission=(cause,))
            if each.eligibility.should_run
            else each
            for each in decisions
        )


_ACROSS_NODES = frozenset({"InterPodAffinity", "PodTopologySpread", "VolumeRestrictions"})
"""Filters that look at pods of other nodes."""


_RUNS = frozenset({Verdict.RUNS, Verdict.PREEMPTS})
_MAY_RUN = _RUNS | {Verdict.UNKNOWN}


def _left_to_the_order(
    decisions: tuple[Decision, ...], changed: Mapping[str, str], at_most: int
) -> tuple[Decision, ...]:
    """The decisions, those of these nodes unknown, with the filter on which each hangs and how many get in at most.

    Where the same filter has left others to the order before, the number is that of all of them together.
    """
    most = dict.fromkeys(changed.values(), at_most)
    before = {_order_of(each) for each in decisions if each.node not in changed} if at_most else set()
    for code, count in before:
        most |= {code: most[code] + count} if code in most else {}
    told = []
    for each in decisions:
        code = changed.get(each.node) or (_order_of(each)[0] if at_most else "")
        if code in most:
            evidence = OrderEvidence(order=True, at_most=most[code])
            told.append(_left_open(each, Cause(code=code, evidence=evidence)))
        else:
            told.append(each)
    return tuple(told)


def _left_open(decision: Decision, cause: Cause) -> Decision:
    """Nobody can know whether the pod runs there; ``cause`` says on what it hangs."""
    return Decision(node=decision.node, eligibility=decision.eligibility, verdict=Verdict.UNKNOWN, scheduling=(cause,))


def _order_of(decision: Decision) -> tuple[str, int]:
    """The filter by which the order decides, and how many get in at most; nothing where it does not decide."""
    evidence = decision.scheduling[0].evidence if decision.scheduling else None
    if decision.verdict is not Verdict.UNKNOWN or not isinstance(evidence, OrderEvidence) or not evidence.at_most:
        return "", 0
    return decision.scheduling[0].code, evidence.at_most


def _wants_company(pod: Pod) -> bool:
    affinity = pod.spec.affinity
    wanted = affinity.pod_affinity if affinity is not None else None
    return wanted is not None and bool(wanted.required_during_scheduling_ignored_during_execution)


def _looks_across_nodes(decision: Decision) -> bool:
    return any(cause.code in _ACROSS_NODES for cause in decision.scheduling)


def _verdict(refusals: Refusals, preemption: Preemption) -> Verdict:
    if preemption.possible:
        return Verdict.PREEMPTS
    first_is_unknown = isinstance(refusals[0].cause.evidence, UnknownEvidence) or refusals[0].unknown
    if first_is_unknown or all(refusal.unknown for refusal in refusals) or preemption.reason == "unknown":
        return Verdict.UNKNOWN
    return Verdict.BLOCKED


def _live_pods(snapshot: Snapshot, daemon_set: DaemonSet) -> tuple[Pod, ...]:
    """The pods of the DaemonSet of the same name, which a replacement frees."""
    for each in snapshot.daemon_sets:
        if each.key == daemon_set.key:
            return snapshot.pods_by_owner.get(each.metadata.uid, ())
    return ()


def _unpinned(pod: Pod) -> Pod:
    """The pod without its pin, so that one object can be asked about on every node."""
    affinity = pod.spec.affinity
    if affinity is None:
        return pod
    spec = msgspec.structs.replace(pod.spec, affinity=msgspec.structs.replace(affinity, node_affinity=None))
    return msgspec.structs.replace(pod, spec=spec)


def _count(decisions: tuple[Decision, ...]) -> Counts:
    """What ``.status`` would come to once everything has settled."""
    desired = sum(bool(each.eligibility.should_run) for each in decisions)
    running = sum(each.verdict in (Verdict.RUNS, Verdict.PREEMPTS) for each in decisions)
    created = sum(bool(each.eligibility.should_run) and not each.admission for each in decisions)
    return Counts(
        desired=desired,
        current=created,
        ready=running,
        up_to_date=created,
        available=running,
        unavailable=desired - running,
        misscheduled=0,
    )
