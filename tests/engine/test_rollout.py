"""How an update stands: phase, fault, who holds it up, what lets it go on, how long it may take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.rollout import Phase, RolloutStatus, rollout_status
from kubectl_ds.engine.saved_strategy import PAUSED_ANNOTATION, STAGE_ANNOTATION
from kubectl_ds.model.snapshot import Gap
from tests.controlplane.objects import daemon_set, merge, node
from tests.engine.pods import deleted, failed, owned, ready, revision, running, stored, waiting, when
from tests.engine.values import snapshot_of

Object = dict[str, Any]
OLD: dict[str, Any] = {"hash_": "old"}
CRASH = waiting("CrashLoopBackOff", "", 3, {"exitCode": 1, "reason": "Error"})
STARTS = waiting("ContainerCreating")
DOWN = {"conditions": [{"type": "Ready", "status": "Unknown", "lastTransitionTime": when(900)}]}


def own(generation: int = 2, **fields: Any) -> Object:
    return stored(daemon_set("d", namespace="ns", **fields), generation)


def made(found: Object, name: str, number: int, ago: float) -> Object:
    return merge(revision(found, name, number), {"metadata": {"creationTimestamp": when(ago)}})


def status(
    *pods: Object, ds: Object | None = None, nodes: tuple[Object, ...] = (), deadline: float | None = None, **more: Any
) -> RolloutStatus:
    """Of an update that began 100 seconds ago on three nodes, unless others are given."""
    found = ds or own()
    there = nodes or tuple(node(f"n{number}") for number in (1, 2, 3))
    old = merge(made(found, "old", 1, 9000), {"data": {"spec": {"template": {"spec": {"hostPID": True}}}}})
    snapshot = snapshot_of([found, old, made(found, "new", 2, 100), *there, *pods], **more)
    limit = None if deadline is None else timedelta(seconds=deadline)
    return rollout_status(cover_one(snapshot, snapshot.daemon_sets[0]), limit)


def old_pods(*names: str) -> list[Object]:
    return [owned(name, ready(), age=9000, **OLD) for name in names]


def new(name: str, *changes: Object, age: float = 60) -> Object:
    return owned(name, *changes, age=age)


PHASES: list[tuple[str, RolloutStatus, Phase | None, Fault | None]] = [
    ("all are new", status(*(new(f"n{n}", ready(50)) for n in (1, 2, 3))), Phase.COMPLETE, None),
    ("a new pod starts", status(new("n1", STARTS), *old_pods("n2", "n3")), Phase.PROGRESSING, None),
    (
        "an old pod goes",
        status(owned("n1", ready(), deleted(5), **OLD), *old_pods("n2", "n3")),
        Phase.PROGRESSING,
        None,
    ),
    ("there is room for the next", status(new("n1", ready(5)), *old_pods("n2", "n3")), Phase.PROGRESSING, None),
    ("a new pod crashes", status(new("n1", CRASH), *old_pods("n2", "n3")), Phase.FAILED, Fault.REVISION),
    (
        "the kubelet rejects the new pod",
        status(new("n1", failed("OutOfcpu")), *old_pods("n2", "n3")),
        Phase.STUCK,
        Fault.CAPACITY,
    ),
    (
        "the node is down",
        status(new("n1", STARTS), *old_pods("n2", "n3"), nodes=(node("n1") | {"status": DOWN}, node("n2"), node("n3"))),
        Phase.STUCK,
        Fault.NODE,
    ),
    (
        "it does not go away",
        status(owned("n1", ready(), deleted(500), **OLD), *old_pods("n2", "n3")),
        Phase.STUCK,
        Fault.POD,
    ),
    ("nothing has come on for long", status(new("n1", STARTS), *old_pods("n2", "n3"), deadline=60), Phase.STUCK, None),
    (
        "unseen by the controller",
        status(*old_pods("n1", "n2", "n3"), ds=own() | {"status": {}}),
        Phase.PROGRESSING,
        None,
    ),
    (
        "nobody deletes",
        status(*old_pods("n1", "n2", "n3"), ds=own(strategy="OnDelete")),
        Phase.WAITING_FOR_DELETE,
        None,
    ),
    (
        "one was deleted, and crashes",
        status(new("n1", CRASH), *old_pods("n2", "n3"), ds=own(strategy="OnDelete")),
        Phase.FAILED,
        Fault.REVISION,
    ),
    ("no node", status(ds=own(node_selector={"disk": "none"})), Phase.NO_NODES, None),
]


@pytest.mark.parametrize(("found", "phase", "fault"), [row[1:] for row in PHASES], ids=[row[0] for row in PHASES])
def test_the_phase_and_whose_fault_it_is(found: RolloutStatus, phase: Phase | None, fault: Fault | None) -> None:
    assert (found.phase, found.fault) == (phase, fault)


def test_what_may_not_be_read_is_not_guessed() -> None:
    counters = {"desiredNumberScheduled": 3, "updatedNumberScheduled": 1, "numberAvailable": 3, "observedGeneration": 2}
    denied = (Gap("pods", "ns", "forbidden"),)

    assert status(ds=own() | {"status": counters}, gaps=denied).phase is None
    done = counters | {"updatedNumberScheduled": 3}
    assert status(ds=own() | {"status": done}, gaps=denied).phase is Phase.COMPLETE


def test_a_pod_that_runs_is_given_time_for_its_probes() -> None:
    def unready(started: float) -> RolloutStatus:
        began = {"status": {"startTime": when(started)}}
        return status(new("n1", running(), began), *old_pods("n2", "n3"))

    assert unready(10).phase is Phase.PROGRESSING
    assert unready(40).phase is Phase.FAILED


def test_the_smallest_budget_that_lets_it_go_on_is_one_more_than_is_used_up_by_nodes() -> None:
    down = tuple(node(f"n{n}") | {"status": DOWN} for n in (1, 2))
    found = status(new("n1", STARTS), new("n2", STARTS), *old_pods("n3"), nodes=(*down, node("n3")))

    assert found.unblocked_at == 3
    assert '"maxUnavailable":3' in (found.cures[0].command or "")
    assert status(new("n1", CRASH), *old_pods("n2", "n3")).unblocked_at is None


def test_nodes_are_told_together_by_what_they_wait_for_and_turns_come_last() -> None:
    found = status(*(new(f"n{n}", CRASH) for n in (1, 2)), *old_pods("n3"), ds=own(max_unavailable=2))

    assert [(each.verdict.value, each.nodes) for each in found.laggards] == [
        ("not-ready", ("n1", "n2")),
        ("outdated", ("n3",)),
    ]


def test_the_time_left_is_told_by_the_pace_of_those_who_had_their_turn() -> None:
    nodes = tuple(node(f"n{number}") for number in range(1, 5))
    found = status(new("n1", ready(60)), new("n2", ready(20)), *old_pods("n3", "n4"), nodes=nodes)

    assert found.estimate is not None
    assert (found.estimate.done, found.estimate.remaining, found.estimate.seconds_left) == (2, 2, 80)


def test_who_is_ahead_while_nobody_replaces_pods_is_named() -> None:
    kept = '{"version":1,"strategy":{"type":"RollingUpdate"},"by":"joe"}'
    paused = own(strategy="OnDelete", annotations={PAUSED_ANNOTATION: kept})
    found = status(new("n1", ready(50)), *old_pods("n2", "n3"), ds=paused)

    assert (found.phase, found.ahead) == (Phase.PAUSED, ("n1",))
    assert found.cures[0].command == "kubectl ds rollout resume d -n ns"


def test_a_staged_rollout_is_gone_on_with_and_not_meddled_with() -> None:
    found = status(*old_pods("n1", "n2", "n3"), ds=own(strategy="OnDelete", annotations={STAGE_ANNOTATION: "{}"}))

    assert found.phase is Phase.WAITING_FOR_DELETE
    assert found.cures[0].command == "kubectl ds rollout stage d -n ns --resume"


@pytest.mark.parametrize(("good", "failing", "blamed"), [(8, 1, False), (8, 2, True), (1, 2, True), (30, 2, False)])
def test_the_revision_is_to_blame_for_what_several_of_its_pods_share(good: int, failing: int, blamed: bool) -> None:
    nodes = tuple(node(f"n{number}") for number in range(good + failing))
    pods = [new(f"n{n}", CRASH if n < failing else ready(50)) for n in range(good + failing)]
    found = status(*pods, nodes=nodes)

    assert (found.fault is Fault.REVISION) == blamed
