"""Manifests whose own pods are in each other's way: what was foretold is what the real scheduler then did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.schemas import check

from .cluster import Cluster
from .objects import daemon_set, merge, node
from .policies import claim_volume, pv, pvc, storage_class
from .wait import eventually

Object = dict[str, Any]
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
OWN = {"matchLabels": {"app": "d"}}
ZONES = {"n1": "a", "n2": "a", "n3": "a", "n4": "b", "n5": "b", "n6": "c"}


def rule(kind: str, key: str) -> Object:
    """Required affinity or anti-affinity of the DaemonSet's pods among themselves."""
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": key, "labelSelector": OWN}]}}


def spread(skew: int) -> Object:
    """A spread over zones that counts the pods of all nodes."""
    constraint = {
        "topologyKey": ZONE,
        "maxSkew": skew,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": OWN,
        "nodeAffinityPolicy": "Ignore",
    }
    return {"spec": {"topologySpreadConstraints": [constraint]}}


def of_zone(zone: str) -> Object:
    """A volume that can be used from one zone."""
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]
    made = pv(f"v-{zone}", storage_class="late")
    return merge(made, {"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}})


def late(*volumes: Object) -> Callable[[Cluster], None]:
    """A claim that is bound when its first pod comes."""

    def make(cluster: Cluster) -> None:
        cluster.create(storage_class("late", "WaitForFirstConsumer"), *volumes, pvc("data", storage_class="late"))
        eventually(
            lambda: {each["status"]["phase"] for each in cluster.client.list("persistentvolumes")} == {"Available"},
            timeout=20,
        )

    return make


def one_pod(cluster: Cluster) -> None:
    """A claim for one pod, bound."""
    cluster.create(pv("v", modes=("ReadWriteOncePod",)), pvc("data", modes=("ReadWriteOncePod",), volume="v"))
    eventually(
        lambda: cluster.client.get("persistentvolumeclaims", "data", cluster.namespace)["status"]["phase"] == "Bound",
        timeout=20,
    )


def nothing(cluster: Cluster) -> None:
    """Nothing besides the nodes."""


EVERYWHERE = pv("v", storage_class="late", source={"nfs": {"server": "filer", "path": "/x"}})
CASES: dict[str, tuple[Callable[[Cluster], None], dict[str, Any], int | None]] = {
    # what it is about: what is there, the DaemonSet, how many run at most of those nobody knows
    "apart by zone": (nothing, {"affinity": rule("podAntiAffinity", ZONE)}, 2),
    "apart by node": (nothing, {"affinity": rule("podAntiAffinity", HOST)}, None),
    "together in a zone": (nothing, {"affinity": rule("podAffinity", ZONE)}, 3),
    "together on a node": (nothing, {"affinity": rule("podAffinity", HOST)}, 1),
    "spread tightly": (nothing, {"template": spread(1)}, 2),
    "spread loosely": (nothing, {"template": spread(3)}, None),
    "one claim for one pod": (one_pod, {"volumes": [claim_volume("data")]}, 1),
    "a volume of each zone": (late(*map(of_zone, "abc")), {"volumes": [claim_volume("data")]}, 3),
    "a volume for all": (late(EVERYWHERE), {"volumes": [claim_volume("data")]}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_foretold_is_what_came(cluster: Cluster, tmp_path: Path, case: str) -> None:
    make, spec, at_most = CASES[case]
    cluster.nodes(*(node(name, labels={ZONE: zone}) for name, zone in ZONES.items()))
    make(cluster)
    manifest = tmp_path / "d.json"
    manifest.write_text(json.dumps(daemon_set("d", cluster.namespace, **spec)))
    foretold = cluster.kubectl("ds", "coverage", "-f", str(manifest), "-o", "json", check=True).stdout
    rows = check(json.loads(foretold))["daemonSets"][0]["nodes"]
    sure = {row["node"] for row in rows if row["verdict"] == "runs"}
    unknown = {row["node"]: row["causes"][0]["evidence"]["atMost"] for row in rows if row["verdict"] == "unknown"}
    assert sure | unknown.keys() == ZONES.keys()
    assert set(unknown.values()) == (set() if at_most is None else {at_most})

    cluster.client.create(json.loads(manifest.read_text()), cluster.namespace)
    eventually(lambda: len(cluster.pods("app=d")) == len(ZONES), timeout=20)
    cluster.settle()

    def everybody_has_been_tried() -> set[str]:
        pods = cluster.pods("app=d")
        assert all(each["spec"].get("nodeName") or each["status"].get("conditions") for each in pods)
        bound = {each["spec"]["nodeName"] for each in pods if each["spec"].get("nodeName")}
        assert sure <= bound, "who is refused at first is tried again"
        return bound

    running = eventually(everybody_has_been_tried, timeout=30)
    assert len(running - sure) <= (at_most or 0)
    assert bool(running - sure) == bool(unknown)
