"""What the kubelet says of a bound pod: on its way, failing, failed, going away.

Reasons are the kubelet's own words (``CrashLoopBackOff``, ``ImagePullBackOff``, ``OutOfcpu``, …; pkg/kubelet, 1.37).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from kubectl_ds.engine.decision import Cause, Verdict
from kubectl_ds.engine.evidence import ContainerEvidence, PodEvidence, TerminatingEvidence, WaitEvidence
from kubectl_ds.model.event import Event
from kubectl_ds.model.pod import ContainerStatus, Pod

_ON_ITS_WAY = frozenset({"", "ContainerCreating", "PodInitializing"})
_DEFAULT_GRACE = 30
_LONGEST_WORDS = 120


def terminating(pod: Pod, now: datetime) -> Cause:
    """Since when the pod goes away, and how far it is beyond its grace period."""
    ends = pod.metadata.deletion_timestamp
    grace = pod.metadata.deletion_grace_period_seconds
    seconds = _DEFAULT_GRACE if grace is None else grace
    since = ends - timedelta(seconds=seconds) if ends is not None else None
    overdue = max(0, int((now - ends).total_seconds())) if ends is not None else 0
    evidence = TerminatingEvidence(
        since=since, grace_seconds=seconds, overdue_seconds=overdue, finalizers=pod.metadata.finalizers
    )
    return Cause(code="Terminating", evidence=evidence)


def ended(pod: Pod, replaced: int) -> Cause:
    """Why the pod as a whole is Failed (or Succeeded); ``replaced`` counts the ones before it that events tell of."""
    ends = [each.state.terminated for each in pod.status.container_statuses if each.state.terminated is not None]
    since = max((each.finished_at for each in ends if each.finished_at is not None), default=None)
    evidence = PodEvidence(phase=pod.status.phase, since=since or pod.status.start_time, count=replaced)
    reason = pod.status.reason or next((each.reason for each in ends if each.reason), "") or pod.status.phase
    return Cause(code=reason, evidence=evidence, quoted=pod.status.message)


def replaced(pod: Pod, events: Iterable[Event]) -> int:
    """How many pods before ``pod`` the controller's events say that it replaced on the same node; at least so many.

    Similar events are combined from the tenth on, and tell the node of the last of them only.
    """
    told = [event for event in events if event.reason in ("FailedDaemonPod", "SucceededDaemonPod")]
    here = [event for event in told if f" on node {pod.spec.node_name}, " in event.message]
    only_here = len(here) == len(told)
    return sum(event.times if only_here or not event.message.startswith("(combined") else 1 for event in here)


def faults_of_its_own(causes: tuple[Cause, ...]) -> bool:
    """Whether anything but the pod's own Ready condition, which a lost node turns too, says that it is not ready."""
    return any(not isinstance(cause.evidence, PodEvidence) for cause in causes)


def not_ready(pod: Pod) -> tuple[Verdict, tuple[Cause, ...]]:
    """Whether a live, bound pod that is not ready is starting or failing, and on which containers it hangs."""
    failing = tuple(_failures(pod))
    if failing:
        return Verdict.NOT_READY, failing
    statuses = pod.status.container_statuses
    up = bool(statuses) and all(each.state.running is not None and each.started is not False for each in statuses)
    ready = pod.condition("Ready")
    if not up:
        reason = next((each.state.waiting.reason for each in statuses if each.state.waiting is not None), "")
        code = reason or "ContainerCreating"
        return Verdict.STARTING, (Cause(code=code, evidence=WaitEvidence(since=pod.status.start_time)),)
    quoted = ready.message if ready is not None else ""
    unready = tuple(
        Cause(code="ContainersNotReady", evidence=_evidence(each, init=False), quoted=quoted)
        for each in statuses
        if not each.ready
    )
    if unready:
        return Verdict.NOT_READY, unready
    reason = ready.reason if ready is not None and ready.reason else "ContainersNotReady"
    evidence = PodEvidence(phase=pod.status.phase, since=ready.last_transition_time if ready is not None else None)
    return Verdict.NOT_READY, (Cause(code=reason, evidence=evidence, quoted=quoted),)


def _failures(pod: Pod) -> Iterator[Cause]:
    """Containers that wait for a bad reason, have ended, or run again after having failed."""
    groups = ((pod.status.init_container_statuses, True), (pod.status.container_statuses, False))
    sidecars = {each.name for each in pod.spec.init_containers if each.restart_policy == "Always"}
    for statuses, init in groups:
        for status in statuses:
            state = status.state
            if state.waiting is not None and state.waiting.reason not in _ON_ITS_WAY:
                yield Cause(code=state.waiting.reason, evidence=_evidence(status, init), quoted=state.waiting.message)
            elif state.terminated is not None and not (
                init and state.terminated.exit_code == 0 and status.name not in sidecars
            ):
                code = state.terminated.reason or "Error"
                yield Cause(code=code, evidence=_evidence(status, init), quoted=state.terminated.message)
            elif not status.ready and status.last_state.terminated is not None and state.running is not None:
                code = status.last_state.terminated.reason or "Error"
                yield Cause(code=code, evidence=_evidence(status, init), quoted=status.last_state.terminated.message)


def _evidence(status: ContainerStatus, init: bool) -> ContainerEvidence:
    last = status.last_state.terminated or status.state.terminated
    return ContainerEvidence(
        container=status.name,
        restarts=status.restart_count,
        image=status.image or None,
        exit_code=last.exit_code if last is not None else None,
        last_reason=last.reason if last is not None else None,
        init=init,
        last_message=_first_line(last.message) if last is not None else None,
    )


def _first_line(message: str) -> str | None:
    """The first line that says anything, cut where it is long; None when there is none."""
    line = next((each.strip() for each in message.splitlines() if each.strip()), "")
    return (line if len(line) <= _LONGEST_WORDS else line[: _LONGEST_WORDS - 1].rstrip() + "…") or None
