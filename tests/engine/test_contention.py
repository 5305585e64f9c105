"""A DaemonSet's own pods in each other's way: what holds in every order is said, the rest is unknown with a bound."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

from kubectl_ds.engine.decision import Decision
from kubectl_ds.engine.evidence import OrderEvidence
from kubectl_ds.engine.predict import predict
from tests.controlplane.objects import daemon_set, merge, node, pod, taint
from tests.controlplane.policies import claim_volume, namespace, priority_class, pv, pvc, storage_class
from tests.engine.explained import ACCOUNT
from tests.engine.values import daemon_set_value, snapshot_of

Object = dict[str, Any]
ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
OWN = {"matchLabels": {"app": "d"}}


def zoned(*zones: str) -> list[Object]:
    """One node for each letter, in the zone of that letter."""
    return [node(f"n{number}", labels={ZONE: zone}) for number, zone in enumerate(zones, 1)]


def predicted(*items: Object, **spec: Any) -> dict[str, Decision]:
    """By node: what is foretold of the DaemonSet ``d``."""
    own = daemon_set_value(daemon_set("d", namespace="ns", **spec))
    snapshot = snapshot_of([namespace("ns"), ACCOUNT, *items])
    return {each.node: each for each in predict(snapshot, (own,)).daemon_sets[0].decisions}


def told(decisions: dict[str, Decision]) -> dict[str, str]:
    """By node: the verdict, and what nobody knows with how many may run at most."""
    return {name: _told(each) for name, each in decisions.items()}


def _told(decision: Decision) -> str:
    if decision.verdict.value != "unknown":
        return decision.verdict.value
    (cause,) = decision.causes
    assert isinstance(cause.evidence, OrderEvidence)
    return f"{cause.code} {cause.evidence.at_most}"


def rule(kind: str, key: str, selector: Object | None = None) -> Object:
    """Required affinity or anti-affinity of pods."""
    term = {"topologyKey": key, "labelSelector": selector or OWN}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def apart(key: str, selector: Object | None = None) -> Object:
    return rule("podAntiAffinity", key, selector)


def together(key: str, selector: Object | None = None) -> Object:
    return rule("podAffinity", key, selector)


def spread(key: str, policy: str, skew: int = 1) -> Object:
    constraint = {
        "topologyKey": key,
        "maxSkew": skew,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": OWN,
        "nodeAffinityPolicy": policy,
    }
    return {"spec": {"topologySpreadConstraints": [constraint]}}


def somebody(on: str, **labels: str) -> Object:
    return merge(
        pod("x", "ns", labels=labels, node_name=on), {"metadata": {"uid": "x"}, "status": {"phase": "Running"}}
    )


# one claim for one pod


def one_pod(*more: Object) -> list[Object]:
    bound = {"metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "status": {"phase": "Bound"}}
    claim = merge(pvc("data", "ns", modes=("ReadWriteOncePod",), volume="v"), bound)
    return [claim, pv("v", modes=("ReadWriteOncePod",)), *more]


def test_a_claim_for_one_pod_lets_one_run_and_nobody_knows_which() -> None:
    found = predicted(*zoned("a", "a", "b"), *one_pod(), volumes=[claim_volume("data")])

    assert told(found) == dict.fromkeys(("n1", "n2", "n3"), "VolumeRestrictions 1")


def test_on_one_node_that_is_no_question() -> None:
    found = predicted(*zoned("a"), node("n2", taints=[taint("x")]), *one_pod(), volumes=[claim_volume("data")])

    assert told(found) == {"n1": "runs", "n2": "excluded"}


def test_a_claim_that_somebody_else_holds_is_refused_on_every_node() -> None:
    held = merge(somebody("n1"), {"spec": {"volumes": [claim_volume("data")]}})
    found = predicted(*zoned("a", "b"), *one_pod(held), volumes=[claim_volume("data")])

    assert told(found) == {"n1": "blocked", "n2": "blocked"}


# keeping apart


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        ("aab", ["InterPodAffinity 1", "InterPodAffinity 1", "runs"]),
        ("aabb", ["InterPodAffinity 2"] * 4),
        ("abc", ["runs"] * 3),
    ],
)
def test_pods_that_keep_apart_by_zone_leave_one_a_zone(zones: str, expected: list[str]) -> None:
    assert list(told(predicted(*zoned(*zones), affinity=apart(ZONE))).values()) == expected


def test_pods_that_keep_apart_by_node_are_in_nobodys_way() -> None:
    assert set(told(predicted(*zoned("a", "a", "b"), affinity=apart(HOST))).values()) == {"runs"}


def test_pods_that_keep_apart_from_others_are_no_contention() -> None:
    found = predicted(
        *zoned("a", "b"), somebody("n1", app="web"), affinity=apart(ZONE, {"matchLabels": {"app": "web"}})
    )

    assert told(found) == {"n1": "blocked", "n2": "runs"}


# keeping together


def test_pods_that_want_each_other_in_a_zone_all_go_where_the_first_goes() -> None:
    found = predicted(*zoned("a", "a", "b"), affinity=together(ZONE))

    assert told(found) == dict.fromkeys(("n1", "n2", "n3"), "InterPodAffinity 2")


def test_pods_that_want_each_other_in_one_zone_all_run() -> None:
    assert set(told(predicted(*zoned("a", "a"), affinity=together(ZONE))).values()) == {"runs"}


def test_pods_that_want_each_other_on_a_node_run_once() -> None:
    assert set(told(predicted(*zoned("a", "a"), affinity=together(HOST))).values()) == {"InterPodAffinity 1"}


def test_whoever_is_there_already_decides_where_company_is() -> None:
    wanted = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["d", "web"]}]}
    found = predicted(*zoned("a", "a", "b"), somebody("n1", app="web"), affinity=together(ZONE, wanted))

    assert told(found) == {"n1": "runs", "n2": "runs", "n3": "blocked"}


def test_pods_that_want_nobody_in_particular_nowhere_are_refused() -> None:
    found = predicted(*zoned("a", "b"), affinity=together(ZONE, {"matchLabels": {"app": "absent"}}))

    assert told(found) == {"n1": "blocked", "n2": "blocked"}


# spreading


def test_spread_over_its_own_node_alone_never_blocks() -> None:
    found = predicted(*zoned("a", "a", "a", "b"), template=spread(ZONE, "Honor"))

    assert set(told(found).values()) == {"runs"}


def test_spread_over_all_nodes_hangs_on_the_order() -> None:
    found = told(predicted(*zoned("a", "a", "a", "b"), template=spread(ZONE, "Ignore")))

    assert found["n4"] == "runs"
    assert {found[name] for name in ("n1", "n2", "n3")} == {"PodTopologySpread 2"}


def test_spread_with_room_for_all_lets_all_run() -> None:
    found = predicted(*zoned("a", "a", "a", "b"), template=spread(ZONE, "Ignore", skew=3))

    assert set(told(found).values()) == {"runs"}


# one claim bound by whoever comes first


def late(*volumes: Object, provisioner: str = "kubernetes.io/no-provisioner") -> list[Object]:
    available = [merge(each, {"status": {"phase": "Available"}}) for each in volumes]
    return [
        storage_class("late", "WaitForFirstConsumer", provisioner),
        merge(pvc("data", "ns", storage_class="late"), {"metadata": {"uid": "c"}, "status": {"phase": "Pending"}}),
        *available,
    ]


def test_a_claim_bound_to_a_volume_of_one_node_lets_one_pod_run() -> None:
    volumes = [pv(f"v{number}", storage_class="late", node=f"n{number}") for number in (1, 2)]
    found = predicted(*zoned("a", "a"), *late(*volumes), volumes=[claim_volume("data")])

    assert told(found) == {"n1": "VolumeBinding 1", "n2": "VolumeBinding 1"}


def test_a_claim_bound_to_a_volume_of_a_zone_lets_the_pods_of_that_zone_run() -> None:
    def of_zone(zone: str) -> Object:
        terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]
        return merge(
            pv(f"v-{zone}", storage_class="late"),
            {"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}},
        )

    found = predicted(*zoned("a", "a", "b"), *late(of_zone("a"), of_zone("b")), volumes=[claim_volume("data")])

    assert set(told(found).values()) == {"VolumeBinding 2"}


def test_a_claim_bound_to_a_volume_that_every_node_can_use_lets_all_run() -> None:
    everywhere = pv("v", storage_class="late", source={"nfs": {"server": "x", "path": "/"}})
    found = predicted(*zoned("a", "b"), *late(everywhere), volumes=[claim_volume("data")])

    assert set(told(found).values()) == {"runs"}


def test_what_a_provisioner_makes_nobody_knows() -> None:
    found = predicted(*zoned("a", "b"), *late(provisioner="disk.example.com"), volumes=[claim_volume("data")])

    assert set(told(found).values()) == {"VolumeBinding 2"}


def crowded(on: str) -> Object:
    """A pod of low priority that leaves no room on its node."""
    return merge(somebody(on), {"spec": {"containers": [{"name": "m", "resources": {"requests": {"cpu": "3"}}}]}})


def test_whoever_would_have_to_evict_others_wants_the_claim_too() -> None:
    volumes = [pv(f"v{number}", storage_class="late", node=f"n{number}") for number in (1, 2)]
    state = [*zoned("a", "a"), *late(*volumes), priority_class("high", 9), crowded("n2")]
    found = predicted(*state, volumes=[claim_volume("data")], cpu="2", priority_class="high")

    assert told(found) == {"n1": "VolumeBinding 1", "n2": "VolumeBinding 1"}


def test_whoever_would_have_to_evict_others_may_choose_the_place_where_company_is() -> None:
    state = [*zoned("a", "b"), priority_class("high", 9), crowded("n2")]
    found = predicted(*state, affinity=together(ZONE), cpu="2", priority_class="high")

    assert told(found) == {"n1": "InterPodAffinity 1", "n2": "InterPodAffinity 1"}
    found = predicted(*state, somebody("n1", app="d"), affinity=together(ZONE), cpu="1", priority_class="high")
    assert told(found) == {"n1": "runs", "n2": "blocked"}


def test_whoever_waits_for_company_may_be_let_in_first_and_take_the_room() -> None:
    waits = merge(
        pod("lonely", "ns", affinity=together(ZONE), cpu="3"),
        {"metadata": {"uid": "l"}, "status": {"phase": "Pending"}, "spec": {"priority": 5}},
    )
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]
    pin = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    rival = merge(waits, {"spec": {"affinity": pin}})

    found = predicted(*zoned("a", "a", "b"), rival, cpu="2")

    assert told(found) == {"n1": "NodeResourcesFit 1", "n2": "runs", "n3": "runs"}


# claims of their own


def own_claim(storage_class: str = "late") -> Object:
    """A generic ephemeral volume: each pod gets a claim for itself."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "name": "scratch",
        "ephemeral": {"volumeClaimTemplate": {"spec": spec | {"storageClassName": storage_class}}},
    }


def test_two_volumes_for_three_pods_let_two_run_and_nobody_knows_which() -> None:
    volumes = [pv(name, storage_class="late") for name in ("v1", "v2")]
    found = predicted(*zoned("a", "a", "b"), *late(*volumes), volumes=[own_claim()])

    assert set(told(found).values()) == {"VolumeBinding 2"}


def test_a_volume_of_its_own_node_is_sure_for_its_pod() -> None:
    volumes = [pv("v1", storage_class="late", node="n1"), pv("any", storage_class="late")]
    volumes.append(pv("v2", storage_class="late", node="n2"))
    found = predicted(*zoned("a", "a", "b", "b"), *late(*volumes), volumes=[own_claim()])

    assert told(found) == {f"n{number}": "VolumeBinding 3" for number in (1, 2, 3, 4)}
    found = predicted(*zoned("a", "a"), *late(volumes[0], volumes[2]), volumes=[own_claim()])
    assert set(told(found).values()) == {"runs"}


def test_two_claims_a_pod_take_two_volumes() -> None:
    volumes = [pv(f"v{number}", storage_class="late") for number in range(3)]
    two = [own_claim(), own_claim() | {"name": "more"}]

    assert set(told(predicted(*zoned("a", "b"), *late(*volumes), volumes=two)).values()) == {"VolumeBinding 1"}
    volumes.append(pv("v3", storage_class="late"))
    assert set(told(predicted(*zoned("a", "b"), *late(*volumes), volumes=two)).values()) == {"runs"}


def test_a_provisioner_makes_volumes_for_all() -> None:
    found = predicted(*zoned("a", "b"), *late(provisioner="disk.example.com"), volumes=[own_claim()])

    assert set(told(found).values()) == {"runs"}


def test_a_claim_that_no_volume_can_fulfil_at_once_is_told_before_any_node() -> None:
    no_room = node("n1", cpu="1")
    found = predicted(no_room, storage_class("now"), volumes=[own_claim("now")], cpu="2")

    assert [cause.code for cause in found["n1"].causes] == ["VolumeBinding", "NodeResourcesFit"]
    assert found["n1"].verdict.value == "blocked"


def test_who_gets_a_volume_that_is_bound_at_once_nobody_knows() -> None:
    free = merge(pv("v", storage_class="now"), {"status": {"phase": "Available"}})
    found = predicted(*zoned("a", "b"), storage_class("now"), free, volumes=[own_claim("now")])

    assert {each.verdict.value for each in found.values()} == {"unknown"}


def test_a_node_that_is_refused_later_may_be_told_of_a_volume_that_others_took() -> None:
    volumes = [pv("v1", storage_class="late")]
    nodes = [*zoned("a", "b"), node("n3")]
    found = predicted(*nodes, *late(*volumes), volumes=[own_claim()], template=spread(ZONE, "Honor"))

    assert told(found)["n3"] == "VolumeBinding 0"


# many nodes


def many(count: int, zones: int = 3) -> list[Object]:
    return [
        {
            "kind": "Node",
            "metadata": {"name": f"n{number}", "labels": {HOST: f"n{number}", ZONE: f"z{number % zones}"}},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}},
        }
        for number in range(count)
    ]


def local_disks(count: int) -> list[Object]:
    """A disk of each node, and the class that they have."""
    return late(*(pv(f"v{number}", storage_class="late", node=f"n{number}") for number in range(count)))


MANY: list[tuple[str, dict[str, Any], list[Object], dict[str, int]]] = [
    ("apart by node", {"affinity": apart(HOST)}, [], {"runs": 1000}),
    ("apart by zone", {"affinity": apart(ZONE)}, [], {"InterPodAffinity 3": 1000}),
    ("together in a zone", {"affinity": together(ZONE)}, [], {"InterPodAffinity 334": 1000}),
    ("one claim", {"volumes": [claim_volume("data")]}, one_pod(), {"VolumeRestrictions 1": 1000}),
    ("spread", {"template": spread(ZONE, "Ignore")}, [], {"PodTopologySpread 1000": 1000}),
    ("a disk on each", {"volumes": [own_claim()]}, local_disks(1000), {"runs": 1000}),
]


@pytest.mark.parametrize(("spec", "items", "expected"), [case[1:] for case in MANY], ids=[case[0] for case in MANY])
def test_among_a_thousand_nodes_the_same_is_said_in_a_moment(
    spec: dict[str, Any], items: list[Object], expected: dict[str, int]
) -> None:
    started = time.process_time()

    found = predicted(*many(1000), *items, **spec)

    assert Counter(told(found).values()) == expected
    assert time.process_time() - started < 10


def test_a_node_alone_in_its_zone_is_sure_among_many() -> None:
    alone = merge(many(1)[0], {"metadata": {"name": "alone", "labels": {HOST: "alone", ZONE: "apart"}}})
    found = told(predicted(*many(400), alone, affinity=apart(ZONE)))

    assert found.pop("alone") == "runs"
    assert set(found.values()) == {"InterPodAffinity 3"}


def test_few_and_many_nodes_are_answered_alike() -> None:
    few, lots = predicted(*many(30), affinity=apart(ZONE)), predicted(*many(330), affinity=apart(ZONE))

    assert set(told(few).values()) == set(told(lots).values()) == {"InterPodAffinity 3"}
