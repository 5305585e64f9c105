"""What a new template takes down at once, and how that is told before it is set."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.rollout_step import NextStep, next_step
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.render.rollout_change import step_line
from tests.controlplane.objects import daemon_set, node
from tests.engine.pods import owned, ready, revision, running, stored
from tests.engine.values import NOW, snapshot_of


def step(*ready_ones: bool, gaps: tuple[Gap, ...] = (), **fields: Any) -> NextStep | None:
    """Of a DaemonSet with one pod on each node, ready or not."""
    found = stored(daemon_set("d", namespace="ns", **fields))
    nodes = [node(f"n{number}") for number in range(len(ready_ones))]
    pods = [owned(f"n{number}", ready() if well else running()) for number, well in enumerate(ready_ones)]
    snapshot = snapshot_of([found, revision(found), *nodes, *pods], gaps=gaps)
    return next_step(cover_one(snapshot, snapshot.daemon_sets[0]))


STEPS: list[tuple[tuple[bool, ...], dict[str, Any], int, bool, str]] = [
    ((True, True, True), {}, 1, False, ""),
    ((True, True, False), {}, 0, False, "maxUnavailable 1 is used up"),
    ((True, True, False), {"max_unavailable": 2}, 1, True, "maxUnavailable 2 takes down 1 more at once"),
    ((True, True, False), {"max_unavailable": "100%"}, 2, True, "takes down 2 more at once"),
    ((True, True, False), {"max_surge": 1}, 0, False, ""),
    ((True, True, False), {"strategy": "OnDelete"}, 0, False, "its strategy is OnDelete"),
]


@pytest.mark.parametrize(("pods", "fields", "down", "worse", "told"), STEPS)
def test_as_many_available_pods_go_at_once_as_the_budget_still_allows(
    pods: tuple[bool, ...], fields: dict[str, Any], down: int, worse: bool, told: str
) -> None:
    found = step(*pods, **fields)

    assert found is not None
    assert (found.takes_down, found.makes_worse) == (down, worse)
    line = step_line(found, NOW, paused=False)
    assert told in line
    assert bool(line) == bool(told)


def test_a_pause_is_told_before_anything_else() -> None:
    found = step(True, strategy="OnDelete")

    assert found is not None
    assert "it is paused" in step_line(found, NOW, paused=True)


def test_nothing_is_foretold_where_pods_may_not_be_read() -> None:
    assert step(True, gaps=(Gap("pods", "ns", "forbidden"),)) is None
