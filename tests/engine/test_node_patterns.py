"""What nodes have in common where something fails, and others have not."""

from __future__ import annotations

from typing import Any

from kubectl_ds.engine.node_patterns import node_patterns
from kubectl_ds.model.node import Node
from tests.controlplane.objects import node
from tests.engine.values import node_value

ARM, AMD = {"kubernetes.io/arch": "arm64"}, {"kubernetes.io/arch": "amd64"}


def nodes(*labels: dict[str, str]) -> list[Node]:
    return [node_value(plain(number, each)) for number, each in enumerate(labels)]


def plain(number: int, labels: dict[str, str]) -> Any:
    return node(f"n{number}", labels=labels)


def told(failing: list[Node], working: list[Node]) -> list[tuple[str, str]]:
    return [(each.key, each.value) for each in node_patterns(failing, working)]


def test_a_label_that_all_of_them_have_and_no_other_is_the_pattern() -> None:
    assert told(nodes(ARM, ARM), nodes(AMD, AMD)) == [("kubernetes.io/arch", "arm64")]


def test_a_label_that_works_elsewhere_or_is_not_shared_tells_nothing() -> None:
    assert told(nodes(ARM, ARM), nodes(ARM, AMD)) == []
    assert told(nodes(ARM, AMD), nodes({})) == []


def test_a_single_node_or_none_where_it_works_tells_nothing() -> None:
    assert told(nodes(ARM), nodes(AMD)) == []
    assert told(nodes(ARM, ARM), []) == []


def test_what_says_most_comes_first_and_at_most_three_are_told() -> None:
    pool = {"pool": "a", "team": "b", "zebra": "c", **ARM}

    assert told(nodes(pool, pool), nodes(AMD)) == [("kubernetes.io/arch", "arm64"), ("pool", "a"), ("team", "b")]
