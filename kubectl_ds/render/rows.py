"""Rows of a screen: a symbol, what it is about, and what is to be said of it, each under its own column.

A command to be pasted stands on a line of its own and is never folded. It must not know what the rows are about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.theme import Theme

_LEAST = 32
"""With fewer columns left for the text it goes under the label."""
_INDENT = 4


@dataclass(frozen=True)
class Row:
    """One thing to say."""

    symbol: str
    """``✗`` stands in the way, ``!`` worth knowing, empty for neither."""
    label: str
    text: str
    command: str = ""
    """What can be pasted."""
    below: tuple[str, ...] = ()
    """Lines that stand under it as they are, such as a manifest."""


def row_lines(rows: Sequence[Row], theme: Theme) -> Iterator[str]:
    """The rows; on a terminal the text folds under its own column, or under the label where that leaves no room."""
    labels = max((len(row.label) for row in rows), default=0)
    indent = 2 + labels + 2
    under = theme.width is not None and theme.width - indent < _LEAST
    for row in rows:
        symbol = painted(row.symbol, theme)
        if under:
            room = None if theme.width is None else theme.width - _INDENT
            first, *more = fold_text(row.label, None if theme.width is None else theme.width - 2)
            yield f"{symbol} {first}".rstrip()
            yield from (f"  {part}" for part in more)
            yield from (" " * _INDENT + part for part in fold_text(row.text, room) if part)
        else:
            parts = fold_text(row.text, None if theme.width is None else theme.width - indent)
            yield f"{symbol} {row.label:<{labels}}  {parts[0]}".rstrip()
            yield from (" " * indent + part for part in parts[1:])
        if row.command:
            yield " " * _INDENT + row.command
        yield from (f"{' ' * _INDENT}{line}".rstrip() for line in row.below)


def headline(name: str, text: str, theme: Theme) -> Iterator[str]:
    """``name: text``, the name bold, folded with a hanging indent."""
    first, *more = fold_text(f"{name}: {text}", theme.width, _INDENT)
    yield theme.bold(name) + first[len(name) :] if first.startswith(name) else first
    yield from more


def painted(symbol: str, theme: Theme) -> str:
    """A symbol in its colour; a space for none."""
    return {"✗": theme.red, "!": theme.yellow}.get(symbol, str)(symbol or " ")


def counted(number: int, one: str, many: str = "") -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
