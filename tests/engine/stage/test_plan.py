"""Which nodes make up which wave."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.stage.plan import (
    Wave,
    in_order,
    parse_borders,
    parse_order,
    planned_by_borders,
    planned_by_label,
)
from kubectl_ds.errors import DsError, UsageError
from tests.controlplane.objects import merge, node, node_conditions, pod
from tests.engine.values import node_value, snapshot_of

Object = dict[str, Any]


def names(count: int) -> tuple[str, ...]:
    return tuple(f"n{number}" for number in range(1, count + 1))


def sizes(text: str, count: int, canaries: int = 0) -> list[int]:
    waves = planned_by_borders(names(count), parse_borders(text), frozenset(names(canaries)))
    assert [each for wave in waves for each in wave.nodes] == list(names(count))
    return [len(wave.nodes) for wave in waves]


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("100%", 7, [7]),
        ("1,10%,50%,100%", 40, [1, 3, 16, 20]),
        ("1, 10%, 50%, 100%", 5, [1, 2, 2]),
        ("1,10%,50%,100%", 1, [1]),
        ("10%,100%", 15, [2, 13]),
        ("5,10", 10, [5, 5]),
        ("5,100", 10, [5, 5]),
        ("20,10%,100%", 40, [20, 20]),
        ("33%,66%,100%", 3, [1, 1, 1]),
        ("1%,100%", 15000, [150, 14850]),
    ],
)
def test_a_border_says_after_how_many_of_all_nodes_its_wave_ends(text: str, count: int, expected: list[int]) -> None:
    assert sizes(text, count) == expected


@pytest.mark.parametrize(("canaries", "expected"), [(1, [1, 3, 16, 20]), (2, [2, 2, 16, 20]), (40, [40])])
def test_canaries_go_first_and_count_towards_the_borders(canaries: int, expected: list[int]) -> None:
    assert sizes("1,10%,50%,100%", 40, canaries) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", '"" is neither'),
        ("1,,100%", '"" is neither'),
        ("0,100%", '"0" is neither'),
        ("0%,100%", '"0%" is neither'),
        ("101%", '"101%" is neither'),
        ("-1,100%", '"-1" is neither'),
        ("half,100%", '"half" is neither'),
        ("10.5%,100%", '"10.5%" is neither'),
        ("1%%", '"1%%" is neither'),
        ("٣,100%", "is neither"),
        ("50%,10%,100%", "ends at 10% cannot follow one that ends at 50%"),
        ("50%,50%", "ends at 50% cannot follow one that ends at 50%"),
        ("1,10%,1,100%", "ends at 1 cannot follow one that ends at 1"),
    ],
)
def test_what_is_no_border_is_refused_and_quoted(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told.replace("(", r"\(")):
        parse_borders(text)


@pytest.mark.parametrize(("text", "reached"), [("1,10%,50%", 20), ("39", 39), ("99%", 40)])
def test_waves_that_do_not_reach_the_last_node_are_refused(text: str, reached: int) -> None:
    if reached == 40:
        assert sum(sizes(text, 40)) == 40
        return
    with pytest.raises(UsageError, match=f"the waves end after {reached} of 40 nodes"):
        sizes(text, 40)


LABELS: dict[str, dict[str, str]] = {
    "n1": {"zone": "b"},
    "n2": {"zone": "a10"},
    "n3": {"zone": "a9"},
    "n4": {},
    "n5": {"zone": "b"},
    "n6": {"zone": ""},
}


def test_a_label_makes_a_wave_of_each_of_its_values_in_natural_order_and_nodes_without_it_come_last() -> None:
    waves = planned_by_label(tuple(LABELS), "zone", LABELS, frozenset({"n5"}))
    assert waves == (
        Wave(name="canaries", nodes=("n5",)),
        Wave(name="zone=a9", nodes=("n3",)),
        Wave(name="zone=a10", nodes=("n2",)),
        Wave(name="zone=b", nodes=("n1",)),
        Wave(name="zone=", nodes=("n6",)),
        Wave(name="!zone", nodes=("n4",)),
    )


def test_a_label_that_no_node_has_makes_no_waves() -> None:
    with pytest.raises(DsError, match="none of the 6 nodes has the label rack"):
        planned_by_label(tuple(LABELS), "rack", LABELS, frozenset())


def ordered(order: str, *objects: Object) -> tuple[str, ...]:
    snapshot = snapshot_of(list(objects), whole_nodes=True)
    return in_order(snapshot.nodes, order, snapshot)


def on(name: str, cpu: str) -> Object:
    return merge(pod(f"p-{name}-{cpu}", "other", requests={"cpu": cpu}), {"spec": {"nodeName": name}})


def test_nodes_go_by_name_by_label_or_by_load_and_those_that_are_down_go_last() -> None:
    down = merge(node("n1"), {"status": {"conditions": node_conditions(False)}})
    nodes = (down, node("n10", labels={"rack": "2"}), node("n2", labels={"rack": "10"}), node("n3"))
    pods = (on("n2", "3"), on("n3", "1"), on("n10", "2"))
    assert ordered("names", *nodes) == ("n2", "n3", "n10", "n1")
    assert ordered("label=rack", *nodes) == ("n10", "n2", "n3", "n1")
    assert ordered("load", *nodes, *pods) == ("n3", "n10", "n2", "n1")


@pytest.mark.parametrize("order", ["", "name", "label", "label=", "label=a b", "loads"])
def test_an_order_that_is_none_is_refused(order: str) -> None:
    with pytest.raises(UsageError, match="is not one of names, load, label=KEY"):
        parse_order(order)


def test_a_node_that_is_down_is_still_planned() -> None:
    value = node_value(merge(node("n1"), {"status": {"conditions": node_conditions(False)}}))
    assert in_order([value], "names", snapshot_of([])) == ("n1",)
