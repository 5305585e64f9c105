"""``-o`` and ``--template`` of the rollout verbs: which printer they mean, known before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kubectl_ds.cli.kubectl_program import through_kubectl
from kubectl_ds.cli.names import kubectl_arguments
from kubectl_ds.cli.session import Session
from kubectl_ds.render.kubectl_rollout import rollout_printer, typed_object
from kubectl_ds.render.out import PlainText
from kubectl_ds.render.printers import PrintFlags


def print_flags(output: str, template: str, missing_keys: str, managed_fields: bool) -> PrintFlags | None:
    """The flags as one value; None where nothing was asked for, so that sentences are due.

    Raises:
        UsageError: there is no such format, or its template cannot be used.
    """
    if not output and not template:
        return None
    flags = PrintFlags(output, template, missing_keys == "true", managed_fields)
    if not flags.go_template:
        rollout_printer(flags, _read)
    return flags


def printed(flags: PrintFlags, objects: Iterable[dict[str, Any]]) -> str:
    """Objects one after the other through one printer."""
    printer, out = rollout_printer(flags, _read), PlainText()
    for each in objects:
        printer.print(typed_object(each), out)
    return out.text()


def by_kubectl(session: Session, verb: str, names: list[str] | None) -> int:
    """Let kubectl do it, where its own templates are asked for; its exit code is ours."""
    given = kubectl_arguments(names or ())
    return through_kubectl(session, verb, insert_type=bool(given.names) and not (given.typed or given.word))


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")
