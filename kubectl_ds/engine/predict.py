"""What would become of a DaemonSet that is not created yet, node by node.

The same order as in life: the controller's rule, then the API server's admission, then the scheduler's filters and
preemption, each computed for the pod that would really be stored. A manifest of a DaemonSet that exists is judged as
its replacement: its live pods free their room first.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.contention import Contention
from kubectl_ds.engine.coverage import Counts, CoverageReport, DaemonSetCoverage
from kubectl_ds.engine.decision import Cause, Decision, Eligibility, Fault, Preemption, Verdict
from kubectl_ds.engine.eligibility import Controller
from kubectl_ds.engine.evidence import OrderEvidence, PortEvidence, ResourceEvidence, UnknownEvidence
from kubectl_ds.engine.fit.plugin import Refusals
from kubectl_ds.engine.order import left_open, order_cause
from kubectl_ds.engine.revisions import CurrentRevision
from kubectl_ds.engine.rivalry import Rivalry
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
        self._snapshot = snapshot
        self._controller = Controller(daemon_set)
        self._replaced = replaced = _live_pods(snapshot, daemon_set)
        self.admission = Admission(snapshot, daemon_set, freed=replaced)
        """What the API server would make of the pods."""
        self._view = scheduler.view.without(replaced) if replaced else scheduler.view
        self._pod = _unpinned(self.admission.pod(""))
        self._never_scheduled = bool(daemon_set.spec.template.spec.node_name)
        self._rivalry = Rivalry(snapshot, self._view, self._pod, replaced)

    def coverage(self) -> DaemonSetCoverage:
        """The predicted coverage, all nodes together."""
        nodes = sorted(self._snapshot.nodes, key=lambda node: natural_key(node.name))
        decisions = self.decide_all(tuple(nodes))
        none = Counts(desired=0, current=0, ready=0, up_to_date=0, available=0, unavailable=0, misscheduled=0)
        return DaemonSetCoverage(
            daemon_set=self._daemon_set,
            revision=CurrentRevision(hash="", number=None, template_generation=None),
            decisions=decisions,
            counts=_count(decisions) if self._snapshot.denied("nodes") is None else None,
            reported=none,
            orphans=(),
            snapshot=self._snapshot,
            scheduler=self._scheduler,
            predicted=True,
        )

    def decide_all(self, nodes: tuple[Node, ...]) -> tuple[Decision, ...]:
        """The decisions for these nodes, in their order."""
        decisions = tuple(self.decide(node) for node in nodes)
        if self._pod_is_scheduled:
            decisions = self._rivalry.as_victims_allow(self._as_they_contend(decisions))
            decisions = self._rivalry.as_company_allows(decisions)
        return self._as_quota_allows(decisions)

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
        verdict = _verdict(refusals, preemption)
        code = refusals[0].cause.code
        if verdict is Verdict.PREEMPTS and self._rivalry.contested(node, code, preemption):
            cause = order_cause(code, 1)
            return Decision(node=node, eligibility=eligibility, verdict=Verdict.UNKNOWN, scheduling=(cause,))
        return Decision(
            node=node,
            eligibility=eligibility,
            verdict=verdict,
            fault=refusals[0].cause.fault if verdict is Verdict.BLOCKED else None,
            scheduling=tuple(refusal.cause for refusal in refusals),
            preemption=preemption,
        )

    def _as_they_contend(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """The decisions once the DaemonSet's own pods compete with each other."""
        contention = Contention(self._snapshot, self._view, self._pod)
        if not contention.possible:
            return decisions
        wanted = [each.node for each in decisions if each.eligibility.should_run]
        preempting = [each.node for each in decisions if each.verdict is Verdict.PREEMPTS]
        outcome = contention.outcome(wanted, preempting)
        return tuple(_contended(each, outcome[each.node]) if each.node in outcome else each for each in decisions)

    def _as_quota_allows(self, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        """Where a quota lets in fewer pods than there are nodes, nobody knows which nodes get theirs.

        Its pods' victims make room for more of them.
        """
        room = self.admission.room
        asking = [each for each in decisions if each.eligibility.should_run]
        if room is None or room >= len(asking) or self.admission.refusals:
            return decisions
        if evicted := self._rivalry.evicted:
            room = Admission(self._snapshot, self._daemon_set, freed=(*self._replaced, *evicted)).room
        at_most = len(asking) if room is None else min(room, len(asking))
        cause = Cause(code="FailedCreate", evidence=OrderEvidence(order=True, at_most=at_most), fault=Fault.POLICY)
        return tuple(
            Decision(node=each.node, eligibility=each.eligibility, verdict=Verdict.UNKNOWN, admission=(cause,))
            if each.eligibility.should_run
            else each
            for each in decisions
        )


def _contended(decision: Decision, cause: Cause | None) -> Decision:
    """What competition makes of a decision; a cause of None lets the pod run after all."""
    if cause is None:
        return Decision(node=decision.node, eligibility=decision.eligibility, verdict=Verdict.RUNS)
    return left_open(decision, cause)


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
