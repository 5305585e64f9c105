"""Disruption budgets as preemption counts them: whose eviction breaks which.

Mirrors ``FilterVictimsWithPDBViolation`` (pkg/scheduler/framework/preemption, Kubernetes 1.37; up to 1.36
``filterPodsWithPDBViolation``, which went on counting a pod against its other budgets once one was broken).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, permutations

from kubectl_ds.engine.fit.selectors import Selector, SelectorError
from kubectl_ds.engine.node_info import PodInfo
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import PodDisruptionBudget

Broken = Mapping[str, str]
"""By the key of a pod, the budget that its eviction breaks."""


class Budget:
    """A disruption budget: which pods it protects, and how many of them may go."""

    def __init__(self, source: PodDisruptionBudget, selector: Selector) -> None:
        self.name = source.metadata.name
        self.namespace = source.metadata.namespace
        self.allowed = source.status.disruptions_allowed
        self._selector = selector
        self._disrupted = source.status.disrupted_pods

    def protects(self, pod: Pod) -> bool:
        """Whether evicting the pod uses the budget up; not one that is on its way out by it already."""
        return (
            self.namespace == pod.namespace
            and bool(pod.metadata.labels)
            and self._selector.matches(pod.metadata.labels)
            and pod.name not in self._disrupted
        )


def budgets_of(sources: Iterable[PodDisruptionBudget]) -> tuple[Budget, ...]:
    """The budgets that can protect anything: no selector, an empty one or one that does not parse protects no pod."""
    found = []
    for source in sources:
        try:
            selector = Selector(source.spec.selector)
        except SelectorError:
            continue
        if not selector.empty and not selector.selects_nothing:
            found.append(Budget(source, selector))
    return tuple(found)


def broken_budgets(pods: Iterable[PodInfo], budgets: Sequence[Budget], stop_at_first: bool) -> dict[str, str]:
    """Whose eviction breaks which budget, when the budgets are used up in the order of the pods.

    Args:
        pods: the candidates, most important first.
        budgets: in the order in which the scheduler lists them.
        stop_at_first: whether a pod that breaks one budget uses up no further one.
    """
    left = [budget.allowed for budget in budgets]
    broken: dict[str, str] = {}
    for each in pods:
        for place, budget in enumerate(budgets):
            if not budget.protects(each.pod):
                continue
            left[place] -= 1
            if left[place] < 0:
                broken.setdefault(each.key, budget.name)
                if stop_at_first:
                    break
    return broken


def possible_breaches(ties: Sequence[Sequence[PodInfo]], budgets: Sequence[Budget], stop: bool) -> Iterator[Broken]:
    """What may be broken, given that chance orders equally important pods, and budgets that protect the same pod.

    Args:
        ties: the candidates, most important first, those of equal importance together.
        budgets: all budgets.
        stop: as for ``broken_budgets``.
    """
    protected = [[each for each in tie if any(budget.protects(each.pod) for budget in budgets)] for tie in ties]
    concerned = [
        budget for budget in budgets if any(budget.protects(each.pod) for each in chain.from_iterable(protected))
    ]
    shared = any(sum(budget.protects(each.pod) for budget in concerned) > 1 for each in chain.from_iterable(protected))
    for listed in permutations(concerned) if shared else (tuple(concerned),):
        for arranged in _arrangements(protected, _contested(protected, listed, stop)):
            yield broken_budgets(arranged, listed, stop)


def _arrangements(ties: Sequence[Sequence[PodInfo]], contested: Sequence[bool]) -> Iterator[tuple[PodInfo, ...]]:
    """All pods in a row, contested ties in every order; one row at a time, for there may be more than ever end."""
    if not ties:
        yield ()
        return
    for first in permutations(ties[0]) if contested[0] else (tuple(ties[0]),):
        for rest in _arrangements(ties[1:], contested[1:]):
            yield (*first, *rest)


def _contested(ties: Sequence[Sequence[PodInfo]], budgets: Sequence[Budget], stop: bool) -> list[bool]:
    """For each tie, whether a budget suffices for some of its pods but not for all, so that their order matters."""
    contested = []
    before: list[PodInfo] = []
    for tie in ties:
        broken_before = broken_budgets(before, budgets, stop)
        matters = False
        for budget in budgets:
            used = sum(budget.protects(each.pod) for each in before if each.key not in broken_before)
            wanting = sum(budget.protects(each.pod) for each in tie)
            matters = matters or 0 < budget.allowed - used < wanting
        contested.append(matters)
        before += tie
    return contested
