"""``coverage -w`` off a terminal: one line for each cell that has changed, with the time, for ``grep`` and for logs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kubectl_ds.engine.coverage_changes import CellChange
from kubectl_ds.engine.decision import Decision
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import sentence


def change_lines(changes: Iterable[CellChange], now: datetime, theme: Theme) -> str:
    """When, which DaemonSet, where, from which verdict to which, and why."""
    return theme.finish("".join(f"{_line(each, now)}\n" for each in changes))


def _line(change: CellChange, now: datetime) -> str:
    cell = f"{now:%Y-%m-%dT%H:%M:%SZ} {clean(change.namespace)}/{clean(change.name)} {clean(change.node)}"
    return f"{cell}: {_verdict(change.before)} → {_verdict(change.after)}{_why(change.after, now)}"


def _verdict(decision: Decision | None) -> str:
    return decision.verdict.value if decision is not None else "none"


def _why(decision: Decision | None, now: datetime) -> str:
    if decision is None or not decision.causes:
        return ""
    cause = decision.causes[0]
    return f"  {clean(cause.code)}: {sentence(cause, now)}"
