"""``coverage -o wide``: one row per DaemonSet and node, for people who search and for ``grep``."""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.engine.coverage import CoverageReport
from kubectl_ds.engine.decision import Decision
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL
from kubectl_ds.render.ages import age
from kubectl_ds.render.coverage import gap_lines
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import sentence

_HEAD = ("DAEMONSET", "NODE", "VERDICT", "POD", "REVISION", "AGE", "CAUSE", "DETAIL")


def coverage_wide(report: CoverageReport, theme: Theme, *, with_namespace: bool) -> str:
    """The table; cells without a value say ``<none>``, and nothing is folded."""
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
    table = _table(head, rows)
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
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head) - 1)]
    form = "   ".join(f"{{:<{width}}}" for width in widths) + "   {}\n"
    return "".join(form.format(*row) for row in (head, *rows))
