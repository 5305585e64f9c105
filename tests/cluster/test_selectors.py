"""``-l`` without a server to read it."""

from __future__ import annotations

import pytest

from kubectl_ds.cluster.selectors import parse_selector
from kubectl_ds.errors import UsageError

LABELS = {"app": "fluentd", "tier": "node", "rank": "7", "example.com/on": ""}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("app=fluentd", True),
        ("app==fluentd", True),
        ("app = fluentd , tier = node", True),
        ("app=vector", False),
        ("app!=vector", True),
        ("absent!=x", True),
        ("app!=fluentd", False),
        ("app in (fluentd, vector)", True),
        ("app in (vector)", False),
        ("app notin (vector),tier", True),
        ("absent notin (x)", True),
        ("app", True),
        ("absent", False),
        ("!absent", True),
        ("! app", False),
        ("example.com/on", True),
        ("example.com/on=", True),
        ("app=", False),
        ("rank>6", True),
        ("rank>7", False),
        ("rank<8,rank > 6", True),
        ("app>1", False),
        ("app in (fluentd,)", True),
        ("in", False),
    ],
)
def test_what_it_selects(text: str, matches: bool) -> None:
    assert parse_selector(text).matches(LABELS) is matches


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("=x", '"=" is no label key'),
        ("app=a b", '"b" stands where "," should be'),
        ("app in fluentd", '"fluentd" stands where "(" should be'),
        ("app in (fluentd", "it ends too early"),
        ("app,", "it ends in a comma"),
        ("app=-x", '"-x" is no label value'),
        ("app in (a,b/c)", '"b/c" is no label value'),
        ("-app", '"-app" is no label key'),
        ("rank>x", '"x" is no whole number'),
        ("app ~ x", '"~" is no operator'),
        (",app", '"," is no label key'),
    ],
)
def test_what_is_no_selector(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_selector(text)
    assert caught.value.message == f'"{text}" is no label selector: {problem}'
