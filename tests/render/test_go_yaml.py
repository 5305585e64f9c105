"""YAML is go-yaml's: what is quoted and how, where lines fold, how keys are ordered. Recorded from yaml/v2 v2.4.4."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kubectl_ds.render.go_yaml import to_yaml

PLAIN = (
    *(
        "word",
        "two words",
        "a:b",
        ":a",
        "a#b",
        "-a",
        "?a",
        "a, b",
        "a]",
        "it's",
        "1.2.3",
        "1e400",
        "_1",
        "nUll",
        "tRue",
    ),
    *(
        "<<",
        "=",
        "0xg",
        "08a",
        "2001-02-30",
        "2001-13-01",
        "1:60",
        "é",
        "日本語",
        "\u00a0",
        "zero\u200bwidth",
        "a\\b",
        "._5",
    ),
    *("2001-1-1T24:00:00Z", "2001-1-1 1:2:3Z", ".5_", ".1e400", "0b2", "oFF", "1900-02-29"),
)
SINGLE = (
    " lead",
    "trail ",
    "#a",
    "a #b",
    "a: b",
    "a:",
    ":",
    "- a",
    "-",
    "?",
    "&a",
    "*a",
    "!a",
    "|a",
    ">a",
    "%a",
    "@a",
    "`a",
)
DOUBLE = (
    *(
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "N",
        "~",
        "null",
        "",
        "true",
        "FALSE",
        "0",
        "-0",
        "007",
        "08",
        "0x1f",
        "0o17",
        "0b101",
    ),
    *(
        "0b-1",
        "1e3",
        "1.",
        ".5",
        "+.5",
        ".5_0",
        "1_000",
        "18446744073709551615",
        "-9223372036854775808",
        ".inf",
        "-.Inf",
    ),
    *(
        ".NaN",
        "1:30",
        "190:20:30.15",
        "2001-01-01",
        "2001-1-1",
        "2000-02-29",
        "0000-02-29",
        "2001-12-14t21:59:43.10-05:00",
    ),
    *("2001-12-14 21:59:43", "2001-1-1   1:2:3,5", "2001-1-1T1:2:3+24:60", "18446744073709551616", "1e308"),
)


def scalar(value: Any) -> str:
    """How a value is written after a key."""
    return to_yaml({"k": value}).removeprefix("k:").removesuffix("\n").removeprefix(" ")


@pytest.mark.parametrize("text", PLAIN)
def test_this_needs_no_quotes(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize("text", SINGLE)
def test_this_means_something_to_yaml_and_gets_single_quotes(text: str) -> None:
    assert scalar(text) == f"'{text}'"


@pytest.mark.parametrize("text", DOUBLE)
def test_this_would_be_no_string_and_gets_double_quotes(text: str) -> None:
    assert scalar(text) == f'"{text}"'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("it's: x", "'it''s: x'"),
        ('"a"', "'\"a\"'"),
        ("a\tb", r'"a\tb"'),
        ("a\rb", r'"a\rb"'),
        ("\x00\x07\x1b\x7f\x85", r'"\0\a\e\x7F\N"'),
        ("\U0001f600", r'"\U0001F600"'),
        ("a\ufeffb", r'"a\uFEFFb"'),
        ("\ufeffa b", r'"\uFEFF\x61\x20\x62"'),
        ("a \nb", r'"a \nb"'),
        ("a\nb ", r'"a\nb "'),
        ("a\n\tb", r'"a\n\tb"'),
        ("a\u2028b", "'a\u2028  b'"),
        ("a\u2028 b", r'"a\L b"'),
        ("a\nb", "|-\n  a\n  b"),
        ("a\nb\n", "|\n  a\n  b"),
        ("a\n\nb\n\n", "|+\n  a\n\n  b\n"),
        ("\n", "|2+\n"),
        (" a\nb", "|2-\n   a\n  b"),
        (None, "null"),
        (True, "true"),
        (-5, "-5"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_other_values_are_written_so(text: object, written: str) -> None:
    assert scalar(text) == written


def test_a_line_folds_at_the_first_single_space_beyond_eighty() -> None:
    plain, quoted, spaced = "word " * 20 + "end", "a: " + "word " * 20 + "end", "\t" + "a  " * 40 + "end"
    assert scalar(plain) == "word " * 15 + "word\n  " + "word " * 4 + "end"
    assert scalar(quoted) == "'a: " + "word " * 14 + "word\n  " + "word " * 5 + "end'"
    first, second = scalar(spaced).split("\n")
    assert first.startswith('"\\ta  a') and second.startswith("  \\ a  a"), "a space at the start is escaped"
    for text in (plain, quoted, spaced):
        assert yaml.safe_load(to_yaml({"k": text})) == {"k": text}


def test_a_long_key_is_never_folded_and_beyond_128_bytes_marked() -> None:
    short, long, lines = "k " * 63 + "kk", "k" * 129, "a\nb"
    assert to_yaml({short: "v"}) == f"{short}: v\n"
    assert to_yaml({long: "v"}) == f"? {long}\n: v\n"
    assert to_yaml({long: ["a"]}) == f"? {long}\n: - a\n"
    assert to_yaml({lines: "v"}) == "? |-\n  a\n  b\n: v\n"


def test_lists_in_mappings_are_not_indented_and_others_are() -> None:
    data = {"a": [{"b": ["c", {"d": 1, "e": {}}]}, ["f", ["g"]], []]}
    assert to_yaml(data) == "a:\n- b:\n  - c\n  - d: 1\n    e: {}\n- - f\n  - - g\n- []\n"


def test_keys_are_in_natural_order_and_letters_come_last() -> None:
    keys = [
        "b",
        "a",
        "a10",
        "a9",
        "a.1",
        "a/1",
        "A",
        "_",
        "10",
        "9",
        "item-2",
        "item-10",
        "item-1",
        "a010",
        "v1",
        "v01",
    ]
    assert list(yaml.safe_load(to_yaml(dict.fromkeys(keys, "x")))) == [
        *("_", "9", "10", "A", "a", "a.1", "a/1", "a9", "a10", "a010"),
        *("b", "item-1", "item-2", "item-10", "v1", "v01"),
    ]


def test_what_is_written_is_read_back_as_it_was() -> None:
    """By a loader that takes every scalar for a string; line separators are read otherwise in YAML 1.1."""
    texts = [*PLAIN, *SINGLE, *DOUBLE, "\x85", "\x7f", "x" * 2000, "é " * 90, "a: " + "b  " * 60, "a\n\n\n b\n  c"]
    data = {"list": texts, **{f"key {at}": text for at, text in enumerate(texts)}}
    assert yaml.load(to_yaml(data), yaml.BaseLoader) == data
