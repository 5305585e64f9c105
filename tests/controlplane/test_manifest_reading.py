"""Manifests mean to us what they mean to kubectl: its own reading is the judge."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.manifest.documents import read
from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import Desk, opened


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """An empty cluster and an empty folder."""
    yield from opened(cluster, tmp_path)


def test_scalars_mean_what_they_mean_to_kubectl(desk: Desk) -> None:
    """Thousands of scalars as values and keys, read by the plane's own kubectl and by us."""
    seeded = random.Random(20)
    words = WORDS.split()
    words += ["!!str 5", '!!int "0x10"', '!!float "5"', '!!bool "yes"', "!foo 5", '"5"', "'yes'", "&x 5"]
    words += ["".join(seeded.choices("0123456789" * 3 + "_.+-eExob", k=seeded.randrange(1, 8))) for _ in range(1500)]
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\nx:\n"
    differing = []
    for form in ("- {}\n", "- {}: 1\n"):
        sound = [word for word in words if not read("x", (head + form.format(word)).encode()).findings]
        text = head + "".join(form.format(word) for word in sound)
        theirs = desk.kubectl("--dry-run=client", "--validate=false", "-o", "json", "-f", "-", input=text, check=True)
        ours = read("x", text.encode()).documents[0].data["x"]
        differing += [
            (word, one, other)
            for word, one, other in zip(sound, json.loads(theirs.stdout)["x"], ours, strict=True)
            if one != other or (type(one), type(other)) not in _SAME_TYPES
        ]
        assert len(sound) > 1400
    assert differing == []


WORDS = """
y Y n yes No ON oN off true TRUE tRue ~ null nUll 0 00 08 0777 0o17 0x1F 0b11 0b12 -0b11 +5 5_000 _1 1_ 1. 1.0 .5 .5_0
.5_ +.5 1e3 1e400 12e03 . - + 1:30 2001-01-01 9223372036854775807 1.2.3 1a = ! 1_000.5 0x 0o 0xg -0x1F +0b1 0b_1 1e-7
"""
_SAME_TYPES = {(kind, kind) for kind in (str, int, bool, float, dict, list, type(None))} | {(int, float)}
"""An integer beyond 64 bits is a float to us, and the same number on the wire."""


PIECES = (
    *(
        "a",
        "b: c",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        " ",
        "\n",
        "\n  ",
        "\n    ",
        "\n- ",
        "- ",
        "? ",
        ": ",
        "&x ",
        "*x",
        "'",
        '"',
    ),
    *("#", "|", "|-", ">", "\n  a", "<<: *x", "<<: {q: 1}", "!!str ", "!foo ", "http://x:80/y", "a:b", "1", "yes", "~"),
    *(
        "key: ",
        "x y",
        "\t",
        "%",
        "@",
        "`",
        "é",
        "=",
        "''",
        '"\\u00e9"',
        "\r\n",
        "---",
        "...",
        "k: v\n",
        "[a, b]",
        "{c: d}",
    ),
    *("'it''s'", '"q\\"q"', "a #b", "a#b", "? a\n  : b", "-1", "-a", ":a", "::", "*", "&", "a\n\n\n  b", "|2\n    a"),
)


def test_texts_of_any_shape_are_read_as_kubectl_reads_them(desk: Desk) -> None:
    """A folder of random texts: what kubectl reads, we read equal; what it refuses, we refuse."""
    seeded = random.Random(11)
    texts = {f"f{number}": _random_text(seeded, f"f{number}") for number in range(600)}
    for name, text in texts.items():
        (desk.folder / f"{name}.yaml").write_bytes(text.encode())
    done = desk.kubectl("--dry-run=client", "--validate=false", "-o", "json", "-f", str(desk.folder))
    theirs = {each["metadata"]["name"]: each for each in _objects(done.stdout)}
    differing = []
    for name, text in texts.items():
        reading = read("f", text.encode())
        ours = [
            {**each.data, "metadata": {"name": name, "namespace": desk.cluster.namespace}} for each in reading.documents
        ]
        stricter = any("duplicate key" in each.message or "tag" in each.message for each in reading.findings)
        expected = [theirs[name]] if name in theirs else []
        if not stricter and (ours if not reading.findings else []) != expected:
            differing.append((text, ours, [each.message for each in reading.findings], expected))
    assert differing == []
    assert 150 < len(theirs) < 450


def _random_text(seeded: random.Random, name: str) -> str:
    inner = "".join(seeded.choices(PIECES, k=seeded.randrange(1, 7)))
    head = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
    return f"{head}x: {inner}\n" if seeded.random() < 0.5 else f"{head}w: &x {{z: 1}}\nx:\n  {inner}\n"


def _objects(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        found, at = decoder.raw_decode(text, at)
        yield found
