"""How an update stands: its phase, what it waits for, on whose side the fault lies, how long it may still take.

A projection of the decisions for all nodes and of the budget (``rollout_budget``). Complete is what kubectl calls so
(``DaemonSetStatusViewer``, k8s.io/kubectl v0.37), counted from the objects instead of ``.status``, of every strategy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from kubectl_ds.engine.coverage import DaemonSetCoverage, essence
from kubectl_ds.engine.decision import Cause, Cure, Decision, Fault, Verdict
from kubectl_ds.engine.evidence import TerminatingEvidence
from kubectl_ds.engine.node_patterns import NodePattern, node_patterns
from kubectl_ds.engine.rollout_budget import ON_DELETE, Budget, telling_cause
from kubectl_ds.engine.rollout_pace import Estimate, began, estimate, last_progress
from kubectl_ds.engine.saved_strategy import is_paused
from kubectl_ds.model.node import Node

PATIENCE = timedelta(seconds=30)
"""For so long a running pod may be unready without counting as failing: three times a probe's default period."""
PROGRESS_DEADLINE = timedelta(minutes=10)
"""Without progress for so long nothing counts as on its way, unless somebody asks for another time: as long as a
Deployment's default (progressDeadlineSeconds), to which the time is added that every pod takes to count."""
_FAILING = frozenset({Verdict.NOT_READY, Verdict.FAILED})
_COMING = frozenset({Verdict.STARTING, Verdict.SETTLING})
_GOOD = frozenset({Verdict.OK})
_UNREADY = "ContainersNotReady"


class Phase(str, Enum):
    """How an update stands."""

    COMPLETE = "complete"
    PROGRESSING = "progressing"
    STUCK = "stuck"
    """Nothing is on its way, and nothing will be by itself."""
    FAILED = "failed"
    """The new pods fail, and the update goes no further."""
    PAUSED = "paused"
    WAITING_FOR_DELETE = "waiting-for-delete"
    """OnDelete: somebody has to delete the old pods."""
    NO_NODES = "no-nodes"
    """No node matches, so that there is nothing to update."""


@dataclass(frozen=True)
class LaggardGroup:
    """Nodes that the update waits for, for the same reason."""

    verdict: Verdict
    """What is said of the new pod, where there is one; else of the node."""
    fault: Fault | None
    cause: Cause | None
    """With the evidence of the first node."""
    nodes: tuple[str, ...]
    """In natural order."""
    patterns: tuple[NodePattern, ...]
    """What tells these nodes from those where the current revision works."""


@dataclass(frozen=True)
class RolloutStatus:
    """All that is to be said of one update."""

    coverage: DaemonSetCoverage
    phase: Phase | None
    """None when nobody can tell, because pods or nodes may not be read."""
    fault: Fault | None
    """On whose side it is that the update goes no further."""
    budget: Budget | None
    laggards: tuple[LaggardGroup, ...]
    """First what stands in the way, last those that only wait for their turn."""
    ahead: tuple[str, ...]
    """Nodes on the current revision although nobody replaces pods: paused, or OnDelete."""
    began: datetime | None
    progressed: datetime | None
    """When a pod of the current revision was last made or became ready."""
    overdue: bool
    """Whether there has been no progress for as long as the deadline."""
    estimate: Estimate | None
    cures: tuple[Cure, ...]
    """What lets it go on, smallest change first; empty where it goes on by itself."""

    @property
    def now(self) -> datetime:
        """When all this was so."""
        return self.coverage.snapshot.now

    @property
    def unblocked_at(self) -> int | None:
        """The smallest maxUnavailable with which another node has its turn; None where that is not what it lacks."""
        budget = self.budget
        if self.phase is not Phase.STUCK or budget is None or budget.refused is not None or not budget.stands:
            return None
        helps = budget.strategy == "maxUnavailable" and any(each.fault is not Fault.CAPACITY for each in budget.eaters)
        return budget.used + 1 if helps else None


def rollout_status(coverage: DaemonSetCoverage, progress_deadline: timedelta | None = None) -> RolloutStatus:
    """How the update of one DaemonSet stands; without progress for as long as the deadline nothing counts as coming."""
    return _Rollout(coverage, progress_deadline).status()


class _Rollout:
    def __init__(self, coverage: DaemonSetCoverage, deadline: timedelta | None) -> None:
        self._coverage = coverage
        self._daemon_set = coverage.daemon_set
        self._now = coverage.snapshot.now
        self._budget = coverage.budget
        uid = self._daemon_set.metadata.uid
        pods = coverage.snapshot.pods_by_owner.get(uid, ())
        self._current = [pod for pod in pods if coverage.revision.updated(pod) and not pod.terminating]
        revisions = coverage.snapshot.revisions_by_owner.get(uid, ())
        self._began = began(self._daemon_set, coverage.revision, revisions)
        self._progressed = last_progress(self._began, self._current)
        usual = PROGRESS_DEADLINE + timedelta(seconds=self._daemon_set.spec.min_ready_seconds)
        self._overdue = self._now - (self._progressed or self._now) >= (usual if deadline is None else deadline)
        eaters = {each.node for each in self._budget.eaters} if self._budget is not None else set()
        self._lagging = [each for each in coverage.decisions if self._lags(each, each.node in eaters)]

    def status(self) -> RolloutStatus:
        phase = self._phase()
        budget = self._budget
        still = self._daemon_set.spec.update_strategy.type == ON_DELETE
        return RolloutStatus(
            coverage=self._coverage,
            phase=phase,
            fault=self._fault() if phase in (Phase.STUCK, Phase.FAILED) else None,
            budget=budget,
            laggards=tuple(self._groups()),
            ahead=self._updated_nodes() if still and budget is not None and budget.old else (),
            began=self._began,
            progressed=self._progressed,
            overdue=self._overdue,
            estimate=self._estimate() if phase is Phase.PROGRESSING else None,
            cures=self._cures() if phase not in (Phase.COMPLETE, Phase.PROGRESSING, Phase.NO_NODES) else (),
        )

    def _phase(self) -> Phase | None:
        counts, budget = self._coverage.counts, self._budget
        if is_paused(self._daemon_set):
            return Phase.PAUSED
        if counts is None or budget is None:
            return self._phase_by_status()
        if self._daemon_set.metadata.generation > self._daemon_set.status.observed_generation:
            return Phase.PROGRESSING
        if not counts.desired:
            return Phase.NO_NODES
        if counts.up_to_date >= counts.desired and counts.available >= counts.desired:
            return Phase.COMPLETE
        if self._moves(budget):
            return Phase.PROGRESSING
        if any(self._fails(each) for each in self._lagging):
            return Phase.FAILED
        if any(each.verdict is Verdict.UNKNOWN for each in self._lagging):
            return None
        waits = all(each.verdict is Verdict.OUTDATED for each in self._lagging)
        return Phase.WAITING_FOR_DELETE if waits and budget.strategy == ON_DELETE else Phase.STUCK

    def _phase_by_status(self) -> Phase | None:
        """What ``.status`` tells where the objects may not be read: whether it is complete, and no more."""
        status = self._daemon_set.status
        desired = status.desired_number_scheduled
        if self._daemon_set.metadata.generation > status.observed_generation:
            return Phase.PROGRESSING
        if status.updated_number_scheduled >= desired and status.number_available >= desired:
            return Phase.COMPLETE if desired else Phase.NO_NODES
        return None

    def _lags(self, decision: Decision, eats: bool) -> bool:
        return eats or bool(decision.eligibility.should_run and decision.verdict not in _GOOD)

    def _moves(self, budget: Budget) -> bool:
        """Whether anything is on its way: a pod that comes up or goes, or a turn that the controller will give."""
        if self._overdue:
            return False
        if budget.old and not budget.stands:
            return True
        return any(self._comes(each.replacement or each, budget) for each in self._lagging)

    def _comes(self, decision: Decision, budget: Budget) -> bool:
        verdict = decision.verdict
        if verdict is Verdict.OK:  # a new pod that is up beside an old one: that goes now
            return True
        if verdict in _COMING:
            return decision.fault is not Fault.NODE
        if verdict is Verdict.TERMINATING:
            return not self._node_is_down(decision) and not any(
                isinstance(each.evidence, TerminatingEvidence) and each.evidence.overdue_seconds
                for each in decision.running
            )
        if verdict is Verdict.MISSING:
            return not decision.admission and budget.refused is None
        if verdict is Verdict.PENDING:
            return decision.passes_by is not None
        return verdict is Verdict.NOT_READY and self._may_become_ready(decision)

    def _may_become_ready(self, decision: Decision) -> bool:
        """Whether it runs, and has not been unready for long: no failure yet, its probes may still be to come."""
        pod = decision.pod
        only_unready = all(each.code == _UNREADY for each in decision.running) and bool(decision.running)
        if pod is None or not only_unready or pod.status.start_time is None:
            return False
        return self._now - pod.status.start_time < PATIENCE

    def _node_is_down(self, decision: Decision) -> bool:
        node = self._coverage.snapshot.nodes_by_name.get(decision.node)
        ready = node.ready if node is not None else None
        return ready is not None and ready.status != "True"

    def _fails(self, decision: Decision) -> bool:
        """Whether the new pod fails for the revision's sake; for a first revision, for any sake of its own."""
        new = decision.replacement or decision
        if new.verdict not in _FAILING or new.pod is None or not self._coverage.revision.updated(new.pod):
            return False
        if new.fault is Fault.REVISION:
            return True
        works = any(each.available(self._daemon_set.spec.min_ready_seconds, self._now) for each in self._current)
        return new.fault is Fault.POD and not works

    def _fault(self) -> Fault | None:
        """Whose fault it is: the revision's before anybody else's, else what most nodes that stand in the way have."""
        if self._budget is not None and self._budget.refused is not None:
            return Fault.POLICY
        standing = [each.replacement or each for each in self._lagging if not _waits_its_turn(each)]
        faults = Counter(each.fault for each in standing if each.fault is not None)
        if Fault.REVISION in faults:
            return Fault.REVISION
        return faults.most_common(1)[0][0] if faults else None

    def _groups(self) -> Iterator[LaggardGroup]:
        collected: dict[tuple[object, ...], list[Decision]] = {}
        for decision in self._lagging:
            new = decision.replacement or decision
            cause = telling_cause(new)
            like = () if cause is None else (cause.code, type(cause.evidence), essence(cause.evidence))
            collected.setdefault((new.verdict, new.fault, *like), []).append(new)
        working = self._nodes_of(each for each in self._coverage.decisions if each.verdict is Verdict.OK)
        groups = sorted(collected.values(), key=lambda group: (_waits_its_turn(group[0]), -len(group)))
        for members in groups:
            failing = members[0].verdict in _FAILING
            yield LaggardGroup(
                verdict=members[0].verdict,
                fault=members[0].fault,
                cause=telling_cause(members[0]),
                nodes=tuple(each.node for each in members),
                patterns=node_patterns(self._nodes_of(members), working) if failing else (),
            )

    def _nodes_of(self, decisions: Iterable[Decision]) -> list[Node]:
        there = self._coverage.snapshot.nodes_by_name
        return [there[each.node] for each in decisions if each.node in there]

    def _updated_nodes(self) -> tuple[str, ...]:
        updated = self._coverage.revision.updated
        return tuple(
            each.node
            for each in self._coverage.decisions
            if each.eligibility.should_run and each.pod is not None and updated(each.pod)
        )

    def _estimate(self) -> Estimate | None:
        """By the pace so far, as long as nodes wait for their turn: the last ones come up by themselves."""
        if self._budget is None or not self._budget.old:
            return None
        min_ready = self._daemon_set.spec.min_ready_seconds
        available = [pod for pod in self._current if pod.available(min_ready, self._now)]
        counts = self._coverage.counts
        remaining = max(0, counts.desired - len(available)) if counts is not None else 0
        return estimate(self._began, available, remaining, self._now)

    def _cures(self) -> tuple[Cure, ...]:
        """What gives the waiting nodes their turn; where none waits, what cures the first that stands in the way."""
        by_turn = sorted(self._lagging, key=lambda each: not _waits_its_turn(each))
        return next((found for each in by_turn if (found := self._coverage.cures(each))), ())


def _waits_its_turn(decision: Decision) -> bool:
    return decision.verdict is Verdict.OUTDATED and decision.replacement is None
