"""KYAML as kubectl prints it: YAML in braces and quotes, in which nothing depends on white space or guessing.

Ports ``kyaml.Encoder`` (sigs.k8s.io/yaml v1.6.0 kyaml/kyaml.go) for decoded JSON, which has no comments. A text in
which YAML would lose a line break that JSON keeps (U+0085) stays true here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kubectl_ds.render.go_text import is_space, json_text
from kubectl_ds.render.go_yaml_style import is_timestamp

Arrange = Callable[[Mapping[str, Any]], Sequence[str]]
"""From a mapping to its keys, in the order in which they are written."""

_FOLD = "\\\n"
_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\r": r"\r",
    "\v": r"\v",
    "\0": r"\0",
    "\x1b": r"\e",
    "\x85": r"\N",
    "\xa0": r"\_",
    "\u2028": r"\L",
    "\u2029": r"\P",
}
_WORDS = frozenset(
    {"null", "~", "true", "false", "y", "yes", "on", "n", "no", "off", "t", "f", ".inf", "-.inf", "+.inf", ".nan"}
)
_NUMBER = re.compile(
    r"[+-]?(?:0x[0-9a-f]+|0b[01]+|0o?[0-7]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
    r"|0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?[0-9]+|inf|infinity|nan)",
    re.IGNORECASE,
)
_SEXAGESIMAL = re.compile(r"[+-]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


def to_kyaml(document: Mapping[str, Any]) -> str:
    """One document with its header; an event begins with its type."""
    keys = sorted(document, key=lambda key: (key != "type" or "object" not in document, key))
    return f"---\n{''.join(_mapping(document, 0, keys, sorted))}\n"


def to_kyaml_in_order(document: Mapping[str, Any]) -> str:
    """One document with its header, its keys in the order in which they are."""
    return f"---\n{''.join(_mapping(document, 0, list(document), list))}\n"


def _node(value: Any, level: int, arrange: Arrange) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _mapping(value, level, arrange(value), arrange)
    elif isinstance(value, list):
        yield from _sequence(value, level, arrange)
    elif isinstance(value, str):
        yield _quoted(value, level + 1)
    else:
        yield json_text(value)


def _mapping(mapping: Mapping[str, Any], level: int, keys: Sequence[str], arrange: Arrange) -> Iterator[str]:
    if not mapping:
        yield "{}"
        return
    yield "{\n"
    for key in keys:
        yield f"{_indent(level + 1)}{_key(key)}: "
        yield from _node(mapping[key], level + 1, arrange)
        yield ",\n"
    yield f"{_indent(level)}}}"


def _sequence(items: list[Any], level: int, arrange: Arrange) -> Iterator[str]:
    """Brackets of items that have brackets themselves stand on one line."""
    if all(isinstance(item, (dict, list)) for item in items):
        yield "["
        for at, item in enumerate(items):
            yield ", " if at else ""
            yield from _node(item, level, arrange)
        yield "]"
        return
    yield f"[\n{_indent(level)}"
    for item in items:
        yield _indent(1)
        yield from _node(item, level + 1, arrange)
        yield f",\n{_indent(level)}"
    yield "]"


def _key(text: str) -> str:
    return f'"{"".join(map(_compact, text))}"' if _needs_quotes(text) else text


def _compact(character: str) -> str:
    return {"\n": r"\n", "\t": r"\t"}.get(character) or _escaped(character)


def _quoted(text: str, level: int) -> str:
    """A text of several lines begins on a line of its own, so that it stands as it was written."""
    several = "\n" in text
    out = [f'"{_FOLD}' if several else '"']
    for character in text:
        if out[-1].endswith("\n"):
            # leading white space would be lost; where there is none, a space keeps the lines in one column
            out.append(_indent(level) + ("\\" if is_space(character) and character != "\n" else " "))
        out.append(f"\\n{_FOLD}" if character == "\n" else _escaped(character))
    if several:
        out.append(("" if out[-1].endswith("\n") else _FOLD) + _indent(level))
    return "".join(out) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no character
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable() or character == "\t":
        return character
    if character in _ESCAPES:
        return _ESCAPES[character]
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _needs_quotes(text: str) -> bool:
    """``needsQuotes`` and ``isTypeAmbiguous``."""
    plain = text.replace("_", "")
    if not text or text.lower() in _WORDS or text in ("0", "1"):
        return True
    if _NUMBER.fullmatch(plain) or _SEXAGESIMAL.fullmatch(text) or is_timestamp(text):
        return True
    return not all(
        character == "_"
        or unicodedata.category(character)[0] in "LN"
        or (character in "-./" and 0 < at < len(text) - 1)
        for at, character in enumerate(text)
    )


def _indent(level: int) -> str:
    return "  " * level
