"""``kubectl ds tolerations``: its screens, its documents, and what it refuses to be asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ds.errors import ExitCode
from tests.cli.runs import Ran, ds, list_file
from tests.controlplane.objects import daemon_set, node, taint, toleration
from tests.controlplane.policies import namespace
from tests.engine.pods import stored
from tests.schemas import check

Object = dict[str, Any]
WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations"
NODES = (
    node("gpu-1", taints=[taint("gpu", value="yes")], labels={"gpu": "yes"}),
    node("gpu-2", taints=[taint("gpu", value="yes"), taint("old", "NoExecute")], labels={"gpu": "yes"}),
    node("down-1", taints=[taint("node.kubernetes.io/unreachable")]),
    node("n1"),
)


def run(folder: Path, *arguments: str, items: tuple[Object, ...] = (), **options: Any) -> Ran:
    """The command on four nodes and one DaemonSet ``d``, unless others are given."""
    own = items or (stored(daemon_set("d", namespace="ns")), namespace("ns"))
    return ds("tolerations", *arguments, "--from", list_file(folder, [*own, *NODES]), **options)


def test_each_taint_is_told_with_its_nodes(tmp_path: Path) -> None:
    ran = run(tmp_path, "-n", "ns")

    assert ran.out.splitlines() == [
        "d: taints keep it out of 3 of 4 nodes",
        "  gpu=yes:NoSchedule                         keeps it out of 2 nodes: gpu-1, gpu-2 (1 by this alone)",
        "  node.kubernetes.io/unreachable:NoSchedule  "
        "keeps it out of 1 node: down-1; it is down, and the taint goes with that",
        "  old:NoExecute                              keeps it out of 1 node: gpu-2 (none by this alone)",
    ]
    assert "smallest list" not in ran.out


def test_the_smallest_list_comes_with_a_command_when_nodes_are_asked_for(tmp_path: Path) -> None:
    ran = run(tmp_path, "d", "-n", "ns", "--for-nodes", "all")

    assert ran.out.startswith("d: 3 of the nodes asked for are closed to it; taints keep it out of 3 of 4 nodes\n")
    assert "smallest list" in ran.out
    assert "gpu=yes:NoSchedule, old:NoExecute; covers 3 nodes" in ran.out
    assert "down-1: down; open once the node is back" in ran.out
    patch = next(line for line in ran.out.splitlines() if "kubectl patch" in line)
    assert patch.startswith('    kubectl patch daemonset d -n ns -p \'{"spec":')


def test_one_node_is_asked_for_beside_those_that_are_covered(tmp_path: Path) -> None:
    ran = run(tmp_path, "d", "-n", "ns", "--node", "node/gpu-1", "-o", "json")

    (found,) = check(ran.json())["daemonSets"]
    assert found["closed"] == ["gpu-1"]
    assert found["suggestion"]["covers"] == ["gpu-1", "n1"]
    assert [each["key"] for each in found["suggestion"]["tolerations"]] == ["gpu"]
    assert found["suggestion"]["cure"][0]["command"].startswith("kubectl patch daemonset d -n ns -p ")


def test_the_document_says_the_same_as_the_screen(tmp_path: Path) -> None:
    own = stored(daemon_set("d", namespace="ns", tolerations=[toleration("old", "NoExecute", seconds=5), toleration()]))
    annotations = {WHITELIST: json.dumps([toleration("a")]), DEFAULTS: json.dumps([toleration("a")])}
    items = (own, namespace("ns", annotations=annotations))

    document = check(run(tmp_path, "-o", "json", items=items).json())
    (found,) = document["daemonSets"]
    assert document["kind"] == "TolerationReport"
    assert check(yaml.safe_load(run(tmp_path, "-o", "yaml", items=items).out)) == document
    assert found["unused"][0]["why"] == "covered"
    assert found["wide"][0]["toleration"] == {"operator": "Exists"}
    assert found["circles"][0]["nodes"] == ["gpu-2"]
    assert found["restriction"]["refuses"] is True
    text = run(tmp_path, items=items).out
    for each in (*found["unused"], *found["wide"]):
        assert each["message"] in text
    assert "its pods are made, evicted after 5s, and made again, for ever" in text
    assert text.startswith("ns/d: its namespace refuses its pods, where PodTolerationRestriction is on; ")


def test_daemon_sets_of_which_there_is_nothing_to_say_share_a_line(tmp_path: Path) -> None:
    quiet = [stored(daemon_set(name, namespace="ns", node_selector={"none": ""})) for name in ("a", "b")]
    ran = run(tmp_path, items=(*quiet, stored(daemon_set("d", namespace="ns")), namespace("ns")))

    assert ran.out.splitlines()[-1] == "2 that no taint keeps out, none idle: ns/a, ns/b"


@pytest.mark.parametrize("width", [40, 60, 80, 132])
@pytest.mark.parametrize("asked", [(), ("--for-nodes", "all")], ids=["", "asked"])
def test_nothing_but_a_command_is_wider_than_the_terminal(width: int, asked: tuple[str, ...]) -> None:
    ran = ds("tolerations", "--demo", *asked, tty=True, width=width, environ={"NO_COLOR": "1"})

    assert ran.code == 0
    wide = [line for line in ran.out.splitlines() if len(line) > width and "kubectl " not in line]
    assert not wide


def test_a_terminal_is_told_what_to_ask_next_and_a_pipe_is_not(tmp_path: Path) -> None:
    words = "next: kubectl ds tolerations d -n ns --for-nodes all --from "

    assert words in run(tmp_path, tty=True).out
    assert "next:" not in run(tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-o", "wide"), ExitCode.USAGE, "-o wide is not one of json, yaml"),
        (("d", "--patch"), ExitCode.USAGE, "--patch needs to know for which nodes"),
        (("d", "--apply"), ExitCode.USAGE, "--apply needs to know for which nodes"),
        (("d", "--apply", "--for-nodes", "all"), ExitCode.USAGE, "a capture cannot be changed"),
        (("d", "--patch", "--apply", "--for-nodes", "all"), ExitCode.USAGE, "give one of them"),
        (("d", "--for-nodes", "all", "--dry-run=client", "--apply"), ExitCode.USAGE, "Invalid dry-run value (client)"),
        (("d", "--for-nodes", "all", "--force"), ExitCode.USAGE, "go with --apply"),
        (("--for-nodes", "gpu=no"), ExitCode.ERROR, "no node has labels gpu=no"),
        (("--for-nodes", "gpu in"), ExitCode.USAGE, "gpu in"),
        (("--node", "gpu-3"), ExitCode.ERROR, 'nodes "gpu-3" not found'),
        (("nope",), ExitCode.ERROR, 'daemonsets.apps "nope" not found'),
        (("deploy/x",), ExitCode.USAGE, "is not a DaemonSet"),
    ],
)
def test_what_cannot_be_meant_so_is_said_in_a_line_or_two(
    tmp_path: Path, arguments: tuple[str, ...], code: ExitCode, words: str
) -> None:
    ran = run(tmp_path, *arguments)

    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) <= 2


def test_a_patch_is_printed_for_one_daemon_set_alone(tmp_path: Path) -> None:
    ran = run(tmp_path, "d", "-n", "ns", "--for-nodes", "gpu=yes", "--for-nodes", "covered", "--patch")

    assert ran.err == ""
    assert ran.json()["spec"]["template"]["spec"]["tolerations"] == [
        {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
        {"key": "old", "operator": "Exists", "effect": "NoExecute"},
    ]
    two = (stored(daemon_set("d", namespace="ns")), stored(daemon_set("e", namespace="ns")), namespace("ns"))
    several = run(tmp_path, "--for-nodes", "all", "--patch", items=two)
    assert (several.code, several.out) == (ExitCode.USAGE, "")
    assert "2 were meant" in several.err


@pytest.mark.parametrize(
    ("arguments", "own", "code"),
    [
        ((), {}, ExitCode.OK),
        (("--for-nodes", "all"), {}, ExitCode.WRONG),
        (("--for-nodes", "covered"), {}, ExitCode.OK),
        ((), {"tolerations": [toleration("old", "NoExecute", seconds=1), toleration("gpu")]}, ExitCode.WRONG),
    ],
    ids=["left out by design", "asked for and closed", "asked for and open", "a circle"],
)
def test_the_exit_code_tells_when_asked_to(
    tmp_path: Path, arguments: tuple[str, ...], own: Object, code: ExitCode
) -> None:
    items = (stored(daemon_set("d", namespace="ns", **own)), namespace("ns"))

    assert run(tmp_path, *arguments, "--exit-code", items=items).code == code
    assert run(tmp_path, *arguments, items=items).code == ExitCode.OK


def test_without_the_right_to_read_nodes_nobody_can_tell(tmp_path: Path) -> None:
    capture = {
        "apiVersion": "kubectl-ds/v1",
        "kind": "Capture",
        "capturedAt": "2026-11-23T12:00:00Z",
        "denied": [{"resource": "nodes", "namespace": None, "error": "nodes is forbidden"}],
        "items": [stored(daemon_set("d", namespace="ns"))],
    }
    file = tmp_path / "capture.json"
    file.write_text(json.dumps(capture))

    ran = ds("tolerations", "--from", str(file), "--exit-code")
    (found,) = check(ds("tolerations", "--from", str(file), "-o", "json").json())["daemonSets"]

    assert ran.code == ExitCode.CANNOT_TELL
    assert ran.out.startswith("ns/d: cannot tell: nodes cannot be read\n")
    assert "cannot read nodes: nodes is forbidden" in ran.out
    assert (found["keepingOut"], found["unused"], found["suggestion"]) == (None, None, None)
    refused = ds("tolerations", "--from", str(file), "--for-nodes", "all", "--patch")
    assert (refused.code, refused.out) == (ExitCode.ERROR, "")
    assert "nodes cannot be read" in refused.err
