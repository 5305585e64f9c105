"""``coverage -o wide``: one row per DaemonSet and node, for people who search and for ``grep``."""

from __future__ import annotations

from datetime import datetime
from itertools import chain

from kubectl_ds.engine.coverage import CoverageReport, DaemonSetCoverage
from kubectl_ds.engine.decision import Cause
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL
from kubectl_ds.render.ages import age
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.table import NOTHING, Column, table_of_columns
from kubectl_ds.render.theme import Theme, clean, clean_all
from kubectl_ds.render.words import sentence

_HEAD = ("DAEMONSET", "NODE", "VERDICT", "POD", "REVISION", "AGE", "CAUSE", "DETAIL")
_FIRST_TO_GO = ("AGE", "REVISION", "POD", "CAUSE")
"""Columns that a narrow terminal does without, in this order; the verdict and its reason stay."""
_SAID_BY_THE_QUESTION = ("NAMESPACE", "DAEMONSET")
"""Columns that a narrow terminal does without when all rows are of one DaemonSet."""
_NOTHING_TOLD = (NOTHING, NOTHING)


def coverage_wide(report: CoverageReport, theme: Theme, *, with_namespace: bool) -> str:
    """The table; cells without a value say ``<none>``.

    Off a terminal it is whole and nothing is folded. On one, the detail folds under its own column, and columns that
    leave it no room are left out.
    """
    now = report.snapshot.now
    ages = _Ages(now)
    parts = [_columns(each, ages, now, with_namespace=with_namespace) for each in report.daemon_sets]
    head = ("NAMESPACE", *_HEAD) if with_namespace else _HEAD
    columns = [list(chain.from_iterable(part[index] for part in parts)) for index in range(len(head))]
    *first, last = _FIRST_TO_GO
    alone = _SAID_BY_THE_QUESTION if len(report.daemon_sets) == 1 else ()
    table = table_of_columns(head, columns, theme.width, (*first, *alone, last))
    denied = gap_lines(report.gaps, theme)
    return theme.finish(table + ("\n" + "\n".join(denied) + "\n" if denied else ""))


class _Ages(dict[datetime | None, str]):
    """Ages, each worked out once: many pods are as old as others."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._now = now

    def __missing__(self, since: datetime | None) -> str:
        self[since] = age(since, self._now)
        return self[since]


def _columns(coverage: DaemonSetCoverage, ages: _Ages, now: datetime, *, with_namespace: bool) -> tuple[Column, ...]:
    """A row for each cell, column by column: there may be 150,000."""
    decisions = coverage.decisions
    pods = [each.pod.metadata if each.pod is not None else None for each in decisions]
    told = [_told(causes[0], now) if (causes := each.causes) else _NOTHING_TOLD for each in decisions]
    own = coverage.daemon_set
    return (
        *([[clean(own.namespace)] * len(decisions)] if with_namespace else ()),
        [clean(own.name)] * len(decisions),
        clean_all([each.node for each in decisions]),
        [each.verdict for each in decisions],
        clean_all([each.name if each is not None else NOTHING for each in pods]),
        clean_all([each.labels.get(REVISION_HASH_LABEL, NOTHING) if each is not None else NOTHING for each in pods]),
        [ages[each.creation_timestamp] if each is not None else NOTHING for each in pods],
        [code for code, _ in told],
        [detail for _, detail in told],
    )


def _told(cause: Cause, now: datetime) -> tuple[str, str]:
    """The cause, and what is to be said of it."""
    return clean(cause.code), sentence(cause, now)
