"""Whom the scheduler would evict from one node to make room for a pod, and why it would not.

Mirrors ``DefaultPreemption`` (pkg/scheduler/framework/plugins/defaultpreemption, Kubernetes 1.37): remove all pods of
strictly lower priority, see whether the pod fits, then let back whoever can stay, those whose budget would be broken
first, each from most important. Greedy, not minimal. Where pods of equal priority that started in the same second could
change places, the answer says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby

from kubectl_ds.engine.decision import Preemption, Victim
from kubectl_ds.engine.disruption import Broken, budgets_of, possible_breaches
from kubectl_ds.engine.fit.cycle import Cycle, run_with_nominated
from kubectl_ds.engine.fit.plugin import Filter, Refusals
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo, PodInfo
from kubectl_ds.model.pod import Pod

_NEVER = "Never"
_MOST_BREACHES = 120
"""How many ways in which budgets may be used up are tried out before the outcome counts as ambiguous."""


def preempt(cycle: Cycle, cluster: SharedLister, node: NodeInfo | None, refusals: Refusals) -> Preemption:
    """What preemption would do about the refusals of a pod on a node.

    Args:
        cycle: the pod, prepared.
        cluster: where it waits.
        node: its target node; None when there is no such node.
        refusals: of that node, first refusal first.
    """
    pod = cycle.pod
    priority = pod.spec.effective_priority
    there = node.pods if node is not None else ()
    lower = [each for each in there if each.priority < priority]
    equal = len([each for each in there if each.priority == priority])

    def helpless(reason: str) -> Preemption:
        return Preemption(possible=False, reason=reason, candidates=len(lower), priority=priority, equal=equal)

    if not refusals or node is None:
        return helpless("notHelpful")
    first = refusals[0]
    if first.pre_filter and first.unresolvable:
        return helpless("notHelpful")
    if pod.spec.preemption_policy == _NEVER:
        return helpless("never")
    if first.unknown:
        return helpless("unknown")
    if first.unresolvable:
        return helpless("notHelpful")
    if cluster.pods_gap is not None:
        return helpless("unknown")
    if _waits_for_victims(pod, node, lower):
        return helpless("waitingForVictims")
    if not lower:
        return helpless("noLowerPriority")
    attempt = Attempt(cycle, node, lower)
    remaining = attempt.remaining()
    if remaining:
        return helpless("unknown" if all(each.unknown for each in remaining) else "stillShort")
    victims, broken, ambiguous = _select(attempt, lower, cluster)
    return Preemption(
        possible=True,
        reason="victims",
        victims=tuple(_victim(each, broken) for each in victims),
        ambiguous=ambiguous,
        candidates=len(lower),
        priority=priority,
    )


class Attempt:
    """A node with all pods of lower priority taken away, to which they come back one by one."""

    def __init__(self, cycle: Cycle, node: NodeInfo, lower: Collection[PodInfo]) -> None:
        self._nominated = cycle.nominated_ahead(node)
        self._node = node.clone()
        self._filters: list[Filter] = [each.clone() for each in cycle.filters]
        self._counting = [each for each in self._filters if type(each).update is not Filter.update]
        self._node.remove_pods(lower)
        self._count(lower, -1)

    def remaining(self) -> Refusals:
        """What still refuses the pod."""
        return run_with_nominated(self._filters, self._node, self._nominated)

    def reprieve(self, *lines: Sequence[PodInfo]) -> tuple[list[PodInfo], bool]:
        """Who cannot come back when they come line by line, and whether equals could have taken their place.

        Adding a pod never makes room, so pods of equal importance fare the same in every order, unless one that had
        to stay out would have fitted before any of its equals came back.
        """
        victims: list[PodInfo] = []
        back: list[PodInfo] = []
        by_chance = False
        for tie in (list(equals) for line in lines for _, equals in groupby(line, key=_importance)):
            alone = [each for each in tie if self.fits(each)] if len(tie) > 1 else []
            for each in tie:
                self._add(each)
                if self.remaining():
                    self._remove(each)
                    victims.append(each)
                    by_chance = by_chance or each in alone
                else:
                    back.append(each)
        for each in back:
            self._remove(each)
        return victims, by_chance

    def fits(self, pod: PodInfo) -> bool:
        """Whether this pod alone could come back."""
        self._add(pod)
        fits = not self.remaining()
        self._remove(pod)
        return fits

    def _add(self, pod: PodInfo) -> None:
        self._node.add_pod(pod)
        self._count((pod,), 1)

    def _remove(self, pod: PodInfo) -> None:
        self._node.remove_pod(pod)
        self._count((pod,), -1)

    def _count(self, pods: Iterable[PodInfo], delta: int) -> None:
        for each in self._counting:
            for pod in pods:
                each.update(pod, self._node, delta)


def _select(attempt: Attempt, lower: Iterable[PodInfo], cluster: SharedLister) -> tuple[list[PodInfo], Broken, bool]:
    """The victims, most important first, the budgets they break, and whether others are as likely."""
    ranked = sorted(lower, key=_importance)
    ties = [list(tie) for _, tie in groupby(ranked, key=_importance)]
    gap = cluster.snapshot.denied("poddisruptionbudgets")
    budgets = budgets_of(cluster.snapshot.disruption_budgets)
    can_stay = {each.key for each in ranked if attempt.fits(each)}
    first: tuple[list[PodInfo], Broken] | None = None
    ambiguous = False
    for place, broken in enumerate(possible_breaches(ties, budgets, cluster.rules.budgets_stop_at_first)):
        violating = [each for each in ranked if each.key in broken]
        victims, by_chance = attempt.reprieve(violating, [each for each in ranked if each.key not in broken])
        first = first or (sorted(victims, key=_importance), broken)
        if can_stay.isdisjoint(each.key for each in victims):
            break  # whoever fits at all stays, so no order changes anything
        others = {each.key for each in victims} != {each.key for each in first[0]}
        ambiguous = by_chance or others or place >= _MOST_BREACHES
        if ambiguous:
            break
    chosen, broken = first or ([], {})
    if gap is not None and not can_stay.isdisjoint(each.key for each in chosen):
        ambiguous = True
    return chosen, broken, ambiguous


def _waits_for_victims(pod: Pod, node: NodeInfo, lower: Iterable[PodInfo]) -> bool:
    """Whether the pod has preempted others on this node, who are still going (``PodEligibleToPreemptOthers``)."""
    return pod.status.nominated_node_name == node.name and any(_preempted(each.pod) for each in lower)


def _preempted(pod: Pod) -> bool:
    """``PodTerminatingByPreemption``."""
    condition = pod.condition("DisruptionTarget") if pod.terminating else None
    return condition is not None and condition.status == "True" and condition.reason == "PreemptionByScheduler"


def _importance(pod: PodInfo) -> tuple[int, float]:
    """Most important first: higher priority, then earlier start; one that has not started counts as just started."""
    started = pod.pod.status.start_time
    return (-pod.priority, started.timestamp() if started is not None else float("inf"))


def _victim(pod: PodInfo, broken: Broken) -> Victim:
    controller = pod.pod.metadata.controller
    return Victim(
        namespace=pod.pod.namespace,
        name=pod.pod.name,
        priority=pod.priority,
        daemon_set=controller is not None and controller.kind == "DaemonSet",
        violates_pdb=broken.get(pod.key),
    )
