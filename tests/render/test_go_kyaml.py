"""KYAML: braces, quotes and folded texts as kubectl writes them."""

from __future__ import annotations

import pytest
import yaml

from kubectl_ds.render.go_kyaml import to_kyaml


def test_maps_and_lists_have_their_braces() -> None:
    document = {"b": {"list": [1, "x", None, True], "objects": [{"a": 1}, {"c": []}]}, "a": {}, "nested": [[1], []]}
    assert to_kyaml(document) == (
        "---\n"
        "{\n"
        "  a: {},\n"
        "  b: {\n"
        "    list: [\n"
        "      1,\n"
        '      "x",\n'
        "      null,\n"
        "      true,\n"
        "    ],\n"
        "    objects: [{\n"
        "      a: 1,\n"
        "    }, {\n"
        "      c: [],\n"
        "    }],\n"
        "  },\n"
        "  nested: [[\n"
        "    1,\n"
        "  ], []],\n"
        "}\n"
    )


def test_texts_of_several_lines_are_folded_so_that_each_line_stands_alone() -> None:
    assert to_kyaml({"text": "one\n two\n\nthree"}) == (
        '---\n{\n  text: "\\\n     one\\n\\\n    \\ two\\n\\\n     \\n\\\n     three\\\n    ",\n}\n'
    )
    assert to_kyaml({"text": "one\n"}) == '---\n{\n  text: "\\\n     one\\n\\\n    ",\n}\n'


@pytest.mark.parametrize(
    "key",
    ["yes", "NO", "null", "~", "1", "0x1f", "1_000", "1e3", "11:30", ".inf", "NaN", "2026-11-27", "t", "", "a b", "-a"],
)
def test_a_key_that_may_be_taken_for_something_else_is_quoted(key: str) -> None:
    assert f'  "{key}": 1,' in to_kyaml({key: 1})


@pytest.mark.parametrize("key", ["app", "app.kubernetes.io/name", "a-b", "_x", "é", "yess", "0x", "1.2.3.4", "10m"])
def test_any_other_key_is_not(key: str) -> None:
    assert f"  {key}: 1," in to_kyaml({key: 1})


def test_an_event_begins_with_its_type() -> None:
    assert to_kyaml({"object": {"b": 1, "a": 2}, "type": "ADDED"}).startswith('---\n{\n  type: "ADDED",\n  object: {\n')


@pytest.mark.parametrize(
    "text",
    ["", '"\\', "tab\tand\x1b[31m", "\x00\x7f\a", "\u2028\u2029\xa0", "é日\U0001f600", "\n", "\n\n x", "\tx\n\ty"],
)
def test_what_is_written_is_read_back(text: str) -> None:
    assert yaml.safe_load(to_kyaml({"text": text})) == {"text": text}
