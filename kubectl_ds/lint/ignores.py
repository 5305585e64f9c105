"""Findings that somebody has looked at and accepted: comments in a file, an annotation on the object.

    # kubectl-ds: ignore DS406 the agent reads other processes' memory

counts for the line it stands on, for the line below it, and above the first line of a document for all of it.
The annotation ``kubectl-ds/ignore: DS406, DS205`` travels with the object. It must not know what the rules say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kubectl_ds.lint.subject import Subject
from kubectl_ds.manifest.documents import Document

ANNOTATION = "kubectl-ds/ignore"
_COMMENT = re.compile(r"#\s*kubectl-ds:\s*ignore\b[ \t:]*(?P<rest>.*)$")
_CODES = re.compile(r"\s*(?P<codes>DS\d*(?:[ \t,]+DS\d*)*)\b[ \t,:-]*(?P<reason>.*)", re.DOTALL)
_CODE = re.compile(r"DS\d*")


@dataclass(frozen=True)
class Ignore:
    """One word of acceptance."""

    codes: tuple[str, ...]
    """Codes, or their beginnings; none where it names no rule, and then nothing is ignored."""
    reason: str
    line: int = 0
    """Where it stands, from 1; 0 for the annotation."""
    column: int = 0

    def covers(self, code: str) -> bool:
        """Whether it is about this rule."""
        return code.startswith(self.codes) if self.codes else False


def parse(text: str) -> tuple[tuple[str, ...], str]:
    """Codes and reason of what stands after ``ignore``."""
    match = _CODES.match(text)
    if match is None:
        return (), text.strip()
    return tuple(_CODE.findall(match["codes"])), match["reason"].strip()


def in_document(document: Document, line: int) -> tuple[Ignore, ...]:
    """The comments that count for one line of a document."""
    source = document.source
    found = [ignore for ignore in (_at(source.line(line), line),) if ignore]
    for above in range(line - 1, 0, -1):
        text = source.line(above).strip()
        if not text.startswith("#"):
            break
        found += [ignore for ignore in (_at(source.line(above), above),) if ignore]
    return (*found, *at_head(document))


def at_head(document: Document) -> tuple[Ignore, ...]:
    """The comments above the first line of a document."""
    found = []
    for line in range(document.line - 1, 0, -1):
        text = document.source.line(line).strip()
        if text and not text.startswith("#"):
            break
        found += [ignore for ignore in (_at(document.source.line(line), line),) if ignore]
    return tuple(found)


def everywhere(document: Document, last: int) -> tuple[Ignore, ...]:
    """Every such comment of a document, down to the line ``last``."""
    lines = range(document.line, last + 1)
    inside = [ignore for line in lines if (ignore := _at(document.source.line(line), line))]
    return (*at_head(document), *inside)


def on_object(subject: Subject) -> tuple[Ignore, ...]:
    """What the annotation says."""
    text = subject.daemon_set.metadata.annotations.get(ANNOTATION, "")
    codes, reason = parse(text)
    return (Ignore(codes, reason),) if codes else ()


def _at(text: str, line: int) -> Ignore | None:
    match = _COMMENT.search(text)
    if match is None:
        return None
    codes, reason = parse(match["rest"])
    return Ignore(codes, reason, line, match.start() + 1)
