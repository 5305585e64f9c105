"""The one place where a decision is made: what is to be said of a DaemonSet on a node, and why.

The order is that of the cluster itself: the controller decides whether a pod belongs there, the API server whether it
may be created, the scheduler whether it fits, the kubelet and the node what becomes of it. Every report is a
projection of the ``Decision`` that comes out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec

from kubectl_ds.engine import kubelet
from kubectl_ds.engine.decision import Cause, Decision, Eligibility, Fault, Verdict
from kubectl_ds.engine.eligibility import Controller
from kubectl_ds.engine.evidence import (
    MisscheduledEvidence,
    NodeConditionEvidence,
    RevisionEvidence,
    UnknownEvidence,
    WaitEvidence,
)
from kubectl_ds.engine.failed_create import failed_create
from kubectl_ds.engine.revisions import current_revision
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL, DaemonSet
from kubectl_ds.model.meta import find_condition, natural_key
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap, Snapshot

_PRESSURE = {
    "memory": "MemoryPressure",
    "ephemeral-storage": "DiskPressure",
    "inodes": "DiskPressure",
    "pids": "PIDPressure",
}


class Decider:
    """Decides for one DaemonSet, node by node, against one snapshot."""

    def __init__(self, snapshot: Snapshot, daemon_set: DaemonSet, scheduler: Scheduler | None = None) -> None:
        self._snapshot = snapshot
        self.scheduler = scheduler or Scheduler(snapshot)
        """Judges the pods that wait."""
        self._daemon_set = daemon_set
        self._controller = Controller(daemon_set)
        uid = daemon_set.metadata.uid
        self._events = snapshot.events_by_object.get(uid, ())
        self._pods_denied = snapshot.denied("pods", daemon_set.namespace)
        self.revision = current_revision(daemon_set, snapshot.revisions_by_owner.get(uid, ()))
        """The current revision, by which pods are judged up to date."""
        self._owned = snapshot.pods_by_owner.get(uid, ())
        self._by_node: dict[str, list[Pod]] = {}
        for pod in self._owned:
            self._by_node.setdefault(pod.target_node, []).append(pod)
        self._fails_by_revision = self._failures_of_the_revision()

    def decide(self, node: Node) -> Decision:
        """The decision for ``node``."""
        eligibility = self._controller.eligibility(node)
        if self._pods_denied is not None:
            return Decision(
                node=node.name, eligibility=eligibility, verdict=Verdict.UNKNOWN, running=(_unknown(self._pods_denied),)
            )
        pods = sorted(self._by_node.get(node.name, ()), key=_judged_first)
        if not pods:
            return self._without_pod(node, eligibility)
        if not eligibility.should_run:
            return self._misscheduled(node, eligibility, pods)
        if not pods[0].bound:
            return self._waiting(node, eligibility, pods)
        return self._bound(node, eligibility, pods)

    def decide_all(self) -> tuple[Decision, ...]:
        """The decisions for all nodes, in natural order; without nodes to be read, one for each node with a pod."""
        gap = self._snapshot.denied("nodes")
        if gap is None:
            nodes = sorted(self._snapshot.nodes, key=lambda node: natural_key(node.name))
            return tuple(self.decide(node) for node in nodes)
        return tuple(self._on_unread_node(name, gap) for name in sorted(self._by_node, key=natural_key) if name)

    def orphans(self) -> tuple[Pod, ...]:
        """Owned pods whose target node does not exist, sorted by name."""
        if self._snapshot.denied("nodes") is not None:
            return ()
        known = self._snapshot.nodes_by_name
        lost = [pod for name, pods in self._by_node.items() if name not in known for pod in pods]
        return tuple(sorted(lost, key=lambda pod: natural_key(pod.name)))

    def _on_unread_node(self, name: str, gap: Gap) -> Decision:
        pods = sorted(self._by_node[name], key=_judged_first)
        nobody_knows = Eligibility(should_run=None, should_continue_running=None, causes=(_unknown(gap),))
        return Decision(
            node=name, eligibility=nobody_knows, verdict=Verdict.UNKNOWN, pod=pods[0], other_pods=tuple(pods[1:])
        )

    def _without_pod(self, node: Node, eligibility: Eligibility) -> Decision:
        if not eligibility.should_run:
            return Decision(node=node.name, eligibility=eligibility, verdict=Verdict.EXCLUDED)
        refusal = failed_create(self._events, since=node.metadata.creation_timestamp)
        return Decision(
            node=node.name,
            eligibility=eligibility,
            verdict=Verdict.MISSING,
            fault=Fault.POLICY if refusal else None,
            admission=(refusal,) if refusal else (),
        )

    def _misscheduled(self, node: Node, eligibility: Eligibility, pods: list[Pod]) -> Decision:
        stays = bool(eligibility.should_continue_running)
        evidence = MisscheduledEvidence(stays=stays, reported=self._daemon_set.status.number_misscheduled)
        down = node_state(node)
        return Decision(
            node=node.name,
            eligibility=eligibility,
            verdict=Verdict.MISSCHEDULED,
            fault=Fault.NODE if down else Fault.POLICY,
            pod=pods[0],
            other_pods=tuple(pods[1:]),
            running=(Cause(code="Misscheduled", evidence=evidence), *down),
        )

    def _waiting(self, node: Node, eligibility: Eligibility, pods: list[Pod]) -> Decision:
        judgement = self.scheduler.judge(pods[0], node.name)
        return Decision(
            node=node.name,
            eligibility=eligibility,
            verdict=judgement.verdict,
            fault=judgement.fault,
            pod=pods[0],
            other_pods=tuple(pods[1:]),
            scheduling=judgement.causes,
            preemption=judgement.preemption,
            passes_by=judgement.passes_by,
        )

    def _bound(self, node: Node, eligibility: Eligibility, pods: list[Pod]) -> Decision:
        pod = pods[0]
        verdict, causes = self._running(pod)
        down = node_state(node)
        if down and verdict is Verdict.NOT_READY and not kubelet.faults_of_its_own(causes):
            causes = ()
        if verdict is Verdict.FAILED:
            down = (*_pressure(node, pod), *down)
        return Decision(
            node=node.name,
            eligibility=eligibility,
            verdict=verdict,
            fault=self._fault(verdict, pod, causes, bool(down)),
            pod=pod,
            other_pods=tuple(pods[1:]),
            replacement=self._replacement(node, eligibility, pod, pods[1:]),
            running=(*causes, *down),
        )

    def _replacement(self, node: Node, eligibility: Eligibility, old: Pod, others: list[Pod]) -> Decision | None:
        """What becomes of the new pod beside an old one; where the old one keeps it out, the revision is at fault."""
        new = [each for each in others if self.revision.updated(each) and not each.terminating and not each.terminal]
        if not new or self.revision.updated(old):
            return None
        if new[0].bound:
            return self._bound(node, eligibility, new[:1])
        waiting = self._waiting(node, eligibility, new[:1])
        own = f"{old.namespace}/{old.name}"
        held = any(getattr(cause.evidence, "holder", None) == own for cause in waiting.scheduling[:1])
        return msgspec.structs.replace(waiting, fault=Fault.REVISION) if held else waiting

    def _running(self, pod: Pod) -> tuple[Verdict, tuple[Cause, ...]]:
        """The verdict on a bound pod where one should be, in the order of precedence of the contract."""
        now = self._snapshot.now
        if pod.terminating:
            return Verdict.TERMINATING, (kubelet.terminating(pod, now),)
        if pod.terminal:
            return Verdict.FAILED, (kubelet.ended(pod, kubelet.replaced(pod, self._events)),)
        if not pod.ready:
            return kubelet.not_ready(pod)
        min_ready = self._daemon_set.spec.min_ready_seconds
        if not pod.available(min_ready, now):
            return Verdict.SETTLING, (_settling(pod, min_ready, now),)
        if not self.revision.updated(pod):
            if not self.revision.hash and (gap := self._revisions_denied()) is not None:
                return Verdict.UNKNOWN, (_unknown(gap),)
            own = pod.metadata.labels.get(REVISION_HASH_LABEL, "")
            return Verdict.OUTDATED, (
                Cause(code="OldRevision", evidence=RevisionEvidence(revision=own, current=self.revision.hash)),
            )
        return Verdict.OK, ()

    def _revisions_denied(self) -> Gap | None:
        return self._snapshot.denied("controllerrevisions", self._daemon_set.namespace)

    def _fault(self, verdict: Verdict, pod: Pod, causes: tuple[Cause, ...], node_at_fault: bool) -> Fault | None:
        if verdict is Verdict.STARTING and node_at_fault:
            return Fault.NODE
        if verdict not in (Verdict.NOT_READY, Verdict.FAILED, Verdict.TERMINATING):
            return None
        if node_at_fault or any(cause.code == "Evicted" for cause in causes):
            return Fault.NODE
        if verdict is Verdict.FAILED and any(cause.code.startswith("OutOf") for cause in causes):
            return Fault.CAPACITY
        by_revision = bool(causes) and causes[0].code in self._fails_by_revision
        if verdict is Verdict.NOT_READY and by_revision and self.revision.updated(pod):
            return Fault.REVISION
        return Fault.POD

    def _failures_of_the_revision(self) -> frozenset[str]:
        """For which causes new pods fail where old ones ran, so that it is not for a node or a single pod.

        That is every cause when more of the new pods fail than are available; else those that several share, while
        the update is under way or a tenth of all pods is concerned. Pods on nodes that are down tell nothing.
        """
        if (self.revision.number or 0) < 2:
            return frozenset()
        live = [pod for pod in self._owned if pod.bound and not pod.terminating and not pod.terminal]
        current = [pod for pod in live if self.revision.updated(pod)]
        good = sum(pod.available(self._daemon_set.spec.min_ready_seconds, self._snapshot.now) for pod in current)
        failing = Counter(code for pod in current if (code := self._failure_of_its_own(pod)))
        widely = len(current) if len(current) == len(live) else 0
        return frozenset(
            code
            for code, count in failing.items()
            if sum(failing.values()) > good or (count > 1 and count * 10 >= widely)
        )

    def _failure_of_its_own(self, pod: Pod) -> str:
        """The cause for which a pod fails on a node that is up; empty where it does not, or nobody can know."""
        if pod.ready:
            return ""
        verdict, causes = kubelet.not_ready(pod)
        node = self._snapshot.nodes_by_name.get(pod.spec.node_name)
        down = node is not None and bool(node_state(node)) and not kubelet.faults_of_its_own(causes)
        return "" if down or verdict is not Verdict.NOT_READY else causes[0].code


def _judged_first(pod: Pod) -> tuple[bool, tuple[bool, float, str]]:
    """The controller's sort, with pods that are over and gone (terminal and deleted), which it no longer sees, last."""
    return (pod.terminal and pod.terminating, pod.sort_key)


def _unknown(gap: Gap) -> Cause:
    return Cause(code="Denied", evidence=UnknownEvidence(resource=gap.resource, error=gap.error))


def _settling(pod: Pod, min_ready_seconds: int, now: datetime) -> Cause:
    ready = pod.condition("Ready")
    since = ready.last_transition_time if ready is not None else None
    left = max(0, min_ready_seconds - int((now - since).total_seconds())) if since is not None else None
    return Cause(code="MinReadySeconds", evidence=WaitEvidence(since=since, seconds_left=left))


def node_state(node: Node) -> tuple[Cause, ...]:
    """Whether the node itself is not ready, or is out of reach; cordoning is no fault."""
    ready = node.ready
    if ready is None or ready.status == "True":
        return ()
    code = "NodeUnreachable" if ready.status == "Unknown" else "NodeNotReady"
    return (_node_cause(code, "Ready", ready.status, ready.reason, ready.last_transition_time, ready.message),)


def _pressure(node: Node, pod: Pod) -> Iterable[Cause]:
    """The pressure on the node by which the kubelet rejected or evicted ``pod``."""
    if pod.status.reason != "Evicted":
        return
    for word, condition_type in _PRESSURE.items():
        condition = find_condition(node.status.conditions, condition_type)
        if condition is not None and condition.status == "True" and word in pod.status.message.lower():
            since = condition.last_transition_time
            yield _node_cause("NodePressure", condition_type, "True", condition.reason, since, condition.message)
            return


def _node_cause(code: str, condition: str, status: str, reason: str, since: datetime | None, quoted: str) -> Cause:
    evidence = NodeConditionEvidence(condition=condition, status=status, reason=reason, since=since)
    return Cause(code=code, evidence=evidence, fault=Fault.NODE, quoted=quoted)
