"""``coverage -o wide``: one row per DaemonSet and node, for people who search and for ``grep``."""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.engine.coverage import CoverageReport
from kubectl_ds.engine.decision import Decision
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL
from kubectl_ds.render.ages import age
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.table import wide_table
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import sentence

_HEAD = ("DAEMONSET", "NODE", "VERDICT", "POD", "REVISION", "AGE", "CAUSE", "DETAIL")
_FIRST_TO_GO = ("AGE", "REVISION", "POD", "CAUSE")
"""Columns that a narrow terminal does without, in this order; the verdict and its reason stay."""
_SAID_BY_THE_QUESTION = ("NAMESPACE", "DAEMONSET")
"""Columns that a narrow terminal does without when all rows are of one DaemonSet."""


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
    *first, last = _FIRST_TO_GO
    alone = _SAID_BY_THE_QUESTION if len(report.daemon_sets) == 1 else ()
    table = wide_table(head, rows, theme.width, (*first, *alone, last))
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
