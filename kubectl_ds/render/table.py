"""Wide tables: whole off a terminal; on one, the last column folds and others give way.

Written by hand because 100,000 rows must take no time.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ds.render.fold import fold_text

NOTHING = "<none>"
"""What stands in a cell without a value, as kubectl writes it."""
_LEAST_LAST = 30
"""Columns that the last cell must have before others are left out."""
_NARROWEST_LAST = 18
"""With fewer columns left for the last cell, each row is set as a paragraph, and nothing is cut."""
_GAP = "   "

Row = tuple[str, ...]
Column = Sequence[str]


def wide_table(head: Row, rows: Sequence[Row], width: int | None, first_to_go: Sequence[str]) -> str:
    """Columns three spaces apart, as kubectl sets them.

    Args:
        head: the names of the columns; the last column is the one that folds.
        rows: as many cells each.
        width: of the terminal; None off one, where nothing is folded or left out.
        first_to_go: columns that a narrow terminal does without, in this order.
    """
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(head)
    return table_of_columns(head, columns, width, first_to_go)


def table_of_columns(head: Row, columns: Sequence[Column], width: int | None, first_to_go: Sequence[str]) -> str:
    """The same from columns, as many as there are names, which is quicker where there are very many rows."""
    named = list(zip(head, columns, strict=True))
    widths = [max(len(name), max(map(len, column), default=0)) for name, column in named][:-1]
    rows = zip(*columns, strict=True)
    if width is None:
        form = _form(widths) + "%s\n"
        return form % head + "".join(map(form.__mod__, rows))
    kept = list(range(len(head) - 1))
    for name in first_to_go:
        if _used(widths, kept) + _LEAST_LAST > width and name in head:
            kept.remove(head.index(name))
    used = _used(widths, kept)
    if width - used < _NARROWEST_LAST:
        return "".join(f"{line}\n" for row in rows for line in _stacked(row, kept, width))
    form = _form([widths[column] for column in kept])
    lines = []
    for row in (head, *rows):
        parts = fold_text(row[-1], width - used)
        lines.append(form % tuple(row[column] for column in kept) + parts[0])
        lines += [" " * used + part for part in parts[1:]]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _stacked(row: Row, kept: Sequence[int], width: int) -> list[str]:
    """A row for which the terminal has no columns: its short cells, and under them the last one."""
    cells = fold_text("  ".join(row[column] for column in kept), width, 2)
    last = [] if row[-1] == NOTHING else fold_text(row[-1], width - 4)
    return [*cells, *("    " + part for part in last)]


def _form(widths: list[int]) -> str:
    return "".join(f"%-{width}s{_GAP}" for width in widths)


def _used(widths: list[int], kept: list[int]) -> int:
    return sum(widths[column] + len(_GAP) for column in kept)
