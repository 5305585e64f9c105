"""Labels and selectors are written as kubectl writes them."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.render.label_text import format_labels, format_selector, selector_text


def test_labels_are_sorted_as_they_are_written() -> None:
    assert format_labels({"b": "2", "a-b": "1", "a": "3"}) == "a-b=1,a=3,b=2", "- comes before = in ASCII"
    assert format_labels({}) == format_labels(None) == "<none>"


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (None, ""),
        ({}, ""),
        ({"matchLabels": {"b": "2", "a": ""}}, "a=,b=2"),
        ({"matchExpressions": [{"key": "k", "operator": "In", "values": ["b", "a"]}]}, "k in (a,b)"),
        ({"matchExpressions": [{"key": "k", "operator": "NotIn", "values": ["x"]}]}, "k notin (x)"),
        (
            {
                "matchLabels": {"m": "1"},
                "matchExpressions": [{"key": "z", "operator": "DoesNotExist"}, {"key": "a", "operator": "Exists"}],
            },
            "a,m=1,!z",
        ),
    ],
)
def test_the_parts_of_a_selector_are_in_the_order_of_their_keys(selector: dict[str, Any] | None, text: str) -> None:
    assert selector_text(selector) == text
    assert format_selector(selector) == (text or "<none>")
