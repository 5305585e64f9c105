"""One cell of the coverage report with everything behind it: the decision, its steps and its cures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.coverage import DaemonSetCoverage, cover_one
from kubectl_ds.engine.decision import Cure, Decision, Verdict
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.engine.pending import preempted
from kubectl_ds.engine.predict import Prediction
from kubectl_ds.engine.preemptions import preemptions
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.engine.trace import Evicted, Step, trace
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot

_PREEMPTED = "Preempted"
_COMPUTED = ("quota", "podSecurity", "limitRange", "tolerationWhitelist", "nodeSelectorConflict")
"""Plugins whose refusal follows from what was read, and not from what was not found."""
_NOT_THERE = (Verdict.PENDING, Verdict.BLOCKED, Verdict.MISSING, Verdict.TERMINATING)


@dataclass(frozen=True)
class Explanation:
    """One cell, explained."""

    coverage: DaemonSetCoverage
    """Of the whole DaemonSet."""
    decision: Decision
    steps: tuple[Step, ...]
    cures: tuple[Cure, ...]

    @property
    def snapshot(self) -> Snapshot:
        """What was read."""
        return self.coverage.snapshot

    @property
    def daemon_set(self) -> DaemonSet:
        """Whose cell it is."""
        return self.coverage.daemon_set


def explain(snapshot: Snapshot, daemon_set: DaemonSet, node: str, *, predicted: bool = False) -> Explanation | None:
    """Why ``daemon_set`` is, or would be, on ``node``, or not; None when there is no such node, nor any pod for it."""
    scheduler = Scheduler(snapshot)
    prediction = Prediction(snapshot, daemon_set, scheduler) if predicted else None
    coverage = cover_one(snapshot, daemon_set, scheduler) if prediction is None else prediction.coverage()
    for decided in coverage.decisions:
        if decided.node == node:
            decision = decided if predicted else _with_further_refusals(snapshot, daemon_set, decided)
            steps = trace(
                decision,
                daemon_set,
                snapshot.nodes_by_name.get(node),
                budget=coverage.budget,
                admission=prediction.admission.steps if prediction is not None else (),
                evictions=() if predicted else _evictions(snapshot, daemon_set, decision),
            )
            return Explanation(coverage, decision, steps, coverage.cures(decision))
    return None


def _with_further_refusals(snapshot: Snapshot, daemon_set: DaemonSet, decision: Decision) -> Decision:
    """The decision with what the API server would refuse the pod for next: an event tells only the first plugin."""
    told = [each.evidence for each in decision.admission if isinstance(each.evidence, AdmissionEvidence)]
    if decision.verdict is not Verdict.MISSING or not told:
        return decision
    known = {(each.admission, each.name) for each in told}
    further = tuple(
        cause
        for cause in Admission(snapshot, daemon_set, assume=False).refusals
        if isinstance(cause.evidence, AdmissionEvidence)
        and cause.evidence.admission in _COMPUTED
        and (cause.evidence.admission, cause.evidence.name) not in known
    )
    return msgspec.structs.replace(decision, admission=decision.admission + further)


def _evictions(snapshot: Snapshot, daemon_set: DaemonSet, decision: Decision) -> Iterator[Evicted]:
    """What events and pods tell of preemption on a node where the DaemonSet's pod is not running."""
    if decision.verdict not in _NOT_THERE or not _told(snapshot, decision.node):
        return
    own = (daemon_set.namespace, daemon_set.name)
    for each in preemptions(snapshot, decision.node).observed:
        victim, preemptor = each.victim, each.preemptor
        is_own = victim is not None and (victim.namespace, victim.owner) == own
        for_it = preemptor is not None and (preemptor.namespace, preemptor.owner) == own
        if victim is not None and (is_own or for_it):
            yield Evicted(
                victim=victim.key,
                own=is_own,
                preemptor=preemptor.key if preemptor is not None and preemptor.name else None,
                priority=preemptor.priority if preemptor is not None else None,
                since=each.last,
                there=victim.there,
            )


def _told(snapshot: Snapshot, node: str) -> bool:
    """Whether anything tells of preemption at all: an event, or a pod on the node that is going away because of it."""
    leaving = snapshot.pods_by_node.get(node, ())
    return any(event.reason == _PREEMPTED for event in snapshot.events) or any(preempted(pod) for pod in leaving)
