"""One cell of the coverage report with everything behind it: the decision, its steps and its cures."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_ds.engine.coverage import DaemonSetCoverage, cover_one
from kubectl_ds.engine.decision import Cure, Decision
from kubectl_ds.engine.predict import Prediction
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.engine.trace import Step, trace
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot


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
    for decision in coverage.decisions:
        if decision.node == node:
            steps = trace(
                decision,
                daemon_set,
                snapshot.nodes_by_name.get(node),
                budget=coverage.budget,
                admission=prediction.admission.steps if prediction is not None else (),
            )
            return Explanation(coverage, decision, steps, coverage.cures(decision))
    return None
