"""One edit in the text of a manifest itself, so that not a blank changes where nothing was to change.

What is not simple, such as a key that shares its line with the dash of a list, is left alone: the answer is None. The
caller reads the result again, so that anchors, merge keys and odd forms need not be understood here.
"""

from __future__ import annotations

import json
import re
from typing import Any

from kubectl_ds.manifest.edit import Drop, Edit, Path, Put, Rename
from kubectl_ds.manifest.mark import Mark
from kubectl_ds.manifest.scalars import resolve

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z")
_QUOTES = ("'", '"')


def splice(text: str, root: Mark, edit: Edit, list_offset: int) -> str | None:
    """The text after an edit; None where it cannot be made here.

    Args:
        text: the whole text that the marks are places of.
        root: the marks of the document.
        edit: the change.
        list_offset: how far the dashes of lists stand to the right of their key.
    """
    holder = _at(root, edit.path[:-1])
    key = edit.path[-1]
    if holder is None or not holder.members or not isinstance(key, str):
        return None
    there = holder.members.get(key)
    flow = text[holder.value : holder.value + 1] == "{"
    if isinstance(edit, Put):
        if there is not None:
            return _replaced(text, there, edit.value)
        if flow:
            place = holder.members.get(edit.before) or min(holder.members.values(), key=lambda mark: mark.key)
            return f"{text[: place.key]}{_word(key)}: {_flow(edit.value)}, {text[place.key :]}"
        return _inserted(text, holder, edit, _Form(text, root, list_offset))
    if there is None:
        return None
    if isinstance(edit, Rename):
        return _over(text, there.key, there.key_length, edit.key)
    return _cut_from_flow(text, holder, there) if flow else _cut(text, there)


def worth_doing(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """All but those within what is dropped later on: taking the last key away would leave a mapping of nothing."""
    return tuple(
        edit
        for at, edit in enumerate(edits)
        if not any(isinstance(later, Drop) and _is_within(edit.path, later.path) for later in edits[at + 1 :])
    )


class _Form:
    """How this text is written: its line ends, and how deep it indents."""

    def __init__(self, text: str, root: Mark, list_offset: int) -> None:
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self._list_offset = list_offset
        self._step = next(iter(_steps(text, root)), 2)

    def block(self, key: str, value: Any, column: int) -> str:
        """A key with its value as lines, the first without its blanks and the last without its end."""
        return f"{self.newline}{' ' * column}".join(self._lines(key, value))

    def _lines(self, key: str, value: Any) -> list[str]:
        if not isinstance(value, (dict, list)) or not value:
            return [f"{_word(key)}: {_flow(value)}"]
        return [f"{_word(key)}:", *self._below(value)]

    def _below(self, value: Any) -> list[str]:
        if isinstance(value, dict):
            return [" " * self._step + line for key, each in value.items() for line in self._lines(key, each)]
        return [" " * self._list_offset + line for each in value for line in self._item(each)]

    def _item(self, value: Any) -> list[str]:
        if not isinstance(value, dict) or not value:
            return [f"- {_flow(value)}"]
        first, *others = (line for key, each in value.items() for line in self._lines(key, each))
        return [f"- {first}", *(f"  {line}" for line in others)]


def _at(root: Mark, path: Path) -> Mark | None:
    mark: Mark | None = root
    for part in path:
        if mark is None:
            return None
        if isinstance(part, int):
            mark = mark.items[part] if mark.items is not None and part < len(mark.items) else None
        else:
            mark = (mark.members or {}).get(part)
    return mark


def _is_within(path: Path, other: Path) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _steps(text: str, mark: Mark) -> list[int]:
    """By how much mappings stand to the right of the key that holds them."""
    return [
        step
        for each in (mark.members or {}).values()
        for below in list((each.members or {}).values())[:1]
        if "\n" in text[each.key : below.key] and (step := _column(text, below.key) - _column(text, each.key)) > 0
    ]


def _column(text: str, offset: int) -> int:
    return offset - _line_start(text, offset)


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _replaced(text: str, there: Mark, value: Any) -> str | None:
    if isinstance(value, (dict, list)) or there.members is not None or there.items is not None or not there.length:
        return None
    if isinstance(value, str):
        return _over(text, there.value, there.length, value)
    return f"{text[: there.value]}{_flow(value)}{text[there.value + there.length :]}"


def _over(text: str, start: int, length: int, word: str) -> str | None:
    """A word in place of another, in the same quotes."""
    old = text[start : start + length]
    if "\n" in old:
        return None
    quote = old[:1] if old[:1] in _QUOTES else ""
    new = f"{quote}{word}{quote}" if quote and _WORD.match(word) else _word(word)
    return f"{text[:start]}{new}{text[start + length :]}"


def _inserted(text: str, holder: Mark, edit: Put, form: _Form) -> str | None:
    marks = sorted((holder.members or {}).values(), key=lambda mark: mark.key)
    column = _column(text, marks[0].key)
    new = form.block(str(edit.path[-1]), edit.value, column)
    before = (holder.members or {}).get(edit.before)
    if before is None:
        end = _end(text, marks[-1].key, column)
        lead = "" if text[:end].endswith("\n") else form.newline
        return f"{text[:end]}{lead}{' ' * column}{new}{form.newline}{text[end:]}"
    start = _line_start(text, before.key)
    if text[start : before.key].strip(" "):
        return f"{text[: before.key]}{new}{form.newline}{' ' * column}{text[before.key :]}"
    while start and text[_line_start(text, start - 1) : start].strip().startswith("#"):
        start = _line_start(text, start - 1)
    return f"{text[:start]}{' ' * column}{new}{form.newline}{text[start:]}"


def _cut(text: str, there: Mark) -> str | None:
    start = _line_start(text, there.key)
    if text[start : there.key].strip(" "):
        return None
    column = there.key - start
    end = _end(text, there.key, column)
    lines = text[start:end].splitlines(keepends=True)
    remarks = [line for line in lines if line.lstrip().startswith("#") and _depth(line) <= column]
    return f"{text[:start]}{''.join(remarks)}{text[end:]}"


def _cut_from_flow(text: str, holder: Mark, there: Mark) -> str | None:
    marks = sorted((holder.members or {}).values(), key=lambda mark: mark.key)
    at = next(index for index, mark in enumerate(marks) if mark.key == there.key)
    if at + 1 < len(marks):
        return text[: there.key] + text[marks[at + 1].key :]
    comma = text.rfind(",", 0, there.key)
    if not at or comma < marks[at - 1].value or there.members is not None or there.items is not None:
        return None
    return text[:comma] + text[there.value + there.length :]


def _end(text: str, key: int, column: int) -> int:
    """Where the lines of a key end that stands in this column: those below it that are deeper, or dashes under it."""
    end = at = _line_end(text, key)
    while at < len(text):
        following = _line_end(text, at)
        line = text[at:following]
        bare = line.strip()
        depth = _depth(line)
        remark = bare.startswith("#") and depth <= column
        dash = depth == column and bare.startswith("-") and bare[1:2] in ("", " ")
        if bare and depth <= column and not dash and not remark:
            break
        if bare and not remark:
            end = following
        at = following
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _line_end(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def _word(text: str) -> str:
    """A text as a scalar: plain where it is read as a text, else in double quotes."""
    plain = bool(_WORD.match(text)) and resolve(text, None, plain=True) == text
    return text if plain else json.dumps(text, ensure_ascii=False)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_word(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return _word(value) if isinstance(value, str) else json.dumps(value)
