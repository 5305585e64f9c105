"""What ``-f`` names on a command line, read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from kubectl_ds.cli.terminal import Terminal
from kubectl_ds.cluster.inputs import load
from kubectl_ds.manifest.source import MAX_BYTES


def read_files(terminal: Terminal, filename: Iterable[str], *, recursive: bool) -> tuple[tuple[str, bytes], ...]:
    """The name and content of every source; one ``-f`` may name several, with commas between them, as in kubectl."""
    files = [name for each in filename for name in next(csv.reader([each]), [])]
    stdin = getattr(terminal.stdin, "buffer", None) or io.BytesIO()  # None where it was closed: <&-
    return load(files, stdin, limit=MAX_BYTES, recursive=recursive)
