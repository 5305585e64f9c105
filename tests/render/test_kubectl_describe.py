"""``describe``: kubectl's sections, from the object, its pods and its events; the golden file is the real kubectl's."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.model.event import Event, EventSeries, EventSource
from kubectl_ds.model.meta import ObjectReference, OwnerReference
from kubectl_ds.model.pod import Pod, PodMeta, PodStatus
from kubectl_ds.render.kubectl_describe import (
    PodsStatus,
    describe,
    describe_events,
    describe_object,
    events_of,
    pods_status,
)
from kubectl_ds.render.kubectl_describe_containers import probe_text

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
NO_PODS = PodsStatus()

Object = dict[str, Any]


def daemon_set(template: Object | None = None, **metadata: Any) -> Object:
    return {
        "metadata": {"name": "agent", "namespace": "logging", "uid": "u1", **metadata},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template or {}},
    }


def pod(phase: str, uid: str = "u1", namespace: str = "logging", app: str = "agent") -> Pod:
    owner = OwnerReference(kind="DaemonSet", name="agent", uid=uid, controller=True)
    metadata = PodMeta(namespace=namespace, labels={"app": app}, owner_references=(owner,) if uid else ())
    return Pod(metadata=metadata, status=PodStatus(phase=phase))


def event(minutes: int | None, message: str = "words", **fields: Any) -> Event:
    seen = None if minutes is None else NOW - timedelta(minutes=minutes)
    ordinary: Object = {"type": "Normal", "reason": "R", "message": message, "source": EventSource(component="tester")}
    return Event(**(ordinary | {"first_timestamp": seen, "last_timestamp": seen} | fields))


def lines(text: str, start: str, count: int = 1) -> list[str]:
    """Some lines from the one that begins so."""
    found = text.splitlines()
    first = next(at for at, line in enumerate(found) if line.strip().startswith(start))
    return found[first : first + count]


def test_a_daemon_set_with_everything_is_described_as_kubectl_described_it() -> None:
    everything = json.loads((GOLDEN / "everything.json").read_text())
    text = describe(everything, NO_PODS, (), NOW)
    assert text.encode(errors="surrogateescape") == (GOLDEN / "everything.describe.txt").read_bytes()


def test_an_object_of_which_little_is_known_is_described() -> None:
    assert describe({"metadata": {"name": "x"}}, NO_PODS, (), NOW) == (
        "Name:           x\n"
        "Namespace:      \n"
        "Selector:       \n"
        "Node-Selector:  <none>\n"
        "Labels:         <none>\n"
        "Annotations:    <none>\n"
        "Desired Number of Nodes Scheduled: 0\n"
        "Current Number of Nodes Scheduled: 0\n"
        "Number of Nodes Scheduled with Up-to-date Pods: 0\n"
        "Number of Nodes Scheduled with Available Pods: 0\n"
        "Number of Nodes Misscheduled: 0\n"
        "Pods Status:  0 Running / 0 Waiting / 0 Succeeded / 0 Failed\n"
        "Pod Template:\n"
        "  Labels:  <none>\n"
        "  Containers: <none>\n"
        "  Volumes:         <none>\n"
        "  Node-Selectors:  <none>\n"
        "  Tolerations:     <none>\n"
        "Events:            <none>\n"
    )


def test_nulls_that_other_tools_write_are_as_good_as_absent() -> None:
    container = {"name": "main", "image": "i", "command": None, "env": [None], "ports": None, "livenessProbe": None}
    template = {"metadata": {"labels": None}, "spec": {"containers": [None, container], "volumes": None}}
    clean = {"spec": {"containers": [{"name": "main", "image": "i"}]}}
    odd = daemon_set(template, annotations={"a": None}, labels=None)
    assert describe_object(odd, NO_PODS) == describe_object(daemon_set(clean), NO_PODS)


def test_the_parts_are_the_whole() -> None:
    events = (event(5), event(3))
    whole = describe(daemon_set(), NO_PODS, events, NOW)
    assert describe_object(daemon_set(), NO_PODS) + describe_events(events, NOW) == whole
    assert describe(daemon_set(), NO_PODS, None, NOW) == describe_object(daemon_set(), NO_PODS)
    assert describe_events((), NOW) == "Events:  <none>\n"


def test_only_pods_that_are_selected_and_controlled_are_counted() -> None:
    mine = [pod("Running"), pod("Running"), pod("Pending"), pod("Failed"), pod("Succeeded"), pod("Unknown")]
    others = [pod("Running", uid="u2"), pod("Running", uid=""), pod("Running", namespace="x"), pod("Running", app="x")]
    assert pods_status(daemon_set(), [*mine, *others]) == PodsStatus(running=2, waiting=1, succeeded=1, failed=1)


def test_events_are_those_about_this_very_object() -> None:
    about = {"kind": "DaemonSet", "name": "agent", "namespace": "logging", "uid": "u1"}
    mine = event(1, involved_object=ObjectReference(**about))
    others = [
        event(1, involved_object=ObjectReference(**(about | change)))
        for change in ({"kind": "Pod"}, {"name": "x"}, {"namespace": "x"}, {"uid": "x"})
    ]
    assert events_of(daemon_set(), [*others, mine]) == (mine,)


def test_events_come_oldest_first_and_without_a_time_before_all_others() -> None:
    text = describe_events((event(3, "young"), event(90, "old"), event(None, "timeless")), NOW)
    assert text == (
        "Events:\n"
        "  Type    Reason  Age        From    Message\n"
        "  ----    ------  ----       ----    -------\n"
        "  Normal  R       <unknown>  tester  timeless\n"
        "  Normal  R       90m        tester  old\n"
        "  Normal  R       3m         tester  young\n"
    )


@pytest.mark.parametrize(
    ("fields", "interval"),
    [
        ({}, "5m"),
        ({"count": 1}, "5m"),
        ({"count": 4}, "5m (x4 over 5m)"),
        ({"count": 4, "first_timestamp": None}, "5m (x4 over <unknown>)"),
        ({"event_time": NOW - timedelta(hours=9)}, "9h"),
        ({"series": EventSeries(count=7, last_observed_time=NOW)}, "0s (x7 over 5m)"),
        ({"series": EventSeries()}, "<unknown> (x0 over 5m)"),
    ],
)
def test_how_often_and_how_long_ago_an_event_was_seen(fields: Object, interval: str) -> None:
    assert f"  {interval}  " in describe_events((event(5, **fields),), NOW)


def test_an_event_says_who_where_and_what() -> None:
    spoken = event(5, " two\nlines \x1b[1m", source=EventSource(), reporting_component="r")
    assert lines(describe_events((spoken,), NOW), "Normal", 2) == ["  Normal  R       5m    r     two", "lines ^[[1m"]
    placed = event(5, involved_object=ObjectReference(field_path="spec.x"))
    assert describe_events((placed,), NOW).endswith("  spec.x: words\n")


@pytest.mark.parametrize(
    ("annotations", "shown"),
    [
        ({}, ["Annotations:    <none>"]),
        ({"kubectl.kubernetes.io/last-applied-configuration": "{}"}, ["Annotations:    <none>"]),
        ({"b": "2\n", "a": "1"}, ["Annotations:    a: 1", "                b: 2"]),
        ({"k": "a\nb"}, ["Annotations:    k:", "                  a", "                  b"]),
        ({"k": "x" * 138}, ["Annotations:    k:", f"                  {'x' * 138}"]),
        ({"k": "x" * 137}, [f"Annotations:    k: {'x' * 137}"]),
        ({"k": "x" * 139}, ["Annotations:    k:", f"                  {'x' * 138}..."]),
    ],
)
def test_long_annotations_get_lines_of_their_own_and_are_cut(annotations: Object, shown: list[str]) -> None:
    text = describe(daemon_set(annotations=annotations), NO_PODS, None, NOW)
    assert lines(text, "Annotations", len(shown)) == shown


def test_an_annotation_is_cut_within_a_character_as_kubectl_cuts_it() -> None:
    text = describe(daemon_set(annotations={"k": "x" * 137 + "日本"}), NO_PODS, None, NOW)
    assert b"x" * 137 + "日".encode()[:1] + b"...\n" in text.encode(errors="surrogateescape")


@pytest.mark.parametrize(
    ("toleration", "shown"),
    [
        ({"operator": "Exists"}, "op=Exists"),
        ({"operator": "Exists", "effect": "NoExecute"}, ":NoExecute op=Exists"),
        ({"key": "k", "operator": "Exists", "tolerationSeconds": 0}, "k op=Exists for 0s"),
        ({"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"}, "k=v:NoSchedule"),
        ({"key": "k"}, "k"),
        ({"key": "k", "operator": "Lt", "value": "5"}, "k=5"),
    ],
)
def test_a_toleration_is_written_so(toleration: Object, shown: str) -> None:
    text = describe(daemon_set({"spec": {"tolerations": [toleration]}}), NO_PODS, None, NOW)
    assert lines(text, "Tolerations") == [f"  Tolerations:     {shown}"]


@pytest.mark.parametrize(
    ("probe", "shown"),
    [
        ({"exec": {"command": ["sh", "-c", "a b"]}}, "exec [sh -c a b]"),
        ({"exec": {}}, "exec []"),
        ({"httpGet": {"port": 80, "scheme": "HTTPS", "path": "/x"}}, "http-get https://:80/x"),
        ({"httpGet": {"port": "", "host": "h"}}, "http-get //h"),
        ({"tcpSocket": {"port": "name", "host": "h"}}, "tcp-socket h:name"),
        ({"tcpSocket": {}}, "tcp-socket :0"),
        ({"grpc": {"port": 9, "service": "s"}}, "grpc <pod>:9 s"),
        ({}, "unknown"),
    ],
)
def test_a_probe_is_written_so(probe: Object, shown: str) -> None:
    timing = "delay=5s timeout=0s period=7s successThreshold=0 failureThreshold=0"
    assert probe_text({"initialDelaySeconds": 5, "periodSeconds": 7, **probe}) == f"{shown} {timing}"


@pytest.mark.parametrize(
    ("resource", "divisor", "shown"),
    [
        ("limits.cpu", "1m", "1500"),
        ("limits.cpu", "0", "2"),
        ("limits.memory", "1Mi", "node allocatable"),
        ("requests.memory", "1M", "68"),
        ("requests.cpu", "1", "0"),
        ("limits.ephemeral-storage", "1", "0"),
        ("requests.hugepages-2Mi", "1Mi", "4"),
        ("limits.example.com/gpu", "1", ""),
    ],
)
def test_an_environment_variable_of_a_resource_shows_its_value(resource: str, divisor: str, shown: str) -> None:
    container = {
        "name": "main",
        "resources": {"limits": {"cpu": "1500m"}, "requests": {"memory": "64Mi", "hugepages-2Mi": "4Mi"}},
        "env": [{"name": "X", "valueFrom": {"resourceFieldRef": {"resource": resource, "divisor": divisor}}}],
    }
    text = describe(daemon_set({"spec": {"containers": [container]}}), NO_PODS, None, NOW)
    assert lines(text, "X:")[0].split(":", 1)[1].strip() == f"{shown} ({resource})".strip()


def test_what_kubectl_does_not_know_is_left_out_or_unknown() -> None:
    spec = {
        "containers": [{"name": "main", "env": [{"name": "FILE", "valueFrom": {"fileKeyRef": {"key": "k"}}}]}],
        "volumes": [{"name": "new", "brandNew": {}}, {"name": "p", "projected": {"sources": [{"podCertificate": {}}]}}],
        "schedulingGroup": {"podGroupName": "together"},
    }
    text = describe(daemon_set({"spec": spec}), NO_PODS, None, NOW)
    assert "FILE" not in text
    assert lines(text, "new:", 4) == [
        *("   new:", "  <unknown>", "   p:"),
        "    Type:          Projected (a volume that contains injected data from multiple sources)",
    ]
    assert lines(text, "SchedulingGroup", 2) == ["  SchedulingGroup:", "  PodGroupName:  together"]
