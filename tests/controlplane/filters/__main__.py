"""Judge as many pods as asked: ``N=400 SEED=7000 KUBERNETES=1.33 python -m tests.controlplane.filters``."""

from __future__ import annotations

import json
import os
import sys
import time

from tests.controlplane import build
from tests.controlplane.filters.compare import Comparison, Tally
from tests.controlplane.filters.referee import Referee, settings
from tests.controlplane.plane import ControlPlane

PODS = 25
"""Judged in each cluster."""


def main() -> int:
    """Run N clusters, print the distribution and the disagreements; 1 when there are any."""
    count = int(os.environ.get("N") or "40")
    first = int(os.environ.get("SEED") or "1")
    version = build.resolve_version(os.environ.get("KUBERNETES") or build.NEWEST)
    build.ensure(version)
    started = time.monotonic()
    with ControlPlane(settings(version)) as plane:
        referee = Referee(plane)
        comparison = Comparison(referee)
        for seed in range(first, first + count):
            comparison.run(seed, PODS)
        referee.close()
    print(f"Kubernetes {version}, seeds {first} to {first + count - 1}, {time.monotonic() - started:.0f} s")
    print(summary(comparison.tally))
    for reason, times in referee.rejected.most_common(8):
        print(f"  refused by the API server {times} times: {reason}")
    for found in comparison.tally.disagreements:
        print(json.dumps(found.pod))
    return 1 if comparison.tally.disagreements else 0


def summary(tally: Tally) -> str:
    """The distribution, so that a filter without cases is seen."""
    lines = [f"{tally.clusters} clusters, {tally.cells} pods, {len(tally.disagreements)} disagreements"]
    lines += [f"  {count:>6}  {what}" for what, count in sorted(tally.seen.items()) if count]
    lines += [
        f"  ✗ seed {each.seed} {each.pod['metadata']['name']} on {each.node}: {each.what}"
        for each in tally.disagreements
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
