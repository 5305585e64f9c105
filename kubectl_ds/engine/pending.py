"""Waiting pods: what keeps each out of its node, whether that passes, by what, and who else waits there.

A projection of ``Decision``. A pod that waits beside the one by which the controller judges the node (a surge's new
pod), or for a node that does not exist, is judged by the same scheduler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from kubectl_ds.engine.coverage import DaemonSetCoverage, cover
from kubectl_ds.engine.decision import Cure, Decision, Eligibility, Verdict
from kubectl_ds.engine.evidence import TerminatingEvidence
from kubectl_ds.engine.kubelet import terminating
from kubectl_ds.engine.scheduler_phrases import SchedulerWords, agrees, words_of
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap, Snapshot
from kubectl_ds.model.value import Value

_LEANED_ON = frozenset(
    {"daemonsets", "nodes", "pods", "namespaces", "poddisruptionbudgets", "persistentvolumeclaims"}
    | {"persistentvolumes", "storageclasses", "csinodes", "csidrivers", "volumeattachments"}
)
"""Resources without which the answer is not whole."""

_BEFORE = (Verdict.BLOCKED, Verdict.UNKNOWN, Verdict.MISSCHEDULED, Verdict.PENDING)


class Waiter(Value, frozen=True):
    """Another pod that waits for the same node."""

    namespace: str
    name: str
    priority: int
    owner: str | None
    """The DaemonSet that owns it, by name; None for any other pod."""
    nominated: bool
    """Whether room is being made for it there."""


class Leaving(Value, frozen=True):
    """A pod on the node that has been deleted and is still there."""

    namespace: str
    name: str
    preempted: bool
    """Whether the scheduler evicted it."""
    terminating: TerminatingEvidence
    """Since when, and how long beyond its grace period."""


@dataclass(frozen=True)
class WaitingPod:
    """A DaemonSet's pod that is not bound to its node."""

    coverage: DaemonSetCoverage
    pod: Pod
    decision: Decision
    """What holds for this pod on its node, as if it were the one by which the controller judges the node."""
    node_exists: bool | None
    """None when nodes could not be read."""
    words: SchedulerWords | None
    """What the scheduler last said of it."""
    others: tuple[Waiter, ...]
    """Other pods that wait for the same node, highest priority first."""
    leaving: tuple[Leaving, ...]
    """Pods that are leaving the node."""

    @property
    def daemon_set(self) -> DaemonSet:
        """Its DaemonSet."""
        return self.coverage.daemon_set

    @property
    def node(self) -> str:
        """Its target; empty when it names none."""
        return self.decision.node

    @property
    def verdict(self) -> Verdict:
        """``pending``, ``blocked``, ``misscheduled`` (it should not be there at all) or ``unknown``."""
        return self.decision.verdict

    @property
    def agrees(self) -> bool | None:
        """Whether the scheduler's last words name the filter that refuses the pod now; None when nobody can say."""
        return agrees(self.words, self.decision)

    @property
    def cures(self) -> tuple[Cure, ...]:
        """What would cure it, smallest change first."""
        return self.coverage.cures(self.decision)


@dataclass(frozen=True)
class PendingReport:
    """The answer to ``pending``."""

    snapshot: Snapshot
    pods: tuple[WaitingPod, ...]
    """Blocked ones first; then by namespace, DaemonSet and node."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was denied or absent, and matters here."""
        return tuple(gap for gap in self.snapshot.gaps if gap.resource in _LEANED_ON)

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How many pods have each verdict that occurs."""
        counted = {verdict: sum(each.verdict is verdict for each in self.pods) for verdict in _BEFORE}
        return {verdict: count for verdict, count in counted.items() if count}

    @property
    def pods_denied(self) -> bool:
        """Whether pods of some DaemonSet could not be read, so that some may wait unseen."""
        return any(self.snapshot.denied("pods", each.namespace) is not None for each in self.snapshot.daemon_sets)


def pending(snapshot: Snapshot, node: str = "") -> PendingReport:
    """Every pod of the snapshot's DaemonSets that waits; with ``node``, only those that wait for it."""
    waiting = _Waiting(snapshot)
    found = [each for coverage in cover(snapshot).daemon_sets for each in waiting.of(coverage)]
    kept = [each for each in found if not node or each.node == node]
    return PendingReport(snapshot=snapshot, pods=tuple(sorted(kept, key=_order)))


class _Waiting:
    """Everybody who waits for a node, by node."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._nodes_denied = snapshot.denied("nodes") is not None
        self._by_node: dict[str, list[Pod]] = {}
        for pod in snapshot.pods:
            if waits(pod):
                for name in {_pinned_to(pod), pod.status.nominated_node_name} - {""}:
                    self._by_node.setdefault(name, []).append(pod)

    def of(self, coverage: DaemonSetCoverage) -> Iterator[WaitingPod]:
        """The waiting pods of one DaemonSet."""
        decisions = {decision.node: decision for decision in coverage.decisions}
        for pod in self._snapshot.pods_by_owner.get(coverage.daemon_set.metadata.uid, ()):
            if waits(pod):
                yield WaitingPod(
                    coverage=coverage,
                    pod=pod,
                    decision=self._decision(pod, decisions, coverage.scheduler),
                    node_exists=None if self._nodes_denied else pod.target_node in self._snapshot.nodes_by_name,
                    words=words_of(pod, self._snapshot),
                    others=self._others(pod),
                    leaving=self._leaving(pod.target_node),
                )

    def _decision(self, pod: Pod, decisions: Mapping[str, Decision], scheduler: Scheduler) -> Decision:
        node = pod.target_node
        there = decisions.get(node)
        if there is not None and there.pod is pod and there.verdict is not Verdict.MISSCHEDULED:
            return there
        if there is None:
            eligibility = Eligibility(should_run=None if self._nodes_denied else False, should_continue_running=False)
            there = Decision(node=node, eligibility=eligibility, verdict=Verdict.UNKNOWN)
        if self._nodes_denied:
            return msgspec.structs.replace(there, pod=pod, other_pods=())
        judgement = scheduler.judge(pod, node)
        misscheduled = there.verdict is Verdict.MISSCHEDULED
        return msgspec.structs.replace(
            there,
            verdict=Verdict.MISSCHEDULED if misscheduled else judgement.verdict,
            fault=judgement.fault,
            pod=pod,
            other_pods=(),
            admission=(),
            scheduling=judgement.causes,
            running=there.running if misscheduled else (),
            preemption=judgement.preemption,
            passes_by=judgement.passes_by,
        )

    def _others(self, pod: Pod) -> tuple[Waiter, ...]:
        node = pod.target_node
        others = [_waiter(each, node) for each in self._by_node.get(node, ()) if each is not pod]
        return tuple(sorted(others, key=lambda each: (-each.priority, each.namespace, natural_key(each.name))))

    def _leaving(self, node: str) -> tuple[Leaving, ...]:
        pods = [pod for pod in self._snapshot.pods_by_node.get(node, ()) if pod.terminating and not pod.terminal]
        leaving = [_leaving(pod, self._snapshot.now) for pod in pods]
        return tuple(sorted(leaving, key=lambda each: (each.namespace, natural_key(each.name))))


def waits(pod: Pod) -> bool:
    """Whether the pod is neither bound to a node nor over."""
    return not pod.bound and not pod.terminal


def preempted(pod: Pod) -> bool:
    """Whether the scheduler evicted the pod for another one."""
    condition = pod.condition("DisruptionTarget")
    return condition is not None and condition.status == "True" and condition.reason == "PreemptionByScheduler"


def daemon_set_of(pod: Pod) -> str | None:
    """The name of the DaemonSet that controls the pod; it is in the pod's own namespace."""
    controller = pod.metadata.controller
    return controller.name if controller is not None and controller.kind == "DaemonSet" else None


def _leaving(pod: Pod, now: datetime) -> Leaving:
    evidence = terminating(pod, now).evidence
    assert isinstance(evidence, TerminatingEvidence)
    return Leaving(namespace=pod.namespace, name=pod.name, preempted=preempted(pod), terminating=evidence)


def _pinned_to(pod: Pod) -> str:
    return pod.target_node if daemon_set_of(pod) is not None else ""


def _waiter(pod: Pod, node: str) -> Waiter:
    return Waiter(
        namespace=pod.namespace,
        name=pod.name,
        priority=pod.spec.effective_priority,
        owner=daemon_set_of(pod),
        nominated=pod.status.nominated_node_name == node,
    )


def _order(waiting: WaitingPod) -> tuple[object, ...]:
    daemon_set = waiting.daemon_set
    names = (daemon_set.namespace, daemon_set.name, waiting.node, waiting.pod.name)
    return (_BEFORE.index(waiting.verdict), *(natural_key(name) for name in names))
