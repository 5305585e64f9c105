"""What the scheduler makes of a pod on its one node: refused by which filters, cured by preemption, or stuck.

The filters and preemption compute the answer; the scheduler's own words are quoted beside it and never decide.
"""

from __future__ import annotations

from functools import cached_property

from kubectl_ds.engine.decision import Cause, Fault, Preemption, Verdict
from kubectl_ds.engine.evidence import SchedulerEvidence
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.fit.plugin import Refusals
from kubectl_ds.engine.scheduler_words import scheduler_message, words_for_target
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.value import Value


class Judgement(Value, frozen=True):
    """What comes of a pod that waits."""

    verdict: Verdict
    """``pending`` or ``blocked``."""
    fault: Fault | None
    causes: tuple[Cause, ...] = ()
    preemption: Preemption | None = None
    passes_by: str | None = None
    """As in ``Decision``."""


class Scheduler:
    """Judges waiting pods against one snapshot; the cluster view is built when the first pod is asked about."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @cached_property
    def view(self) -> ClusterView:
        """The whole cluster, as the filters see it."""
        return ClusterView(self._snapshot)

    @cached_property
    def _later(self) -> ClusterView:
        """The cluster once everything that is going away has gone."""
        return self.view.without(pod for pod in self._snapshot.pods if pod.terminating)

    def judge(self, pod: Pod, node: str) -> Judgement:
        """The verdict on a waiting ``pod`` whose target is ``node``, with every cause, first refusal first."""
        words = scheduler_message(pod)
        if not self._snapshot.whole_nodes:
            return Judgement(verdict=Verdict.PENDING, fault=Fault.CAPACITY, causes=_quoted(words), passes_by="unknown")
        refusals = self.view.refusals(pod, node)
        if not refusals:
            return Judgement(verdict=Verdict.PENDING, fault=Fault.CAPACITY, causes=_quoted(words), passes_by="fits")
        preemption = self.view.preempt(pod, node, refusals)
        passes_by = self._passes_by(pod, node, refusals, preemption)
        return Judgement(
            verdict=Verdict.PENDING if passes_by else Verdict.BLOCKED,
            fault=refusals[0].cause.fault,
            causes=_with_words(refusals, words),
            preemption=preemption,
            passes_by=passes_by,
        )

    def _passes_by(self, pod: Pod, node: str, refusals: Refusals, preemption: Preemption) -> str | None:
        """What now in the cluster will cure it; None only when it is known that nothing will."""
        if preemption.possible:
            return "preemption"
        if preemption.reason == "waitingForVictims":
            return "victimsTerminating"
        if preemption.reason == "unknown" or all(refusal.unknown for refusal in refusals):
            return "unknown"
        return None if self._later.refusals(pod, node) else "podsTerminating"


def _quoted(words: str) -> tuple[Cause, ...]:
    """The scheduler's words alone, when the filters refuse nothing or could not be asked."""
    if not words:
        return ()
    evidence = SchedulerEvidence(quoted=words_for_target(words))
    return (Cause(code="Unschedulable", evidence=evidence, fault=Fault.CAPACITY, quoted=words),)


def _with_words(refusals: Refusals, words: str) -> tuple[Cause, ...]:
    """The causes, the scheduler's whole message quoted at the first, which is the one that it means."""
    first = refusals[0].cause
    quoted = Cause(code=first.code, evidence=first.evidence, fault=first.fault, quoted=words)
    return (quoted, *(refusal.cause for refusal in refusals[1:]))
