"""The ``pending`` screen, its documents and its exit codes, from plain Lists and from a capture with denials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.runs import ds, list_file
from tests.controlplane.objects import daemon_set, node
from tests.engine.pods import owned, ready, revision, stored, unschedulable, when
from tests.engine.test_pending import held, preempted, waiting
from tests.schemas import check

Object = dict[str, Any]
NO_VICTIMS = "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod."
SAID = f"0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. {NO_VICTIMS}"

SCREEN = """\
3 DaemonSet pods wait: 2 blocked for good, 1 will pass

✗ 2 blocked  ns/d  n1, n2  for 10m
    NodeResourcesFit  n1: cpu: asks 2, 1 free of 4 (short 1)
                      n2: cpu: asks 2, 500m free of 4 (short 1500m)
    eviction          no pod of a priority below 0 to evict; 1 there has an
                      equal one
    cure              n1: ask for what is free on the node: cpu=1
                      and 1 more, each in -o wide

! 1 pending  ns/d  n3      for 10m
    NodeResourcesFit  cpu: asks 2, 1 free of 4 (short 1); 1 pod there, largest
                      batch/c 3
    eviction          will evict batch/c (priority 0)

next: kubectl ds why d n1 -n ns --from list.json
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lists(*items: Object, nodes: tuple[str, ...] = ("n1", "n2", "n3"), cpu: str = "2") -> str:
    """A List of a DaemonSet, nodes of four cores, and these; what is newest in it happened just now."""
    own = stored(daemon_set("d", cpu=cpu))
    about = {"name": "now", "namespace": "x", "creationTimestamp": when(0)}
    touched = {"apiVersion": "v1", "kind": "Event", "metadata": about}
    there = [node(name, cpu="4") | {"status": {"allocatable": {"cpu": "4", "pods": "110"}}} for name in nodes]
    list_file(Path(), [own, revision(own), touched, *there, *items])
    return "list.json"


def crowded(*changes: Object) -> str:
    return lists(
        *(waiting("n1", *changes), held("a", "n1", "3")),
        *(waiting("n2", *changes), held("b", "n2", "3500m")),
        *(waiting("n3", *changes, priority=9), held("c", "n3", "3")),
    )


def test_the_screen_says_how_many_wait_in_vain_and_what_each_lacks() -> None:
    assert ds("pending", "--from", crowded(), tty=True, environ={"NO_COLOR": "1"}).out == SCREEN


def test_off_a_terminal_an_entry_is_a_line_and_nothing_is_suggested() -> None:
    lines = ds("pending", "--from", crowded()).out.splitlines()

    assert lines[0] == SCREEN.splitlines()[0]
    assert len(lines) == 4
    assert lines[2].startswith("✗ 2 blocked  ns/d  n1, n2  for 10m  NodeResourcesFit: n1: cpu: asks 2, 1 free of 4")
    assert "next: " not in ds("pending", "--from", crowded()).out


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("more", [(), ("-o", "wide"), ("-v", "1")])
def test_nothing_is_wider_than_the_terminal(width: int, more: tuple[str, ...]) -> None:
    file = crowded(unschedulable(SAID))

    lines = ds("pending", "--from", file, *more, tty=True, width=width, environ={"NO_COLOR": "1"}).out.splitlines()

    assert [line for line in lines if len(line) > width and not line.startswith("next: ")] == []


def test_with_verbosity_the_scheduler_is_quoted_and_without_it_agreement_goes_unsaid() -> None:
    file = crowded(unschedulable(SAID))

    assert "scheduler" not in ds("pending", "--from", file).out
    said = ds("pending", "--from", file, "-v", "1").out
    assert 'scheduler: said "Insufficient cpu"' in said
    assert "No preemption victims found for incoming pod" in said


def test_a_contradiction_is_told_unasked_and_kindly() -> None:
    file = lists(waiting("n1", unschedulable("0/1 nodes are available: 1 Too many pods.")), held("a", "n1", "3"))

    out = ds("pending", "--from", file).out

    assert 'said "Too many pods"; computed now: NodeResourcesFit. It looks again when something relevant changes' in out


def test_a_pod_that_fits_now_is_told_so() -> None:
    file = lists(waiting("n1", unschedulable("0/1 nodes are available: 1 Insufficient cpu.")))

    out = ds("pending", "--from", file).out

    assert out.startswith("1 DaemonSet pod waits and will pass\n")
    assert "it fits now, nothing refuses it any more" in out
    assert "computed now: nothing refuses it" in out


def test_a_scheduler_that_has_said_nothing_is_told_with_a_pod_that_fits() -> None:
    assert "scheduler: has said nothing yet" in ds("pending", "--from", lists(waiting("n1"))).out


def test_another_scheduler_may_have_other_rules() -> None:
    file = lists(waiting("n1", {"spec": {"schedulerName": "volcano"}}, cpu="9"))

    assert "its scheduler is volcano, whose rules may be others" in ds("pending", "--from", file).out


def test_further_filters_are_named_and_stand_in_the_wide_table_with_their_figures() -> None:
    gated = {"spec": {"schedulingGates": [{"name": "wait"}]}}
    file = lists(waiting("n1", gated, cpu="9"))

    assert "and then: NodeResourcesFit as well: -o wide" in ds("pending", "--from", file).out
    wide = ds("pending", "--from", file, "-o", "wide").out
    assert "scheduling gates are still set: wait; NodeResourcesFit: cpu: asks 9, 4 free of 4 (short 5)" in wide


def test_victims_that_do_not_go_are_told_with_how_long_they_have_been_overdue() -> None:
    nominated = {"status": {"nominatedNodeName": "n1"}}
    file = lists(waiting("n1", nominated, priority=9), held("a", "n1", "3", preempted(100)))

    out = ds("pending", "--from", file).out

    assert "passes: once the evicted are gone: batch/a (deleted 100s ago, 70s beyond its grace period of 30s)" in out


def test_a_pod_whose_node_is_gone_waits_for_the_controller_alone() -> None:
    out = ds("pending", "--from", lists(waiting("gone"))).out

    assert "cause: node gone does not exist; the controller deletes the pod at its next sync" in out
    assert "cure" not in out


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([owned("n1", ready())], 0),
        ([waiting("n1", cpu="9")], 5),
        ([waiting("n1")], 3),
        ([waiting("n1", cpu="9"), waiting("n2")], 3),
    ],
)
def test_the_exit_code_tells_only_when_asked(items: list[Object], code: int) -> None:
    file = lists(*items)

    assert ds("pending", "--from", file, "--exit-code").code == code
    assert ds("pending", "--from", file).code == 0


def test_nobody_waits_is_one_line() -> None:
    ran = ds("pending", "--from", lists(owned("n1", ready())))

    assert (ran.code, ran.out, ran.err) == (0, "no DaemonSet pod waits\n", "")


def test_where_pods_were_denied_nobody_is_only_known_to_wait() -> None:
    own = stored(daemon_set("d"))
    denied = {"resource": "pods", "namespace": "ns", "error": "pods is forbidden", "affects": ["counts"]}
    head = {"apiVersion": "kubectl-ds/v1", "kind": "Capture", "capturedAt": when(0), "source": {}, "denied": [denied]}
    Path("capture.json").write_text(json.dumps(head | {"items": [own, node("n1")]}))

    ran = ds("pending", "--from", "capture.json", "--exit-code")

    assert ran.code == 6
    assert ran.out.startswith("no DaemonSet pod is known to wait\n")
    assert "cannot read pods in ns: pods is forbidden" in ran.out


def test_where_pods_elsewhere_were_denied_the_scheduler_is_quoted_and_nothing_is_guessed() -> None:
    own = stored(daemon_set("d"))
    denied = {"resource": "pods", "namespace": "*", "error": "pods is forbidden", "affects": ["counts"]}
    head = {"apiVersion": "kubectl-ds/v1", "kind": "Capture", "capturedAt": when(0), "source": {}, "denied": [denied]}
    items = [own, node("n1", cpu="4"), waiting("n1", unschedulable(SAID))]
    Path("capture.json").write_text(json.dumps(head | {"items": items}))

    out = ds("pending", "--from", "capture.json").out

    assert out.startswith("1 DaemonSet pod waits and nobody can tell whether it will pass\n")
    assert 'said "Insufficient cpu"' in out
    assert "cannot read pods in other namespaces" in out
    assert "computed now" not in out


def test_the_document_holds_every_cause_and_prospect() -> None:
    file = crowded(unschedulable(SAID))

    document = check(ds("pending", "--from", file, "-o", "json").json())

    assert document["verdicts"] == {"blocked": 2, "pending": 1}
    assert [(row["node"], row["passesBy"], row["agrees"]) for row in document["pods"]] == [
        ("n1", None, True),
        ("n2", None, True),
        ("n3", "preemption", True),
    ]
    row = document["pods"][0]
    assert (row["namespace"], row["daemonSet"], row["ageSeconds"], row["since"]) == ("ns", "d", 600, when(600))
    assert row["causes"][0]["evidence"]["short"] == "1"
    assert row["scheduler"]["preemption"].startswith("0/2 nodes are available: 1 No preemption victims")
    assert row["cure"][0]["command"] == "kubectl set resources daemonset d -n ns -c main --requests=cpu=1"
    assert yaml.safe_load(ds("pending", "--from", file, "-o", "yaml").out) == document


def test_one_node_is_asked_for_in_both_forms_and_a_wrong_one_is_an_error_with_neighbours() -> None:
    file = crowded()

    for form in ("n2", "node/n2"):
        assert "n1" not in ds("pending", "--from", file, "--node", form).out
    assert ds("pending", "--from", lists(), "--node", "n1").out == "no DaemonSet pod waits for n1\n"
    wrong = ds("pending", "--from", file, "--node", "n33")
    assert (wrong.code, wrong.out) == (1, "")
    assert 'nodes "n33" not found' in wrong.err


def test_another_format_is_a_usage_error() -> None:
    ran = ds("pending", "--from", lists(), "-o", "name")

    assert (ran.code, ran.out) == (2, "")
    assert "-o name is not one of wide, json, yaml" in ran.err


def test_names_that_would_steer_a_terminal_are_shown_as_they_are() -> None:
    gates = {"spec": {"schedulingGates": [{"name": "\x1b[31mred"}]}}

    out = ds("pending", "--from", lists(waiting("n1", gates))).out

    assert "\x1b" not in out
    assert "\\x1b[31mred" in out


def test_plain_ascii_where_the_terminal_has_no_more() -> None:
    out = ds("pending", "--from", crowded(), encoding="ascii").out

    assert out.isascii()
    assert out.splitlines()[2].startswith("x 2 blocked")
