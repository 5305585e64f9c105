"""The user's own files with what can be put right without asking; comments, order and quotes stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kubectl_ds.lint.review import Fix
from kubectl_ds.manifest.documents import Document
from kubectl_ds.manifest.edit import apply, unshared
from kubectl_ds.manifest.rewrite import rewrite
from kubectl_ds.manifest.upgrade import Change, Upgrade


def fixed(documents: Iterable[Document], fixes: Sequence[Fix]) -> dict[str, tuple[str, tuple[Upgrade, ...]]]:
    """By file: its new text, and what became of each of its documents; files without a fix are left out.

    Args:
        documents: every document that was read.
        fixes: of a review of them.

    Raises:
        ManifestError: a file cannot be changed without changing more than was meant.
    """
    wanted = {fix.document.file for fix in fixes}
    by_file: dict[str, list[Upgrade]] = {}
    for document in documents:
        if document.file in wanted:
            own = [fix for fix in fixes if fix.document is document]
            by_file.setdefault(document.file, []).append(_changed(document, own))
    return {file: (rewrite(each[0].before.source, each), tuple(each)) for file, each in by_file.items()}


def _changed(document: Document, fixes: Sequence[Fix]) -> Upgrade:
    data = unshared(document.data)
    apply(data, [edit for fix in fixes for edit in fix.edits])
    return Upgrade(document, replace(document, data=data), tuple(_change(fix) for fix in fixes))


def _change(fix: Fix) -> Change:
    place = fix.finding.place
    return Change(place.file, place.line, place.column, place.field, fix.finding.message, fix.finding.code, fix.edits)
