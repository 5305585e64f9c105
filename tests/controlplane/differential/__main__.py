"""Run as many random clusters as asked: ``make differential N=400``, or ``SEED=7000 KUBERNETES=1.33``.

Each disagreement is written as a capture and a manifest that replay it:
``kubectl-ds coverage -f NAME.daemonset.json --from NAME.capture.json``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from tests.controlplane import build
from tests.controlplane.cluster import Cluster
from tests.controlplane.differential.compare import Comparison, Disagreement, Tally
from tests.controlplane.differential.generator import scenario
from tests.controlplane.settings import PlaneSettings

PLUGINS = ("PodNodeSelector", "PodTolerationRestriction")
"""Admission that is off by default, and that some clusters have on."""


def main() -> int:
    """Run, print the distribution, write the disagreements; 1 when there are any."""
    count = int(os.environ.get("N") or "100")
    first = int(os.environ.get("SEED") or "1")
    version = build.resolve_version(os.environ.get("KUBERNETES") or build.NEWEST)
    folder = Path(os.environ.get("OUT") or "differential-disagreements")
    build.ensure(version)
    started = time.monotonic()
    cluster = Cluster(PlaneSettings(version=version, admission=PLUGINS))
    comparison = Comparison(cluster, lambda found: write(found, folder))
    try:
        for seed in range(first, first + count):
            try:
                comparison.run(scenario(seed, comparison.minor))
            except TimeoutError:  # the machine stood still; the cluster is begun anew with the next seed
                comparison.tally.restless += 1
            if seed % 10 == 0:
                _progress(comparison.tally, started)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        comparison.close()
        cluster.close()
    tally = comparison.tally
    print(f"Kubernetes {version}, seeds {first} to {first + count - 1}, {time.monotonic() - started:.0f} s")
    print(summary(tally))
    return 1 if tally.disagreements else 0


def summary(tally: Tally) -> str:
    """The distribution, so that a category without cases is seen."""
    lines = [
        f"{tally.clusters} clusters, {tally.cells} cells, {tally.waiting} waiting pods, "
        f"{len(tally.disagreements)} disagreements, {tally.restless} DaemonSets not at rest, "
        f"{tally.refused} refused by the API server"
    ]
    lines += [f"  {count:>6}  {what}" for what, count in sorted(tally.seen.items())]
    lines += [
        f"  ✗ seed {each.seed} {each.daemon_set['metadata']['name']} on {each.node}: {each.what}"
        for each in tally.disagreements
    ]
    return "\n".join(lines)


def write(found: Disagreement, folder: Path) -> None:
    """A disagreement as a capture and a manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"seed-{found.seed}-{found.daemon_set['metadata']['name']}"
    (folder / f"{name}.capture.json").write_bytes(found.capture)
    (folder / f"{name}.daemonset.json").write_text(json.dumps(found.daemon_set, indent=2))
    with (folder / f"{name}.txt").open("a") as notes:
        notes.write(f"{found.node}: {found.what}\n")


def _progress(tally: Tally, started: float) -> None:
    minutes = (time.monotonic() - started) / 60
    rate = tally.cells / minutes if minutes else 0
    print(
        f"{tally.clusters} clusters, {tally.cells} cells ({rate:.0f} a minute), "
        f"{len(tally.disagreements)} disagreements",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
