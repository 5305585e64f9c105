"""Folding: node names into ranges, long text under its own column."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

_NUMBERED = re.compile(r"^(.*?)(\d+)$")


def fold_names(names: Sequence[str], most: int = 3) -> str:
    """Names in their order, runs of consecutive numbers as ``gpu-1…gpu-4``; after ``most`` parts only ``+37``."""
    runs = _runs(names)
    shown = runs[:most]
    parts = [
        first if count == 1 else f"{first}, {last}" if count == 2 else f"{first}…{last}" for first, last, count in shown
    ]
    left = len(names) - sum(count for _, _, count in shown)
    return ", ".join(parts) + (f" +{left}" if left else "")


def fold_text(text: str, width: int | None, indent: int = 0) -> list[str]:
    """Lines of at most ``width`` columns, broken at spaces where possible; one line when nobody folds.

    All lines but the first begin with ``indent`` spaces.
    """
    if width is None or len(text) <= width:
        return [text]
    return textwrap.wrap(text, max(width, indent + 8), subsequent_indent=" " * indent, break_on_hyphens=False) or [""]


def _runs(names: Sequence[str]) -> list[tuple[str, str, int]]:
    """(first, last, count) of each run of names that count upwards by one."""
    runs: list[tuple[str, str, int]] = []
    for name in names:
        if runs and _follows(runs[-1][1], name):
            first, _, count = runs[-1]
            runs[-1] = (first, name, count + 1)
        else:
            runs.append((name, name, 1))
    return runs


def _follows(previous: str, name: str) -> bool:
    before, after = _NUMBERED.match(previous), _NUMBERED.match(name)
    if before is None or after is None or before[1] != after[1]:
        return False
    widths_agree = len(before[2]) == len(after[2]) or not after[2].startswith("0")
    return widths_agree and int(after[2]) == int(before[2]) + 1
