"""What a reader of YAML or JSON complains about: an offset and words; the source makes a finding of it."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_ds.manifest.finding import Finding, finding_at
from kubectl_ds.manifest.source import Source

MAX_DEPTH = 250
"""Mappings and lists within one another. Kubernetes objects need about 20, deep CRD schemas about 60."""


@dataclass(frozen=True)
class Problem:
    """One complaint; reading goes on."""

    message: str
    offset: int
    """Character offset in the source."""
    length: int = 1
    hint: str = ""
    other: int | None = None
    """The offset of a second place that the message speaks of; ``{other}`` in the message becomes its line."""


class SyntaxProblem(Exception):
    """A complaint after which the rest of the document cannot be read."""

    def __init__(
        self,
        message: str,
        offset: int,
        length: int = 1,
        *,
        hint: str = "",
        context: str = "",
        context_offset: int | None = None,
    ) -> None:
        super().__init__(message)
        suffix = f" ({context} that began in line {{other}})" if context else ""
        self.problem = Problem(message + suffix, offset, length, hint, context_offset)


def duplicate_key(key: str, offset: int, length: int, first: int) -> Problem:
    """A key that its mapping has already; kubectl keeps the last one in silence."""
    return Problem(
        f'duplicate key "{key}": already set in line {{other}}',
        offset,
        length,
        "keep one of the two; kubectl would send the last one without a word",
        first,
    )


def as_finding(source: Source, problem: Problem) -> Finding:
    """The finding that a problem is, in the source it was found in."""
    message = problem.message
    if problem.other is not None:
        message = message.replace("{other}", str(source.position(problem.other)[0]))
    return finding_at(source, problem.offset, message, length=problem.length, suggestion=problem.hint)
