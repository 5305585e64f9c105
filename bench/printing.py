"""How long the largest table takes to print: ``coverage -o wide`` with a row for each of 150,000 pods."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from bench.engine import node, pod
from bench.results import Promise
from kubectl_ds.engine.coverage import CoverageReport, cover
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.snapshot import Snapshot, Source
from kubectl_ds.render.coverage_wide import coverage_wide
from kubectl_ds.render.theme import Theme

LIMIT = 0.3
"""Seconds."""
NODES = 5000
DAEMON_SETS = 30


def report(nodes: int, daemon_sets: int) -> CoverageReport:
    """A report with a row for each pod."""
    names = [f"live-{each}" for each in range(daemon_sets)]
    template = {"metadata": {"labels": {}}, "spec": {"containers": []}}
    snapshot = Snapshot(
        now=datetime.now(timezone.utc),
        source=Source(type="bench"),
        daemon_sets=tuple(
            from_builtins(
                DaemonSet,
                {
                    "metadata": {"name": name, "namespace": "bench", "uid": f"uid-{name}"},
                    "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
                },
            )
            for name in names
        ),
        nodes=tuple(node(number) for number in range(nodes)),
        pods=tuple(pod(each, number) for number in range(nodes) for each in range(daemon_sets)),
    )
    return cover(snapshot)


def measure(made: CoverageReport) -> tuple[float, int]:
    """Seconds of the fastest of three, and rows."""
    theme = Theme(width=None, colour=False, unicode=True)
    seconds = []
    text = ""
    for _ in range(3):
        began = time.perf_counter()
        text = coverage_wide(made, theme, with_namespace=True)
        seconds.append(time.perf_counter() - began)
    return min(seconds), text.count("\n") - 1


def promise() -> Promise:
    """The goal, and what was measured."""
    seconds, rows = measure(report(NODES, DAEMON_SETS))
    return Promise(f"printing {rows:,} rows", f"≤ {LIMIT} s", f"{seconds:.2f} s", seconds <= LIMIT)
