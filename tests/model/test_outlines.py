"""Outlines answer as whole pods and nodes do, byte by byte; only what may be asked of nobody is left out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.cli.session import DEMO
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import CoverageReport, cover
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.model import kinds
from kubectl_ds.model.decode import decode_item
from kubectl_ds.model.node import Node
from kubectl_ds.model.node_outline import NodeOutlineDecoder
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.pod_outline import PodOutlineDecoder
from kubectl_ds.render.coverage import coverage_text
from kubectl_ds.render.coverage_wide import coverage_wide
from kubectl_ds.render.structured import as_json, coverage_document
from kubectl_ds.render.theme import Theme
from tests.cluster.fakes import Object, Table, client

CAPTURES = [DEMO, *sorted((Path(__file__).parent.parent / "captures" / "differential").glob("*.capture.json.gz"))]
MINE = PodOutlineDecoder(frozenset({"mine"}))


def served(items: list[Object]) -> Table:
    """An API server that holds these objects."""
    table = Table()
    for kind in kinds.ALL:
        of_kind = [item for item in items if item["kind"] == kind.kind]
        table.put(kind.path(), of_kind)
        for namespace in {item["metadata"].get("namespace") for item in items} - {None}:
            table.put(
                kind.path(namespace), [each for each in of_kind if each["metadata"].get("namespace") == namespace]
            )
    return table


def answers(table: Table, *, outlines: bool) -> tuple[str, str, str, CoverageReport]:
    """Every form of the report, and the report."""
    report = cover(read_decisions(LiveSource(client(table)), Query((), outlines=outlines)))
    theme = Theme(width=100, colour=False, unicode=True)
    texts = coverage_text(report, theme, with_namespace=True), coverage_wide(report, theme, with_namespace=True)
    return (*texts, as_json(coverage_document(report)), report)


@pytest.mark.parametrize("waiting", [True, False], ids=["as it is", "without pods that wait"])
@pytest.mark.parametrize("capture", CAPTURES, ids=[path.name.partition(".")[0] for path in CAPTURES])
def test_reports_from_outlines_are_the_reports_from_whole_pods(capture: Path, waiting: bool) -> None:
    items = json.loads(gzip.decompress(capture.read_bytes()))["items"]
    table = served([item for item in items if waiting or item["kind"] != "Pod" or item["spec"].get("nodeName")])
    *whole, of_whole = answers(table, outlines=False)
    *outlined, of_outlines = answers(table, outlines=True)
    assert outlined == whole
    if not waiting:
        assert len(of_outlines.snapshot.pods) < len(of_whole.snapshot.pods) or capture != DEMO


def pod(controller: str = "mine", **changes: Any) -> Object:
    """A pod that runs well, but for the changes."""
    metadata = {
        "name": "p",
        "namespace": "n",
        "uid": "u",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app": "a"},
        "ownerReferences": [{"kind": "DaemonSet", "name": "d", "uid": controller, "controller": True}],
        **changes.pop("metadata", {}),
    }
    ready = {"type": "Ready", "status": changes.pop("ready", "True"), "lastTransitionTime": "2026-01-01T00:00:09Z"}
    status = {"phase": "Running", "conditions": [{"type": "Initialized", "status": "True"}, ready]}
    spec = {"nodeName": changes.pop("node", "w1"), "containers": [{"name": "c", "image": "i"}], "priority": 7}
    return {"metadata": metadata, "spec": spec, "status": {**status, **changes}}


def decoded(*pods: Object) -> tuple[Any, ...]:
    """The pods as the decoder gives them."""
    return MINE(json.dumps(pods).encode())


def test_of_a_pod_that_runs_well_the_outline_is_kept() -> None:
    (outline,) = decoded(pod())
    whole: Any = decode_item(kinds.PODS, json.dumps(pod()).encode())
    assert outline.metadata == whole.metadata
    assert outline.spec.containers == () and whole.spec.containers
    for asked in ("name", "namespace", "terminating", "terminal", "bound", "ready", "target_node", "sort_key"):
        assert getattr(outline, asked) == getattr(whole, asked)
    assert outline.condition("Ready") == whole.condition("Ready")


@pytest.mark.parametrize(
    "changes",
    [
        {"node": ""},
        {"ready": "False"},
        {"phase": "Failed"},
        {"phase": "Succeeded"},
        {"conditions": []},
        {"nominatedNodeName": "w2"},
        {"metadata": {"deletionTimestamp": "2026-01-01T00:01:00Z"}},
    ],
    ids=str,
)
def test_of_any_other_pod_everything_is_kept(changes: dict[str, Any]) -> None:
    well, other = decoded(pod(), pod(**changes))
    assert well.spec.containers == ()
    assert other.spec.containers[0].image == "i" and other.spec.priority == 7


@pytest.mark.parametrize(
    "owners", [[], [{"kind": "DaemonSet", "uid": "mine"}], [{"uid": "else", "controller": True}]], ids=str
)
def test_other_peoples_pods_are_left_out(owners: list[Object]) -> None:
    assert decoded(pod(metadata={"ownerReferences": owners})) == ()
    assert decoded(pod(metadata={"ownerReferences": owners}, ready="False")) == ()
    assert len(decoded(pod(), pod(metadata={"ownerReferences": owners}))) == 1


def test_what_pods_share_is_held_once() -> None:
    first, second = decoded(pod(), pod(metadata={"name": "q", "uid": "v"}))
    assert first.metadata.labels is second.metadata.labels
    assert first.metadata.owner_references is second.metadata.owner_references
    assert first.spec is second.spec and first.status is second.status


def test_an_odd_pod_makes_no_other_pod_worse() -> None:
    odd, well = decoded(pod(metadata={"labels": None}), pod())
    assert isinstance(odd, Pod) and odd.metadata.labels == {}
    assert well.name == "p"


GOOD = [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": "True", "reason": "KubeletReady"}]


def node(*conditions: Object, **metadata: Any) -> Object:
    """A node with what outlines leave out."""
    status = {"conditions": conditions, "capacity": {"cpu": "4"}, "nodeInfo": {"architecture": "amd64"}}
    taints = [{"key": "a", "effect": "NoSchedule"}]
    return {
        "metadata": {"name": "n", "labels": {"zone": "z"}, **metadata},
        "spec": {"taints": taints},
        "status": status,
    }


def test_of_a_node_with_nothing_wrong_the_outline_is_kept() -> None:
    data = node(*GOOD)
    outline: Any = NodeOutlineDecoder()(json.dumps([data]).encode())[0]
    whole: Any = decode_item(kinds.NODES, json.dumps(data).encode())
    assert (outline.name, outline.labels, outline.spec, outline.ready) == (
        (whole.name, whole.labels, whole.spec, whole.ready)
    )
    assert outline.status.capacity == {} and whole.status.capacity


@pytest.mark.parametrize(
    "odd",
    [
        node(),
        node({"type": "Ready", "status": "False"}),
        node({"type": "Ready", "status": "Unknown"}),
        node(*GOOD, {"type": "DiskPressure", "status": "True"}),
        node(*GOOD, {"type": "NetworkUnavailable", "status": "Unknown"}),
        node(*GOOD, {"type": "Ready", "status": "False"}),
        node(*GOOD, deletionTimestamp="2026-01-01T00:01:00Z"),
        node(*GOOD, labels=None),
    ],
)
def test_of_any_other_node_everything_is_kept(odd: Object) -> None:
    _, other = NodeOutlineDecoder()(json.dumps([node(*GOOD), odd]).encode())
    assert other == decode_item(kinds.NODES, json.dumps(odd).encode())


def test_what_nodes_share_is_held_once() -> None:
    first, second = NodeOutlineDecoder()(json.dumps([node(*GOOD, name="n1"), node(*GOOD, name="n2")]).encode())
    assert isinstance(first, Node) and isinstance(second, Node)
    assert first.spec is second.spec and first.status is second.status
    assert first.labels["zone"] is second.labels["zone"]
