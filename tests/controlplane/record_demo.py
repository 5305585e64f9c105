"""Record the capture that ships with the package: ``make demo-capture``.

It starts a real control plane, builds a cluster (``demo_cluster``, ``demo.yaml``), lets things go wrong in it
(``demo_story``) and records what has come of it with ``kubectl ds capture``, as a user who may not read everything.
Pods, events, statuses and the scheduler's words are those of the real programs; the kubelets are stand-ins. Two things
are done to the recording: its clock is stretched, so that it spans months and not the half minute that the recording
took (``demo_clock`` says why no verdict can depend on it), and the address of the plane is left out.

Nothing is written unless every verdict occurs, every cell is what the story says, and the verdicts are the same before
and after the clock was stretched.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

import kubectl_ds.demo
from kubectl_ds.cluster.capture import CaptureSource
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import CoverageReport, cover
from kubectl_ds.engine.decision import Verdict
from kubectl_ds.model import kinds

from . import demo_story
from .cluster import Cluster
from .demo_clock import Clock, stretch
from .settings import PlaneSettings, User

Object = dict[str, Any]

TARGET = Path(kubectl_ds.demo.__file__).with_name("capture.json.gz")
CONTEXT = "demo"
LARGEST = 150_000
"""Bytes."""

PREDICTED = frozenset({Verdict.RUNS, Verdict.PREEMPTS})
"""Verdicts on what has not been created yet; no recording has them."""


def main() -> None:
    """Record, check, write, and say what was recorded."""
    started = time.monotonic()
    clock = Clock()
    cluster = Cluster(PlaneSettings(users=(User("oncall"),)))
    try:
        demo_story.tell(cluster, clock)
        recorded = record(cluster)
    finally:
        cluster.close()
    aged = {**recorded, "items": stretch(recorded["items"], clock, recorded["capturedAt"])}
    packed = pack(aged)
    report = judge(packed)
    found = faults(judge(pack(recorded)), report)
    if len(packed) > LARGEST:
        found.append(f"it has {len(packed):,} bytes, more than {LARGEST:,}")
    if found:
        print(table(report), file=sys.stderr)
        sys.exit("\n".join(["not written:", *found]))
    partial = TARGET.with_suffix(".partial")
    partial.write_bytes(packed)
    partial.replace(TARGET)
    print(table(report))
    print(f"{TARGET.name}: {len(packed):,} bytes, recorded in {time.monotonic() - started:.0f} s")


def record(cluster: Cluster) -> Object:
    """What ``kubectl ds capture`` writes as the user on call, without the address of the plane."""
    done = cluster.plane.kubectl("ds", "capture", "-", "-A", "--last-words", user="oncall", check=True)
    document: Object = json.loads(done.stdout)
    return {**document, "source": {**document["source"], "context": CONTEXT, "server": None}}


def pack(document: Object) -> bytes:
    """The capture as it is written: a line for each object, and gzip without a time of its own."""
    head = {key: value for key, value in document.items() if key != "items"}
    lines = b",\n".join(msgspec.json.encode(item) for item in document["items"])
    return gzip.compress(msgspec.json.encode(head)[:-1] + b',"items":[\n' + lines + b"\n]}\n", mtime=0)


def judge(packed: bytes) -> CoverageReport:
    """What we say of the recording."""
    return cover(CaptureSource.parse("the recording", packed).snapshot(Query(kinds.ALL, whole_nodes=True)))


def faults(recorded: CoverageReport, aged: CoverageReport) -> list[str]:
    """Where the recording differs from the story, and where stretching its clock changed it; none when all is well."""
    verdicts = cells(aged)
    found = [
        f"{name} on {node} became {verdicts[name, node].value} when the clock was stretched; it was {verdict.value}"
        for (name, node), verdict in cells(recorded).items()
        if verdicts[name, node] is not verdict
    ]
    for (name, expected), nodes in demo_story.EXPECTED.items():
        wrong = [node for node in nodes if verdicts[name, node].value != expected]
        found += [f"{name} on {node} is {verdicts[name, node].value}, not {expected}" for node in wrong]
    absent = set(Verdict) - PREDICTED - set(verdicts.values())
    return found + sorted(f"no cell is {verdict.value}" for verdict in absent)


def cells(report: CoverageReport) -> dict[tuple[str, str], Verdict]:
    """(DaemonSet, node) → verdict."""
    return {
        (each.daemon_set.name, decision.node): decision.verdict
        for each in report.daemon_sets
        for decision in each.decisions
    }


def table(report: CoverageReport) -> str:
    """How often each verdict occurs, for each DaemonSet."""
    names = [each.daemon_set.name for each in report.daemon_sets]
    rows = [["", *names]]
    rows += [
        [verdict.value, *(str(each.verdicts.get(verdict, "")) for each in report.daemon_sets)]
        for verdict in Verdict
        if verdict not in PREDICTED
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.rjust, row, widths)) for row in rows)


if __name__ == "__main__":
    main()
