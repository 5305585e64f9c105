"""JSON to plain data and marks: what libyaml cannot read of it, and with errors that speak of JSON.

kubectl tries JSON first where a text begins with a brace, and reads several objects in a row
(k8s.io/apimachinery v0.37.2, ``YAMLOrJSONDecoder``). Nothing here recurses.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kubectl_ds.manifest.mark import Mark
from kubectl_ds.manifest.problem import MAX_DEPTH, Problem, SyntaxProblem, duplicate_key

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[^\s,:{}\[\]\"]+")
_CONSTANTS = {"true": True, "false": False, "null": None}
_scan_string: Callable[[str, int, bool], tuple[str, int]] = json.decoder.scanstring  # type: ignore[attr-defined]
"""The standard library's string scanner: the text, and where it ends. Known by this name since Python 2.6."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass
class _Frame:
    mark: Mark
    value: Any
    keys: dict[str, Mark] = field(default_factory=dict)
    key: str | None = None
    key_mark: Mark | None = None


class JsonReader:
    """Reads the objects of a text one after the other; ``base`` is the text's place in its source."""

    def __init__(self, text: str, base: int) -> None:
        self.problems: list[Problem] = []
        """Duplicate keys."""
        self._text = text
        self._base = base
        self._at = 0
        self._frames: list[_Frame] = []

    def read(self) -> list[tuple[Any, Mark]]:
        """The values of the text.

        Raises:
            SyntaxProblem: this is not JSON.
        """
        values: list[tuple[Any, Mark]] = []
        self._skip()
        while self._at < len(self._text):
            values.append(self._value())
            self._skip()
        return values

    def _value(self) -> tuple[Any, Mark]:
        """One whole value, its inner ones included."""
        while True:
            finished = self._begin()
            while finished is not None:
                if not self._frames:
                    return finished
                self._store(*finished)
                finished = self._after_item()

    def _begin(self) -> tuple[Any, Mark] | None:
        """Read up to the end of a scalar or an empty container; None when a container was opened."""
        self._skip()
        frame = self._frames[-1] if self._frames else None
        if frame is not None and isinstance(frame.value, dict):
            self._read_key(frame)
        character = self._text[self._at : self._at + 1]
        start = self._base + self._at
        if character in ("{", "["):
            if len(self._frames) >= MAX_DEPTH:
                raise SyntaxProblem(
                    f"nested deeper than {MAX_DEPTH} levels", start, hint="no Kubernetes object is that deep"
                )
            mark = Mark(start, 1, start, 1)
            self._at += 1
            self._skip()
            frame = _Frame(mark, {} if character == "{" else [])
            if character == "{":
                mark.members = {}
            else:
                mark.items = []
            if self._text.startswith("}" if character == "{" else "]", self._at):
                self._at += 1
                return frame.value, mark
            self._frames.append(frame)
            return None
        value = self._string() if character == '"' else self._plain()
        length = self._base + self._at - start
        return value, Mark(start, length, start, length)

    def _after_item(self) -> tuple[Any, Mark] | None:
        """What follows an item: a comma, or the end of its container, which is then finished itself."""
        self._skip()
        frame = self._frames[-1]
        closing = "}" if isinstance(frame.value, dict) else "]"
        character = self._text[self._at : self._at + 1]
        if character == ",":
            self._at += 1
            self._skip()
            if self._text.startswith(closing, self._at):
                raise self._error(f"a comma before {closing}", hint="remove the comma")
            return None
        if character == closing:
            self._at += 1
            self._frames.pop()
            return frame.value, frame.mark
        raise self._error(f"expected a comma or {closing}", opened=frame.mark.value)

    def _read_key(self, frame: _Frame) -> None:
        if not self._text.startswith('"', self._at):
            raise self._error("expected a key in double quotes", opened=frame.mark.value)
        start = self._at
        key = self._string()
        mark = Mark(self._base + start, self._at - start, self._base + start, self._at - start)
        first = frame.keys.get(key)
        if first is not None:
            self.problems.append(duplicate_key(key, mark.value, mark.length, first.value))
        frame.keys[key] = mark
        frame.key, frame.key_mark = key, mark
        self._skip()
        if not self._text.startswith(":", self._at):
            raise self._error(f'expected a colon after the key "{key}"')
        self._at += 1
        self._skip()

    def _store(self, value: Any, mark: Mark) -> None:
        frame = self._frames[-1]
        if frame.mark.items is not None:
            frame.mark.items.append(mark)
            frame.value.append(value)
        elif frame.mark.members is not None and frame.key is not None and frame.key_mark is not None:
            mark.key, mark.key_length = frame.key_mark.value, frame.key_mark.length
            frame.mark.members[frame.key] = mark
            frame.value[frame.key] = value

    def _string(self) -> str:
        try:
            text, self._at = _scan_string(self._text, self._at + 1, True)
        except json.JSONDecodeError as error:
            self._at = min(error.pos, len(self._text))
            raise self._error(error.msg[0].lower() + error.msg[1:].removesuffix(" at")) from error
        if _SURROGATE.search(text):
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def _plain(self) -> Any:
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise self._error("expected a value")
        text = word.group()
        if text in _CONSTANTS:
            self._at = word.end()
            return _CONSTANTS[text]
        number = _NUMBER.fullmatch(text)
        if number is None:
            hint = "texts need double quotes in JSON" if text[0] not in "-+.0123456789" else ""
            raise self._error(f"{text[:40]} is not a JSON value", length=len(text), hint=hint)
        value = _number(text, is_integer=number.group(1) is None and number.group(2) is None)
        if value is None:
            raise self._error(f"{text[:40]} is out of range", length=len(text))
        self._at = word.end()
        return value

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _error(self, message: str, *, length: int = 1, hint: str = "", opened: int | None = None) -> SyntaxProblem:
        if self._at >= len(self._text):
            message, hint = "the text ends in the middle of a JSON value", "is the file complete?"
        return SyntaxProblem(
            message,
            self._base + self._at,
            length,
            hint=hint,
            context="in the braces or brackets" if opened is not None else "",
            context_offset=opened,
        )


def _number(text: str, *, is_integer: bool) -> int | float | None:
    """As the API machinery reads numbers: 64-bit integers, else floats; None when out of a float's range."""
    if is_integer and len(text) <= 20:
        whole = int(text)
        if -(2**63) <= whole < 2**63:
            return whole
    value = float(text)
    if math.isinf(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**63 else value
