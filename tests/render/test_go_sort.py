"""Equal items end where Go's sort leaves them; the orders were recorded from Go 1.26."""

from __future__ import annotations

import pytest

from kubectl_ds.render.go_sort import go_sorted


def order(keys: list[int]) -> list[int]:
    """Where the items come from, after sorting by key."""
    places = go_sorted(range(len(keys)), lambda left, right: keys[left] < keys[right])
    assert [keys[place] for place in places] == sorted(keys)
    return places


def test_up_to_twelve_items_stay_in_order() -> None:
    assert order([1, 0] * 6) == [1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10]


def test_equal_items_alone_stay_in_order() -> None:
    assert order([0] * 40) == list(range(40))


def test_from_thirteen_items_on_equal_ones_move() -> None:
    assert order([at % 2 for at in range(13)]) == [8, 12, 2, 0, 4, 10, 6, 3, 7, 9, 5, 11, 1]
    assert order([at * 7 % 3 for at in range(30)])[:10] == [12, 27, 24, 3, 21, 18, 6, 0, 15, 9]


def test_more_than_fifty_items_choose_their_pivot_in_another_way() -> None:
    assert order([at * 7 % 5 for at in range(60)])[:12] == [40, 25, 55, 30, 20, 5, 0, 10, 15, 45, 35, 50]
    assert order([0, 1] * 40)[:10] == [20, 14, 2, 76, 4, 74, 6, 72, 8, 70]


def test_falling_items_are_turned_around() -> None:
    assert order([*range(30, 0, -1), 5, 5, 5, 5, 5])[:12] == [29, 28, 27, 26, 31, 25, 30, 32, 33, 34, 24, 23]


@pytest.mark.parametrize("size", [0, 1, 2, 100, 1000])
def test_distinct_items_are_simply_sorted(size: int) -> None:
    keys = [at * 7919 % 1009 for at in range(size)]
    assert [keys[place] for place in order(keys)] == sorted(keys)
