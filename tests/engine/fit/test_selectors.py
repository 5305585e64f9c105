"""Label selectors, as strict as upstream's; rows from TestLabelSelectorAsSelector and TestRequirementConstructor."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.fit.selectors import Selector, SelectorError
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.selector import LabelSelector

Object = dict[str, Any]


def expression(operator: str, *values: str, key: str = "a") -> Object:
    """A selector of one expression."""
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def parsed(source: Object | None, extra: dict[str, str] | None = None) -> Selector:
    """The selector as the engine matches it."""
    return Selector(from_builtins(LabelSelector, source) if source is not None else None, extra)


MATCHES = [
    ("In", expression("In", "x", "y"), {"a": "y"}, True),
    ("In without the label", expression("In", "x"), {}, False),
    ("NotIn", expression("NotIn", "x"), {"a": "x"}, False),
    ("NotIn without the label", expression("NotIn", "x"), {}, True),
    ("Exists", expression("Exists"), {"a": ""}, True),
    ("DoesNotExist", expression("DoesNotExist"), {"a": ""}, False),
    ("a label", {"matchLabels": {"a": "x"}}, {"a": "x", "b": "y"}, True),
    ("another value", {"matchLabels": {"a": "x"}}, {"a": "y"}, False),
    ("the empty value", {"matchLabels": {"a": ""}}, {}, False),
    ("labels and expressions together", expression("Exists", key="b") | {"matchLabels": {"a": "x"}}, {"a": "x"}, False),
    ("empty", {}, {"a": "x"}, True),
    ("none", None, {"a": "x"}, False),
]


@pytest.mark.parametrize(("case", "source", "labels", "expected"), MATCHES, ids=[row[0] for row in MATCHES])
def test_a_selector_matches_when_all_its_parts_do(
    case: str, source: Object | None, labels: dict[str, str], expected: bool
) -> None:
    assert parsed(source).matches(labels) is expected


REFUSED = [
    ("In without values", expression("In")),
    ("NotIn without values", expression("NotIn")),
    ("Exists with values", expression("Exists", "x")),
    ("DoesNotExist with values", expression("DoesNotExist", "x")),
    ("Gt is for nodes", expression("Gt", "1")),
    ("no operator", expression("")),
    ("a key that is no label", expression("Exists", key="not a key")),
    ("a value that is no label", expression("In", "not a value!")),
    ("a value too long", expression("In", "x" * 64)),
    ("a label whose value is none", {"matchLabels": {"a": "-"}}),
    ("a label whose key is none", {"matchLabels": {"/a": "x"}}),
]


@pytest.mark.parametrize(("case", "source"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_upstream_cannot_parse_is_an_error_and_no_guess(case: str, source: Object) -> None:
    with pytest.raises(SelectorError):
        parsed(source)


def test_only_a_selector_without_any_part_is_empty() -> None:
    assert parsed({}).empty
    assert not parsed(None).empty
    assert not parsed({"matchLabels": {"a": "x"}}).empty
    assert not parsed(expression("Exists")).empty
    assert not parsed({}, {"a": "x"}).empty


def test_extra_labels_narrow_a_selector_and_may_contradict_it() -> None:
    assert parsed({"matchLabels": {"a": "x"}}, {"b": "y"}).matches({"a": "x", "b": "y"})
    assert not parsed({"matchLabels": {"a": "x"}}, {"b": "y"}).matches({"a": "x"})
    assert parsed({"matchLabels": {"a": "x"}}, {"a": "y"}).selects_nothing
    assert not parsed({"matchLabels": {"a": "x"}}, {"a": "x"}).selects_nothing
    assert not parsed(None, {"a": "x"}).matches({"a": "x"})
