"""A watch that lasts: whatever breaks it, each change is told once, and none is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from kubectl_ds.cluster.client import WatchEvent
from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.cluster.retry import Patience
from kubectl_ds.cluster.watch import changes
from kubectl_ds.cluster.watches import together
from kubectl_ds.errors import ApiError, ConnectionFailed, Forbidden

from .fakes import DATED, Object, body, client, ok, status

BROKEN = ConnectionFailed("broke off", reference="broken")
REFUSED = ConnectionFailed("refused", reference="refused")
NO_WATCH_LIST = status(422, "Invalid", "sendInitialEvents is forbidden")
EXPIRED = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}

Step = Response | ConnectionFailed | list[Any]


def thing(name: str, version: int, uid: str = "") -> Object:
    return {"metadata": {"name": name, "namespace": "n", "uid": uid or f"u-{name}", "resourceVersion": str(version)}}


def event(kind: str, name: str, version: int, uid: str = "") -> Object:
    return {"type": kind, "object": thing(name, version, uid)}


def bookmark(version: int, *, end: bool = False) -> Object:
    metadata = {"resourceVersion": str(version), "annotations": {"k8s.io/initial-events-end": "true"} if end else {}}
    return {"type": "BOOKMARK", "object": {"metadata": metadata}}


class Server:
    """Answers each request with the next step: a stream of these events, a refusal, a break; time is its own."""

    def __init__(self, *steps: Step, deadline: float | None = 1000.0, patience: Patience | None = None) -> None:
        self._steps = iter(steps)
        self.now = 0.0
        self.requests: list[dict[str, str]] = []
        self.slept: list[float] = []
        self.patience = patience or Patience(clock=lambda: self.now, sleep=self.sleep, jitter=lambda: 0.0)
        self.deadline = deadline

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self, request: Request) -> Response:
        """The next step; when there is none, silence until the deadline."""
        self.requests.append(dict(request.query))
        step = next(self._steps, None)
        if step is None:
            self.now = max(self.now, self.deadline or 0)
            raise ConnectionFailed("silence", reference="timeout")
        if isinstance(step, ConnectionFailed):
            raise step
        if isinstance(step, Response):
            return Response(step.status, step.read(), step.headers)
        return Response(200, self._stream(step), DATED)

    def _stream(self, step: Iterable[Any]) -> Iterator[bytes]:
        for each in step:
            if isinstance(each, ConnectionFailed):
                raise each
            self.now += 2
            yield each if isinstance(each, bytes) else body(each) + b"\n"

    def tell(self, listed: list[bytes] | None = None) -> list[str]:
        """What a watcher is told until the deadline."""
        told = changes(
            client(self),
            "/things",
            (("labelSelector", "a=b"),),
            listed=listed,
            deadline=self.deadline,
            patience=self.patience,
        )
        return [said(each) for each in told]


def said(change: WatchEvent) -> str:
    if not change.object:
        return change.type
    metadata = json.loads(change.object)["metadata"]
    return f"{change.type} {metadata['name']} {metadata['resourceVersion']}"


def test_the_server_sends_what_is_there_and_then_what_changes_on_one_connection() -> None:
    server = Server(
        [event("ADDED", "a", 1), bookmark(5, end=True), event("MODIFIED", "a", 6), event("DELETED", "a", 7)]
    )
    assert server.tell() == ["ADDED a 1", "SYNCED", "MODIFIED a 6", "DELETED a 7"]
    asked = server.requests[0]
    assert asked["sendInitialEvents"] == asked["allowWatchBookmarks"] == asked["watch"] == "true"
    assert asked["resourceVersionMatch"] == "NotOlderThan"
    assert "resourceVersion" not in asked, "so that what is there is what was there when it was asked"
    assert [each["labelSelector"] for each in server.requests] == ["a=b"] * 2


@pytest.mark.parametrize("refusal", [NO_WATCH_LIST, status(400, "BadRequest", "what is sendInitialEvents?")])
def test_a_server_without_watch_lists_is_listed_and_watched_from_there(refusal: Response) -> None:
    listed = ok({"metadata": {"resourceVersion": "4"}, "items": [thing("a", 1), thing("b", 2)]})
    server = Server(refusal, listed, [event("MODIFIED", "a", 6)])
    assert server.tell() == ["ADDED a 1", "ADDED b 2", "SYNCED", "MODIFIED a 6"]
    assert server.requests[1] == {"labelSelector": "a=b", "limit": "500"}
    assert server.requests[2]["resourceVersion"] == "4"
    assert server.slept == [], "a refusal to stream is no failure"


def test_a_list_that_the_caller_has_read_is_not_told_again() -> None:
    pages = [
        body({"metadata": {"resourceVersion": "4", "continue": "x"}, "items": [thing("a", 1)]}),
        body({"metadata": {"resourceVersion": "4"}, "items": [thing("b", 2)]}),
    ]
    server = Server([event("MODIFIED", "b", 6)])
    assert server.tell(pages) == ["MODIFIED b 6"]
    assert server.requests[0]["resourceVersion"] == "4"


@pytest.mark.parametrize("end", [[], [BROKEN], [b'{"type": "MODIFIED", "obj']])
def test_it_goes_on_where_a_connection_ended(end: list[Any]) -> None:
    server = Server(
        [event("ADDED", "a", 1), bookmark(5, end=True), event("MODIFIED", "a", 6), bookmark(9), *end],
        REFUSED,
        [event("DELETED", "a", 12)],
    )
    assert server.tell() == ["ADDED a 1", "SYNCED", "MODIFIED a 6", "DELETED a 12"]
    assert [each.get("resourceVersion") for each in server.requests[1:3]] == ["9", "9"]


def test_a_connection_that_broke_before_the_end_of_what_was_there_is_begun_anew_and_nothing_told_twice() -> None:
    server = Server(
        [event("ADDED", "a", 1), BROKEN],
        [event("ADDED", "a", 1), event("ADDED", "b", 2), bookmark(5, end=True)],
    )
    assert server.tell() == ["ADDED a 1", "ADDED b 2", "SYNCED"]


GONE_AND_BACK = [thing("a", 1), thing("b", 20), thing("c", 21, "another"), thing("e", 22)]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("stream", [True, False])
def test_what_changed_unseen_is_told_when_the_version_is_too_old(stream: bool, at_once: bool) -> None:
    """One stays, b changes, c is replaced by another of its name, d goes, e comes; and nothing of it is told twice."""
    start = [*(event("ADDED", name, 1) for name in "abcd"), bookmark(5, end=True)]
    expired: list[Step] = (
        [[*start, {"type": "ERROR", "object": EXPIRED}]] if at_once else [start, status(410, "Expired", "too old")]
    )
    if stream:
        anew: list[Step] = [[*({"type": "ADDED", "object": each} for each in GONE_AND_BACK), bookmark(30, end=True)]]
    else:
        anew = [NO_WATCH_LIST, ok({"metadata": {"resourceVersion": "30"}, "items": GONE_AND_BACK})]
    server = Server(*expired, *anew, [event("MODIFIED", "a", 31)])
    assert server.tell() == [
        *(f"ADDED {name} 1" for name in "abcd"),
        "SYNCED",
        "MODIFIED b 20",
        "DELETED c 1",
        "ADDED c 21",
        "ADDED e 22",
        "DELETED d 1",
        "MODIFIED a 31",
    ]


def test_an_event_that_comes_twice_is_told_once() -> None:
    again = [event("MODIFIED", "a", 6)] * 2 + [event("DELETED", "a", 7)] * 2
    assert Server([event("ADDED", "a", 1), bookmark(5, end=True), *again]).tell() == [
        *("ADDED a 1", "SYNCED", "MODIFIED a 6", "DELETED a 7")
    ]


def test_a_server_that_is_not_there_at_the_start_is_an_error_at_once() -> None:
    server = Server(REFUSED, [bookmark(5, end=True)])
    with pytest.raises(ConnectionFailed, match="refused"):
        server.tell()
    assert len(server.requests) == 1


def test_a_broken_first_conversation_is_tried_again_so_often_and_no_more() -> None:
    assert Server(BROKEN, BROKEN, [bookmark(5, end=True)]).tell() == ["SYNCED"]
    server = Server(*[BROKEN] * 9)
    with pytest.raises(ConnectionFailed):
        server.tell()
    assert len(server.requests) == server.patience.attempts


def test_a_server_that_stays_away_is_given_up_when_patience_is_over() -> None:
    server = Server([bookmark(5, end=True)], *[REFUSED] * 99)
    with pytest.raises(ConnectionFailed, match="refused"):
        server.tell()
    assert server.patience.seconds < server.now < server.patience.seconds + 30
    assert server.slept == sorted(server.slept), "each wait is as long as the one before, or longer"


def test_a_server_that_hangs_up_at_once_every_time_is_not_asked_in_a_tight_loop() -> None:
    server = Server([bookmark(5, end=True)], *[[]] * 99, deadline=100.0)
    assert server.tell() == ["SYNCED"]
    assert len(server.requests) < 20


def test_rubbish_that_comes_again_and_again_is_an_error() -> None:
    rubbish = [event("ADDED", "a", 1), b"rubbish\n"]
    server = Server(*[rubbish] * 99)
    with pytest.raises(ConnectionFailed, match="cannot be understood"):
        server.tell()
    assert len(server.requests) <= server.patience.attempts + 1


@pytest.mark.parametrize("code", [429, 500, 503, 504])
def test_a_passing_refusal_is_borne(code: int) -> None:
    passing = status(code, "Later", "later")
    server = Server(passing, [event("ADDED", "a", 1), bookmark(5, end=True)], passing, [event("MODIFIED", "a", 6)])
    assert server.tell() == ["ADDED a 1", "SYNCED", "MODIFIED a 6"]


def test_a_refusal_that_stays_is_an_error() -> None:
    with pytest.raises(Forbidden):
        Server(status(403, "Forbidden", "no")).tell()
    with pytest.raises(ApiError, match="selector"):
        Server(*[status(400, "BadRequest", "selector")] * 2).tell()


def test_the_deadline_ends_it_without_an_error_and_the_server_is_told_of_it() -> None:
    server = Server([bookmark(5, end=True)], deadline=40.0)
    assert server.tell() == ["SYNCED"]
    assert server.requests[0]["timeoutSeconds"] == "40"


def test_rows_of_a_table_are_told_as_tables() -> None:
    def row(name: str, version: int) -> Object:
        return {"cells": [name], "object": thing(name, version)}

    table = {"metadata": {"resourceVersion": "4"}, "columnDefinitions": [{"name": "Name"}], "rows": [row("a", 1)]}
    later = {"type": "MODIFIED", "object": {"kind": "Table", "rows": [row("a", 6)]}}
    mark = {"type": "BOOKMARK", "object": {"kind": "Table", "rows": [{"cells": [], "object": thing("", 9)}]}}
    server = Server(NO_WATCH_LIST, ok(table), [later, mark], [])
    told = list(changes(client(server), "/things", deadline=50.0, patience=server.patience))
    assert [each.type for each in told] == ["ADDED", "SYNCED", "MODIFIED"]
    assert json.loads(told[0].object)["columnDefinitions"] == [{"name": "Name"}]
    assert json.loads(told[0].object)["rows"] == [row("a", 1)]
    assert [each.get("resourceVersion") for each in server.requests[2:4]] == ["4", "9"]


def test_a_watch_that_is_left_lets_go_of_its_connection() -> None:
    closed: list[bool] = []

    def answer(request: Request) -> Response:
        return Response(200, body(event("ADDED", "a", 1)), close=lambda: closed.append(True))

    told = changes(client(answer), "/things")
    next(told)
    told.close()  # type: ignore[attr-defined]
    assert closed == [True]


# several at once


def steady(*kinds: str, until: threading.Event | None = None) -> Callable[[], Iterator[WatchEvent]]:
    def begin() -> Iterator[WatchEvent]:
        yield from (WatchEvent(kind, b"{}") for kind in kinds)
        if until is not None:
            until.wait(20)

    return begin


def test_several_watches_are_one_stream_that_ends_with_the_last_of_them() -> None:
    told = list(together({"pods": steady("ADDED", "SYNCED"), "nodes": steady("DELETED")}))
    assert sorted((name, each.type) for name, each in filter(None, told)) == [
        ("nodes", "DELETED"),
        ("pods", "ADDED"),
        ("pods", "SYNCED"),
    ]


def test_silence_is_told() -> None:
    until = threading.Event()
    told = together({"pods": steady("ADDED", until=until)}, quiet=0.05)
    assert next(told) == ("pods", WatchEvent("ADDED", b"{}"))
    assert next(told) is None
    until.set()
    assert list(filter(None, told)) == []


def test_the_first_failure_of_one_is_the_failure_of_all() -> None:
    until = threading.Event()

    def fails() -> Iterator[WatchEvent]:
        raise Forbidden("no", status=403)

    with pytest.raises(Forbidden):
        list(together({"pods": fails, "nodes": steady(until=until)}))
    until.set()
