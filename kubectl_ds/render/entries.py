"""Entries of a screen: a head line that says what, how often, where, since when; under it what is known, by label.

On a terminal everything folds under its own column. Off one an entry is one line, for ``grep``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.theme import Theme

_INDENT = 4


@dataclass(frozen=True)
class Entry:
    """One entry."""

    symbol: str
    """``✗`` stands in the way, ``!`` is worth knowing, empty for neither."""
    count: int
    word: str
    subject: str
    """Whom it is about; the one thing in bold."""
    where: str
    when: str
    details: tuple[tuple[str, str], ...]
    """(label, text), in order; a label that follows itself is not repeated."""


def entry_lines(entries: Sequence[Entry], theme: Theme) -> list[str]:
    """The lines of all entries, an empty one between them on a terminal."""
    if theme.width is None:
        return [_one_line(entry) for entry in entries]
    columns = _Columns(entries, theme.width)
    lines: list[str] = []
    for entry in entries:
        lines += [*([""] if lines else []), *columns.head(entry, theme), *columns.details(entry, theme)]
    return lines


def painted(symbol: str, word: str, theme: Theme) -> str:
    """A word in the colour of its symbol."""
    if symbol == "✗":
        return theme.red(word)
    return theme.yellow(word) if symbol == "!" else word


def _one_line(entry: Entry) -> str:
    head = f"{entry.symbol or ' '} {entry.count} {entry.word}"
    details = "; ".join(f"{label}: {text}" for label, text in entry.details)
    return "  ".join(part for part in (head, entry.subject, entry.where, entry.when, details) if part)


class _Columns:
    """How wide each part of the heads is, so that entries stand under each other."""

    def __init__(self, entries: Sequence[Entry], width: int) -> None:
        self._width = width
        self._counts = max((len(str(entry.count)) for entry in entries), default=0)
        self._words = max((len(entry.word) for entry in entries), default=0)
        self._labels = max((len(label) for entry in entries for label, _ in entry.details), default=0)
        subjects = max((len(entry.subject) for entry in entries), default=0)
        wheres = max((len(entry.where) for entry in entries), default=0)
        whens = max((len(entry.when) for entry in entries), default=0)
        aligned = self._left() + subjects + 2 + wheres + 2 + whens <= width
        self._subjects, self._wheres = (subjects, wheres) if aligned else (0, 0)

    def head(self, entry: Entry, theme: Theme) -> Iterator[str]:
        """One line; the node names get lines of their own where they do not fit beside the rest."""
        left = painted(entry.symbol, entry.symbol or " ", theme) + f" {entry.count:>{self._counts}} "
        left += painted(entry.symbol, entry.word, theme) + " " * (self._words - len(entry.word))
        rest = f"{entry.where:<{self._wheres}}  {entry.when}".rstrip()
        subject = theme.bold(entry.subject) + " " * (self._subjects - len(entry.subject))
        if self._left() + max(len(entry.subject), self._subjects) + 2 + len(rest) <= self._width:
            yield f"{left}  {subject}  {rest}".rstrip()
            return
        yield f"{left}  {subject}".rstrip()
        yield from (" " * _INDENT + part for part in fold_text(rest, self._width - _INDENT))

    def details(self, entry: Entry, theme: Theme) -> Iterator[str]:
        """Label and text, the text folded under its own column."""
        indent = _INDENT + self._labels + 2
        room = self._width - indent
        before = ""
        for label, text in entry.details:
            shown = "" if label == before else label
            before = label
            first, *more = fold_text(text, room)
            yield f"{'':<{_INDENT}}{shown:<{self._labels}}  {theme.dim(first)}"
            yield from (" " * indent + theme.dim(part) for part in more)

    def _left(self) -> int:
        return 2 + self._counts + 1 + self._words + 2
