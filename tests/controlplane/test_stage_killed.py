"""A staged rollout that is killed: at whichever request it dies, somebody else takes it up and ends it, and nobody can
tell from what is left that anything happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from .cluster import Cluster
from .staging import (
    BROKEN,
    NEW,
    OLD,
    STAGE,
    Nursery,
    Observer,
    images,
    left_behind,
)

pytestmark = pytest.mark.timeout(900)
NODES = tuple(f"n{number}" for number in range(1, 10))
ON = ("--waves", "1,3,100%", "--image", f"main={NEW}")
BACK = ("--waves", "1,3,100%", "--image", f"main={BROKEN}", "--on-failure", "undo", "--max-restarts", "0")
MOST_DOWN = 2
AT_A_TIME = 4


@dataclass(frozen=True)
class Death:
    """One rollout and the request at which it dies."""

    name: str
    arguments: tuple[str, ...]
    at: int


def _points(nursery: Nursery, name: str, arguments: tuple[str, ...], log: Path) -> list[int]:
    """The requests of an undisturbed run at which to die: all but those that ask for rights, of which one will do; of
    a rollout that goes back only those that change something, as all others are any rollout's.
    """
    nursery.stage(name, *arguments, log=log)
    asked = log.read_text().splitlines()
    rights = [number for number, line in enumerate(asked, 1) if line.endswith("reviews")]
    others = [number for number in range(1, len(asked) + 1) if number not in rights[1:]]
    if arguments is ON:
        return others
    return [number for number in others if number not in rights and not asked[number - 1].startswith("GET")]


def _die_and_resume(nurseries: SimpleQueue[Nursery], cluster: Cluster, death: Death) -> None:
    """Die, and have somebody else take it up, if it had begun and not ended."""
    nursery = nurseries.get()
    try:
        nursery.stage(death.name, *death.arguments, dies_at=death.at)
        found = cluster.client.get("daemonsets", death.name, cluster.namespace)
        if STAGE in found["metadata"]["annotations"]:
            assert found["spec"]["updateStrategy"] == {"type": "OnDelete"}
            resumed = nursery.stage(death.name, "--resume")
            assert resumed.code == (0 if death.arguments is ON else 1), (death, resumed)
        elif found["metadata"]["generation"] == 1:
            nursery.stage(death.name, *death.arguments)
    finally:
        nurseries.put(nursery)


@pytest.fixture(scope="module")
def killed(
    planes: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cluster, Observer, dict[Death, Any]]]:
    """Every rollout that died, and the object that was left of each; all of them watched."""
    cluster: Cluster = planes.get()
    cluster.begin()
    cluster.nodes(*NODES)
    cluster.kubelet.crash_loop(image=BROKEN)
    for name in ("on", "back"):
        cluster.daemon_set(name, max_unavailable=MOST_DOWN)
    cluster.settle()
    logs = tmp_path_factory.mktemp("requests")
    nurseries: SimpleQueue[Nursery] = SimpleQueue()
    started = [Nursery(cluster) for _ in range(AT_A_TIME)]
    deaths = []
    for name, arguments in (("on", ON), ("back", BACK)):
        points = _points(started[0], name, arguments, logs / name)
        deaths += [Death(f"{name}-{at}", arguments, at) for at in points]
    for death in deaths:
        cluster.daemon_set(death.name, max_unavailable=MOST_DOWN)
    cluster.settle()
    for nursery in started:
        nurseries.put(nursery)
    with Observer(cluster) as observer, ThreadPoolExecutor(AT_A_TIME) as pool:
        for _ in pool.map(lambda each: _die_and_resume(nurseries, cluster, each), deaths):
            pass
        cluster.settle()
    for nursery in started:
        nursery.close()
    undisturbed = (Death("on", ON, 0), Death("back", BACK, 0))
    left = {each: cluster.client.get("daemonsets", each.name, cluster.namespace) for each in (*undisturbed, *deaths)}
    yield cluster, observer, left


def test_it_dies_at_every_request_that_it_makes(killed: Any) -> None:
    _, _, left = killed
    assert len([death for death in left if death.arguments is ON and death.at]) >= 25


def test_what_is_left_equals_what_an_undisturbed_run_leaves(killed: Any) -> None:
    _, _, left = killed
    undisturbed = {death.arguments: left_behind(found) for death, found in left.items() if not death.at}
    for death, found in left.items():
        assert left_behind(found) == undisturbed[death.arguments], death
        assert found["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": MOST_DOWN, "maxSurge": 0}
        assert STAGE not in found["metadata"]["annotations"]


def test_no_pod_is_deleted_but_the_planned_ones(killed: Any) -> None:
    cluster, observer, left = killed
    for death in left:
        if death.arguments is ON:
            assert sorted(observer.deleted(death.name)) == ([] if not death.at else [(node, OLD) for node in NODES]), (
                death
            )
            assert images(cluster, death.name) == dict.fromkeys(NODES, NEW)
        elif death.at:
            assert sorted(observer.deleted(death.name)) == [(NODES[0], OLD), (NODES[0], BROKEN)], death
            assert images(cluster, death.name) == dict.fromkeys(NODES, OLD)


def test_the_budget_is_never_exceeded(killed: Any) -> None:
    _, observer, left = killed
    most = {death: observer.most_down(death.name, len(NODES)) for death in left if death.at}
    assert max(most.values()) <= MOST_DOWN
    assert MOST_DOWN in most.values(), "the rollouts are to use what the budget allows"
