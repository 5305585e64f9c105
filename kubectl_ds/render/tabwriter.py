"""Elastic tab stops, exactly as Go pads them, so that our tables are kubectl's to the byte.

Ports ``text/tabwriter`` (Go 1.26) for space padding without further flags, which kubectl's describe uses, and the
``RememberWidths`` flag of ``github.com/liggitt/tabwriter``, which kubectl's get uses. It knows nothing of Kubernetes.
"""

from __future__ import annotations

import re

_SEPARATOR = re.compile(r"([\t\v\n\f])")


class TabWriter:
    """Collects text whose cells end in tabs, and pads the cells of adjacent lines to columns of one width.

    A cell belongs to a column only if a tab ends it; a column is a run of adjacent lines that have the cell.
    Widths are counted in code points, as Go counts runes.
    """

    def __init__(self, min_width: int, padding: int, remember_widths: bool = False) -> None:
        self._min_width = min_width
        self._padding = padding
        self._remember = remember_widths
        self._remembered: list[int] = []
        self._widths: list[int] = []
        self._lines: list[list[str]] = [[]]
        self._cell = ""
        self._out: list[str] = []

    @classmethod
    def of_kubectl(cls) -> TabWriter:
        """As kubectl lays out its tables. Mirrors ``printers.GetNewTabWriter`` (k8s.io/cli-runtime v0.37)."""
        return cls(min_width=6, padding=3, remember_widths=True)

    def write(self, text: str) -> None:
        r"""Add text: ``\t`` and ``\v`` end a cell, ``\n`` a line, ``\f`` a line and all columns with it."""
        pieces = _SEPARATOR.split(text)
        for piece, separator in zip(pieces[::2], pieces[1::2], strict=False):
            line = self._lines[-1]
            line.append(self._cell + piece)
            self._cell = ""
            if separator in "\n\f":
                self._lines.append([])
                # A line of one cell ends every column, so nothing that follows can change what came before.
                if separator == "\f" or len(line) == 1:
                    self.flush()
        self._cell += pieces[-1]

    def flush(self) -> None:
        """Format what has been written; columns begin anew, at least as wide as remembered."""
        if self._cell:
            self._lines[-1].append(self._cell)
        self._format(0, len(self._lines))
        self._lines = [[]]
        self._cell = ""

    def text(self) -> str:
        """What was written since the last time, flushed."""
        self.flush()
        text = "".join(self._out)
        self._out.clear()
        return text

    def _format(self, start: int, end: int) -> None:
        column = len(self._widths)
        this = start
        while this < end:
            if not self._has_column(this, column):
                this += 1
                continue
            self._write_lines(start, this)
            start = this
            width = self._min_width
            while this < end and self._has_column(this, column):
                width = max(width, len(self._lines[this][column]) + self._padding)
                this += 1
            self._widths.append(self._at_least_remembered(width))
            self._format(start, this)
            self._widths.pop()
            start = this
        self._write_lines(start, end)

    def _has_column(self, line: int, column: int) -> bool:
        """The last cell of a line is no column: no tab ends it."""
        return column < len(self._lines[line]) - 1

    def _at_least_remembered(self, width: int) -> int:
        if not self._remember:
            return width
        column = len(self._widths)
        self._remembered.extend(self._widths[len(self._remembered) :])
        if column == len(self._remembered):
            self._remembered.append(width)
        self._remembered[column] = max(self._remembered[column], width)
        return self._remembered[column]

    def _write_lines(self, start: int, end: int) -> None:
        for index in range(start, end):
            for column, cell in enumerate(self._lines[index]):
                self._out.append(cell.ljust(self._widths[column]) if column < len(self._widths) else cell)
            if index + 1 < len(self._lines):
                self._out.append("\n")
