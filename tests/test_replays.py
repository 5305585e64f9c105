"""Every disagreement with the real control plane that was ever found, replayed from its capture.

``HAPPENED`` is what the real cluster did. A foretold ``unknown`` is right where upstream leaves it to chance.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.runs import ds
from tests.schemas import check

CAPTURES = Path(__file__).parent / "captures" / "differential"

HAPPENED: list[tuple[str, str, str, tuple[str, ...]]] = [
    # (capture, node, what happened, what may be foretold)
    ("seed-10-d4", "n0", "a waiting pod of higher priority took the room that the victim left", ("unknown",)),
    ("seed-24-d2", "n3", "it ran after all: the pod in its way was evicted on another node of the zone", ("unknown",)),
    ("seed-41-d4", "n6", "another pod of the same DaemonSet came first in the zone", ("unknown",)),
    ("seed-2025-d1", "n6", "another of its pods took the claim that the victim let go", ("unknown",)),
    ("seed-2047-d2", "n5", "another of its pods took the claim that the victim let go", ("unknown",)),
    ("seed-2051-d1", "n0", "it waits, refused first by the claim that another of its pods had taken", ("unknown",)),
    ("seed-10057-d4", "n4", "it evicted others, once a pod in its way had been evicted on another node", ("unknown",)),
    ("seed-20060-d3", "n1", "a waiting pod took the room, let in by an eviction on another node", ("unknown",)),
    ("seed-306-d0", "n4", "another of its pods took the only volume; each has a claim of its own", ("unknown",)),
    ("seed-306-d0", "n8", "it evicted nobody: another of its pods had taken the only volume", ("unknown",)),
    ("seed-307-d2", "n2", "another of its pods took the only volume; each has a claim of its own", ("unknown",)),
    ("seed-3720008-d4", "n3", "an eviction helped, once another of its pods was in the emptiest zone", ("unknown",)),
    ("seed-3720008-d4", "n4", "it was let in by the victim on another node of the zone", ("unknown",)),
    (
        "seed-4102095-d3",
        "n1",
        "it ran, as its pods elsewhere let it, and so did three of which two were foretold",
        ("runs",),
    ),
    ("seed-4102095-d3", "n5", "an eviction helped, once its pods were elsewhere", ("unknown",)),
    ("seed-4102097-d5", "n3", "it waits, refused first by a waiting pod that a victim elsewhere let in", ("unknown",)),
    ("seed-4101166-d3", "n6", "it waits, refused first by the volumes that its pods elsewhere had taken", ("unknown",)),
    ("seed-4301278-d3", "n6", "it waits: a waiting pod got in on another node and keeps it away", ("unknown",)),
    ("seed-4302016-d1", "n3", "it waits, refused first by the claim that another of its pods had taken", ("unknown",)),
    ("seed-4102117-d1", "n6", "it waits, kept away by a waiting pod that a victim elsewhere let in", ("unknown",)),
    (
        "seed-4900302-d0",
        "n0",
        "it waits: of two equal volumes another node's pod took the one pinned there",
        ("unknown",),
    ),
    ("seed-4900302-d0", "n1", "it evicted nobody: the claim was bound to a volume on another node", ("unknown",)),
    ("seed-4700003-d1", "n0", "it ran: one victim's end let it evict another, whose end let it in here", ("unknown",)),
    ("seed-4700003-d1", "n6", "it ran: one victim's end let it evict another, whose end let it in here", ("unknown",)),
    ("seed-4500504-d3", "n0", "it waits: for a while its pods elsewhere let it past the spread", ("unknown",)),
]

GOT_IN: list[tuple[str, str, int]] = [
    # (capture, what most were refused for, how many really got in)
    ("seed-4102033-d0", "FailedCreate", 2),  # one by the quota's room, one by that of the first one's victim
]


@pytest.mark.parametrize(
    ("capture", "node", "happened", "may"), HAPPENED, ids=[f"{row[0]} {row[1]}" for row in HAPPENED]
)
def test_what_once_was_foretold_wrongly(capture: str, node: str, happened: str, may: tuple[str, ...]) -> None:
    row = next(row for row in foretold(capture) if row["node"] == node)

    assert row["verdict"] in may, f"really {happened}"


@pytest.mark.parametrize(("capture", "code", "count"), GOT_IN, ids=[row[0] for row in GOT_IN])
def test_no_more_get_in_than_foretold(capture: str, code: str, count: int) -> None:
    causes = [row["causes"][0] for row in foretold(capture) if row["verdict"] == "unknown"]

    most = {cause["evidence"]["atMost"] for cause in causes if cause["code"] == code}

    assert count <= most.pop() < len(causes)


def test_every_capture_is_replayed() -> None:
    kept = {path.name.removesuffix(".capture.json.gz") for path in CAPTURES.glob("*.gz")}
    assert kept == {row[0] for row in (*HAPPENED, *GOT_IN)}


def foretold(capture: str) -> list[dict[str, Any]]:
    """What is foretold, node by node."""
    manifest, cluster = CAPTURES / f"{capture}.daemonset.json", CAPTURES / f"{capture}.capture.json.gz"
    document = check(ds("coverage", "-f", str(manifest), "--from", str(cluster), "-o", "json").json())
    rows: list[dict[str, Any]] = document["daemonSets"][0]["nodes"]
    return rows
