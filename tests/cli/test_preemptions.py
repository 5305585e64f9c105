"""The ``preemptions`` screen, its documents and its exit codes, from plain Lists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.runs import ds, list_file
from tests.controlplane.objects import daemon_set, merge, node, pod
from tests.engine.pods import owned, ready, revision, stored, when
from tests.engine.test_pending import held, preempted, waiting
from tests.engine.test_preemptions import event
from tests.schemas import check

Object = dict[str, Any]

SCREEN = """\
3 pods were evicted: 2 of DaemonSets, 1 for DaemonSets' pods; 1 pod would be
evicted next
events go back 50m; they are kept for an hour by default, and what came before
is forgotten

! 1 evicted    batch/a   n3      60s ago
    victim    batch/a (priority 1, not gone yet)
    for       ns/d-n3 (DaemonSet d, priority 10, still waits)
    told by   event, condition, nomination

✗ 2 evicted    ns/d      n1, n2  2m30s…3m10s ago
    victims   ns/d-x7k2p, ns/d-x7k2q (gone)
    for       batch/urgent (priority 1000)
    now       d is missing there now
    told by   event

! 1 predicted  for ns/d  n4      waiting for 10m
    priority  10
    eviction  will evict batch/b (priority 0)

next: kubectl ds why d n1 -n ns --from list.json
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lists(*items: Object) -> str:
    """A List of a DaemonSet, four nodes, and these; its newest event is of just now, its oldest 50 minutes old."""
    own = stored(daemon_set("d"))
    room = {"status": {"allocatable": {"cpu": "4", "pods": "110"}}}
    there = [node(name) | room for name in ("n1", "n2", "n3", "n4")]
    noise = [event("x", "of no concern", {"reason": "Killing"}, ago=ago) for ago in (0, 3000)]
    list_file(Path(), [own, revision(own), *there, *noise, *items])
    return "list.json"


def troubled() -> str:
    """Two own victims, one for an own pod that still waits, and one pod that would evict another."""
    bound = {"metadata": {"uid": "urgent"}, "spec": {"nodeName": "n1", "priority": 1000}}
    urgent = merge(pod("urgent", "batch"), bound)
    return lists(
        urgent,
        event("d-x7k2p", "Preempted by pod urgent on node n1", namespace="ns", ago=150),
        event("d-x7k2q", "Preempted by pod urgent on node n2", namespace="ns", ago=190),
        waiting("n3", {"status": {"nominatedNodeName": "n3"}}, priority=10),
        held("a", "n3", "3", preempted(50), priority=1),
        event("a", "Preempted by pod uid-n3 on node n3", ago=60),
        waiting("n4", priority=10),
        held("b", "n4", "3"),
    )


def test_the_screen_joins_victims_and_preemptors_and_says_how_far_back_it_reaches() -> None:
    assert ds("preemptions", "--from", troubled(), tty=True, environ={"NO_COLOR": "1"}).out == SCREEN


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("more", [(), ("-o", "wide")])
def test_nothing_is_wider_than_the_terminal(width: int, more: tuple[str, ...]) -> None:
    ran = ds("preemptions", "--from", troubled(), *more, tty=True, width=width, environ={"NO_COLOR": "1"})

    narrow = [line for line in ran.out.splitlines() if not line.startswith("next: ")]
    widest = 82 if more else 0  # the names of both sides stand whole in the table
    assert [line for line in narrow if len(line) > max(width, widest)] == []


def test_the_wide_table_has_a_row_for_each_victim() -> None:
    lines = ds("preemptions", "--from", troubled(), "-o", "wide").out.splitlines()

    assert lines[0].split("   ")[0] == "WHEN"
    assert [line.split()[:3] for line in lines[1:5]] == [
        ["60s", "n3", "batch/a"],
        ["2m30s", "n1", "ns/d-x7k2p"],
        ["3m10s", "n2", "ns/d-x7k2q"],
        ["predicted", "n4", "batch/b"],
    ]
    assert lines[-1].startswith("events go back 50m")


def test_no_known_preemption_never_reads_as_if_nothing_happened() -> None:
    ran = ds("preemptions", "--from", lists(owned("n1", ready())), "--exit-code")

    assert ran.code == 0
    assert ran.out == (
        "no preemption is known\n"
        "events go back 50m; they are kept for an hour by default, and what came before is forgotten\n"
    )


def test_without_any_event_nothing_is_known_of_the_past() -> None:
    own = stored(daemon_set("d"))
    list_file(Path(), [own, node("n1")])

    assert "so nothing is known of the past" in ds("preemptions", "--from", "list.json").out


def test_victims_of_somebody_unknown_are_told_apart() -> None:
    out = ds("preemptions", "--from", lists(event("a", "Preempted by pod gone on node n1"))).out

    assert out.startswith("no preemption is known of a DaemonSet")
    assert "1 evicted  batch/a  n1" in out
    assert "pod gone (gone); a DaemonSet's pod perhaps" in out


def test_the_kubelet_does_not_say_for_whom() -> None:
    source = {"reason": "Preempting", "source": {"component": "kubelet", "host": "n1"}}
    told = event("d-x7k2p", "Preempted in order to admit critical pod", source, namespace="ns")

    assert "for: a critical pod; the kubelet does not say which" in ds("preemptions", "--from", lists(told)).out


def test_the_document_names_both_sides_and_every_source() -> None:
    file = troubled()

    document = check(ds("preemptions", "--from", file, "-o", "json").json())

    assert document["events"]["oldest"] == when(3000)
    first = document["observed"][0]
    assert first["sources"] == ["event", "condition", "nomination"]
    assert (first["victim"]["name"], first["victim"]["daemonSet"]) == ("a", False)
    assert (first["preemptor"]["owner"], first["preemptor"]["daemonSet"], first["preemptor"]["waiting"]) == (
        "d",
        True,
        True,
    )
    assert [row["verdictNow"] for row in document["observed"]] == [None, "missing", "missing"]
    assert [row["preemption"]["victims"][0]["name"] for row in document["predicted"]] == ["b"]
    assert yaml.safe_load(ds("preemptions", "--from", file, "-o", "yaml").out) == document


def test_the_exit_code_tells_only_when_asked() -> None:
    file = troubled()

    assert ds("preemptions", "--from", file, "--exit-code").code == 3
    assert ds("preemptions", "--from", file).code == 0
    unknown = lists(event("a", "Preempted by pod gone on node n1"))
    assert ds("preemptions", "--from", unknown, "--exit-code").code == 6


def test_one_node_can_be_asked_about() -> None:
    file = troubled()

    assert ds("preemptions", "--from", file, "--node", "n2").out.startswith("1 DaemonSet pod was evicted on n2\n")
    assert ds("preemptions", "--from", lists(), "--node", "n1").out.startswith("no preemption is known on n1\n")
    wrong = ds("preemptions", "--from", file, "--node", "n9")
    assert (wrong.code, wrong.out) == (1, "")
    assert 'nodes "n9" not found' in wrong.err
    gone = lists(event("d-x7k2p", "by batch/urgent on node gone-1", namespace="ns"))
    assert ds("preemptions", "--from", gone, "--node", "gone-1").out.startswith("1 DaemonSet pod was evicted on gone-1")


def test_another_format_is_a_usage_error() -> None:
    ran = ds("preemptions", "--from", lists(), "-o", "name")

    assert (ran.code, ran.out) == (2, "")
