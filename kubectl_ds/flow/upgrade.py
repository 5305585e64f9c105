"""Upgrading whole files: read, upgraded, and written back where that was asked for; all of them, or none."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kubectl_ds.errors import ManifestError
from kubectl_ds.manifest.documents import read
from kubectl_ds.manifest.finding import Finding, ManifestRefused
from kubectl_ds.manifest.rewrite import rewrite
from kubectl_ds.manifest.upgrade import Upgrade, upgrade

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class UpgradedFile:
    """One source, before and after."""

    name: str
    """As the user wrote it."""
    content: bytes
    before: str
    after: str
    upgrades: tuple[Upgrade, ...]
    """Of its documents, in order."""


def upgrade_files(sources: Iterable[tuple[str, bytes]], *, fix_images: bool = False) -> tuple[UpgradedFile, ...]:
    """Every source with its DaemonSets as apps/v1.

    Raises:
        ManifestRefused: something in them cannot be read; names every place.
        ManifestError: a text cannot be rewritten without changing more, or there is no object in any of them.
    """
    sources = tuple(sources)
    readings = [read(name, content) for name, content in sources]
    findings: tuple[Finding, ...] = tuple(each for reading in readings for each in reading.findings)
    if findings:
        raise ManifestRefused("the manifests cannot be upgraded as they are", findings)
    if not any(reading.documents for reading in readings):
        raise ManifestError("there is no object in these files")
    files = []
    for (name, content), reading in zip(sources, readings, strict=True):
        upgrades = tuple(upgrade(document, fix_images=fix_images) for document in reading.documents)
        before = reading.documents[0].source.text if reading.documents else ""
        changed = any(each.edits for each in upgrades)
        after = rewrite(reading.documents[0].source, upgrades) if changed else before
        files.append(UpgradedFile(name, content, before, after, upgrades))
    return tuple(files)


def write_back(file: UpgradedFile) -> None:
    """Write a file in its own encoding; whoever reads it meanwhile sees the old one or the new one, never half.

    Raises:
        ManifestError: it cannot be written.
    """
    bom, encoding = next(((bom, code) for bom, code in _BOMS if file.content.startswith(bom)), (b"", "utf-8"))
    path = Path(file.name).resolve()  # through a symbolic link, which stays
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        beside.write_bytes(bom + file.after.encode(encoding))
        beside.chmod(path.stat().st_mode & 0o7777)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        reason = (error.strerror or str(error)).lower()
        raise ManifestError(f"{file.name} cannot be written: {reason}", hint="the file is as it was") from error
