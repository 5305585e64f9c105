"""What a new template would do to a DaemonSet at once: whether it takes more pods down than are down already.

Follows the counting of ``rollingUpdate`` (pkg/controller/daemon/update.go, Kubernetes 1.37), under which every pod is
of an old revision as soon as the template has changed.
"""

from __future__ import annotations

from kubectl_ds.engine.coverage import DaemonSetCoverage
from kubectl_ds.engine.rollout_budget import ON_DELETE, Eater
from kubectl_ds.model.value import Value


class NextStep(Value, frozen=True):
    """The first step of an update that has not begun."""

    strategy: str
    """``maxUnavailable``, ``maxSurge`` or ``OnDelete``."""
    limit: int
    desired: int
    unavailable: tuple[Eater, ...]
    """Nodes that eat the budget already, in natural order; none under OnDelete, which has none."""
    takes_down: int
    """Available pods that are deleted at once, before a new one is up."""

    @property
    def makes_worse(self) -> bool:
        """Whether pods are down already, and more will be."""
        return bool(self.unavailable) and self.takes_down > 0


def next_step(coverage: DaemonSetCoverage) -> NextStep | None:
    """What the first step would be; None where nobody can know how the pods are."""
    budget = coverage.budget
    if budget is None or coverage.counts is None:
        return None
    room = max(0, budget.limit - budget.used) if budget.strategy == "maxUnavailable" else 0
    return NextStep(
        strategy=budget.strategy,
        limit=budget.limit,
        desired=budget.desired,
        unavailable=() if budget.strategy == ON_DELETE else budget.eaters,
        takes_down=min(room, coverage.counts.available),
    )
