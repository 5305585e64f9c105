"""The YAML that tools write into kubeconfigs, read without a YAML library: to import one takes longer than all else.

Only what can mean one thing is read: mappings and lists in block style, plain words, quotes without escapes, ``true``
and ``false``. Whatever else stands there, be it a comment behind a value, a number or an anchor, makes the whole
document somebody else's business.
"""

from __future__ import annotations

import re
from typing import Any

_LINE = re.compile(
    r"(?P<indent> *)(?P<dashes>(?:- +)*)(?:(?P<key>[A-Za-z][A-Za-z0-9_./-]*):(?: +(?P<value>\S.*?))?|(?P<item>\S.*?)) *"
)
_PLAIN = re.compile(r"-{0,2}[A-Za-z/_][A-Za-z0-9_./+=@%~^-]*(?::[A-Za-z0-9_./+=@%~^-]+)*")
_QUOTED = re.compile(r"\"[^\"\\\t]*\"|'[^'\t]*'")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Words that are no text to YAML, in whatever case; some to some readers only."""
_LITERALS: dict[str, Any] = {"true": True, "false": False, "{}": {}, "[]": []}

Line = tuple[int, str, str]
"""Where it begins, its key (empty for an item that is no mapping), and its value."""


class _NotPlain(Exception):
    """Something that this does not read."""


def read_plain(text: str) -> Any:
    """The document; None when it is not as plain as this reads it."""
    try:
        lines = list(_lines(text))
        if not lines:
            return None
        document, end = _block(lines, 0, lines[0][0])
    except (_NotPlain, RecursionError):
        return None
    return document if end == len(lines) else None


def _lines(text: str) -> list[Line]:
    """Every line; a dash is a line of its own, with the key ``-``, before what stands behind it."""
    lines: list[Line] = []
    for number, raw in enumerate(text.split("\n")):
        if not raw.strip(" ") or raw.lstrip(" ").startswith("#") or (raw == "---" and number == 0):
            continue
        found = _LINE.fullmatch(raw)
        if found is None or not raw.isprintable():
            raise _NotPlain
        at = len(found["indent"])
        for dash in re.findall("- +", found["dashes"]):
            lines.append((at, "-", ""))
            at += len(dash)
        lines.append((at, found["key"] or "", found["item"] if found["key"] is None else found["value"] or ""))
    return lines


def _block(lines: list[Line], start: int, indent: int) -> tuple[Any, int]:
    """What begins at line ``start`` with this indent, and the line behind it."""
    if lines[start][1] == "-":
        return _list(lines, start, indent)
    if not lines[start][1]:
        return _scalar(lines[start][2]), start + 1
    mapping: dict[str, Any] = {}
    at = start
    while at < len(lines) and lines[at][0] == indent and lines[at][1] not in ("", "-"):
        _, key, value = lines[at]
        if key in mapping or key.lower() in _WORDS:
            raise _NotPlain
        at += 1
        if value:
            mapping[key] = _scalar(value)
        else:
            deeper = at < len(lines) and (lines[at][0] > indent or (lines[at][0] == indent and lines[at][1] == "-"))
            mapping[key], at = _block(lines, at, lines[at][0]) if deeper else (None, at)
    return mapping, at


def _list(lines: list[Line], start: int, indent: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    at = start
    while at < len(lines) and lines[at][:2] == (indent, "-"):
        if at + 1 == len(lines) or lines[at + 1][0] <= indent:
            raise _NotPlain
        item, at = _block(lines, at + 1, lines[at + 1][0])
        items.append(item)
    return items, at


def _scalar(text: str) -> Any:
    if text in _LITERALS:
        return _LITERALS[text]
    if _QUOTED.fullmatch(text):
        return text[1:-1]
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    raise _NotPlain
