"""State that no tool should meet, and some does: nothing breaks, documents keep their schema, upstream's rules hold.

What does not parse, what is missing, what a newer API may say; each in one List as kubectl prints it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runs import ds
from tests.controlplane.objects import daemon_set, merge, metadata, node
from tests.schemas import check

Object = dict[str, Any]
NOWHERE = "0/7 nodes are available: 1 gibberish. preemption: nonsense"
HOST = "kubernetes.io/hostname"


def required(kind: str, *terms: Object) -> Object:
    """Required terms of one kind of affinity between pods."""
    return {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}}}


def node_affinity(*terms: Object) -> Object:
    """Required node affinity."""
    wanted = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return {"affinity": {"nodeAffinity": wanted}}


def selected(operator: str, *values: str) -> Object:
    """A label selector with one expression."""
    return {"matchExpressions": [{"key": "a", "operator": operator, "values": list(values)}]}


def asking(**requests: str) -> Object:
    """A container that asks for this."""
    return {"containers": [{"name": "main", "image": "x", "resources": {"requests": requests}}]}


TEMPLATES: dict[str, Object] = {
    "amounts": asking(cpu="1.2.3", memory="lots", **{"foo bar": "1", "example.com/gpu": "one"}),
    "labels": {"nodeSelector": {"bad key!": "??"}},
    "operators": node_affinity(
        {"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["many"]}]},
        {"matchExpressions": [{"key": "cores", "operator": "Matches", "values": ["x"]}]},
        {},
    ),
    "tolerations": {"tolerations": [{"key": "k", "operator": "Fuzzy"}, {"operator": "Equal"}, {"operator": "Exists"}]},
    "priority": {"priorityClassName": "gone", "priority": 7},
    "spread": {
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "", "whenUnsatisfiable": "Maybe"},
            {"maxSkew": 0, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selected("Odd")},
        ]
    },
    "company": required(
        "podAntiAffinity",
        {"topologyKey": "z", "labelSelector": selected("Odd", "x")},
        {"topologyKey": HOST, "namespaceSelector": selected("In")},
    ),
    "volumes": {
        "volumes": [
            {"name": "v", "persistentVolumeClaim": {"claimName": ""}},
            {"name": "w", "ofAnotherTime": {"x": 1}},
            {"name": "e", "ephemeral": {}},
        ],
        "ofAnotherTime": {"a": 1},
    },
    "classes": {"runtimeClassName": "none", "overhead": {"cpu": "?"}, "schedulingGates": [{"name": "x"}]},
    "nothing": {"containers": None},
}
NODES: dict[str, Object] = {
    "plain": {},
    "silent": {"status": None, "spec": None},
    "keyless": {"spec": {"taints": [{"effect": "NoSchedule"}, {"key": "y", "effect": "Weird"}, {"key": "k"}]}},
    "odd": {"status": {"allocatable": {"cpu": "four", "memory": "-3Xi", "pods": "many"}}},
    "bare": {"metadata": {"labels": None}, "status": {"allocatable": None, "conditions": None}},
}
AROUND: list[Object] = [
    {"kind": "PodDisruptionBudget", "metadata": metadata("none", "ns"), "spec": {}},
    {
        "kind": "PodDisruptionBudget",
        "metadata": metadata("odd", "ns"),
        "spec": {"selector": selected("Huh"), "minAvailable": "x%"},
        "status": None,
    },
    {"kind": "PersistentVolumeClaim", "metadata": metadata("c", "ns"), "spec": None},
    {"kind": "PersistentVolume", "metadata": metadata("v"), "spec": {"capacity": {"storage": "big"}}},
    {"kind": "CSINode", "metadata": metadata("plain"), "spec": {"drivers": None}},
    {
        "kind": "LimitRange",
        "metadata": metadata("l", "ns"),
        "spec": {"limits": [{"type": "Odd", "max": {"cpu": "??"}}, {"type": "Container", "default": {"cpu": "x"}}]},
    },
    {
        "kind": "ResourceQuota",
        "metadata": metadata("q", "ns"),
        "spec": {"hard": {"pods": "many"}, "scopes": ["Weird"]},
    },
    {
        "kind": "Namespace",
        "metadata": metadata(
            "ns",
            annotations={
                "scheduler.alpha.kubernetes.io/tolerationsWhitelist": "{nope",
                "scheduler.alpha.kubernetes.io/node-selector": "a=b=c,,",
            },
        ),
    },
    {
        "kind": "Event",
        "metadata": metadata("e", "ns"),
        "reason": "FailedCreate",
        "message": "Error creating: \x1b[31mweird",
        "involvedObject": {"kind": "DaemonSet", "name": "amounts", "namespace": "ns", "uid": "amounts"},
    },
    {"kind": "OfAnotherTime", "metadata": metadata("x")},
]
APIS = {
    "PodDisruptionBudget": "policy/v1",
    "CSINode": "storage.k8s.io/v1",
    "OfAnotherTime": "example.com/v9",
}


def sets() -> list[Object]:
    """A DaemonSet for each template, and some that are odd themselves."""
    made = [
        merge(
            daemon_set(name, "ns"),
            {"metadata": {"uid": name}, "status": {}, "spec": {"template": {"spec": spec}}},
        )
        for name, spec in TEMPLATES.items()
    ]
    own: dict[str, Object] = {
        "strategy": {"updateStrategy": {"type": "Strange"}},
        "selector": {"selector": selected("Near", "e")},
    }
    own |= {"limits": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "abc%", "maxSurge": -1}}}}
    own |= {"selectorless": {"selector": None}, "templateless": {"template": {"spec": None, "metadata": None}}}
    return made + [
        merge(daemon_set(name, "ns"), {"metadata": {"uid": name}, "spec": spec}) for name, spec in own.items()
    ]


def waiting(owner: Object, on: str) -> Object:
    """A pod of a DaemonSet that waits for a node."""
    name = owner["metadata"]["name"]
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [on]}]}]
    reference = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": name, "uid": name, "controller": True}
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": NOWHERE}
    spec = owner["spec"]["template"].get("spec", {})
    made = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(f"{name}-{on}", "ns", {"app": name}) | {"uid": f"{name}-{on}"},
        "spec": merge(spec, node_affinity(*terms)),
        "status": {"phase": "Pending", "conditions": [condition]},
    }
    return merge(made, {"metadata": {"ownerReferences": [reference]}})


TAKEN = frozenset({"priority"})
"""What the API server's validation has nothing against; the others were let in by another version, or by nobody."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of it in one List, and every DaemonSet in a file of its own."""
    folder = tmp_path_factory.mktemp("odd")
    nodes = [merge(node(name), changes) for name, changes in NODES.items()]
    pods = [waiting(owner, on) for owner in sets() for on in ("plain", "silent", "odd")]
    pods += [merge(waiting(owner, "plain"), {"metadata": {"name": "b", "uid": "b"}}) for owner in sets()[:1]]
    pods.append(merge(waiting(sets()[0], "gone"), {"spec": {"nodeName": "gone"}}))
    around = [{"apiVersion": APIS.get(each["kind"], "v1"), **each} for each in AROUND]
    items = [*nodes, *sets(), *pods, *around]
    (folder / "list.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    for each in sets():
        (folder / f"{each['metadata']['name']}.json").write_text(json.dumps(each))
    return folder


@pytest.mark.parametrize("command", ["coverage", "pending", "tolerations", "preemptions", "storage"])
def test_reports_of_odd_state_keep_their_schema(state: Path, command: str) -> None:
    read = ("--from", str(state / "list.json"), "-A")

    document = check(ds(command, *read, "-o", "json").json())

    assert document["kind"].endswith("Report")
    text = ds(command, *read, "-v", "1")
    assert text.code == 0, text.err
    assert "\x1b[31m" not in text.out


@pytest.mark.parametrize("name", [each["metadata"]["name"] for each in sets()])
def test_every_cell_of_odd_state_is_explained(state: Path, name: str) -> None:
    read = ("--from", str(state / "list.json"))
    for place in NODES:
        found = check(ds("why", name, place, "-n", "ns", *read, "-o", "json").json())
        assert found["verdict"]
        assert found["message"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_odd_manifests_are_foretold_or_refused_as_the_server_would_with_every_place(state: Path, name: str) -> None:
    file = state / f"{name}.json"
    ran = ds("coverage", "-f", str(file), "--from", str(state / "list.json"), "-o", "json")

    if name in TAKEN:
        (found,) = check(ran.json())["daemonSets"]
        assert found["verdicts"]
        assert len(found["nodes"]) == len(NODES)
    else:
        assert (ran.code, ran.out) == (1, "")
        assert f"{file}:1:" in ran.err
        assert "itself failed" not in ran.err


def test_terms_that_do_not_parse_match_nothing(state: Path) -> None:
    ran = ds("coverage", "operators", "-n", "ns", "--from", str(state / "list.json"), "-o", "json")

    (found,) = ran.json()["daemonSets"]
    assert not any(row["shouldRun"] for row in found["nodes"])


def test_a_taint_without_key_is_tolerated_by_what_tolerates_everything_alone(state: Path) -> None:
    ran = ds("coverage", "-n", "ns", "--from", str(state / "list.json"), "-o", "json")

    rows = {
        each["name"]: next(row for row in each["nodes"] if row["node"] == "keyless")
        for each in ran.json()["daemonSets"]
    }
    assert rows["tolerations"]["shouldRun"]
    assert not rows["priority"]["shouldRun"]
