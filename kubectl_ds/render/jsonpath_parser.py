"""The grammar of kubectl's JSONPath templates: text, and between braces a path.

Ports ``Parser`` (k8s.io/client-go v0.37 util/jsonpath/parser.go), oddities and error sentences included.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TypeAlias

_END = ""
"""What ``next`` gives at the end of the input."""
_DICT_KEY = re.compile(r"'([^']*)'")
_SLICE = re.compile(r"(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+?)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 0x5C}
_HEX = {"x": 2, "u": 4, "U": 8}


class JsonPathError(ValueError):
    """A template that cannot be parsed, or meets an object that it does not fit; the message is upstream's."""


@dataclass(frozen=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True)
class Field:
    """A key of a map."""

    name: str


@dataclass(frozen=True)
class Identifier:
    """``range``, ``end``, or a word that means nothing."""

    name: str


@dataclass(frozen=True)
class Param:
    """One of the three numbers of ``[start:end:step]``."""

    value: int = 0
    known: bool = False
    derived: bool = False
    """Whether it stands for the index after a single one."""


@dataclass(frozen=True)
class Array:
    """``[start:end:step]``."""

    params: tuple[Param, ...]


@dataclass(frozen=True)
class Filter:
    """``[?(left operator right)]``; the operator is ``exists`` where there is none."""

    left: List
    right: List
    operator: str


@dataclass(frozen=True)
class Number:
    """An integer or a float."""

    value: int | float


@dataclass(frozen=True)
class Bool:
    """``true`` or ``false``."""

    value: bool


@dataclass(frozen=True)
class Wildcard:
    """``*``."""


@dataclass(frozen=True)
class Recursive:
    """``..``."""


@dataclass(frozen=True)
class Union:
    """``[a,b]``."""

    nodes: tuple[List, ...]


@dataclass
class List:
    """Steps that follow each other."""

    nodes: list[Node] = field(default_factory=list)


Node: TypeAlias = Text | Field | Identifier | Array | Filter | Number | Bool | Wildcard | Recursive | Union | List


def parse(text: str) -> List:
    """The texts and actions of a template.

    Raises:
        JsonPathError: it is no template.
    """
    return _Parser(text).parse()


def _action(text: str) -> List:
    """The steps of the path ``text``. Mirrors ``parseAction``."""
    found = parse(f"{{{text}}}").nodes[0]
    assert isinstance(found, List)
    return found


class _Parser:
    """One pass over a template; the methods bear the names of upstream's."""

    def __init__(self, text: str) -> None:
        self._input = text
        self._root = List()
        self._pos = 0
        self._start = 0

    def parse(self) -> List:
        """Text and actions by turns until the end."""
        while self._text():
            action = List()
            self._root.nodes.append(action)
            self._inside_action(action.nodes)
        return self._root

    def _consume(self) -> str:
        value = self._input[self._start : self._pos]
        self._start = self._pos
        return value

    def _next(self) -> str:
        character = self._peek()
        self._pos += len(character)
        return character

    def _peek(self) -> str:
        return self._input[self._pos : self._pos + 1]

    def _text(self) -> bool:
        """Text up to the next action, which is begun; False when there is none."""
        at = self._input.find("{", self._pos)
        self._pos = len(self._input) if at < 0 else at
        if self._pos > self._start:
            self._root.nodes.append(Text(self._consume()))
        if at < 0:
            return False
        self._pos += 1
        self._consume()
        return True

    def _inside_action(self, nodes: list[Node]) -> None:
        while not self._input.startswith("}", self._pos):
            if self._input.startswith("[?(", self._pos):
                self._filter(nodes)
            elif self._input.startswith("..", self._pos):
                self._recursive(nodes)
            else:
                self._step(nodes)
        self._pos += 1
        self._consume()

    def _step(self, nodes: list[Node]) -> None:
        character = self._next()
        if character in (_END, "\r", "\n"):
            raise JsonPathError("unclosed action")
        if character in " @$":
            self._consume()
        elif character == "[":
            self._array(nodes)
        elif character in "\"'":
            self._quote(nodes, character)
        elif character == ".":
            self._field(nodes)
        elif character in "+-" or _is_digit(character):
            self._pos -= 1
            self._number(nodes)
        elif _is_alphanumeric(character):
            self._pos -= 1
            self._identifier(nodes)
        else:
            raise JsonPathError(f"unrecognized character in action: {_code_point(character)}")

    def _identifier(self, nodes: list[Node]) -> None:
        while not _is_terminator(self._peek()):
            self._next()
        value = self._consume()
        nodes.append(Bool(value == "true") if value in ("true", "false") else Identifier(value))

    def _recursive(self, nodes: list[Node]) -> None:
        if nodes and isinstance(nodes[-1], Recursive):
            raise JsonPathError("invalid multiple recursive descent")
        self._pos += 2
        self._consume()
        nodes.append(Recursive())
        if _is_alphanumeric(self._peek()):
            self._field(nodes)

    def _number(self, nodes: list[Node]) -> None:
        if self._peek() in ("+", "-"):
            self._next()
        while self._peek() == "." or _is_digit(self._peek()):
            self._next()
        value = self._consume()
        if _INTEGER.fullmatch(value) and -(2**63) <= int(value) < 2**63:
            nodes.append(Number(int(value)))
        elif _FLOAT.fullmatch(value):
            nodes.append(Number(float(value)))
        else:
            raise JsonPathError(f"cannot parse number {value}")

    def _array(self, nodes: list[Node]) -> None:
        while (character := self._next()) != "]":
            if character in (_END, "\n"):
                raise JsonPathError("unterminated array")
        text = self._consume()[1:-1]
        text = ":" if text == "*" else text
        if "," in text:
            nodes.append(Union(tuple(_action(f"[{each.strip(' ')}]") for each in text.split(","))))
        elif (key := _DICT_KEY.fullmatch(text)) is not None:
            nodes += _action(f".{key[1]}").nodes
        elif (numbers := _SLICE.fullmatch(text)) is not None:
            nodes.append(Array(_params(numbers)))
        else:
            raise JsonPathError(f"invalid array index {text}")

    def _filter(self, nodes: list[Node]) -> None:
        self._pos += 3
        self._consume()
        pair, ended = "", False
        while True:
            character = self._next()
            if character in (_END, "\n"):
                raise JsonPathError("unterminated filter")
            if character in "\"'":
                if not pair:
                    pair = character
                elif self._input[self._pos - 2] != "\\" and character == pair:
                    ended = True
            elif character == ")" and bool(pair) == ended:
                break
        if self._next() != "]":
            raise JsonPathError("unclosed array expect ]")
        text = self._consume()[:-2]
        compared = _COMPARISON.fullmatch(text)
        if compared is None:
            nodes.append(Filter(_action(text), List(), "exists"))
        else:
            nodes.append(Filter(_action(compared[1]), _action(compared[3]), compared[2]))

    def _quote(self, nodes: list[Node], end: str) -> None:
        while True:
            character = self._next()
            if character in (_END, "\n"):
                raise JsonPathError("unterminated quoted string")
            if character == end and self._input[self._pos - 2] != "\\":
                break
        nodes.append(Text(_unquoted(self._consume())))

    def _field(self, nodes: list[Node]) -> None:
        self._consume()
        while not _is_terminator(self._peek()):
            if self._next() == "\\":
                self._next()
        value = self._consume()
        nodes.append(Wildcard() if value == "*" else Field(value.replace("\\", "")))


def _params(numbers: re.Match[str]) -> tuple[Param, ...]:
    first, *others = (text or "" for text in numbers.groups())
    start = _param(first) if first else Param()
    end = _param(others[0][1:]) if others[0] else Param(start.value + 1, known=True, derived=True)
    return start, end, _param(others[1][1:]) if others[1] else Param()


def _param(text: str) -> Param:
    if not text:
        return Param()
    if _INTEGER.fullmatch(text) is None or not -(2**63) <= int(text) < 2**63:
        raise JsonPathError(f"array index {text} is not a number")
    return Param(int(text), known=True)


def _is_terminator(character: str) -> bool:
    return character in (_END, " ", "\t", "\r", "\n") or character in ".,[]$@{}"


def _is_digit(character: str) -> bool:
    return character != _END and unicodedata.category(character) == "Nd"


def _is_alphanumeric(character: str) -> bool:
    return character != _END and (character == "_" or unicodedata.category(character)[0] == "L" or _is_digit(character))


def _code_point(character: str) -> str:
    """``%#U``."""
    code = f"U+{ord(character):04X}"
    return f"{code} '{character}'" if character.isprintable() else code


def _unquoted(text: str) -> str:
    """A quoted text's value. Mirrors ``UnquoteExtend``, and ``strconv.UnquoteChar`` (Go 1.26) within it."""
    quote, inner = text[0], text[1:-1]
    out = bytearray()
    at = 0
    while at < len(inner):
        character = inner[at]
        at += 1
        if character == quote:
            raise _bad_quote(text)
        if character != "\\":
            out += character.encode(errors="surrogateescape")
            continue
        found, length = _escape(inner[at:], quote)
        if length == 0:
            raise _bad_quote(text)
        out += found
        at += length
    return out.decode(errors="surrogateescape")


def _escape(rest: str, quote: str) -> tuple[bytes, int]:
    """The bytes that an escape stands for, and how many characters it takes; none when it is none."""
    kind = rest[:1]
    if kind and kind == quote:
        return kind.encode(), 1
    if kind in _ESCAPES:
        return bytes((_ESCAPES[kind],)), 1
    if kind in _HEX:
        digits = rest[1 : 1 + _HEX[kind]]
        if re.fullmatch(rf"[0-9a-fA-F]{{{_HEX[kind]}}}", digits) is None:
            return b"", 0
        code = int(digits, 16)
        if kind == "x":
            return bytes((code,)), 3
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            return b"", 0
        return chr(code).encode(), 1 + len(digits)
    if re.match(r"[0-3][0-7]{2}", rest):
        return bytes((int(rest[:3], 8),)), 3
    return b"", 0


def _bad_quote(text: str) -> JsonPathError:
    return JsonPathError(f"unquote string {text} error invalid syntax")
