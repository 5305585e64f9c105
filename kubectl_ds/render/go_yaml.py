"""YAML as kubectl prints it: block style, keys in natural order, lists not indented, lines folded at 80.

Ports the encoder and emitter of go.yaml.in/yaml/v2 (v2.4.4) as far as JSON data reaches them, and stands for
``sigs.k8s.io/yaml`` (v1.6). kubectl itself reads its JSON back as YAML on the way; where that loses or refuses a
character (U+0085 becomes a space, U+007F and its like end in an error), the true text is printed here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cmp_to_key
from typing import Any

from kubectl_ds.render.go_text import byte_length
from kubectl_ds.render.go_yaml_style import BREAKS, analyze, is_printable, needs_quotes

_INDENT = 2
_WIDTH = 80
"""A line is folded at the first space beyond this column."""

_PLAIN, _SINGLE, _DOUBLE, _LITERAL = "", "'", '"', "|"
"""The scalar styles, by the mark that they begin with."""

_LONGEST_SIMPLE_KEY = 128
"""Bytes; a longer key is written after a question mark."""

_ESCAPES = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}


def to_yaml(data: Mapping[str, Any]) -> str:
    """A document from decoded JSON, with a line break at its end."""
    emitter = _Emitter()
    emitter.node(data, -1, after_key=False)
    emitter.indent(0)
    return "".join(emitter.out)


class _Emitter:
    """Where the text stands; the methods bear the names of upstream's, without their prefix."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self._column = 0
        self._whitespace = True
        self._indention = True

    def node(self, value: Any, level: int, after_key: bool) -> None:
        """A value; ``level`` is the indentation of what it is a part of, -1 for the root."""
        if isinstance(value, Mapping) and value:
            self._mapping(value, level + _INDENT if level >= 0 else 0)
        elif isinstance(value, list) and value:
            self._sequence(value, level if after_key and not self._indention else level + _INDENT)
        elif isinstance(value, (Mapping, list)):
            self._indicator("{" if isinstance(value, Mapping) else "[", whitespace=True)
            self._indicator("}" if isinstance(value, Mapping) else "]", needs_whitespace=False)
        else:
            self._scalar(value, level + _INDENT)

    def indent(self, level: int) -> None:
        """Go to a new line, unless nothing has been written on this one, and to the column."""
        if not self._indention or self._column > level or (self._column == level and not self._whitespace):
            self._break()
        self._put(" " * (level - self._column))
        self._whitespace = self._indention = True

    def _mapping(self, mapping: Mapping[str, Any], level: int) -> None:
        for key in sorted(mapping, key=cmp_to_key(_compare_keys)):
            self.indent(level)
            simple = not analyze(key).multiline and byte_length(key) <= _LONGEST_SIMPLE_KEY
            if simple:
                self._scalar(key, level + _INDENT, fold=False)
                self._indicator(":", needs_whitespace=False)
            else:
                self._indicator("?", indention=True)
                self._scalar(key, level + _INDENT)
                self.indent(level)
                self._indicator(":", indention=True)
            self.node(mapping[key], level, after_key=True)

    def _sequence(self, items: list[Any], level: int) -> None:
        for item in items:
            self.indent(level)
            self._indicator("-", indention=True)
            self.node(item, level, after_key=False)

    def _scalar(self, value: object, level: int, fold: bool = True) -> None:
        text = value if isinstance(value, str) else _constant(value)
        style = _style(text) if isinstance(value, str) else _PLAIN
        if style == _LITERAL:
            self._literal(text, level)
            return
        if style == _PLAIN:
            self._put("" if self._whitespace else " ")
        else:
            self._indicator(style)
        self._flow_text(text, level, style, fold)
        self._put(style)
        self._whitespace = self._indention = False

    def _flow_text(self, text: str, level: int, style: str, fold: bool) -> None:
        """Text on as many lines as upstream makes of it: a single space beyond the width may become a line break."""
        pieces = _pieces(text, style)
        spaces = breaks = False
        for at, piece in enumerate(pieces):
            if piece == " ":
                more = text[at + 1 : at + 2] == " "
                inside = 0 < at < len(text) - 1
                if fold and inside and not spaces and self._column > _WIDTH and (style == _DOUBLE or not more):
                    self.indent(level)
                    self._put("\\" if more else "")
                else:
                    self._put(" ")
            elif piece in BREAKS:
                self._write_break(piece)
                breaks = True
            else:
                if breaks:
                    self.indent(level)
                self._put(piece)
                self._indention = breaks = False
            spaces = piece == " "

    def _literal(self, text: str, level: int) -> None:
        self._indicator(f"|{_block_hints(text)}")
        self._break()
        self._indention = self._whitespace = breaks = True
        for character in text:
            if character in BREAKS:
                self._write_break(character)
                breaks = True
                continue
            if breaks:
                self.indent(level)
            self._put(character)
            self._indention = breaks = False

    def _write_break(self, character: str) -> None:
        self.out.append(character)
        self._column = 0
        self._indention = True

    def _indicator(
        self, text: str, needs_whitespace: bool = True, whitespace: bool = False, indention: bool = False
    ) -> None:
        if needs_whitespace and not self._whitespace:
            self._put(" ")
        self._put(text)
        self._whitespace = whitespace
        self._indention = self._indention and indention

    def _put(self, text: str) -> None:
        self.out.append(text)
        self._column += len(text)

    def _break(self) -> None:
        self.out.append("\n")
        self._column = 0


def _style(text: str) -> str:
    """``stringv`` and ``yaml_emitter_select_scalar_style``."""
    allowed = analyze(text)
    if "\n" in text:
        return _LITERAL if allowed.literal else _DOUBLE
    if needs_quotes(text):
        return _DOUBLE
    if allowed.plain:
        return _PLAIN
    return _SINGLE if allowed.single_quoted else _DOUBLE


def _pieces(text: str, style: str) -> list[str]:
    """How each character is written in a style."""
    if style == _DOUBLE:
        # upstream looks for a byte order mark at the start of the text, at every character
        escape = _escaped if text.startswith("\ufeff") else _escaped_if_needed
        return list(map(escape, text))
    return ["''" if character == style else character for character in text]


def _constant(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _block_hints(text: str) -> str:
    """``yaml_emitter_write_block_scalar_hints``: leading space, and what becomes of the last line break."""
    indent = str(_INDENT) if text[0] == " " or text[0] in BREAKS else ""
    if text[-1] not in BREAKS:
        return f"{indent}-"
    return f"{indent}+" if len(text) == 1 or text[-2] in BREAKS else indent


def _escaped_if_needed(character: str) -> str:
    if not is_printable(character) or character in BREAKS or character in '"\\':
        return _escaped(character)
    return character


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return f"\\{_ESCAPES[character]}"
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _compare_keys(left: str, right: str) -> int:
    if left == right:
        return 0
    return -1 if _key_less(left, right) else 1


def _key_less(left: str, right: str) -> bool:
    """``keyList.Less``: ``item-2`` before ``item-10``, and what is no letter before letters."""
    for at, (one, other) in enumerate(zip(left, right, strict=False)):
        if one == other:
            continue
        letters = _is_letter(one), _is_letter(other)
        if all(letters):
            return one < other
        if any(letters):
            return letters[1]
        numbers = _number_at(left, at, one, other), _number_at(right, at, one, other)
        return (*numbers[0], one) < (*numbers[1], other)
    return len(left) < len(right)


def _number_at(text: str, at: int, one: str, other: str) -> tuple[int, int]:
    """The number that begins here and where it ends; zeros after a digit that is none count for more."""
    number = 0
    if "0" in (one, other):
        before = at - 1
        while before >= 0 and _is_digit(text[before]):
            if text[before] != "0":
                number = 1
                break
            before -= 1
    end = at
    while end < len(text) and _is_digit(text[end]):
        number = number * 10 + ord(text[end]) - ord("0")
        end += 1
    return (number + 2**63) % 2**64 - 2**63, end  # an int64, which wraps around


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L")


def _is_digit(character: str) -> bool:
    return unicodedata.category(character) == "Nd"
