"""What is foretold holds in whatever order the scheduler comes to the pods: random clusters against a model of it.

The model finds in seconds what the real control plane shows once in thousands of clusters; what it cannot know is told
by ``tests/controlplane/differential``, from whose generator the clusters are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kubectl_ds.engine.predict import predict
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot, Source
from tests.controlplane.differential.generator import Scenario, scenario
from tests.controlplane.differential.policies import FIRST, LASTING, PRIORITIES
from tests.controlplane.objects import daemon_set, merge, node
from tests.controlplane.policies import namespace
from tests.engine.explained import ACCOUNT
from tests.engine.queue_model import Queue, contradictions
from tests.engine.values import daemon_set_value, snapshot_of

Object = dict[str, Any]
ORDERS = 6
CLUSTERS = range(0, 100, 10)
NS = {"metadata": {"namespace": "ns"}}
BOUND = {"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "status": {"phase": "Bound"}}
PREEMPTED = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
LEFT_OUT = frozenset({"DeviceClass", "ResourceClaim", "ResourceQuota", "LimitRange"})


@pytest.mark.parametrize("first", CLUSTERS)
def test_what_is_foretold_holds_in_every_order(first: int) -> None:
    found: dict[str, list[str]] = {}
    compared = 0
    for seed in range(first, first + CLUSTERS.step):
        drawn, dice = scenario(seed), random.Random(seed)
        snapshot = cluster_of(drawn)
        for each in daemon_sets_of(drawn):
            wrong, after = contradictions(snapshot, each, dice, ORDERS)
            if wrong:
                found[f"seed {seed} {each.name}"] = wrong
            snapshot = replace(after, daemon_sets=(*snapshot.daemon_sets, each))
            compared += 1

    assert found == {}
    assert compared > 2 * CLUSTERS.step


def test_the_model_does_try_other_orders() -> None:
    labels = {"topology.kubernetes.io/zone": "z1"}
    apart = {"labelSelector": {"matchLabels": {"app": "d"}}, "topologyKey": "topology.kubernetes.io/zone"}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    items = [namespace("ns"), {"apiVersion": "v1"} | ACCOUNT, *(node(name, labels=labels) for name in ("a", "b"))]
    own = daemon_set_value(daemon_set("d", namespace="ns", affinity=affinity))
    snapshot, dice = snapshot_of(items), random.Random(1)

    first = {tuple(Queue(snapshot, own, ("a", "b"), dice).run().evicted) for _ in range(20)}

    assert first == {("a",), ("b",)}
    assert contradictions(snapshot, own, dice, 20)[0] == []
    assert {each.verdict.value for each in predict(snapshot, (own,)).daemon_sets[0].decisions} == {"unknown"}


def cluster_of(drawn: Scenario) -> Snapshot:
    """The cluster before the first DaemonSet comes, as if controllers and kubelets had done their work."""
    usual = next((each["value"] for each in drawn.before if each.get("globalDefault")), 0)
    rules = {"labels": drawn.labels, "annotations": drawn.annotations}
    items: list[Object] = [merge(namespace("ns"), {"metadata": rules})]
    items += [{"apiVersion": "v1"} | merge(ACCOUNT, {"metadata": {"namespace": name}}) for name in ("ns", "neighbours")]
    items += [_settled(each, drawn) for each in drawn.before if each["kind"] not in LEFT_OUT]
    items += drawn.nodes
    for present in drawn.pods:
        pod = merge(_admitted(present.plain, usual), {"status": present.status or {}})
        if present.deleted or (present.lingers and drawn.comers):
            pod = merge(pod, {"metadata": {"deletionTimestamp": "2027-01-01T00:00:00Z"}})
        items.append(merge(pod, {"status": {"conditions": [PREEMPTED]}}) if present.lingers else pod)
    for comer in drawn.comers:
        cleared = comer["metadata"]["name"].removeprefix("comer-")
        waits = {"status": {"phase": "Pending", "startTime": None, "nominatedNodeName": cleared}}
        items.append(merge(_admitted(comer, usual), waits))
    return snapshot_of(items, source=Source(type="capture", version="v1.37.2"))


def daemon_sets_of(drawn: Scenario) -> Iterator[DaemonSet]:
    """Those that the scheduler is asked about."""
    for plain in drawn.daemon_sets:
        if "nodeName" not in plain["spec"]["template"]["spec"]:
            yield daemon_set_value(merge(plain, {"metadata": {"namespace": "ns", "uid": plain["metadata"]["name"]}}))


def _settled(plain: Object, drawn: Scenario) -> Object:
    if plain["kind"] == "PersistentVolumeClaim":
        return merge(plain, merge(NS, BOUND) if plain["spec"].get("volumeName") else NS)
    if plain["kind"] == "PersistentVolume":
        named = {each["spec"].get("volumeName") for each in drawn.before if each["kind"] == "PersistentVolumeClaim"}
        return merge(plain, {"status": {"phase": "Bound" if plain["metadata"]["name"] in named else "Available"}})
    if plain["kind"] == "PodDisruptionBudget":
        allowed = random.Random(drawn.seed).choice((0, 1, 3))
        return merge(merge(plain, NS), {"status": {"disruptionsAllowed": allowed}})
    return plain


def _admitted(plain: Object, usual: int) -> Object:
    metadata = plain["metadata"]
    name = plain["spec"].get("priorityClassName")
    known = PRIORITIES | {LASTING: 1_000_000, FIRST: 2_000_001_000}
    identity = {"namespace": metadata.get("namespace", "ns"), "uid": metadata["name"]}
    status = {"phase": "Running", "startTime": "2026-01-01T00:00:00Z"}
    return merge(plain, {"metadata": identity, "spec": {"priority": known[name] if name else usual}, "status": status})
