"""How a node stands, by what its pod, its node and the controller say."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.stage.cells import Cell, Judge, Standing
from tests.controlplane.objects import daemon_set, merge, node, node_conditions, taint
from tests.engine.pods import container, deleted, failed, owned, ready, revision, running, stored, waiting, when
from tests.engine.values import snapshot_of

Object = dict[str, Any]
OLD: dict[str, Any] = {"hash_": "old"}
DOWN = {"status": {"conditions": node_conditions(False)}}


def judged(*pods: Object, on: Object | None = None, asked: tuple[str, ...] = (), **fields: Any) -> Cell:
    found = stored(daemon_set("d", namespace="ns", **fields))
    old = merge(found, {"spec": {"template": {"metadata": {"annotations": {"was": "old"}}}}})
    objects = [found, revision(old, "old", 1), revision(found, "new", 2), on or node("n1"), *pods]
    snapshot = snapshot_of(objects, whole_nodes=False)
    return Judge(snapshot.daemon_sets[0], max_restarts=2).cells(snapshot, asked, {})["n1"]


def restarted(times: int) -> Object:
    state = {"running": {"startedAt": when(60)}}
    return {"status": {"containerStatuses": [container(restartCount=times, ready=True, started=True, state=state)]}}


@pytest.mark.parametrize(
    ("pods", "standing", "available"),
    [
        ([], Standing.GONE, False),
        ([owned("n1", ready(), **OLD)], Standing.OLD, True),
        ([owned("n1", running(), **OLD)], Standing.OLD, False),
        ([owned("n1", waiting("ImagePullBackOff"), **OLD)], Standing.OLD, False),
        ([owned("n1", ready(), deleted(5), **OLD)], Standing.GONE, False),
        ([owned("n1", ready())], Standing.READY, True),
        ([owned("n1", running())], Standing.COMING, False),
        ([owned("n1", waiting("ContainerCreating"))], Standing.COMING, False),
        ([owned("n1", waiting("ErrImagePull"))], Standing.COMING, False),
        ([owned("n1", waiting("ImagePullBackOff"))], Standing.FAILING, False),
        ([owned("n1", waiting("CreateContainerConfigError"))], Standing.FAILING, False),
        ([owned("n1", waiting("CrashLoopBackOff", restarts=2))], Standing.COMING, False),
        ([owned("n1", waiting("CrashLoopBackOff", restarts=3))], Standing.FAILING, False),
        ([owned("n1", ready(), restarted(2))], Standing.READY, True),
        ([owned("n1", ready(), restarted(3))], Standing.FAILING, True),
        ([owned("n1", failed("OutOfcpu"))], Standing.FAILING, False),
        ([owned("n1", failed("Evicted", "The node was low on resource: memory."))], Standing.ASIDE, False),
        ([owned("n1", bound=False)], Standing.COMING, False),
    ],
)
def test_a_node_stands_as_its_pod_does(pods: list[Object], standing: Standing, available: bool) -> None:
    cell = judged(*pods)
    assert (cell.standing, cell.available, cell.counts) == (standing, available, True)


def test_a_pod_that_was_asked_to_go_is_gone_before_anybody_has_seen_it() -> None:
    assert judged(owned("n1", ready(), **OLD), asked=("uid-n1",)).standing is Standing.GONE


@pytest.mark.parametrize("pods", [[], [owned("n1", ready(), **OLD)], [owned("n1", waiting("ImagePullBackOff"))]])
def test_a_node_that_is_down_is_set_aside_whatever_its_pod_says(pods: list[Object]) -> None:
    cell = judged(*pods, on=merge(node("n1"), DOWN))
    assert (cell.standing, cell.counts, cell.available) == (Standing.ASIDE, True, False)
    assert cell.cause is not None
    assert cell.cause.code == "NodeNotReady"


def test_a_node_that_is_down_and_tainted_does_not_use_up_the_budget() -> None:
    unreachable = merge(node("n1", taints=[taint("node.kubernetes.io/unreachable")]), DOWN)
    cell = judged(owned("n1", ready(), **OLD), on=unreachable)
    assert (cell.standing, cell.counts) == (Standing.ASIDE, False)


def test_a_cordoned_node_is_as_good_as_any() -> None:
    assert judged(owned("n1", ready()), on=node("n1", unschedulable=True)).standing is Standing.READY


def test_a_node_where_nothing_should_run_is_absent_even_with_a_pod() -> None:
    cell = judged(owned("n1", ready(), **OLD), on=node("n1", taints=[taint("gpu")]))
    assert (cell.standing, cell.counts) == (Standing.ABSENT, False)


def test_a_pod_within_its_min_ready_seconds_is_coming_until_they_are_over() -> None:
    cell = judged(owned("n1", ready(since=20)), min_ready_seconds=30)
    assert cell.standing is Standing.COMING
    assert (cell.until, cell.available) == (_after(10), False)


def _after(seconds: float) -> Any:
    from datetime import timedelta

    from tests.engine.values import NOW

    return NOW + timedelta(seconds=seconds)
