"""Did you mean …? The nearest of some known words, and no word at all where none is near."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a slip of the fingers makes of ``word``; of equals, the first in the alphabet.

    One letter of four may be wrong, at most three: beyond that a suggestion misleads.
    """
    allowed = min(3, max(1, len(word) // 4))
    folded = word.lower()
    distances = ((distance(folded, candidate.lower(), allowed), candidate) for candidate in set(known))
    near = sorted((steps, candidate) for steps, candidate in distances if steps <= allowed and candidate != word)
    return near[0][1] if near else None


def distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words; ``limit`` + 1 when above it."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, row, older = row, [i], before
        for j, b in enumerate(right, 1):
            step = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                step = min(step, older[j - 2] + 1)
            row.append(step)
        before = above
        if min(row) > limit:
            return limit + 1
    return row[-1]
