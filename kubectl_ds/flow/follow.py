"""Following a DaemonSet until its pods are available everywhere, its time is up, or nothing moves any more."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import msgspec

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.engine.coverage import DaemonSetCoverage
from kubectl_ds.engine.decision import Verdict
from kubectl_ds.errors import CaptureError, ConnectionFailed
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_item

QUIET = 10.0
"""Seconds without an end after which it is asked whether anything can still change."""

_STILL = frozenset({Verdict.OK, Verdict.OUTDATED, Verdict.EXCLUDED, Verdict.BLOCKED})
"""Verdicts that do not change by themselves."""


class End(str, Enum):
    """How the following ended."""

    COMPLETE = "complete"
    DEADLINE = "deadline"
    BLOCKED = "blocked"
    """What is missing is blocked for good, and the rest is there."""
    GONE = "gone"
    """Somebody deleted the DaemonSet."""


@dataclass(frozen=True)
class Progress:
    """Where a DaemonSet stands, by its status."""

    namespace: str
    name: str
    desired: int
    available: int
    observed: bool
    """Whether the controller has seen the DaemonSet as it is now."""
    complete: bool


def follow(
    client: LiveClient,
    namespace: str,
    name: str,
    report: Callable[[Progress], None],
    is_stuck: Callable[[], bool],
    clock: Callable[[], float],
    deadline: float | None,
) -> End:
    """Watch one DaemonSet to its end.

    Args:
        client: where it is.
        namespace: its namespace.
        name: its name.
        report: told of every change of the counts.
        is_stuck: asked when it has been quiet for a while: whether nothing can change by itself.
        clock: seconds, only ever increasing.
        deadline: by the clock; None for none.

    Raises:
        ApiError: it may not be watched.
        ConnectionFailed: the API server could not be reached.
    """
    before: Progress | None = None
    while True:
        left = math.inf if deadline is None else deadline - clock()
        if left <= 0:
            return End.DEADLINE
        query = (
            ("fieldSelector", f"metadata.name={name}"),
            ("timeoutSeconds", str(max(1, math.ceil(min(left, QUIET))))),
        )
        for event in client.watch(kinds.DAEMON_SETS.path(namespace), query):
            if event.type == "DELETED":
                return End.GONE
            progress = progress_of(_decoded(event.object))
            if progress != before:
                before = progress
                report(progress)
            if progress.complete:
                return End.COMPLETE
            if deadline is not None and clock() >= deadline:
                return End.DEADLINE
        if (deadline is None or clock() < deadline) and is_stuck():
            return End.BLOCKED


def progress_of(daemon_set: DaemonSet) -> Progress:
    """What the status says; complete as ``DaemonSetStatusViewer.Status`` has it (k8s.io/kubectl v0.37.2)."""
    status = daemon_set.status
    desired = status.desired_number_scheduled
    observed = status.observed_generation >= daemon_set.metadata.generation
    complete = observed and status.updated_number_scheduled >= desired and status.number_available >= desired
    return Progress(
        daemon_set.namespace, daemon_set.name, desired, status.number_available, observed, complete and observed
    )


def stands_still(coverage: DaemonSetCoverage) -> bool:
    """Whether pods are blocked for good and nothing else is on its way."""
    return Verdict.BLOCKED in coverage.verdicts and set(coverage.verdicts) <= _STILL


def _decoded(content: bytes) -> DaemonSet:
    try:
        value = decode_item(kinds.DAEMON_SETS, content)
    except (CaptureError, msgspec.DecodeError) as error:
        raise ConnectionFailed(f"the server sent a DaemonSet that cannot be understood: {error}") from error
    assert isinstance(value, DaemonSet)
    return value
