"""``kubectl ds capture``: one redacted file with all that the other commands need."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.errors import CaptureError, UsageError

EXAMPLES = (
    ("Everything, for somebody who has no access to the cluster", "kubectl ds capture incident.json.gz -A"),
    ("Look at it anywhere", "kubectl ds coverage --from incident.json.gz"),
    ("To a pipe", "kubectl ds capture - -n logging | gzip > incident.json.gz"),
)


def command(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Where to write; gzipped when it ends in .gz; - is stdout.")
    ],
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="DaemonSets; all when none.")] = None,
    selector: Selector = "",
    all_namespaces: Annotated[bool, typer.Option("-A", "--all-namespaces", help="All namespaces.")] = False,
    last_words: Annotated[
        bool,
        typer.Option("--last-words", help="Keep containers' termination messages: they may be logs, with secrets."),
    ] = False,
) -> None:
    """Record all that the other commands need in one file: env values and args redacted, Secrets never read.

    Every read command takes it by --from.
    """
    from kubectl_ds.cluster.live import LiveSource
    from kubectl_ds.cluster.record import write_capture

    wanted = daemon_set_names(names or ())
    session: Session = ctx.obj
    source = session.source
    if not isinstance(source, LiveSource):
        raise UsageError("a capture is recorded from a cluster, not from another capture")
    data = write_capture(
        source,
        namespace=None if all_namespaces else session.namespace,
        names=wanted,
        selector=selector,
        compress=file.endswith(".gz"),
        last_words=last_words,
    )
    if file == "-":
        session.terminal.write(data.decode())
        return
    _write_whole(Path(file), data)
    session.terminal.say(f"captured {len(data):,} bytes in {file}; look at it with: kubectl ds coverage --from {file}")


def _write_whole(path: Path, data: bytes) -> None:
    """Write the file whole or not at all: a reader never meets half a capture."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        hint = "give a folder that exists and may be written to"
        raise CaptureError(f"cannot write {path}: {error.strerror}", hint=hint) from error
