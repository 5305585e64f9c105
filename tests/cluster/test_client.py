"""The verbs: pages, changes, watches and discovery, over a function in place of the network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from kubectl_ds.cluster.client import object_path
from kubectl_ds.cluster.discovery import collection_path
from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.cluster.writes import create
from kubectl_ds.errors import ApiError, ConnectionFailed, NotFound

from .fakes import DATED, Handler, body, client, ok, status


def paged(*pages: list[int]) -> tuple[Handler, list[dict[str, str]]]:
    """A list in these pages, and the queries that were asked."""
    queries: list[dict[str, str]] = []

    def handler(request: Request) -> Response:
        query = dict(request.query)
        queries.append(query)
        number = int(query.get("continue", "0"))
        following = str(number + 1) if number + 1 < len(pages) else ""
        return ok({"metadata": {"resourceVersion": "7", "continue": following}, "items": pages[number]})

    return handler, queries


def test_a_list_is_asked_for_page_by_page_and_consistently() -> None:
    handler, queries = paged([1, 2], [3], [4])
    assert len(client(handler, page=2).list_raw("/api/v1/nodes", (("labelSelector", "a=b"),))) == 3
    assert queries == [
        {"labelSelector": "a=b", "limit": "2"},
        {"labelSelector": "a=b", "limit": "2", "continue": "1"},
        {"labelSelector": "a=b", "limit": "2", "continue": "2"},
    ]


def test_a_list_that_grew_too_old_is_begun_anew_once() -> None:
    handler, queries = paged([1], [2])
    expired = [status(410, "Expired", "too old")]

    def once(request: Request) -> Response:
        if dict(request.query).get("continue") and expired:
            queries.append({"expired": "yes"})
            return expired.pop()
        return handler(request)

    pages = client(once).list_raw("/api/v1/nodes")
    assert [b"[1]" in pages[0], b"[2]" in pages[1], len(pages)] == [True, True, 2]
    assert [sorted(query) for query in queries] == [["limit"], ["expired"], ["limit"], ["continue", "limit"]]


def test_a_list_that_always_grows_too_old_is_an_error() -> None:
    handler, _ = paged([1], [2])

    def always(request: Request) -> Response:
        return status(410, "Expired", "too old") if dict(request.query).get("continue") else handler(request)

    with pytest.raises(ApiError) as caught:
        client(always).list_raw("/api/v1/nodes")
    assert caught.value.status == 410


def test_a_page_that_repeats_itself_is_an_error_and_no_endless_loop() -> None:
    def circle(request: Request) -> Response:
        return ok({"metadata": {"continue": "same"}, "items": []})

    with pytest.raises(ConnectionFailed, match="repeats a page"):
        client(circle).list_raw("/api/v1/nodes")


@pytest.mark.parametrize("answer", [b"<html>login</html>", b'{"items": [', b""])
def test_what_is_no_list_is_an_error(answer: bytes) -> None:
    with pytest.raises(ConnectionFailed):
        client(lambda _: Response(200, answer, DATED)).list_raw("/api/v1/nodes")


def test_a_login_page_is_no_answer() -> None:
    page = Response(200, b"<html>", (("Content-Type", "text/html; charset=utf-8"),))
    with pytest.raises(ConnectionFailed, match='answered with "text/html" instead of JSON') as caught:
        client(lambda _: page).get_raw("/api/v1/nodes")
    assert "login page" in caught.value.hint


def test_the_servers_clock_is_remembered() -> None:
    asked = client(lambda _: ok({}))
    assert asked.server_time is None
    asked.get_raw("/version")
    assert asked.server_time == datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def test_a_name_cannot_lead_to_another_path() -> None:
    assert object_path("/api/v1/nodes", "../secrets?x=y") == "/api/v1/nodes/..%2Fsecrets%3Fx%3Dy"


def test_the_version_is_asked_for_once() -> None:
    asked: list[str] = []

    def handler(request: Request) -> Response:
        asked.append(request.path)
        return ok({"gitVersion": "v1.37.2"})

    one = client(handler)
    assert [one.version(), one.version()] == ["v1.37.2"] * 2
    assert asked == ["/version"]


# changes


def test_create_names_its_field_manager_validates_strictly_and_returns_the_warnings() -> None:
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        if request.method == "GET":
            return discovery(request)
        seen.append(request)
        warnings = (("Warning", '299 - "first \\"quoted\\""'), ("Warning", '299 - "second" "Mon"'))
        return Response(201, b'{"made": true}', (*DATED, *warnings))

    asked = client(handler)
    resource = asked.discover("apps/v1", "DaemonSet")
    answer = create(asked, resource, "logging", b"{}", dry_run=True)
    assert answer.body == b'{"made": true}'
    assert answer.warnings == ('first "quoted"', "second")
    (request,) = seen
    assert request.path == "/apis/apps/v1/namespaces/logging/daemonsets"
    assert dict(request.query) == {"dryRun": "All", "fieldManager": "kubectl-ds", "fieldValidation": "Strict"}
    assert dict(request.headers)["Content-Type"] == "application/json"
    create(
        asked,
        resource,
        "logging",
        b"a: b",
        field_manager="me",
        field_validation="Warn",
        content_type="application/yaml",
    )
    assert dict(seen[1].query) == {"fieldManager": "me", "fieldValidation": "Warn"}
    assert dict(seen[1].headers)["Content-Type"] == "application/yaml"


def test_patch_and_delete_send_what_they_are_given() -> None:
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return ok({})

    asked = client(handler)
    asked.patch("/x", b"[]", "application/json-patch+json", (("fieldManager", "me"),))
    asked.delete("/x", b'{"propagationPolicy": "Orphan"}')
    asked.delete("/y")
    assert [(each.method, each.body) for each in seen] == [
        ("PATCH", b"[]"),
        ("DELETE", b'{"propagationPolicy": "Orphan"}'),
        ("DELETE", None),
    ]
    assert dict(seen[0].headers)["Content-Type"] == "application/json-patch+json"


def test_a_refused_change_is_an_error() -> None:
    with pytest.raises(ApiError) as caught:
        client(lambda _: status(409, "AlreadyExists", "there already")).create("/x", b"{}")
    assert caught.value.reason == "AlreadyExists"


# watches


def test_a_watch_yields_events_however_the_bytes_arrive() -> None:
    stream = body({"type": "ADDED", "object": {"a": 1}}) + b"\n" + body({"type": "BOOKMARK", "object": {}}) + b"\n"
    requests: list[Request] = []

    def handler(request: Request) -> Response:
        requests.append(request)
        return Response(200, [stream[at : at + 5] for at in range(0, len(stream), 5)], DATED)

    events = list(client(handler).watch("/x", (("resourceVersion", "5"),)))
    assert [(event.type, event.object) for event in events] == [("ADDED", b'{"a": 1}'), ("BOOKMARK", b"{}")]
    assert requests[0].streaming
    assert dict(requests[0].query) == {"resourceVersion": "5", "watch": "true"}


def test_an_error_within_a_watch_and_a_refused_watch_are_errors() -> None:
    gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    event = body({"type": "ERROR", "object": gone})
    for response in (Response(200, event), status(410, "Expired", "too old")):
        with pytest.raises(ApiError) as caught:
            list(client(lambda _, response=response: response).watch("/x"))  # type: ignore[misc]
        assert caught.value.status == 410


def test_a_watch_that_is_left_lets_go_of_its_connection() -> None:
    closed: list[bool] = []

    def endless() -> Iterator[bytes]:
        while True:
            yield body({"type": "ADDED", "object": {}}) + b"\n"

    events = client(lambda _: Response(200, endless(), close=lambda: closed.append(True))).watch("/x")
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert closed == [True]


# discovery


def aggregated(request: Request) -> Response:
    """A server of today."""
    assert "apidiscovery.k8s.io" in dict(request.headers)["Accept"]

    def group(name: str, version: str, *kinds: tuple[str, str, str]) -> dict[str, object]:
        resources = [
            {"resource": plural, "responseKind": {"kind": kind}, "scope": scope} for kind, plural, scope in kinds
        ]
        return {"metadata": {"name": name}, "versions": [{"version": version, "resources": resources}]}

    if request.path == "/api":
        return ok({"items": [group("", "v1", ("Namespace", "namespaces", "Cluster"), ("Pod", "pods", "Namespaced"))]})
    return ok({"items": [group("apps", "v1", ("DaemonSet", "daemonsets", "Namespaced"))]})


def listed(request: Request) -> Response:
    """A server of yesterday."""
    documents: dict[str, object] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "groups": [{"versions": [{"groupVersion": "apps/v1"}]}]},
        "/api/v1": {
            "resources": [
                {"name": "namespaces", "kind": "Namespace", "namespaced": False},
                {"name": "namespaces/status", "kind": "Namespace", "namespaced": False},
                {"name": "pods", "kind": "Pod", "namespaced": True},
            ]
        },
        "/apis/apps/v1": {"resources": [{"name": "daemonsets", "kind": "DaemonSet", "namespaced": True}]},
    }
    return ok(documents[request.path])


discovery = aggregated


@pytest.mark.parametrize("server", [aggregated, listed])
def test_kinds_are_found_by_discovery_on_servers_of_today_and_yesterday(server: Handler) -> None:
    requests: list[str] = []

    def counted(request: Request) -> Response:
        requests.append(request.path)
        return server(request)

    asked = client(counted)
    assert collection_path(asked.discover("apps/v1", "DaemonSet"), "x") == "/apis/apps/v1/namespaces/x/daemonsets"
    assert collection_path(asked.discover("v1", "Namespace"), "x") == "/api/v1/namespaces"
    assert collection_path(asked.discover("v1", "Pod"), "x") == "/api/v1/namespaces/x/pods"
    assert len(requests) == len(set(requests)), "each document is read once"


@pytest.mark.parametrize("server", [aggregated, listed])
def test_an_unserved_version_names_those_that_are_served(server: Handler) -> None:
    with pytest.raises(NotFound) as caught:
        client(server).discover("extensions/v1beta1", "DaemonSet")
    assert caught.value.message == 'no matches for kind "DaemonSet" in version "extensions/v1beta1"'
    assert caught.value.hint == "the server has DaemonSet in apps/v1"
    with pytest.raises(NotFound) as caught:
        client(server).discover("apps/v1", "Deamonset")
    assert "ensure CRDs are installed first" in caught.value.hint
