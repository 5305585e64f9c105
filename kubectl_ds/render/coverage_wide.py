"""``coverage -o wide``: one row per DaemonSet and node, for people who search and for ``grep``."""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.engine.coverage import CoverageReport
from kubectl_ds.engine.decision import Decision
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL
from kubectl_ds.render.ages import age
from kubectl_ds.render.coverage import gap_lines
from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import sentence

_HEAD = ("DAEMONSET", "NODE", "VERDICT", "POD", "REVISION", "AGE", "CAUSE", "DETAIL")
_FIRST_TO_GO = ("AGE", "REVISION", "POD", "NAMESPACE", "DAEMONSET", "CAUSE")
"""Columns that a narrow terminal does without, in this order; the verdict and its reason stay."""

_LEAST_DETAIL = 30
_GAP = "   "


def coverage_wide(report: CoverageReport, theme: Theme, *, with_namespace: bool) -> str:
    """The table; cells without a value say ``<none>``.

    Off a terminal it is whole and nothing is folded. On one, the detail folds under its own column, and columns that
    leave it no room are left out.
    """
    now = report.snapshot.now
    rows = [
        (
            *((clean(each.daemon_set.namespace),) if with_namespace else ()),
            clean(each.daemon_set.name),
            *_cells(decision, now),
        )
        for each in report.daemon_sets
        for decision in each.decisions
    ]
    head = ("NAMESPACE", *_HEAD) if with_namespace else _HEAD
    table = _table(head, rows) if theme.width is None else _folded_table(head, rows, theme.width)
    denied = gap_lines(report.gaps, theme)
    return theme.finish(table + ("\n" + "\n".join(denied) + "\n" if denied else ""))


def _cells(decision: Decision, now: datetime) -> tuple[str, ...]:
    pod = decision.pod
    causes = decision.causes
    cause = causes[0] if causes else None
    return (
        clean(decision.node),
        decision.verdict.value,
        clean(pod.name) if pod else "<none>",
        clean(pod.metadata.labels.get(REVISION_HASH_LABEL, "<none>")) if pod else "<none>",
        age(pod.metadata.creation_timestamp, now) if pod else "<none>",
        clean(cause.code) if cause else "<none>",
        sentence(cause, now) if cause else "<none>",
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Columns three spaces apart, as kubectl sets them; written by hand because 100,000 rows must take no time."""
    form = _form(_widths(head, rows)) + "{}\n"
    return "".join(form.format(*row) for row in (head, *rows))


def _folded_table(head: tuple[str, ...], rows: list[tuple[str, ...]], width: int) -> str:
    widths = _widths(head, rows)
    kept = list(range(len(head) - 1))
    for name in _FIRST_TO_GO:
        if _used(widths, kept) + _LEAST_DETAIL > width and name in head:
            kept.remove(head.index(name))
    room = width - _used(widths, kept)
    form = _form([widths[column] for column in kept])
    lines = []
    for row in (head, *rows):
        details = fold_text(row[-1], max(room, 10))
        lines.append(form.format(*(row[column] for column in kept)) + details[0])
        lines += [" " * _used(widths, kept) + part for part in details[1:]]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _widths(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[int]:
    """Of every column but the last."""
    return [max(len(row[column]) for row in (head, *rows)) for column in range(len(head) - 1)]


def _form(widths: list[int]) -> str:
    return "".join(f"{{:<{width}}}{_GAP}" for width in widths)


def _used(widths: list[int], kept: list[int]) -> int:
    return sum(widths[column] + len(_GAP) for column in kept)
