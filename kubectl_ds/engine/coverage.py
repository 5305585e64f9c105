"""Coverage: the decisions for all nodes of a DaemonSet, counted and collapsed by cause.

The counts follow ``updateDaemonSetStatus`` (pkg/controller/daemon, Kubernetes 1.37) and are compared with ``.status``,
which lags when a node changed and nothing made the controller sync.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from kubectl_ds.engine.cures import cures_for
from kubectl_ds.engine.decide import Decider
from kubectl_ds.engine.decision import COVERED, Cause, Cure, Decision, Fault, Verdict
from kubectl_ds.engine.revisions import CurrentRevision
from kubectl_ds.engine.rollout_budget import Budget, budget
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.engine.situation import Situation
from kubectl_ds.model.daemonset import DaemonSet, DaemonSetStatus
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap, Snapshot

_FIGURES = frozenset(
    {
        "restarts",
        "exit_code",
        "since",
        "count",
        "seconds_left",
        "overdue_seconds",
        "free",
        "short",
        "allocatable",
        "pods",
    }
    | {"largest", "actual", "revision", "last_message"}
)
"""Evidence that differs from node to node without making it another cause."""


@dataclass(frozen=True)
class Counts:
    """The controller's counters."""

    desired: int
    current: int
    ready: int
    up_to_date: int
    available: int
    unavailable: int
    misscheduled: int


@dataclass(frozen=True)
class CauseGroup:
    """Nodes that share a verdict for the same reason."""

    verdict: Verdict
    cause: Cause | None
    """With the evidence of the first node; None where a verdict needs no cause, or nobody knows one."""
    fault: Fault | None
    nodes: tuple[str, ...]
    """In natural order."""
    decision: Decision
    """Of the first node."""


@dataclass(frozen=True)
class DaemonSetCoverage:
    """All that is to be said of one DaemonSet."""

    daemon_set: DaemonSet
    revision: CurrentRevision
    decisions: tuple[Decision, ...]
    """One for each node, in natural order."""
    counts: Counts | None
    """None when nodes or pods could not be read."""
    reported: Counts
    orphans: tuple[Pod, ...]
    snapshot: Snapshot
    scheduler: Scheduler
    predicted: bool = False

    @property
    def agrees(self) -> bool | None:
        """Whether ``.status`` says the same; None when it cannot be known, or there is no ``.status`` yet."""
        return None if self.counts is None or self.predicted else self.counts == self.reported

    @cached_property
    def verdicts(self) -> dict[Verdict, int]:
        """How many nodes have each verdict that occurs, in the order of ``Verdict``."""
        counted = Counter(decision.verdict for decision in self.decisions)
        return {verdict: counted[verdict] for verdict in Verdict if verdict in counted}

    @property
    def covered(self) -> int:
        """Nodes with an available pod of any revision where one should be."""
        return sum(decision.verdict in COVERED for decision in self.decisions)

    def cures(self, decision: Decision) -> tuple[Cure, ...]:
        """What would cure one of the decisions, smallest change first."""
        situation = Situation(
            self.snapshot,
            self.daemon_set,
            decision,
            self.scheduler,
            missing=self._missing,
            predicted=self.predicted,
            budget=self.budget,
        )
        return cures_for(situation)

    @cached_property
    def _missing(self) -> int:
        """On how many nodes a pod has still to be created."""
        if self.predicted:
            return sum(bool(each.eligibility.should_run) for each in self.decisions)
        return self.verdicts.get(Verdict.MISSING, 0)

    @cached_property
    def budget(self) -> Budget | None:
        """How its update stands; None for a prediction, and when nobody can know."""
        if self.predicted:
            return None
        return budget(self.snapshot, self.daemon_set, self.revision, self.decisions)

    @cached_property
    def groups(self) -> tuple[CauseGroup, ...]:
        """The decisions collapsed by verdict and first cause: verdicts in their order, largest group first."""
        collected: dict[tuple[object, ...], list[Decision]] = {}
        for decision in self.decisions:
            collected.setdefault(_likeness(decision), []).append(decision)
        groups = [
            CauseGroup(
                verdict=members[0].verdict,
                cause=leading_cause(members[0]),
                fault=members[0].fault,
                nodes=tuple(member.node for member in members),
                decision=members[0],
            )
            for members in collected.values()
        ]
        order = {verdict: index for index, verdict in enumerate(Verdict)}
        return tuple(
            sorted(groups, key=lambda each: (order[each.verdict], -len(each.nodes), natural_key(each.nodes[0])))
        )


@dataclass(frozen=True)
class CoverageReport:
    """The answer to ``coverage``: one entry per DaemonSet, and what could not be read."""

    snapshot: Snapshot
    daemon_sets: tuple[DaemonSetCoverage, ...]
    """Sorted by namespace and name."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was denied or absent."""
        return self.snapshot.gaps


def cover(snapshot: Snapshot) -> CoverageReport:
    """The coverage of every DaemonSet in the snapshot."""
    ordered = sorted(snapshot.daemon_sets, key=lambda each: (natural_key(each.namespace), natural_key(each.name)))
    scheduler = Scheduler(snapshot)
    covered = tuple(cover_one(snapshot, each, scheduler) for each in ordered)
    return CoverageReport(snapshot=snapshot, daemon_sets=covered)


def cover_one(snapshot: Snapshot, daemon_set: DaemonSet, scheduler: Scheduler | None = None) -> DaemonSetCoverage:
    """The coverage of one DaemonSet; ``scheduler`` may be shared by all DaemonSets of a snapshot."""
    decider = Decider(snapshot, daemon_set, scheduler)
    decisions = decider.decide_all()
    known = snapshot.denied("nodes") is None and snapshot.denied("pods", daemon_set.namespace) is None
    return DaemonSetCoverage(
        daemon_set=daemon_set,
        revision=decider.revision,
        decisions=decisions,
        counts=_count(snapshot, daemon_set, decider.revision, decisions) if known else None,
        reported=_reported(daemon_set.status),
        orphans=decider.orphans(),
        snapshot=snapshot,
        scheduler=decider.scheduler,
    )


def on_node(report: CoverageReport, node: str) -> CoverageReport:
    """The same report with the rows of one node alone; counters stay those of the whole cluster."""
    narrowed = (
        replace(each, decisions=tuple(decision for decision in each.decisions if decision.node == node))
        for each in report.daemon_sets
    )
    return replace(report, daemon_sets=tuple(narrowed))


def leading_cause(decision: Decision) -> Cause | None:
    """The cause that names a group: what excludes, else the first that any of the later stages met."""
    causes = decision.causes
    return causes[0] if causes else None


def _count(
    snapshot: Snapshot, daemon_set: DaemonSet, revision: CurrentRevision, decisions: tuple[Decision, ...]
) -> Counts:
    desired = current = ready = up_to_date = available = misscheduled = 0
    min_ready = daemon_set.spec.min_ready_seconds
    for decision in decisions:
        pod = decision.pod
        seen = pod is not None and not (pod.terminal and pod.terminating)
        if not decision.eligibility.should_run:
            misscheduled += seen
            continue
        desired += 1
        if pod is None or not seen:
            continue
        current += 1
        ready += pod.ready
        available += pod.available(min_ready, snapshot.now)
        up_to_date += revision.updated(pod)
    return Counts(
        desired=desired,
        current=current,
        ready=ready,
        up_to_date=up_to_date,
        available=available,
        unavailable=desired - available,
        misscheduled=misscheduled,
    )


def _reported(status: DaemonSetStatus) -> Counts:
    return Counts(
        desired=status.desired_number_scheduled,
        current=status.current_number_scheduled,
        ready=status.number_ready,
        up_to_date=status.updated_number_scheduled,
        available=status.number_available,
        unavailable=status.number_unavailable,
        misscheduled=status.number_misscheduled,
    )


def _likeness(decision: Decision) -> tuple[object, ...]:
    """What two nodes must share to stand in one entry."""
    cause = leading_cause(decision)
    if cause is None:
        return (decision.verdict, decision.fault)
    return (decision.verdict, decision.fault, cause.code, type(cause.evidence), essence(cause.evidence))


def essence(evidence: Any) -> tuple[object, ...]:
    """Evidence without the figures that differ from node to node without making it another cause."""
    return tuple(getattr(evidence, name) for name in evidence.__struct_fields__ if name not in _FIGURES)
