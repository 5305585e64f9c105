"""What a staged rollout does next."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kubectl_ds.engine.stage.state import Phase
from kubectl_ds.engine.stage.steps import (
    AskGates,
    Enter,
    Failed,
    Fails,
    Finish,
    Foreign,
    Meet,
    Replace,
    Wait,
    Why,
    next_step,
)
from tests.engine.stage.views import STAGED, ago, cell, other, state, view
from tests.engine.values import NOW


def replaced(step: object) -> list[str]:
    assert isinstance(step, Replace), step
    return [each.node for each in step.cells]


def test_the_first_wave_is_replaced_and_no_other_node() -> None:
    found = view(state("a b", "c d", max_unavailable=4), dict.fromkeys("abcd", "old"))
    assert replaced(next_step(found)) == ["a", "b"]


@pytest.mark.parametrize(
    ("nodes", "most", "expected"),
    [
        ({"a": "old", "b": "old", "c": "old", "d": "old"}, 2, ["a", "b"]),
        ({"a": "gone", "b": "old", "c": "old", "d": "old"}, 2, ["b"]),
        ({"a": "coming", "b": "ready", "c": "old", "d": "old"}, 2, ["c"]),
        ({"a": "old-down", "b": "old", "c": "old", "d": "old"}, 2, ["a", "b"]),
        ({"a": "old", "b": "old-down", "c": "old-down", "d": "old"}, 2, ["b", "c"]),
        ({"a": "old", "b": "old", "c": "old", "x": "gone"}, 2, ["a"]),
        ({"a": "old", "b": "old", "c": "old", "x": "aside-down"}, 2, ["a"]),
        ({"a": "old", "b": "old", "c": "old", "x": "aside"}, 2, ["a", "b"]),
        ({"a": "old", "b": "old", "c": "old", "d": "old"}, "50%", ["a", "b"]),
        ({"a": "old", "b": "old", "c": "old", "d": "absent"}, "100%", ["a", "b", "c"]),
    ],
)
def test_as_many_go_as_the_budget_has_room_for_and_those_that_are_down_cost_nothing(
    nodes: dict[str, str], most: int | str, expected: list[str]
) -> None:
    assert replaced(next_step(view(state("a b c d", max_unavailable=most), nodes))) == expected


def test_a_pod_ahead_of_plan_uses_up_the_budget_too() -> None:
    step = next_step(view(state("a", "b c"), {"a": "old", "b": "old", "c": "coming"}))
    assert step == Wait(Why.PODS, ("c",), ago(100 - 600))


def test_while_pods_are_on_their_way_it_waits_for_them_until_they_are_late() -> None:
    step = next_step(view(state("a b", progress_seconds=300), {"a": "coming", "b": "old"}))
    assert step == Wait(Why.PODS, ("a",), ago(100 - 300))


def test_when_a_wave_is_ready_the_next_begins_and_after_the_last_all_ends() -> None:
    assert next_step(view(state("a", "b"), {"a": "ready", "b": "old"})) == Enter(1)
    assert next_step(view(state("a", "b", wave=1), {"a": "ready", "b": "ready"})) == Finish()


def test_a_node_of_an_earlier_wave_is_brought_up_to_date_in_a_later_one() -> None:
    assert replaced(next_step(view(state("a", "b", wave=1), {"a": "old", "b": "ready"}))) == ["a"]


@pytest.mark.parametrize("word", ["aside", "absent"])
def test_a_node_that_is_down_or_left_holds_up_no_wave(word: str) -> None:
    assert next_step(view(state("a b", "c"), {"a": word, "b": "ready", "c": "old"})) == Enter(1)


def test_a_node_that_is_no_more_holds_up_no_wave() -> None:
    assert next_step(view(state("a b", "c"), {"b": "ready", "c": "old"})) == Enter(1)
    assert next_step(view(state("a", "c"), {"c": "old"})) == Enter(1)


def test_a_wave_of_nodes_that_are_all_down_proves_nothing_and_is_waited_for() -> None:
    found = state("a", "b", progress_seconds=60)
    assert next_step(view(found, {"a": "aside", "b": "old"})) == Wait(Why.NODES, ("a",), ago(-60))
    stalled = next_step(view(found, {"a": "aside", "b": "old"}, quiet_since=ago(60)))
    assert isinstance(stalled, Failed)
    assert stalled.how is Fails.STALLED


def test_a_soak_lasts_from_when_the_last_pod_became_ready() -> None:
    found = state("a b", "c", soak_seconds=100)
    nodes: dict[str, Any] = {"a": cell("a", "ready", 90), "b": cell("b", "ready", 200), "c": "old"}
    assert next_step(view(found, nodes)) == Wait(Why.SOAK, until=ago(-10))
    assert next_step(view(found, nodes | {"a": cell("a", "ready", 100)})) == Enter(1)


def test_a_soak_begins_when_min_ready_seconds_are_over() -> None:
    spec = msgspec.structs.replace(STAGED.spec, min_ready_seconds=30)
    daemon_set = msgspec.structs.replace(STAGED, spec=spec)
    found = state("a", "c", soak_seconds=100)
    step = next_step(view(found, {"a": cell("a", "ready", 90), "c": "old"}, daemon_set=daemon_set))
    assert step == Wait(Why.SOAK, until=ago(-40))


def test_gates_are_asked_after_the_soak_and_once_a_wave() -> None:
    found = state("a", "b", gates=1)
    assert next_step(view(found, {"a": "ready", "b": "old"})) == AskGates()
    assert next_step(view(found, {"a": "ready", "b": "old"}, gated=True)) == Enter(1)
    soaking = state("a", "b", gates=1, soak_seconds=1000)
    assert isinstance(next_step(view(soaking, {"a": "ready", "b": "old"})), Wait)


@pytest.mark.parametrize(
    ("nodes", "allowed", "failing"),
    [
        ({"a": "failing", "b": "old"}, 0, ["a"]),
        ({"a": "ready", "b": "failing"}, 0, ["b"]),
        ({"a": "failing", "b": "failing", "c": "ready"}, 1, ["a", "b"]),
        ({"a": cell("a", "coming", 601), "b": "old"}, 0, ["a"]),
        ({"a": cell("a", "gone", 601), "b": "old"}, 0, ["a"]),
    ],
)
def test_more_failures_than_are_allowed_end_it_wherever_the_new_pods_are(
    nodes: dict[str, Any], allowed: int, failing: list[str]
) -> None:
    step = next_step(view(state("a", "b", "c", max_failures=allowed), nodes))
    assert isinstance(step, Failed)
    assert (step.how, [each.node for each in step.cells]) == (Fails.REVISION, failing)


@pytest.mark.parametrize(
    "nodes",
    [
        {"a": "ready", "b": "old", "c": cell("c", "gone", 9000)},
        {"a": "ready", "b": "old-down", "c": "old"},
        {"a": "ready", "b": "aside-down", "c": "old"},
        {"a": "ready", "b": "failing", "c": "old"},
    ],
    ids=["no pod where nothing was done", "an old pod that fails", "a node that is down", "one failure of one allowed"],
)
def test_what_is_not_the_revision_s_fault_or_is_allowed_ends_nothing(nodes: dict[str, Any]) -> None:
    assert next_step(view(state("a", "b c", max_failures=1, max_unavailable=3), nodes)) == Enter(1)


def test_a_wave_in_which_every_node_fails_has_failed_however_many_may() -> None:
    step = next_step(view(state("a", "b", max_failures=5), {"a": "failing", "b": "old"}))
    assert isinstance(step, Failed)


def test_a_pod_that_waits_for_min_ready_seconds_is_never_late() -> None:
    coming = cell("a", "coming", 9000, until=ago(-5))
    assert next_step(view(state("a"), {"a": coming})) == Wait(Why.PODS, ("a",), ago(-5))


def test_a_budget_that_others_use_up_is_waited_for_and_named_and_at_last_it_stalls() -> None:
    nodes = {"a": "old", "b": "aside-down"}
    found = state("a b", progress_seconds=60)
    assert next_step(view(found, nodes)) == Wait(Why.BUDGET, ("b",), ago(-60))
    step = next_step(view(found, nodes, quiet_since=ago(61)))
    assert isinstance(step, Failed)
    assert step.how is Fails.STALLED


def test_a_pod_that_a_disruption_budget_protects_is_waited_for_and_others_go_before_it() -> None:
    found = state("a b", max_unavailable=1, evict=True)
    refused = frozenset({"uid-a"})
    assert replaced(next_step(view(found, {"a": "old", "b": "old"}, refused=refused))) == ["b"]
    step = next_step(view(found, {"a": "old", "b": "ready"}, refused=refused))
    assert step == Wait(Why.EVICTION, ("a",), ago(-600))


def test_nothing_is_touched_before_the_controller_has_seen_the_template() -> None:
    found = view(state("a"), {}, known=False)
    assert next_step(found) == Wait(Why.CONTROLLER, until=ago(-600))


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"daemon_set": None}, Foreign.DELETED),
        ({"daemon_set": other(updateStrategy={"type": "RollingUpdate"})}, Foreign.STRATEGY),
        ({"daemon_set": other(template={"spec": {"containers": [{"name": "x"}]}})}, Foreign.TEMPLATE),
        ({"intact": False}, Foreign.STATE),
    ],
)
def test_what_somebody_else_has_done_is_met_before_anything_else(fields: dict[str, Any], what: Foreign) -> None:
    assert next_step(view(state("a"), {"a": "old"}, **fields)) == Meet(what)


def test_going_back_replaces_every_new_pod_what_is_down_first_and_ends_when_all_are_back() -> None:
    found = state("a", "b", "c d", wave=1, phase=Phase.UNDOING, max_unavailable=1, gates=1, soak_seconds=60)
    nodes = {"a": "old", "b": "old-down", "c": "ready", "d": "ready", "new": "old"}
    assert replaced(next_step(view(found, nodes))) == ["b"]
    assert replaced(next_step(view(found, nodes | {"b": "ready"}))) == ["new"]
    assert replaced(next_step(view(found, nodes | {"b": "ready", "new": "ready"}))) == ["a"]
    assert isinstance(next_step(view(found, nodes | {"a": "coming", "b": "ready", "new": "ready"})), Wait)
    done = dict.fromkeys(("a", "b", "c", "d", "new"), "ready")
    assert next_step(view(found, done)) == Finish()
    assert next_step(view(found, done | {"a": "failing", "b": "aside-down"})) == Finish()


def test_the_clock_is_the_one_that_is_handed_in() -> None:
    late = view(state("a"), {"a": cell("a", "coming", 601)}, now=ago(2))
    assert isinstance(next_step(late), Wait)
    assert late.now < NOW
