"""Bounded waits. Two DaemonSets can preempt each other without end, so no wait here is without an end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client import Client

T = TypeVar("T")
Object = dict[str, Any]

INTERVAL = 0.03
UNDECIDED = 2.0
"""Seconds of quiet while pods wait for a first word of a scheduler, which may not even be there."""


def eventually(check: Callable[[], T | None], timeout: float = 10.0, message: str = "") -> T:
    """The first true value of ``check``; an AssertionError inside it counts as "not yet"."""
    deadline = time.monotonic() + timeout
    while True:
        last: object
        try:
            value = check()
            if value:
                return value
            last = value
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            what = message or getattr(check, "__doc__", None) or getattr(check, "__name__", "the check")
            raise AssertionError(f"not within {timeout:g} s: {what}\nlast seen: {last}")
        time.sleep(INTERVAL)


def settled(client: Client, timeout: float = 30.0, quiet: float = 0.4, namespace: str | None = None) -> None:
    """Wait until the DaemonSet controller has seen every generation and nothing moved for ``quiet`` seconds.

    Pods of which no scheduler has said anything yet are given longer: on a busy machine it takes its time.
    """
    deadline = time.monotonic() + timeout
    before: object = None
    since = time.monotonic()
    while True:
        sets = client.list("daemonsets", namespace)
        pods = client.list("pods", namespace)
        now = _picture(sets, pods)
        enough = quiet if all(map(_decided, pods)) else max(quiet, UNDECIDED)
        behind = [one["metadata"]["name"] for one in sets if not _observed(one)]
        if now != before or behind:
            before, since = now, time.monotonic()
        elif time.monotonic() - since >= enough:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"the cluster is still moving after {timeout:g} s; not observed: {behind}")
        time.sleep(INTERVAL)


def touch(client: Client, daemon_set: Object) -> Object:
    """A harmless change that makes the controller look at the DaemonSet again."""
    metadata = daemon_set["metadata"]
    body = {"metadata": {"annotations": {"tests/touched": str(time.monotonic_ns())}}}
    return client.patch("daemonsets", metadata["name"], body, metadata["namespace"])


def _decided(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return bool(pod["spec"].get("nodeName")) or any(each["type"] == "PodScheduled" for each in conditions)


def _observed(daemon_set: Object) -> bool:
    observed = daemon_set.get("status", {}).get("observedGeneration", 0)
    return bool(observed >= daemon_set["metadata"]["generation"])


def _picture(*lists: list[Object]) -> frozenset[tuple[str, str]]:
    """Which objects there are, in which versions."""
    return frozenset(
        (one["metadata"]["uid"], one["metadata"]["resourceVersion"]) for objects in lists for one in objects
    )
