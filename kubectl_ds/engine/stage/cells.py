"""How each node stands in a staged rollout: not yet, on its way, done, failing, or set aside because it is itself down.

It is read off the one decision that every report is made of; nothing here knows of waves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import Enum

from kubectl_ds.engine.decide import Decider, node_state
from kubectl_ds.engine.decision import Cause, Decision, Fault, Verdict
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.value import Value

_HOPELESS = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "PostStartHookError",
        "RunContainerError",
    }
)
"""Reasons of the kubelet that say more than "not yet"; crash loops are judged by their restarts."""


class Standing(str, Enum):
    """Where a node stands."""

    OLD = "old"
    """Its pod is of another revision than the one that is rolled out."""
    GONE = "gone"
    """Its pod is going away, or there is none yet."""
    COMING = "coming"
    """Its new pod is on its way."""
    READY = "ready"
    """Its new pod is available."""
    FAILING = "failing"
    """Its new pod fails."""
    ASIDE = "aside"
    """The node itself is down: no revision would run there."""
    ABSENT = "absent"
    """Nothing should run there."""


NEW = frozenset({Standing.COMING, Standing.READY, Standing.FAILING})
"""Standings of a node with a pod of the revision that is rolled out."""


class Cell(Value, frozen=True):
    """One node."""

    node: str
    standing: Standing
    counts: bool
    """Whether it is one of the nodes that the DaemonSet wants a pod on, and so uses up the budget when it has none."""
    available: bool = False
    pod: Pod | None = None
    cause: Cause | None = None
    """Why it is not well."""
    since: datetime | None = None
    """Ready: since when. Not ready: when its pod was made, or the one before it was deleted."""
    until: datetime | None = None
    """When it is to be looked at again though nothing changes: minReadySeconds will be over."""


class Judge:
    """Judges nodes for one DaemonSet, as many at a time as have changed."""

    def __init__(self, daemon_set: DaemonSet, max_restarts: int) -> None:
        self._daemon_set = daemon_set
        self._max_restarts = max_restarts

    def cells(
        self, snapshot: Snapshot, asked: Collection[str], missing_since: Mapping[str, datetime]
    ) -> dict[str, Cell]:
        """The nodes of ``snapshot``, which holds their pods and all revisions.

        Args:
            snapshot: what they are judged by.
            asked: uids of pods whose deletion has been asked for, though nobody may have seen it yet.
            missing_since: since when a node has been without a pod, as far as this run has seen it.
        """
        decider = Decider(snapshot, self._daemon_set)
        found = {}
        for node in snapshot.nodes:
            decision = decider.decide(node)
            updated = decision.pod is not None and decider.revision.updated(decision.pod)
            found[node.name] = self._cell(node, decision, updated, asked, missing_since.get(node.name))
        return found

    def _cell(
        self, node: Node, decision: Decision, updated: bool, asked: Collection[str], missing_since: datetime | None
    ) -> Cell:
        counts = bool(decision.eligibility.should_run)
        pod, name = decision.pod, node.name
        cause = next(iter(decision.causes), None)
        down = next(iter(node_state(node)), None)
        if down is not None or (decision.fault is Fault.NODE and counts):
            return Cell(node=name, standing=Standing.ASIDE, counts=counts, pod=pod, cause=down or cause)
        if not counts:
            return Cell(node=name, standing=Standing.ABSENT, counts=False, pod=pod, cause=cause)
        if pod is None:
            return Cell(node=name, standing=Standing.GONE, counts=True, cause=cause, since=missing_since)
        if pod.terminating or pod.metadata.uid in asked:
            return Cell(node=name, standing=Standing.GONE, counts=True, pod=pod, cause=cause, since=_deleted(pod))
        if not updated:
            available = decision.verdict is Verdict.OUTDATED
            return Cell(node=name, standing=Standing.OLD, counts=True, available=available, pod=pod, cause=cause)
        return self._new(name, decision, pod, cause)

    def _new(self, node: str, decision: Decision, pod: Pod, cause: Cause | None) -> Cell:
        """A node whose pod is of the revision that is rolled out."""
        ready = pod.condition("Ready")
        since = ready.last_transition_time if ready is not None and pod.ready else pod.metadata.creation_timestamp
        standing, available, until = Standing.COMING, decision.verdict is Verdict.OK, None
        if available:
            standing = Standing.READY
        elif decision.verdict is Verdict.SETTLING and since is not None:
            until = since + timedelta(seconds=self._daemon_set.spec.min_ready_seconds)
        hopeless = any(each.code in _HOPELESS for each in decision.running)
        if decision.verdict in (Verdict.FAILED, Verdict.BLOCKED) or hopeless or restarts(pod) > self._max_restarts:
            standing = Standing.FAILING
        return Cell(
            node=node,
            standing=standing,
            counts=True,
            available=available,
            pod=pod,
            cause=cause,
            since=since,
            until=until,
        )


def restarts(pod: Pod) -> int:
    """How often its containers have restarted, the worst of them."""
    statuses = (*pod.status.container_statuses, *pod.status.init_container_statuses)
    return max((status.restart_count for status in statuses), default=0)


def _deleted(pod: Pod) -> datetime | None:
    """When the deletion of a terminating pod was asked for."""
    ends, grace = pod.metadata.deletion_timestamp, pod.metadata.deletion_grace_period_seconds
    return ends - timedelta(seconds=grace or 0) if ends is not None else None
