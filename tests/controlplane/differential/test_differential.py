"""A bounded number of random clusters in every run; ``make differential N=…`` runs as many as asked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.controlplane.differential.__main__ import PLUGINS, summary
from tests.controlplane.differential.compare import Comparison
from tests.controlplane.differential.generator import scenario
from tests.controlplane.fixtures import ClusterFactory

CLUSTERS = int(os.environ.get("DIFFERENTIAL_CLUSTERS", "24"))
SECONDS = 150.0
"""A slow machine runs fewer."""

FIRST_SEED = 1_000_000
"""Far from the seeds that people run by hand."""


@pytest.fixture
def comparison(cluster_factory: ClusterFactory) -> Iterator[Comparison]:
    """A comparison on a plane with every plugin that the clusters are about."""
    made = Comparison(cluster_factory(admission=PLUGINS))
    yield made
    made.close()


def test_what_is_foretold_of_random_clusters_is_what_happens(comparison: Comparison) -> None:
    deadline = time.monotonic() + SECONDS
    seed = FIRST_SEED
    while seed < FIRST_SEED + CLUSTERS and time.monotonic() < deadline:
        comparison.run(scenario(seed, comparison.minor))
        seed += 1

    tally = comparison.tally
    print(f"\ndifferential, seeds {FIRST_SEED} to {seed - 1}:\n{summary(tally)}")
    assert tally.disagreements == []
    assert tally.cells >= 100
    assert tally.seen["verdict runs"]
    assert tally.seen["verdict blocked"]


def test_the_same_seed_gives_the_same_cluster_and_another_seed_another() -> None:
    assert scenario(7) == scenario(7)
    assert scenario(7) != scenario(8)
