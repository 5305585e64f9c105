"""A problem in a manifest, with everything that is needed to show it: where, what, and what to write instead."""

from __future__ import annotations

from enum import Enum

from kubectl_ds.errors import ManifestError
from kubectl_ds.manifest.source import Source
from kubectl_ds.model.value import Value

_EXCERPT = 160
"""Characters of a line that are kept around the fault: some manifests are one line of megabytes."""


class Severity(str, Enum):
    """An error would be refused; a warning is worth knowing."""

    ERROR = "error"
    WARNING = "warning"


class Finding(Value, frozen=True):
    """One problem of one manifest."""

    severity: Severity = Severity.ERROR
    file: str = ""
    """As the user wrote it."""
    line: int = 0
    """From 1; 0 when the problem has no place in the text."""
    column: int = 0
    field: str = ""
    """The path as the API server writes it, ``spec.template.spec.containers[0].image``; empty for syntax."""
    message: str = ""
    suggestion: str = ""
    """What to do about it: a sentence or a command."""
    source_line: str = ""
    """The line, or the part of a long line that holds the fault."""
    marked: tuple[int, int] = (0, 0)
    """First character and length of the fault within ``source_line``."""

    @property
    def place(self) -> str:
        """``file:line:column``, as far as it is known."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class ManifestRefused(ManifestError):
    """Manifests with at least one error among their findings."""

    def __init__(self, message: str, findings: tuple[Finding, ...], *, hint: str = "") -> None:
        super().__init__(message, hint=hint, reference="manifest-refused")
        self.findings = findings


def finding_at(
    source: Source,
    offset: int,
    message: str,
    *,
    length: int = 1,
    suggestion: str = "",
    field: str = "",
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding at a character of a source; ``length`` characters from there are marked, within the line."""
    line, column = source.position(min(offset, len(source.text)))
    text = source.line(line)
    start = max(0, column - 1 - _EXCERPT // 2) if len(text) > _EXCERPT else 0
    shown = text[start : start + _EXCERPT]
    first = column - 1 - start
    return Finding(
        severity=severity,
        file=source.name,
        line=line,
        column=column,
        field=field,
        message=message,
        suggestion=suggestion,
        source_line=shown,
        marked=(first, max(1, min(length, len(shown) - first))),
    )


def by_place(finding: Finding) -> tuple[int, int, str]:
    """Sort key within one file: from top to bottom."""
    return finding.line, finding.column, finding.message
