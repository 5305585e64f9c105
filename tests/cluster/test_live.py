"""Snapshots of a live cluster, over a table in place of the network: what is read, and what may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.connection import Connection
from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.source import OTHERS, Query
from kubectl_ds.errors import ApiError, ConnectionFailed, Forbidden, NotFound, Unauthorized
from kubectl_ds.model import kinds

from .fakes import DATED, Table, body, client, daemon_set, named, ok, status

SOME = (kinds.DAEMON_SETS, kinds.NODES, kinds.PODS)
LOGGING = "/apis/apps/v1/namespaces/logging/daemonsets"
EVERYWHERE = "/apis/apps/v1/daemonsets"
DENIED = status(403, "Forbidden", 'nodes is forbidden: User "joe" cannot list resource "nodes"')


def table() -> Table:
    found = Table()
    found.put(LOGGING, [daemon_set("fluentd"), daemon_set("vector")])
    found.put(EVERYWHERE, [daemon_set("vector"), daemon_set("fluentd"), daemon_set("fluentd", "other")])
    found.put("/api/v1/nodes", [named("n1"), named("n2")])
    found.put("/api/v1/namespaces/logging/pods", [named("p", "logging")])
    found.put("/api/v1/namespaces", [named("logging"), named("kube-system")])
    return found


def test_one_daemon_set_by_name_keeps_its_bytes_and_uses_the_servers_clock() -> None:
    found = table()
    snapshot = LiveSource(client(found, "logging")).snapshot(Query(SOME, "logging", ("fluentd",)))
    assert [each.name for each in snapshot.daemon_sets] == ["fluentd"]
    assert b'"uid-fluentd"' in bytes(snapshot.daemon_sets[0].raw)
    assert [node.name for node in snapshot.nodes] == ["n1", "n2"]
    assert snapshot.now == datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
    assert (snapshot.source.type, snapshot.source.context, snapshot.source.server) == (
        "live",
        "test",
        "https://fake:6443",
    )
    assert snapshot.gaps == ()
    assert [request.path for request in found.requests] == [
        f"{LOGGING}/fluentd",
        "/api/v1/nodes",
        "/api/v1/namespaces/logging/pods",
    ]


def test_daemon_sets_of_all_namespaces_come_sorted() -> None:
    snapshot = LiveSource(client(table())).snapshot(Query((kinds.DAEMON_SETS,)))
    assert [each.key for each in snapshot.daemon_sets] == ["logging/fluentd", "logging/vector", "other/fluentd"]


def test_the_selector_is_the_servers_business() -> None:
    found = table()
    LiveSource(client(found)).snapshot(Query((kinds.DAEMON_SETS,), "logging", selector="tier in (a,b)"))
    assert found.asked(LOGGING)[0]["labelSelector"] == "tier in (a,b)"


@pytest.mark.parametrize(
    "answer",
    [DENIED, status(404, "NotFound", "the server could not find the requested resource"), status(500, "", "boom")],
)
def test_a_kind_that_cannot_be_read_is_a_gap_that_says_what_depends_on_it(answer: Response) -> None:
    found = table().put("/api/v1/nodes", answer)
    snapshot = LiveSource(client(found)).snapshot(Query(SOME, "logging"))
    (gap,) = snapshot.gaps
    assert (gap.resource, gap.namespace, gap.denied) == ("nodes", None, True)
    assert gap.error in ('nodes is forbidden: User "joe" cannot list resource "nodes"', "boom") or "find" in gap.error
    assert "missing" in gap.affects
    assert snapshot.denied("nodes") is gap
    assert snapshot.nodes == () and len(snapshot.daemon_sets) == 2


def test_every_kind_says_what_depends_on_it() -> None:
    found = table()
    for kind in kinds.ALL[1:]:
        for namespace in (None, "logging"):
            found.put(kind.path(namespace), DENIED)
    snapshot = LiveSource(client(found)).snapshot(Query(kinds.ALL, "logging"))
    assert {gap.resource for gap in snapshot.gaps} == {kind.resource for kind in kinds.ALL[1:]}
    assert all(gap.affects for gap in snapshot.gaps)


def test_expired_credentials_are_an_error_and_no_gap() -> None:
    found = table().put("/api/v1/nodes", status(401, "Unauthorized", "Unauthorized"))
    with pytest.raises(Unauthorized):
        LiveSource(client(found)).snapshot(Query(SOME, "logging"))


def test_daemon_sets_that_may_not_be_read_are_an_error() -> None:
    found = table().put(LOGGING, status(403, "Forbidden", "daemonsets.apps is forbidden"))
    with pytest.raises(Forbidden, match=r"daemonsets\.apps is forbidden"):
        LiveSource(client(found)).snapshot(Query(SOME, "logging"))


def test_pods_of_other_namespaces_may_be_denied_while_the_own_ones_are_read() -> None:
    found = table().put("/api/v1/pods", status(403, "Forbidden", "pods is forbidden"))
    snapshot = LiveSource(client(found)).snapshot(Query(SOME, "logging", whole_nodes=True))
    assert [pod.name for pod in snapshot.pods] == ["p"]
    (gap,) = snapshot.gaps
    assert (gap.resource, gap.namespace) == ("pods", OTHERS)
    assert not snapshot.whole_nodes
    assert snapshot.denied("pods", "logging") is None
    found.put("/api/v1/namespaces/logging/pods", status(403, "Forbidden", "pods is forbidden"))
    snapshot = LiveSource(client(found)).snapshot(Query(SOME, "logging", whole_nodes=True))
    assert snapshot.denied("pods", "logging") is not None
    assert snapshot.denied("pods") is not None


def test_whole_nodes_are_known_only_when_they_were_asked_for() -> None:
    source = LiveSource(client(table()))
    assert [source.snapshot(Query(SOME, "logging", whole_nodes=whole)).whole_nodes for whole in (True, False)] == [
        True,
        False,
    ]


def test_a_list_that_grew_too_old_is_read_anew_without_doubles() -> None:
    expired = [status(410, "Expired", "too old")]
    asked: list[dict[str, str]] = []

    def handler(request: Request) -> Response:
        query = dict(request.query)
        asked.append(query)
        if query.get("continue"):
            if expired:
                return expired.pop()
            return ok({"metadata": {}, "items": [named("n2")]})
        return ok({"metadata": {"continue": "t"}, "items": [named("n1")]})

    snapshot = LiveSource(client(handler)).snapshot(Query((kinds.NODES,)))
    assert [node.name for node in snapshot.nodes] == ["n1", "n2"]
    assert [(query.get("limit"), query.get("continue")) for query in asked] == [
        (None, None),
        ("500", None),
        ("500", "t"),
        ("500", None),
        ("500", "t"),
    ]


def broken_off(whole: bytes) -> Iterator[bytes]:
    """Half of a body, and then no more."""
    yield whole[: len(whole) // 2]
    raise ConnectionFailed("broke off", reference="broken")


def test_a_list_that_breaks_off_is_read_anew_page_by_page_without_doubles() -> None:
    asked: list[dict[str, str]] = []
    items = [named(f"n{number}") for number in range(10)]

    def handler(request: Request) -> Response:
        query = dict(request.query)
        asked.append(query)
        if "limit" not in query or len(asked) == 3:
            return Response(200, broken_off(body({"metadata": {}, "items": items})), DATED)
        first, last = (0, 5) if "continue" not in query else (5, 10)
        return ok({"metadata": {"continue": "t"} if first == 0 else {}, "items": items[first:last]})

    snapshot = LiveSource(client(handler)).snapshot(Query((kinds.NODES,)))

    assert [node.name for node in snapshot.nodes] == [f"n{number}" for number in range(10)]
    assert [query.get("continue") for query in asked] == [None, None, "t", "t"]


def test_a_list_that_always_breaks_off_is_an_error_and_no_shorter_list() -> None:
    def handler(_: Request) -> Response:
        return Response(200, broken_off(body({"items": [named("n1"), named("n2"), named("n3")]})), DATED)

    with pytest.raises(ConnectionFailed, match="broke off"):
        LiveSource(client(handler)).snapshot(Query((kinds.NODES,)))


def test_with_a_limit_for_one_request_each_is_as_short_as_a_page() -> None:
    found = table()
    connection = Connection(server="https://fake:6443", timeout=5.0)
    LiveSource(LiveClient(found, connection)).snapshot(Query((kinds.NODES,)))
    LiveSource(client(found)).snapshot(Query((kinds.NODES,)))
    assert found.asked("/api/v1/nodes") == [{"limit": "500"}, {}]


def test_a_page_to_log_in_is_no_list() -> None:
    found = table().put("/api/v1/nodes", Response(200, b"<html>", (("Content-Type", "text/html"),)))
    with pytest.raises(ConnectionFailed, match='answered with "text/html" instead of JSON'):
        LiveSource(client(found)).snapshot(Query(SOME, "logging"))


def test_json_that_cannot_be_understood_is_the_servers_fault() -> None:
    found = table().put("/api/v1/nodes", Response(200, b'{"items": [', DATED))
    with pytest.raises(ConnectionFailed, match="cannot be understood"):
        LiveSource(client(found)).snapshot(Query(SOME, "logging"))


def test_the_version_is_asked_for_only_when_wanted_and_may_be_denied() -> None:
    found = table()
    assert LiveSource(client(found)).snapshot(Query((kinds.NODES,))).source.version is None
    assert found.asked("/version") == []
    found.put("/version", status(403, "Forbidden", "no"))
    assert LiveSource(client(found)).snapshot(Query((kinds.NODES,), version=True)).source.version is None


# names


@pytest.mark.parametrize(
    ("query", "message", "hint"),
    [
        (Query(SOME, "logging", ("fluetd",)), 'daemonsets.apps "fluetd" not found', "did you mean fluentd?"),
        (
            Query(SOME, "kube-system", ("fluentd",)),
            'daemonsets.apps "fluentd" not found',
            "there is one in namespace logging, other: add -n logging",
        ),
        (
            Query(SOME, "kube-system", ("zz",)),
            'daemonsets.apps "zz" not found',
            "there are no DaemonSets in namespace kube-system",
        ),
        (Query(SOME, None, ("fluetd",)), 'daemonsets.apps "fluetd" not found', "did you mean fluentd?"),
        (Query(SOME, "logging", ("zz",)), 'daemonsets.apps "zz" not found', ""),
        (Query(SOME, "kub-system"), 'namespaces "kub-system" not found', "did you mean kube-system?"),
        (Query(SOME, "zzz"), 'namespaces "zzz" not found', "kubectl get namespaces lists those there are"),
    ],
)
def test_a_name_that_is_not_there_says_what_may_have_been_meant(query: Query, message: str, hint: str) -> None:
    with pytest.raises(NotFound) as caught:
        LiveSource(client(table())).snapshot(query)
    assert (caught.value.message, caught.value.reason, caught.value.hint) == (message, "NotFound", hint)


def test_a_hint_that_may_not_be_read_is_no_hint() -> None:
    found = table().put(EVERYWHERE, DENIED)
    found.collections[LOGGING] = [daemon_set("vector")]
    with pytest.raises(NotFound) as caught:
        LiveSource(client(found)).snapshot(Query(SOME, "logging", ("fluentd",)))
    assert caught.value.hint == ""


def test_an_empty_namespace_is_empty_and_one_that_may_not_be_read_is_too() -> None:
    assert LiveSource(client(table())).snapshot(Query(SOME, "kube-system")).daemon_sets == ()
    found = table().put("/api/v1/namespaces/unreadable", status(403, "Forbidden", "no"))
    assert LiveSource(client(found)).snapshot(Query(SOME, "unreadable")).daemon_sets == ()


def test_absent_daemon_sets_are_fine_when_they_are_optional() -> None:
    for namespace in ("logging", None, "zzz"):
        assert LiveSource(client(table())).snapshot(Query(SOME, namespace, ("new",), optional=True)).daemon_sets == ()


def test_other_failures_of_a_named_daemon_set_are_errors() -> None:
    found = table().put(f"{LOGGING}/fluentd", status(500, "InternalError", "etcd is on fire"))
    with pytest.raises(ApiError, match="etcd is on fire"):
        LiveSource(client(found)).snapshot(Query(SOME, "logging", ("fluentd",)))
