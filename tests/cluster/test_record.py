"""What a capture holds, what it must never hold, and that reading it gives the same values back."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timezone
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_ds.cluster.capture import CaptureSource
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.record import capture_bytes, sparse, write_capture
from kubectl_ds.cluster.redaction import LAST_APPLIED, Redactor, known_annotations
from kubectl_ds.cluster.source import Query
from kubectl_ds.model import kinds
from kubectl_ds.model.decode import decode_item
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap, Snapshot, Source

from .fakes import Table, client, named, status

Object = dict[str, Any]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
SECRET = "hunter2"
PROJECTED = tuple(kind for kind in kinds.ALL if kind not in (kinds.DAEMON_SETS, kinds.REVISIONS))


def template(secret: str = SECRET, image: str = "agent:1") -> Object:
    """A pod template with a secret in every place that may hold one."""
    return {
        "metadata": {"labels": {"app": "x"}},
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "image": image,
                    "command": ["sh", "-c", f"login {secret}"],
                    "args": [f"--token={secret}"],
                    "env": [
                        {"name": "TOKEN", "value": secret},
                        {"name": "EMPTY", "value": ""},
                        {"name": "REF", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                    ],
                    "envFrom": [{"secretRef": {"name": "all"}}],
                    "livenessProbe": {"exec": {"command": ["check", secret]}, "periodSeconds": 5},
                    "readinessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "Auth", "value": secret}]}},
                    "lifecycle": {
                        "preStop": {"exec": {"command": [secret]}},
                        "postStart": {"httpGet": {"httpHeaders": [{"name": "Auth", "value": secret}]}},
                    },
                }
            ],
            "initContainers": [{"name": "init", "env": [{"name": "TOKEN", "value": secret}]}],
            "volumes": [
                {"name": "v", "csi": {"driver": "d", "volumeAttributes": {"password": secret}}},
                {"name": "f", "flexVolume": {"driver": "d", "options": {"password": secret}}},
                {"name": "s", "secret": {"secretName": "kept"}},
            ],
        },
    }


def ds(made: Object | None = None) -> Object:
    cause = f"kubectl set env ds/x TOKEN={SECRET} --record=true"
    return {
        "metadata": {
            "name": "x",
            "namespace": "ns",
            "uid": "u",
            "managedFields": [{"manager": SECRET}],
            "annotations": {LAST_APPLIED: SECRET, "kubernetes.io/change-cause": cause, "team": "blue"},
        },
        "spec": {"selector": {"matchLabels": {"app": "x"}}, "template": made or template(), "unknownToUs": {"kept": 1}},
        "status": {"numberReady": 3},
    }


def revision(number: int, made: Object) -> Object:
    return {
        "metadata": {
            "name": f"x-{number}",
            "namespace": "ns",
            "ownerReferences": [{"kind": "DaemonSet", "name": "x", "uid": "u", "controller": True}],
            "annotations": {LAST_APPLIED: SECRET},
        },
        "revision": number,
        "data": {"spec": {"template": made | {"$patch": "replace"}}},
    }


def value(kind: Kind, data: Object) -> Any:
    return decode_item(kind, json.dumps(data).encode())


def recorded(**fields: Any) -> bytes:
    found: dict[str, Any] = {
        name: tuple(value(kinds.BY_KIND[kind], each) for each in items) for name, (kind, items) in fields.items()
    }
    return capture_bytes(Snapshot(now=NOW, source=Source("live", "prod", "https://x", "v1.37.2"), **found))


def items_of(data: bytes) -> list[Object]:
    found: list[Object] = json.loads(data)["items"]
    return found


# redaction


def test_no_secret_survives_and_everything_else_of_a_daemon_set_does() -> None:
    data = recorded(
        daemon_sets=("DaemonSet", [ds()]), revisions=("ControllerRevision", [revision(1, template("older"))])
    )
    assert SECRET.encode() not in data and b"older" not in data
    redacted, remembered = items_of(data)
    (container,) = redacted["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [
        {"name": "TOKEN", "value": "<redacted 2>"},
        {"name": "EMPTY", "value": ""},
        {"name": "REF", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    assert container["command"] == ["<redacted 2>"] and container["args"] == ["<redacted 2>"]
    assert container["envFrom"] == [{"secretRef": {"name": "all"}}]
    assert container["livenessProbe"] == {"exec": {"command": ["<redacted 2>"]}, "periodSeconds": 5}
    assert redacted["spec"]["unknownToUs"] == {"kept": 1}
    assert redacted["status"] == {"numberReady": 3}
    assert redacted["metadata"]["annotations"] == {
        "kubernetes.io/change-cause": "kubectl set env ds/x TOKEN=<redacted> --record=<redacted>",
        "team": "blue",
    }
    assert redacted["spec"]["template"]["spec"]["volumes"][2] == {"name": "s", "secret": {"secretName": "kept"}}
    assert remembered["data"]["spec"]["template"]["$patch"] == "replace"


def test_a_template_still_equals_its_revision_and_differs_from_the_others() -> None:
    """Revisions that differ only in what is redacted must not become one."""
    histories = [template("a"), template("b"), template("c")]
    data = recorded(
        daemon_sets=("DaemonSet", [ds(template("b"))]),
        revisions=("ControllerRevision", [revision(number, made) for number, made in enumerate(histories)]),
    )
    own, *revisions = items_of(data)
    remembered = [each["data"]["spec"]["template"] for each in revisions]
    equal = [own["spec"]["template"] | {"$patch": "replace"} == each for each in remembered]
    assert equal == [False, True, False]
    assert remembered[0] != remembered[2]


def test_equal_values_in_different_places_do_not_show_that_they_are_equal() -> None:
    containers = [{"name": name, "env": [{"name": "A", "value": held}]} for name, held in (("a", "1"), ("b", "2"))]
    made = Redactor().daemon_set(ds({"spec": {"containers": containers}}))
    values = [each["env"][0]["value"] for each in made["spec"]["template"]["spec"]["containers"]]
    assert values == ["<redacted 1>", "<redacted 1>"]


@pytest.mark.parametrize("data", [{}, {"spec": None}, {"spec": {"template": {"spec": {"containers": [None, 5]}}}}])
def test_odd_objects_are_left_as_they_are(data: Object) -> None:
    assert Redactor().daemon_set(data) == data
    assert Redactor().revision(data, "x") == data


def test_only_kubernetes_own_annotations_of_other_objects_are_kept() -> None:
    annotations = {
        "scheduler.alpha.kubernetes.io/node-selector": "a=b",
        "openshift.io/node-selector": "",
        "storageclass.kubernetes.io/is-default-class": "true",
        "k3s.io/node-args": SECRET,
        "mykubernetes.io/x": SECRET,
        "plain": SECRET,
        LAST_APPLIED: SECRET,
    }
    assert sorted(known_annotations(annotations)) == [
        "openshift.io/node-selector",
        "scheduler.alpha.kubernetes.io/node-selector",
        "storageclass.kubernetes.io/is-default-class",
    ]


def test_pods_and_nodes_hold_nothing_that_no_answer_leans_on() -> None:
    pod = named(
        "p", "ns", spec=template()["spec"] | {"nodeName": "n1"}, status={"phase": "Running", "hostIP": "10.0.0.1"}
    )
    pod["metadata"] |= {"annotations": {"x": SECRET}, "managedFields": [], "resourceVersion": "5"}
    node = named("n1", status={"images": [{"names": ["big"]}], "capacity": {"cpu": "4"}})
    data = recorded(pods=("Pod", [pod]), nodes=("Node", [node]))
    assert SECRET.encode() not in data
    kept_node, kept_pod = items_of(data)
    assert kept_node == {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"capacity": {"cpu": "4"}},
    }
    assert set(kept_pod["spec"]["containers"][0]) == {"name", "image"}
    assert kept_pod["metadata"] == {"name": "p", "namespace": "ns"}


def test_what_a_container_said_when_it_ended_is_left_out_unless_it_is_asked_for() -> None:
    def ended(reason: str) -> Object:
        return {"terminated": {"exitCode": 1, "reason": reason, "message": f"login with {SECRET} failed"}}

    status = {
        "containerStatuses": [
            {"name": "main", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended("Error")},
            {"name": "none", "state": ended("StartError")},
        ],
        "initContainerStatuses": [{"name": "init", "state": ended("OOMKilled")}],
    }
    snapshot = Snapshot(now=NOW, source=Source("live"), pods=(value(kinds.PODS, named("p", status=status)),))

    (kept,), (whole,) = items_of(capture_bytes(snapshot)), items_of(capture_bytes(snapshot, last_words=True))

    main, other = kept["status"]["containerStatuses"]
    assert main["lastState"] == {"terminated": {"exitCode": 1, "reason": "Error"}}
    assert kept["status"]["initContainerStatuses"][0]["state"] == {"terminated": {"exitCode": 1, "reason": "OOMKilled"}}
    assert SECRET in other["state"]["terminated"]["message"], "the runtime speaks, not the container"
    assert json.dumps(whole).count(SECRET) == 3


# the same again


def test_a_capture_read_back_gives_the_same_answers_as_the_cluster() -> None:
    table = Table()
    table.put("/apis/apps/v1/daemonsets", [ds()]).put("/api/v1/nodes", [named("n1", spec={"unschedulable": True})])
    table.put("/api/v1/pods", [named("p", "ns", spec={"nodeName": "n1"})])
    table.put("/apis/apps/v1/namespaces/ns/controllerrevisions", [revision(1, template())])
    table.put("/api/v1/persistentvolumes", status(403, "Forbidden", "no volumes for you"))
    table.put("/version", status(403, "Forbidden", "no"))
    source = LiveSource(client(table))
    data = write_capture(source)
    assert gzip.decompress(write_capture(source, compress=True)) == data == write_capture(source), "reproducible"
    live = source.snapshot(Query(kinds.ALL, whole_nodes=True))
    read = CaptureSource.parse("file", data).snapshot(Query(kinds.ALL, whole_nodes=True))
    assert (read.now, read.nodes, read.pods) == (live.now, live.nodes, live.pods)
    assert [each.key for each in read.daemon_sets] == ["ns/x"]
    assert [each.revision for each in read.revisions] == [1]
    assert (
        read.gaps
        == live.gaps
        == (Gap("persistentvolumes", None, "no volumes for you", ("pending", "blocked", "storage")),)
    )
    assert not {"/api/v1/secrets", "/api/v1/configmaps"} & {request.path for request in table.requests}
    assert all("secrets" not in request.path and "configmaps" not in request.path for request in table.requests)


def test_a_line_holds_an_object_and_the_order_never_changes() -> None:
    nodes = [named("n2"), named("n1")]
    data = recorded(nodes=("Node", nodes), daemon_sets=("DaemonSet", [ds()]))
    assert data == recorded(nodes=("Node", nodes[::-1]), daemon_sets=("DaemonSet", [ds()]))
    lines = data.decode().splitlines()
    assert [json.loads(line.rstrip(","))["metadata"]["name"] for line in lines[1:-1]] == ["x", "n1", "n2"]


def test_a_capture_of_some_asks_for_those_alone() -> None:
    table = (
        Table().put("/apis/apps/v1/namespaces/ns/daemonsets", [ds()]).put("/version", status(403, "Forbidden", "no"))
    )
    write_capture(LiveSource(client(table)), namespace="ns", names=("x",))
    assert table.requests[0].path == "/apis/apps/v1/namespaces/ns/daemonsets/x"


@pytest.mark.parametrize("kind", PROJECTED, ids=lambda kind: kind.kind)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_what_is_left_out_is_what_decodes_to_the_same(kind: Kind, data: st.DataObject) -> None:
    """For every kind: sparse data decodes to the very value that it was made from."""
    made = data.draw(_values(kind.value))
    assert msgspec.json.decode(msgspec.json.encode(sparse(made)), type=kind.value) == made


def test_a_false_that_is_no_default_is_kept() -> None:
    driver = value(kinds.CSI_DRIVERS, named("d", spec={"attachRequired": False}))
    assert sparse(driver)["spec"] == {"attachRequired": False}
    pod = value(kinds.PODS, named("p", spec={"tolerations": [{"tolerationSeconds": 0}], "priority": 0}))
    assert sparse(pod)["spec"] == {"priority": 0, "tolerations": [{"tolerationSeconds": 0}]}
    assert isinstance(pod, Pod)


@cache
def _values(value_type: type) -> st.SearchStrategy[Any]:
    """Values of a struct, each field now and then something else than its default."""
    return st.builds(value_type, **{field.name: _of(field) for field in msgspec.structs.fields(value_type)})


def _of(field: msgspec.structs.FieldInfo) -> st.SearchStrategy[Any]:
    default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
    usual = st.just(default)
    return st.one_of(usual, usual, usual, _typed(msgspec.inspect.type_info(field.type)))


def _typed(info: Any) -> st.SearchStrategy[Any]:
    i = msgspec.inspect
    if isinstance(info, i.StructType):
        return st.deferred(lambda: _values(info.cls))
    if isinstance(info, i.UnionType):
        return st.one_of([_typed(each) for each in info.types])
    if isinstance(info, i.VarTupleType):
        return st.lists(_typed(info.item_type), max_size=2).map(tuple)
    if isinstance(info, i.DictType):
        return st.dictionaries(st.text(max_size=3), _typed(info.value_type), max_size=2)
    simple: dict[type, st.SearchStrategy[Any]] = {
        i.StrType: st.text(max_size=4),
        i.IntType: st.integers(-(2**31), 2**31),
        i.FloatType: st.floats(-1e6, 1e6).filter(lambda number: number != int(number)),
        i.BoolType: st.booleans(),
        i.NoneType: st.none(),
        i.DateTimeType: st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)),
        i.RawType: st.just(msgspec.Raw(b'{"a":1}')),
    }
    return simple[type(info)]
