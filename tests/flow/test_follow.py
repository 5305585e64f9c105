"""Following a DaemonSet ends when it is there, when the time is up, when it is gone, or when nothing can change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

from kubectl_ds.cluster.client import LiveClient, WatchEvent
from kubectl_ds.flow.follow import QUIET, End, Progress, follow


def seen(available: int, desired: int = 2, *, observed: int = 1, event: str = "MODIFIED") -> WatchEvent:
    status = {
        "observedGeneration": observed,
        "desiredNumberScheduled": desired,
        "updatedNumberScheduled": desired,
        "numberAvailable": available,
    }
    metadata = {"name": "a", "namespace": "n", "generation": 1}
    data = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "status": status}
    return WatchEvent(event, json.dumps(data).encode())


class Watches:
    """A client whose watches show what is given, one list after the other, each taking the time that was asked for."""

    def __init__(self, *rounds: list[WatchEvent]) -> None:
        self._rounds = iter(rounds)
        self.now = 0.0
        self.asked: list[Any] = []

    def watch(self, path: str, query: Any) -> Iterator[WatchEvent]:
        """The next round."""
        self.asked.append((path, dict(query)))
        yield from next(self._rounds)
        self.now += float(dict(query)["timeoutSeconds"])

    def follow(
        self, deadline: float | None = None, is_stuck: Callable[[], bool] = lambda: False
    ) -> tuple[End, list[Progress]]:
        """The end, and everything that was reported."""
        told: list[Progress] = []
        client = cast(LiveClient, self)
        return follow(client, "n", "a", told.append, is_stuck, lambda: self.now, deadline), told


def test_it_ends_when_every_pod_is_available_and_reports_each_change_once() -> None:
    watches = Watches([seen(0), seen(1), seen(1), seen(2)])
    end, told = watches.follow()
    assert end is End.COMPLETE
    assert [(each.available, each.complete) for each in told] == [(0, False), (1, False), (2, True)]
    assert watches.asked[0][0] == "/apis/apps/v1/namespaces/n/daemonsets"
    assert watches.asked[0][1]["fieldSelector"] == "metadata.name=a"


def test_a_status_from_before_the_controller_looked_is_no_end() -> None:
    end, told = Watches([seen(0, 0, observed=0), seen(0, 0)]).follow()
    assert (end, [each.complete for each in told]) == (End.COMPLETE, [False, True])


def test_the_deadline_ends_it_and_no_watch_is_longer_than_what_is_left() -> None:
    watches = Watches([seen(1)], [seen(1)], [seen(1)])
    assert watches.follow(deadline=QUIET + 2)[0] is End.DEADLINE
    assert [query["timeoutSeconds"] for _, query in watches.asked] == ["10", "2"]


def test_it_ends_when_nothing_can_change_by_itself() -> None:
    assert Watches([seen(1)]).follow(is_stuck=lambda: True)[0] is End.BLOCKED


def test_a_daemon_set_that_somebody_deletes_is_gone() -> None:
    assert Watches([seen(1), seen(1, event="DELETED")]).follow()[0] is End.GONE
