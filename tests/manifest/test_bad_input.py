"""Whatever a file holds: a finding that helps, in bounded time and memory."""

from __future__ import annotations

import random
import resource
import time

import pytest

from kubectl_ds.manifest.documents import Reading, read
from kubectl_ds.manifest.finding import Finding
from kubectl_ds.manifest.source import MAX_BYTES


def only(reading: Reading) -> Finding:
    (finding,) = reading.findings
    return finding


def test_a_duplicate_key_names_both_lines() -> None:
    finding = only(read("f.yaml", b"kind: A\napiVersion: v1\nmetadata:\n  name: a\n  labels: {}\n  name: b\n"))
    assert (finding.place, finding.message) == ("f.yaml:6:3", 'duplicate key "name": already set in line 4')
    assert (finding.source_line, finding.marked) == ("  name: b", (2, 4))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("kind: A\napiVersion: v1\non: 1\ntrue: 2\n", ["4:1"]),
        ('kind: A\napiVersion: v1\n1: x\n"1": y\n1: z\n', ["4:1", "5:1"]),
        ('{"kind": "A", "apiVersion": "v1",\n "x": {"y": 1, "y": 2}}', ["2:16"]),
    ],
)
def test_keys_that_json_makes_equal_are_duplicates(text: str, places: list[str]) -> None:
    reading = read("f", text.encode())
    assert [f"{each.line}:{each.column}" for each in reading.findings] == places
    assert [each.flawed for each in reading.documents] == [True]


SYNTAX = [
    ("a:\n\t- b\n", "2:1", "'\\t'", "spaces"),
    ("a: b: c\n", "1:5", "mapping values are not allowed", "quoted"),
    ("a:\n  - b\n - c\n", "3:2", "did not find expected key (while parsing a block mapping", "column"),
    ("a: [1,\n", "1:4", "a bracket is opened here and never closed", ""),
    ("x: 1\na: 'b\nc: d\n", "2:4", "a quote is opened here and never closed", ""),
    ("a: @b\n", "1:4", "found character that cannot start any token", "quote"),
    ("a: {{ .Values.x }}\n", "1:5", "a key must be a word", "template"),
    ("a: *nobody\n", "1:4", "unknown anchor 'nobody' referenced", ""),
    ("a: &a [*a]\n", "1:8", "anchor 'a' value contains itself", ""),
    ("a:\n  <<: 5\n", "2:7", "map merge requires map or sequence of maps", ""),
    ("a: !!int x\n", "1:4", "cannot decode !!str `x` as a !!int", ""),
    ("a: .inf\n", "1:4", "JSON has no such numbers", ""),
    ("~: x\n", "1:1", "the key before the colon is empty", ""),
    ("hello\n", "1:1", "this is a text, not a Kubernetes object", "mapping"),
    ("- a\n", "1:1", "this is a list, not a Kubernetes object", "mapping"),
    ("5\n", "1:1", "this is a number, not a Kubernetes object", "mapping"),
    ("kind: A\n", "1:1", "apiVersion not set", "apps/v1"),
    ("apiVersion: v1\nkind:\n", "2:6", "kind must be a text", "kind: DaemonSet"),
    ("apiVersion: v1\nkind: List\nitems: 5\n", "3:1", "items must be a list", ""),
    ('{"a": 1 "b": 2}', "1:9", "expected a comma or }", ""),
    ('{"a": tru, "b" 1}', "1:7", "tru is not a JSON value", "double quotes"),
    ('{"a": "b', "1:7", "unterminated string", ""),
    ('{"a": {"b": [1, 2', "1:18", "the text ends in the middle", "complete"),
    ('{"a": 1e999, "b" 1}', "1:7", "out of range", ""),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), SYNTAX)
def test_a_broken_text_is_told_where_and_what_to_do(text: str, place: str, message: str, hint: str) -> None:
    told = {finding.place: (finding.message, finding.suggestion) for finding in read("f", text.encode()).findings}
    assert message in told[f"f:{place}"][0]
    assert hint in told[f"f:{place}"][1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: \x00", "NUL byte"),
        (b"a: \x1b[31m", "control character U+001B"),
        (b"a: \xe9", "not UTF-8: byte 0xe9"),
        (b"\xff\xfea\x00\x00\xd8", "not UTF-16-LE"),
        (b"\x1f\x8b\x08\x00", "is gzip"),
        (b"\x89PNG\r\n", "is a picture"),
        (b"k8s\x00\n\x0c", "in protobuf"),
    ],
)
def test_what_is_no_text_is_called_by_its_name(content: bytes, message: str) -> None:
    finding = only(read("f.bin", content))
    assert message in finding.message
    assert "f.bin" in finding.message


def test_a_byte_that_is_no_text_is_shown_in_its_line() -> None:
    finding = only(read("f", "a: 1\nb: ü\n".encode() + b"c: caf\xe9\n"))
    assert (finding.line, finding.column, finding.source_line) == (3, 7, "c: caf�")


def test_a_line_of_megabytes_is_cut_around_the_fault() -> None:
    finding = only(read("f", b'{"kind": "A", "apiVersion": "v1", "x": "' + b"y" * 1_000_000 + b'", "a": 1, "a": 2}'))
    start, length = finding.marked
    assert len(finding.source_line) <= 160
    assert finding.source_line[start : start + length] == '"a"'


HOSTILE = {
    "fifty megabytes of nothing": bytes(50_000_000),
    "an alias bomb": b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (i, i, b",".join([b"*a%d" % (i - 1)] * 10)) for i in range(1, 12)),
    "a bomb of one long text": b"a: &a " + b"x" * 1_000_000 + b"\nb: [" + b"*a," * 100 + b"]\n",
    "a bomb of merges": b"a0: &a0 {k0: 1}\n"
    + b"".join(
        b"a%d: &a%d {<<: [*a%d, *a%d], k%d: {<<: *a%d}}\n" % (i, i, i - 1, i - 1, i, i - 1) for i in range(1, 60)
    ),
    "a million brackets": b"[" * 1_000_000,
    "a million braces": b'{"a":' * 1_000_000,
    "a million dashes": b"- " * 1_000_000,
    "a million question marks": b"? " * 1_000_000,
    "a staircase": b"".join(b" " * i + b"a:\n" for i in range(3000)),
    "a chain of anchors": b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (i, i, i - 1) for i in range(1, 2000)),
    "directives": b"".join(b"%%TAG !t%d! x\n" % i for i in range(300_000)) + b"kind",
    "quotes": b"'" * 1_000_001,
    "escapes": b'{"a": "' + b"\\" * 1_000_000,
    "a long number": b'{"a": ' + b"9" * 1_000_000 + b"}",
    "a long plain number": b"a: " + b"9" * 1_000_000,
    "long octal zeros": b"a: " + b"0" * 1_000_000,
    "only spaces": b" " * 5_000_000 + b"@",
    "comments": b"#\n" * 1_000_000 + b"@",
    "separators": b"---\n" * 500_000 + b"@",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends_soon_and_small(name: str) -> None:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    reading = read("hostile", HOSTILE[name])
    assert reading.findings
    assert not reading.documents
    assert time.process_time() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_the_limit_on_size_is_told() -> None:
    assert only(read("f", b"#" * (MAX_BYTES + 1))).message == "f is larger than 16 MiB"
    assert read("f", b"#" * MAX_BYTES) == Reading(files=("f",))


def test_no_garbage_raises() -> None:
    seeded = random.Random(7)
    pieces = [
        b"a: ",
        b"- ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\n",
        b" ",
        b"\t",
        b"'",
        b'"',
        b"&a ",
        b"*a",
        b"<<: ",
        b"? ",
        b"|\n",
    ]
    pieces += [
        b"---\n",
        b"...\n",
        b"%Y\n",
        b"!!int ",
        b"\\u",
        b"#",
        b",",
        b":",
        b"1",
        b"x",
        b"\xff",
        b"\r",
        b"kind: A\n",
    ]
    for _ in range(3000):
        reading = read("f", b"".join(seeded.choices(pieces, k=seeded.randrange(1, 25))))
        assert all(finding.file == "f" for finding in reading.findings)
