"""How long the largest table takes to print: ``coverage -o wide`` with a row for each of 150,000 pods."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from datetime import datetime, timezone

from msgspec.structs import replace

from bench.engine import node, pod
from bench.results import Promise
from kubectl_ds.engine.coverage import CoverageReport, cover
from kubectl_ds.model.daemonset import TEMPLATE_GENERATION_ANNOTATION, TEMPLATE_GENERATION_LABEL, DaemonSet
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.meta import Condition, OwnerReference
from kubectl_ds.model.pod import Pod, PodStatus
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
                    "metadata": {
                        "name": name,
                        "namespace": "bench",
                        "uid": f"uid-{name}",
                        "annotations": {TEMPLATE_GENERATION_ANNOTATION: "1"},
                    },
                    "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
                },
            )
            for name in names
        ),
        nodes=tuple(node(number) for number in range(nodes)),
        pods=tuple(each for number, name in enumerate(names) for each in _pods(nodes, number, name)),
    )
    return cover(snapshot)


def _pods(nodes: int, daemon_set: int, name: str) -> Iterator[Pod]:
    """The pods of a DaemonSet, ready since long; what they have in common is held once, as outlines hold it."""
    since = datetime(2026, 1, 1, tzinfo=timezone.utc)
    owners = (OwnerReference(kind="DaemonSet", name=name, uid=f"uid-{name}", controller=True),)
    labels = {"app": name, TEMPLATE_GENERATION_LABEL: "1"}
    status = PodStatus(phase="Running", conditions=(Condition(type="Ready", status="True"),))
    for number in range(nodes):
        made = pod(daemon_set, number)
        metadata = replace(made.metadata, owner_references=owners, creation_timestamp=since, labels=labels)
        yield replace(made, metadata=metadata, status=status)


def measure(made: CoverageReport) -> tuple[float, int]:
    """Processor seconds of the fastest of three, and rows."""
    theme = Theme(width=None, colour=False, unicode=True)
    seconds = []
    text = ""
    gc.disable()  # as the program does
    for _ in range(3):
        began = time.process_time()
        text = coverage_wide(made, theme, with_namespace=True)
        seconds.append(time.process_time() - began)
    gc.enable()
    return min(seconds), text.count("\n") - 1


def promise() -> Promise:
    """The goal, and what was measured."""
    seconds, rows = measure(report(NODES, DAEMON_SETS))
    return Promise(f"printing {rows:,} rows", f"≤ {LIMIT} s", f"{seconds:.2f} s", seconds <= LIMIT)
