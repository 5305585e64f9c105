"""What eats an update's budget, counted as the controller counts, and when an update stands still."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.rollout_budget import Budget, limits
from kubectl_ds.model.snapshot import Gap
from tests.controlplane.objects import daemon_set, merge, node, taint
from tests.engine.explained import commands, steps, why
from tests.engine.pods import deleted, failed, owned, ready, revision, running, stored, when
from tests.engine.pods import waiting as container_waiting
from tests.engine.values import daemon_set_value, snapshot_of

Object = dict[str, Any]
OLD: dict[str, Any] = {"hash_": "old"}
CRASH = container_waiting("CrashLoopBackOff", "", 3, {"exitCode": 1, "reason": "Error"})


def own(**fields: Any) -> Object:
    return stored(daemon_set("d", namespace="ns", **fields))


def budget(*pods: Object, ds: Object | None = None, nodes: tuple[Object, ...] = (), **more: Any) -> Budget:
    """How the update stands on three nodes, unless others are given."""
    found = ds or own()
    there = nodes or tuple(node(f"n{number}") for number in (1, 2, 3))
    snapshot = snapshot_of([found, revision(found, "old", 1), revision(found, "new", 2), *there, *pods], **more)
    made = cover_one(snapshot, snapshot.daemon_sets[0]).budget
    assert made is not None
    return made


def eaters(found: Budget) -> list[str]:
    return [each.node for each in found.eaters]


@pytest.mark.parametrize(
    ("surge", "unavailable", "desired", "expected"),
    [
        (0, 1, 10, (0, 1)),
        (0, "10%", 15, (0, 2)),
        (0, "0%", 15, (0, 1)),
        ("10%", 0, 15, (2, 0)),
        (1, 0, 15, (1, 0)),
        (0, "100%", 3, (0, 3)),
        (0, "x", 3, (0, 1)),
        (0, "10%", 0, (0, 1)),
    ],
)
def test_limits_are_rounded_up_and_never_both_nothing(
    surge: int | str, unavailable: int | str, desired: int, expected: tuple[int, int]
) -> None:
    value = daemon_set_value(daemon_set("d", max_surge=surge, max_unavailable=unavailable))

    assert limits(value, desired) == expected


EATEN: list[tuple[str, list[Object], bool]] = [
    ("a new pod that is available", [owned("n1", ready())], False),
    ("an old pod that is available", [owned("n1", ready(), **OLD)], False),
    ("a new pod that is not ready", [owned("n1", running())], True),
    ("an old pod that is not ready", [owned("n1", running(), **OLD)], True),
    ("no pod", [], True),
    ("a pod that is going away", [owned("n1", ready(), deleted(5), **OLD)], True),
    ("both an old and a new one", [owned("n1", ready()), owned("n1", ready(), name="x", **OLD)], True),
    ("two new ones", [owned("n1", ready()), owned("n1", ready(), name="x")], True),
    ("a new one beside one that is going away", [owned("n1", ready()), owned("n1", deleted(5), name="x")], False),
    ("a failed pod", [owned("n1", failed("Evicted"))], True),
]


@pytest.mark.parametrize(("pods", "eats"), [case[1:] for case in EATEN], ids=[case[0] for case in EATEN])
def test_a_node_counts_as_the_controller_counts_it(pods: list[Object], eats: bool) -> None:
    others = [owned("n2", ready()), owned("n3", ready())]

    assert eaters(budget(*pods, *others)) == (["n1"] if eats else [])


def test_a_pod_that_is_ready_for_too_short_a_time_counts() -> None:
    slow = own(min_ready_seconds=60)

    assert eaters(budget(*(owned(f"n{number}", ready(20 * number)) for number in (1, 2, 3)), ds=slow)) == ["n1", "n2"]


@pytest.mark.parametrize(
    ("pods", "eats"),
    [
        ([], False),
        ([owned("n1", running(), **OLD)], False),
        ([owned("n1", ready(), **OLD), owned("n1", running(), name="x")], True),
        ([owned("n1", ready(), **OLD), owned("n1", ready(), name="x")], False),
        ([owned("n1", ready(), **OLD), owned("n1", ready(), name="x", **OLD)], True),
    ],
    ids=["no pod", "an old one alone", "a surge pod that is not available", "one that is", "two old ones"],
)
def test_under_a_surge_only_surplus_pods_that_are_not_available_count(pods: list[Object], eats: bool) -> None:
    others = [owned("n2", ready()), owned("n3", ready())]

    found = budget(*pods, *others, ds=own(max_surge=1))

    assert (found.strategy, found.limit, eaters(found)) == ("maxSurge", 1, ["n1"] if eats else [])


def test_a_node_where_none_should_be_eats_the_budget_as_long_as_its_pod_is_there() -> None:
    nodes = (node("n1", taints=[taint("node.kubernetes.io/unreachable")]), node("n2"))
    found = budget(owned("n1", running(), deleted(90), **OLD), owned("n2", ready(), **OLD), nodes=nodes)

    assert (eaters(found), found.desired, found.updated, found.old) == (["n1"], 1, 0, ("n2",))
    assert found.stands


def test_an_eater_is_told_with_what_is_wrong_and_whose_fault_it_is() -> None:
    lost = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "lastTransitionTime": when(900)}
    nodes = (merge(node("n1"), {"status": {"conditions": [lost]}}), node("n2"), node("n3"), node("n4"))
    found = budget(
        owned("n1", running(), **OLD),
        owned("n2", CRASH),
        owned("n3", ready(), **OLD),
        owned("n4", ready(), **OLD),
        nodes=nodes,
    )

    told = {each.node: (each.cause.code if each.cause else None, each.fault) for each in found.eaters}
    assert told == {"n1": ("NodeUnreachable", Fault.NODE), "n2": ("CrashLoopBackOff", Fault.REVISION)}


@pytest.mark.parametrize(
    ("pods", "stands"),
    [
        ([owned("n1", ready()), owned("n2", ready(), **OLD), owned("n3", ready(), **OLD)], False),
        ([owned("n1", CRASH), owned("n2", ready(), **OLD), owned("n3", ready(), **OLD)], True),
        ([owned("n1", CRASH), owned("n2", ready()), owned("n3", ready())], False),
    ],
    ids=["room is left", "used up", "nobody waits"],
)
def test_an_update_stands_when_old_pods_wait_and_the_budget_is_used_up(pods: list[Object], stands: bool) -> None:
    assert budget(*pods).stands is stands


def test_a_pod_that_cannot_be_created_lets_nothing_be_replaced() -> None:
    event = {
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "ns"},
        "involvedObject": {"kind": "DaemonSet", "name": "d", "namespace": "ns", "uid": "ds-uid"},
        "reason": "FailedCreate",
        "message": 'Error creating: pods "d-x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, '
        "limited: pods=2",
        "lastTimestamp": when(5),
    }
    found = budget(event, owned("n1", ready(), **OLD), owned("n2", ready(), **OLD), ds=own(max_unavailable=3))

    assert found.refused is not None
    assert found.stands


def test_on_delete_has_no_budget_and_stands_as_long_as_an_old_pod_is_there() -> None:
    found = budget(
        *(owned("n1", ready()), owned("n2", ready(), **OLD), owned("n3", CRASH, **OLD)),
        ds=own(strategy="OnDelete"),
    )

    assert (found.strategy, found.limit, found.eaters, found.old) == ("OnDelete", 0, (), ("n2",))
    assert (found.updated, found.desired, found.stands) == (1, 3, True)


@pytest.mark.parametrize("resource", ["nodes", "pods"])
def test_what_could_not_be_read_leaves_the_budget_unknown(resource: str) -> None:
    found = own()
    gaps = (Gap(resource, None, "forbidden"),)
    snapshot = snapshot_of([found, revision(found), node("n1")], gaps=gaps)

    assert cover_one(snapshot, snapshot.daemon_sets[0]).budget is None


def test_without_a_revision_nobody_knows_what_is_old() -> None:
    snapshot = snapshot_of([own(), node("n1"), owned("n1", ready())])

    assert cover_one(snapshot, snapshot.daemon_sets[0]).budget is None


# what `why` makes of it


def outdated(*items: Object, ds: Object | None = None) -> Any:
    """The explanation of ``n3``, whose pod is old and available."""
    found = ds or own()
    nodes = [node(f"n{number}") for number in (1, 2, 3)]
    revisions = [revision(found, "old", 1), revision(found, "new", 2)]
    return why(*revisions, *nodes, owned("n3", ready(), **OLD), *items, ds=found, on="n3")


def test_a_node_that_waits_for_its_turn_needs_no_cure() -> None:
    found = outdated(owned("n1", ready()), owned("n2", ready()))

    assert found.cures == ()
    assert steps(found)[-1] == ("controller", "RollingUpdate", "noted")


def test_a_node_held_up_by_others_gets_the_smallest_budget_that_lets_it_go_on() -> None:
    found = outdated(owned("n1", running(), **OLD), owned("n2", ready()))

    assert commands(found) == [
        'kubectl patch daemonset d -n ns -p \'{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":2}}}}\''
    ]
    assert steps(found)[-1] == ("controller", "RollingUpdate", "stopped")


def test_a_node_held_up_by_a_bad_revision_gets_the_old_one_back() -> None:
    found = outdated(owned("n1", CRASH), owned("n2", ready(), **OLD))

    assert commands(found) == ["kubectl rollout undo daemonset/d -n ns"]


def test_under_on_delete_the_pod_is_to_be_deleted() -> None:
    found = outdated(owned("n1", ready()), owned("n2", ready()), ds=own(strategy="OnDelete"))

    assert commands(found) == ["kubectl delete pod d-n3 -n ns"]
    assert steps(found)[-1] == ("controller", "OnDelete", "stopped")


def test_a_stuck_surge_is_told_by_its_nodes() -> None:
    found = outdated(
        *(owned("n1", ready(), **OLD), owned("n1", running(), name="x"), owned("n2", ready())), ds=own(max_surge=1)
    )

    assert commands(found) == []
    assert found.cures[0].change == "let the surge pods on n1 become available, or undo the update"
