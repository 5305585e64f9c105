"""How far an update has come, and what eats its budget: which nodes, and on whose side the fault lies.

Mirrors the counting of ``rollingUpdate``, ``findUpdatedPodsOnNode`` and ``updatedDesiredNodeCounts``
(pkg/controller/daemon/update.go, Kubernetes 1.37). Which of several available old pods goes first is map order upstream
and is not foretold; how many may go is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kubectl_ds.engine.decision import Cause, Decision, Fault, Verdict
from kubectl_ds.engine.revisions import CurrentRevision
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.value import Value

ON_DELETE = "OnDelete"
_FAILING = frozenset({Verdict.NOT_READY, Verdict.FAILED})


class Eater(Value, frozen=True):
    """A node that counts against the budget."""

    node: str
    verdict: Verdict
    """What is said of the node."""
    fault: Fault | None
    """On whose side it is."""
    cause: Cause | None
    """Why its pod is not available; None when it has none."""


class Budget(Value, frozen=True):
    """How an update stands."""

    strategy: str
    """``maxUnavailable``, ``maxSurge`` or ``OnDelete``."""
    limit: int
    """How many nodes may be without an available pod, or have a surplus one, at a time; 0 under OnDelete."""
    used: int
    """How many are. An old pod that is not available counts and is replaced all the same."""
    eaters: tuple[Eater, ...]
    """Those nodes, in natural order."""
    updated: int
    """Nodes on which it should run whose judged pod is of the current revision."""
    desired: int
    old: tuple[str, ...]
    """Nodes that wait with an available pod of an older revision, in natural order."""
    revision_fails: bool = False
    """Whether the new revision is at fault on any of them."""
    refused: Cause | None = None
    """Why creating a pod fails: until that succeeds, the controller replaces nothing."""

    @property
    def stands(self) -> bool:
        """Whether nodes wait, and nothing will replace their pods as things are."""
        if not self.old:
            return False
        return self.strategy == ON_DELETE or self.refused is not None or self.used >= self.limit


def budget(
    snapshot: Snapshot, daemon_set: DaemonSet, revision: CurrentRevision, decisions: Sequence[Decision]
) -> Budget | None:
    """How the update of ``daemon_set`` stands; None when pods could not be read, or nobody knows the revision.

    Args:
        snapshot: with its pods.
        daemon_set: the DaemonSet.
        revision: its current one.
        decisions: for all nodes.
    """
    if snapshot.denied("pods", daemon_set.namespace) is not None or snapshot.denied("nodes") is not None:
        return None
    if not revision.hash and revision.template_generation is None:
        return None
    by_node: dict[str, list[Pod]] = {}
    for pod in snapshot.pods_by_owner.get(daemon_set.metadata.uid, ()):
        if not (pod.terminal and pod.terminating):
            by_node.setdefault(pod.target_node, [])
            if not pod.terminating:
                by_node[pod.target_node].append(pod)
    wanted = {each.node: each for each in decisions if each.eligibility.should_run}
    for node in wanted:
        by_node.setdefault(node, [])
    counting = _Counting(snapshot, daemon_set, revision, {each.node: each for each in decisions})
    surge, unavailable = limits(daemon_set, len(wanted))
    on_delete = daemon_set.spec.update_strategy.type != "RollingUpdate"
    eating = [] if on_delete else [node for node, pods in by_node.items() if counting.eats(pods, surging=surge > 0)]
    old = [node for node, pods in by_node.items() if counting.waits(pods)]
    eaters = tuple(counting.eater(node) for node in sorted(eating, key=natural_key))
    return Budget(
        strategy=ON_DELETE if on_delete else "maxSurge" if surge else "maxUnavailable",
        limit=0 if on_delete else surge or unavailable,
        used=len(eating),
        eaters=eaters,
        updated=sum(each.pod is not None and revision.updated(each.pod) for each in wanted.values()),
        desired=len(wanted),
        old=tuple(sorted(old, key=natural_key)),
        revision_fails=any(each.fault is Fault.REVISION and each.verdict in _FAILING for each in eaters),
        refused=None if on_delete else next(_refusals(decisions), None),
    )


def limits(daemon_set: DaemonSet, desired: int) -> tuple[int, int]:
    """Surge and unavailability as counts, rounded up; maxUnavailable is 1 where both come to nothing."""
    strategy = daemon_set.spec.update_strategy
    surge, unavailable = _scaled(strategy.max_surge, desired), _scaled(strategy.max_unavailable, desired)
    return surge, unavailable or (0 if surge else 1)


class _Counting:
    """The controller's view of one node after the other."""

    def __init__(
        self, snapshot: Snapshot, daemon_set: DaemonSet, revision: CurrentRevision, decisions: Mapping[str, Decision]
    ) -> None:
        self._now = snapshot.now
        self._min_ready = daemon_set.spec.min_ready_seconds
        self._revision = revision
        self._decisions = decisions

    def eats(self, pods: Sequence[Pod], *, surging: bool) -> bool:
        """Whether a node with these pods counts against the budget; those that are going away are left out."""
        new, old = self._apart(pods)
        if len(new) > 1 or len(old) > 1:
            return True
        if surging:
            return bool(new and old) and not self._available(new[0])
        if len(new) == len(old):
            return True
        return not self._available((new or old)[0])

    def waits(self, pods: Sequence[Pod]) -> bool:
        """Whether an available old pod is there, and no new one."""
        new, old = self._apart(pods)
        return not new and len(old) == 1 and self._available(old[0])

    def eater(self, node: str) -> Eater:
        """What is known of a node that counts."""
        decision = self._decisions.get(node)
        if decision is None:
            return Eater(node=node, verdict=Verdict.UNKNOWN, fault=None, cause=None)
        decision = decision.replacement or decision
        return Eater(node=node, verdict=decision.verdict, fault=decision.fault, cause=telling_cause(decision))

    def _apart(self, pods: Iterable[Pod]) -> tuple[list[Pod], list[Pod]]:
        new: list[Pod] = []
        old: list[Pod] = []
        for pod in pods:
            (new if self._revision.updated(pod) else old).append(pod)
        return new, old

    def _available(self, pod: Pod) -> bool:
        return pod.available(self._min_ready, self._now)


def telling_cause(decision: Decision) -> Cause | None:
    """The cause that says most: what is wrong with the node, else the first of what is wrong with the pod."""
    of_node = [cause for cause in decision.running if cause.fault is Fault.NODE]
    causes = of_node or list(decision.scheduling or decision.running or decision.causes)
    return causes[0] if causes else None


def _refusals(decisions: Iterable[Decision]) -> Iterator[Cause]:
    return (cause for each in decisions if each.verdict is Verdict.MISSING for cause in each.admission)


def _scaled(amount: int | str, total: int) -> int:
    """``GetScaledValueFromIntOrPercent``, rounded up; what is neither a number nor a percentage counts as nothing."""
    if isinstance(amount, int):
        return amount
    digits = amount.removesuffix("%")
    if not amount.endswith("%") or not digits.isdecimal():
        return 0
    return -(-int(digits) * total // 100)
