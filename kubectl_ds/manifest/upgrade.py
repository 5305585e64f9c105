"""Old DaemonSets as apps/v1: what the table of changes comes to for one document, with the line of each change.

Nothing is changed in silence, and nothing that could be meant in two ways is changed at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from kubectl_ds.manifest.documents import Document
from kubectl_ds.manifest.edit import (
    Edit,
    Path,
    Put,
    apply,
    apply_to_marks,
    path_text,
    unshared,
    unshared_marks,
)
from kubectl_ds.manifest.finding import Finding, Severity
from kubectl_ds.manifest.images import doubts
from kubectl_ds.manifest.misspelt import misspelt
from kubectl_ds.manifest.suggest import closest
from kubectl_ds.manifest.upgrade_table import LEGACY, SERVED, TABLE, VERSIONS, Draft

_MISSPELT = "the API knows no such field; this is the only one near it that could stand here"
_ASKED_FOR = "asked for by --fix-images"


@dataclass(frozen=True)
class Change:
    """One thing that was put right."""

    file: str
    line: int
    column: int
    field: str
    """The path as the API server writes it."""
    what: str
    reason: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Upgrade:
    """What became of one document."""

    before: Document
    document: Document
    """As apps/v1; what is new stands, for whoever asks for its line, where it would be written."""
    changes: tuple[Change, ...] = ()
    warnings: tuple[Finding, ...] = ()
    """What is doubtful and was left as it is."""

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Everything that was done, in order."""
        return tuple(edit for change in self.changes for edit in change.edits)


def written_for(document: Document) -> str:
    """The version that a DaemonSet was written for, slips of the fingers allowed; empty for whatever else."""
    if document.kind != "DaemonSet" and closest(document.kind, ("DaemonSet",)) is None:
        return ""
    version = document.api_version
    return version if version in VERSIONS else closest(version, VERSIONS) or ""


def is_legacy(document: Document) -> bool:
    """Whether this is a DaemonSet of a version that is no longer served, or nearly one."""
    return written_for(document) in LEGACY or (bool(written_for(document)) and document.api_version not in VERSIONS)


def upgrade(document: Document, *, fix_images: bool = False) -> Upgrade:
    """A document as apps/v1; one that is no DaemonSet, or in order already, as it is.

    ``fix_images`` writes the suggestion for images of registries that are gone, or that look misspelt.
    """
    version = written_for(document)
    if not version or document.flawed:
        return Upgrade(document, document)
    work = _Work(document)
    for correction in tuple(misspelt(work.data, SERVED, "DaemonSet")):
        path = (*correction.path[:-1], correction.key)
        work.do(Draft(correction.path, f"{path_text(path)}, was {correction.path[-1]}", (correction,)), _MISSPELT)
    for row in TABLE:
        if version in row.versions:
            for draft in tuple(row.find(work.data)):
                work.do(draft, row.reason)
    warnings = []
    for each in tuple(doubts(work.data)):
        if fix_images:
            what = f"{path_text(each.path)}: {each.instead}"
            work.do(Draft(each.path, what, (Put(each.path, each.instead),)), f"{_ASKED_FOR}: {each.message}")
        else:
            warnings.append(_warning(document, each.path, each.message, each.instead))
    after = work.finished() if work.changes else document
    return Upgrade(document, after, tuple(work.changes), tuple(warnings))


class _Work:
    """A document that is being changed."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.data = unshared(document.data)
        self._mark = unshared_marks(document.mark)
        self.changes: list[Change] = []

    def do(self, draft: Draft, reason: str) -> None:
        """Make a change, and note it with the place where it belongs."""
        field = path_text(draft.path)
        found = Document(self._document.source, 0, self.data, self._mark).find(field)
        line, column = self._document.source.position(found.mark.key)
        self.changes.append(Change(self._document.file, line, column, field, draft.what, reason, draft.edits))
        apply(self.data, draft.edits)
        apply_to_marks(self._mark, draft.edits)

    def finished(self) -> Document:
        """The document as it is now."""
        return replace(self._document, data=self.data, mark=self._mark)


def _warning(document: Document, path: Path, message: str, instead: str) -> Finding:
    at = document.find(path_text(path))
    found = document.finding(
        at, message, field=path_text(path), suggestion=f"did you mean {instead}? --fix-images writes it", key=False
    )
    return msgspec.structs.replace(found, severity=Severity.WARNING)
