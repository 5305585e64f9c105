"""A bounded number of single pods in every run; ``python -m tests.controlplane.filters`` judges as many as asked."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.controlplane.filters.__main__ import PODS, summary
from tests.controlplane.filters.compare import Comparison
from tests.controlplane.filters.referee import Referee, settings
from tests.controlplane.fixtures import Planes
from tests.controlplane.plane import ControlPlane

CLUSTERS = 16
SECONDS = 25.0
"""A slow machine judges fewer."""

FIRST_SEED = 1_000_000


@pytest.fixture
def comparison(planes: Planes, kubernetes_version: str) -> Iterator[Comparison]:
    """A comparison on a plane without kubelets, of its own; ``planes`` is asked for only because it marks the test."""
    with ControlPlane(settings(kubernetes_version)) as plane:
        referee = Referee(plane)
        yield Comparison(referee)
        referee.close()


def test_what_is_foretold_of_single_pods_is_what_the_scheduler_says(comparison: Comparison) -> None:
    deadline = time.monotonic() + SECONDS
    seed = FIRST_SEED
    while seed < FIRST_SEED + CLUSTERS and time.monotonic() < deadline:
        comparison.run(seed, PODS)
        seed += 1

    tally = comparison.tally
    print(f"\nfilters, seeds {FIRST_SEED} to {seed - 1}:\n{summary(tally)}")
    assert tally.disagreements == []
    assert tally.cells >= 50
    assert tally.seen["fits"]
    assert tally.seen["preemption victims"]
