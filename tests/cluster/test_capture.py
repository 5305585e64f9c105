"""Captures and plain Lists in place of a cluster: their own moment, their word, and what is refused."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ds.cluster.capture import CaptureSource
from kubectl_ds.cluster.recording import newest_time
from kubectl_ds.cluster.source import Query
from kubectl_ds.errors import CaptureError, NotFound, UsageError
from kubectl_ds.model import kinds
from kubectl_ds.model.snapshot import Snapshot

SOME = (kinds.DAEMON_SETS, kinds.NODES, kinds.PODS)
Object = dict[str, Any]


def item(kind: str, name: str, namespace: str = "", api: str = "v1", **fields: Any) -> Object:
    metadata = {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": metadata | ({"namespace": namespace} if namespace else {}),
        **fields,
    }


def ds(name: str = "fluentd", namespace: str = "logging", api: str = "apps/v1", **labels: str) -> Object:
    made = item("DaemonSet", name, namespace, api, spec={"template": {"spec": {"containers": []}}}, extra={"kept": 1})
    made["metadata"]["labels"] = labels
    return made


def a_list(*items: Object, kind: str = "List", api: str = "v1") -> bytes:
    return json.dumps({"apiVersion": api, "kind": kind, "metadata": {"resourceVersion": ""}, "items": items}).encode()


def a_capture(*items: Object, **fields: Any) -> bytes:
    head = {"apiVersion": "kubectl-ds/v1", "kind": "Capture", "capturedAt": "2026-02-03T04:05:06Z"}
    return json.dumps(head | fields | {"items": items}).encode()


def read(data: bytes, query: Query = Query(SOME)) -> Snapshot:  # noqa: B008 - a frozen value
    return CaptureSource.parse("file", data).snapshot(query)


MIXED = (item("Node", "n1"), item("Pod", "p", "logging"), ds())


# forms


@pytest.mark.parametrize(
    "data",
    [
        a_list(*MIXED),
        json.dumps(json.loads(a_list(*MIXED)), indent=4).encode(),
        yaml.safe_dump(json.loads(a_list(*MIXED))).encode(),
        gzip.compress(a_list(*MIXED)),
        b"\xef\xbb\xbf" + a_list(*MIXED),
        a_list(*MIXED).decode().encode("utf-16"),
        b"\n\n" + a_list(*MIXED) + b"\n",
        a_list(*MIXED[:2]) + a_list(MIXED[2]),
        a_list(*MIXED[:2]) + b"\n\n" + json.dumps(MIXED[2], indent=2).encode() + b"\n" + a_list(MIXED[0]) + b"\n",
        "\n---\n".join(yaml.safe_dump(each) for each in MIXED).encode(),
        a_list(item("Secret", "s", "x"), item("Node", "other", api="longhorn.io/v1"), *MIXED),
    ],
    ids=["compact", "indented", "yaml", "gzip", "BOM", "UTF-16", "blanks", "two", "three", "yaml documents", "unknown"],
)
def test_every_form_of_a_list_says_the_same(data: bytes) -> None:
    snapshot = read(data)
    assert [node.name for node in snapshot.nodes] == ["n1"]
    assert [pod.name for pod in snapshot.pods] == ["p"]
    assert [each.key for each in snapshot.daemon_sets] == ["logging/fluentd"]
    assert snapshot.gaps == ()


def test_a_raw_list_whose_items_have_no_kind() -> None:
    bare = {key: value for key, value in ds().items() if key not in ("kind", "apiVersion")}
    assert read(a_list(bare, kind="DaemonSetList", api="apps/v1")).daemon_sets[0].name == "fluentd"


@pytest.mark.parametrize("api", ["apps/v1", "apps/v1beta2", "extensions/v1beta1"])
def test_older_versions_of_a_kind_are_taken(api: str) -> None:
    assert read(a_list(ds(api=api))).daemon_sets[0].name == "fluentd"


def test_daemon_sets_keep_their_bytes() -> None:
    raw = bytes(read(a_list(ds())).daemon_sets[0].raw)
    assert json.loads(raw) == ds()


def test_an_object_that_occurs_twice_counts_once_and_the_later_one_wins() -> None:
    older, newer = item("Node", "n1", spec={}), item("Node", "n1", spec={"unschedulable": True})
    (node,) = read(a_list(older, ds()) + a_list(newer)).nodes
    assert node.spec.unschedulable


def test_items_come_sorted_whatever_their_order_in_the_file() -> None:
    snapshot = read(a_list(ds("b", "z"), ds("a", "z"), ds("c", "a"), item("Node", "n2"), item("Node", "n1")))
    assert [each.key for each in snapshot.daemon_sets] == ["a/c", "z/a", "z/b"]
    assert [node.name for node in snapshot.nodes] == ["n1", "n2"]


def test_events_of_the_newer_form_and_budgets_of_the_older_one_are_translated() -> None:
    event = item(
        "Event", "e", "logging", "events.k8s.io/v1", note="hello", reason="R", regarding={"name": "p", "uid": "u"}
    )
    event |= {"deprecatedCount": 3, "reportingController": "kubelet"}
    everything = item("PodDisruptionBudget", "old", "x", "policy/v1beta1", spec={"selector": {}})
    current = item("PodDisruptionBudget", "new", "x", "policy/v1", spec={"selector": {}})
    snapshot = read(a_list(event, everything, current), Query((kinds.EVENTS, kinds.DISRUPTION_BUDGETS)))
    (translated,) = snapshot.events
    assert (translated.message, translated.involved_object.uid, translated.times) == ("hello", "u", 3)
    assert translated.component == "kubelet"
    new, old = snapshot.disruption_budgets
    assert new.spec.selector is not None and new.spec.selector.empty
    assert old.spec.selector is None


# now


def test_a_capture_is_judged_at_its_own_moment() -> None:
    snapshot = read(a_capture(*MIXED, source={"context": "prod", "server": "https://x", "version": "v1.37.2"}))
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    assert (snapshot.now, snapshot.source.captured_at) == (moment, moment)
    assert (snapshot.source.type, snapshot.source.context, snapshot.source.version) == ("capture", "prod", "v1.37.2")


@pytest.mark.parametrize(
    ("fields", "newest"),
    [
        ({}, "2026-01-01T00:00:00"),
        ({"status": {"conditions": [{"lastTransitionTime": "2026-01-02T00:00:00Z"}]}}, "2026-01-02T00:00:00"),
        ({"status": {"conditions": [{"lastHeartbeatTime": "2026-01-02T00:00:00Z"}]}}, "2026-01-02T00:00:00"),
        ({"state": {"running": {"startedAt": "2026-01-03T00:00:00Z"}}}, "2026-01-03T00:00:00"),
        ({"lastState": {"terminated": {"finishedAt": "2026-01-04T00:00:00Z"}}}, "2026-01-04T00:00:00"),
        ({"lastTimestamp": "2026-01-05T00:00:00Z"}, "2026-01-05T00:00:00"),
        ({"eventTime": "2026-01-05T00:00:00.123456Z"}, "2026-01-05T00:00:00.123456"),
        ({"series": {"lastObservedTime": "2026-01-06T00:00:00.5Z"}}, "2026-01-06T00:00:00.5"),
        ({"spec": {"notAfter": "2027-01-01T00:00:00Z"}}, "2026-01-01T00:00:00"),
        ({"metadata": {"deletionTimestamp": "2027-01-01T00:00:00Z"}}, ""),
        ({"note": "at 2027-01-01T00:00:00Z", "lastTimestamp": None}, "2026-01-01T00:00:00"),
        ({"x": '{"creationTimestamp":"2027-01-01T00:00:00Z"}'}, "2026-01-01T00:00:00"),
    ],
)  # fmt: skip
def test_the_newest_moment_of_an_item(fields: Object, newest: str) -> None:
    data = item("Pod", "p") | fields
    assert newest_time(json.dumps(data).encode()).decode() == newest
    assert newest_time(json.dumps(data, indent=2).encode()).decode() == newest


def test_a_plain_list_is_judged_at_the_newest_moment_in_any_item_known_or_not() -> None:
    unknown = item("Lease", "x", "kube-node-lease")
    unknown["metadata"]["creationTimestamp"] = "2026-03-01T00:00:00Z"
    assert read(a_list(*MIXED, unknown)).now == datetime(2026, 3, 1, tzinfo=timezone.utc)


# gaps


def test_a_plain_list_is_taken_at_its_word_and_names_what_it_does_not_hold() -> None:
    snapshot = read(a_list(ds()))
    assert [(gap.resource, gap.denied) for gap in snapshot.gaps] == [("nodes", False), ("pods", False)]
    assert snapshot.gaps[0].error == "the List holds no nodes"
    assert snapshot.gaps[0].affects
    assert snapshot.denied("nodes") is None


def test_what_was_denied_when_it_was_recorded_stays_denied() -> None:
    denied = [
        {"resource": "nodes", "namespace": None, "error": "nodes is forbidden"},
        {"resource": "events", "namespace": "x", "error": "events is forbidden"},
        {"resource": "events", "namespace": "where there is no DaemonSet", "error": "events is forbidden"},
        {"resource": "widgets", "namespace": None, "error": "?"},
    ]
    snapshot = read(a_capture(ds("a", "x"), denied=denied), Query((*SOME, kinds.EVENTS)))
    assert [(gap.resource, gap.namespace, gap.denied) for gap in snapshot.gaps] == [
        ("nodes", None, True),
        ("events", "x", True),
    ]
    assert snapshot.denied("nodes") is not None and snapshot.gaps[0].affects
    assert snapshot.whole_nodes
    others = [{"resource": "pods", "namespace": "*", "error": "pods is forbidden"}]
    assert not read(a_capture(ds(), denied=others)).whole_nodes
    assert read(a_capture(ds("a", "x"), denied=denied), Query((kinds.DAEMON_SETS,))).gaps == ()


# what is asked of it


def test_without_a_namespace_all_are_meant() -> None:
    source = CaptureSource.parse("file", a_list(ds("a", "x"), ds("a", "y"), ds("b", "y", app="b")))
    assert source.default_namespace is None
    assert [each.key for each in source.snapshot(Query((kinds.DAEMON_SETS,))).daemon_sets] == ["x/a", "y/a", "y/b"]
    assert [each.key for each in source.snapshot(Query((kinds.DAEMON_SETS,), "y")).daemon_sets] == ["y/a", "y/b"]
    assert [each.key for each in source.snapshot(Query((kinds.DAEMON_SETS,), names=("a",))).daemon_sets] == [
        "x/a",
        "y/a",
    ]
    assert [each.key for each in source.snapshot(Query((kinds.DAEMON_SETS,), selector="app=b")).daemon_sets] == ["y/b"]
    with pytest.raises(UsageError):
        source.snapshot(Query((kinds.DAEMON_SETS,), selector="app==b c"))


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        (Query(SOME, "logging", ("fluetd",)), "did you mean fluentd?"),
        (Query(SOME, "other", ("fluentd",)), "there is one in namespace logging: add -n logging"),
        (Query(SOME, None, ("zzz",)), ""),
    ],
)
def test_a_name_that_is_not_in_it(query: Query, hint: str) -> None:
    with pytest.raises(NotFound) as caught:
        read(a_list(ds(), ds("vector")), query)
    assert caught.value.message == f'daemonsets.apps "{query.names[0]}" not found'
    assert caught.value.hint == hint
    assert read(a_list(ds()), Query(SOME, names=("new",), optional=True)).daemon_sets == ()


def test_only_the_kinds_that_are_asked_for_are_read() -> None:
    broken = item("Pod", "p", "x", spec="nonsense")
    assert read(a_list(ds(), broken), Query((kinds.DAEMON_SETS,))).pods == ()
    with pytest.raises(CaptureError, match="Pod x/p cannot be understood"):
        read(a_list(ds(), broken))


# what is refused


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "file is empty"),
        (b" \n", "file is empty"),
        (a_list(*MIXED)[:-40], "file is cut short: it ends at byte "),
        (json.dumps(json.loads(a_list(*MIXED)), indent=2).encode()[:200], "line "),
        (a_list(*MIXED) + b'{"kind": "List", "items": [', "file is cut short"),
        (b'{"items": [1,,2]}', "file is not valid JSON"),
        (b"\x7fELF\x00\x01\x02" + bytes(500), "file holds binary data"),
        (bytes(range(128, 256)) * 10, "file holds binary data at byte 0"),
        (gzip.compress(a_list(*MIXED))[:-20], "file holds gzip that is cut short"),
        (b"\x1f\x8b" + b"junk" * 10, "file holds gzip that is damaged"),
        (b"hello world", "file holds text"),
        (b"[1, 2]", "file holds text"),
        (b"a: [", "file is neither JSON nor YAML: line 2, column 1: did not find expected node content"),
        (b"{}", "file holds a document without a kind, not a capture or a List"),
        (b'{"kind": "Config"}', "file holds a Config, not a capture or a List"),
        (b'{"kind": "List", "items": 5}', "file is no capture and no List"),
        (a_list(item("Pod", "p", "x")), "there are no DaemonSets in file"),
        (a_list(), "there are no DaemonSets in file"),
        (a_capture() + a_capture(), "file holds 2 documents, one of them a capture"),
        (a_capture(apiVersion="kubectl-ds/v2"), 'file is a capture of version "kubectl-ds/v2"'),
        (b"a: &a [1,2]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n" + b"".join(
            b"%c: &%c [*%c,*%c,*%c,*%c,*%c]\n" % (n, n, n - 1, n - 1, n - 1, n - 1, n - 1) for n in range(100, 122)
        ), "repeats itself without end"),
    ],
)  # fmt: skip
def test_what_is_no_capture_is_refused_with_what_to_do_next(data: bytes, message: str) -> None:
    with pytest.raises(CaptureError) as caught:
        read(data)
    assert message in caught.value.message
    assert caught.value.hint


def test_where_a_file_is_cut_is_told_by_byte_and_line() -> None:
    text = json.dumps(json.loads(a_list(*MIXED)), indent=2).encode()[:300]
    with pytest.raises(CaptureError) as caught:
        read(text)
    assert caught.value.message == f"file is cut short: it ends at byte 300, line {text.count(bytes([10])) + 1}"


def test_where_json_is_wrong_is_told_even_in_the_second_document() -> None:
    first = a_list(*MIXED) + b"\n"
    with pytest.raises(CaptureError, match=rf"at byte {len(first) + 1}, line 2"):
        read(first + b"{a}")


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, message in ((tmp_path / "absent", "there is no file"), (tmp_path, "is a directory")):
        with pytest.raises(CaptureError, match=message):
            CaptureSource.open(path)
    (tmp_path / "list.json").write_bytes(a_list(ds()))
    assert CaptureSource.open(tmp_path / "list.json").snapshot(Query((kinds.DAEMON_SETS,))).daemon_sets


def test_large_yaml_is_refused_before_it_takes_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubectl_ds.cluster.recording.LARGEST_YAML", 10)
    with pytest.raises(CaptureError, match="of YAML") as caught:
        read(yaml.safe_dump(ds()).encode())
    assert "-o json" in caught.value.hint
