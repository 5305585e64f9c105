"""``coverage -f`` and ``why -f``: what a manifest would become, in words, in documents, and by exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.errors import ExitCode
from tests.cli.runs import Ran, ds, list_file
from tests.controlplane.objects import daemon_set, merge, node, taint
from tests.controlplane.policies import namespace, quota
from tests.engine.explained import ACCOUNT, holder
from tests.engine.pods import owned, ready, revision, stored, when
from tests.schemas import check

Object = dict[str, Any]
TOUCHED = {"kind": "Event", "apiVersion": "v1", "metadata": {"name": "now", "creationTimestamp": when(0)}}


def quiet(name: str, **fields: Any) -> Object:
    """A node whose conditions are of no time."""
    return merge(node(name, **fields), {"status": {"conditions": []}})


def written(folder: Path, *manifests: Object) -> str:
    """A file of manifests."""
    path = folder / "agent.yaml"
    path.write_text("\n---\n".join(json.dumps(each) for each in manifests))
    return str(path)


def run(folder: Path, *arguments: str, items: tuple[Object, ...] = (), own: Object | None = None, **how: Any) -> Ran:
    """``coverage -f`` with one manifest against a List."""
    file = written(folder, own or daemon_set("d", namespace="ns", cpu="1"))
    account = {"apiVersion": "v1"} | ACCOUNT
    world = list_file(folder, [namespace("ns"), account, TOUCHED, *items])
    return ds("coverage", "-f", file, "--from", world, *arguments, **how)


CLUSTER = (
    *(quiet("free-1"), quiet("free-2"), quiet("low", cpu="1"), quiet("full", cpu="1")),
    quiet("gpu", taints=[taint("gpu", value="yes")]),
    *(holder("a", on="low", cpu="1", priority=-1), holder("b", on="full", cpu="1")),
)


def test_the_screen_says_where_it_would_run_whom_it_would_evict_and_where_it_would_wait(tmp_path: Path) -> None:
    ran = run(tmp_path, items=CLUSTER, tty=True, width=100, environ={"NO_COLOR": "1"})

    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0].startswith("d: would run on 3 of 5 nodes, 1 of them by evicting others, 1 would wait for good,")
    text = " ".join(lines)
    assert "1 preempts NodeResourcesFit low" in text
    assert "will evict other/a (priority -1)" in text
    assert "1 blocked NodeResourcesFit full" in text
    assert "no pod of a priority below 0 to evict; 1 there has an equal one" in text
    assert "1 excluded TaintToleration gpu" in text
    assert "taint gpu=yes:NoSchedule is not tolerated" in text
    assert "2 runs" in text
    assert "next:" not in ran.out


def test_the_document_is_a_coverage_report_that_says_it_is_foretold(tmp_path: Path) -> None:
    (found,) = check(run(tmp_path, "-o", "json", items=CLUSTER).json())["daemonSets"]

    assert (found["predicted"], found["reported"], found["agrees"], found["uid"]) == (True, None, None, None)
    assert found["verdicts"] == {"runs": 2, "preempts": 1, "blocked": 1, "excluded": 1}
    rows = {row["node"]: row for row in found["nodes"]}
    assert [victim["name"] for victim in rows["low"]["preemption"]["victims"]] == ["a"]
    assert rows["gpu"]["cure"][0] == {"change": "in the manifest: tolerate gpu=yes:NoSchedule", "command": None}
    assert all(row["pod"] is None for row in rows.values())


def test_another_scheduler_may_have_other_rules(tmp_path: Path) -> None:
    own = daemon_set("d", namespace="ns", template={"spec": {"schedulerName": "volcano"}})
    note = "its scheduler is volcano, whose rules may be others than those computed here"

    assert note in run(tmp_path, items=CLUSTER, own=own).out
    why = ds("why", "-f", str(tmp_path / "agent.yaml"), "free-1", "--from", str(tmp_path / "list.json"))

    assert ["schedulerName", note] in [line.split(maxsplit=4)[3:] for line in why.out.splitlines()]
    assert "its scheduler is" not in run(tmp_path, items=CLUSTER).out


def test_a_pipe_gets_a_line_for_each_entry(tmp_path: Path) -> None:
    ran = run(tmp_path, items=CLUSTER)

    assert [line.split()[1] for line in ran.out.splitlines()[2:] if line[0] in "✗! "]
    assert len(ran.out.splitlines()) == 2 + 4


def test_wide_has_a_row_for_each_node(tmp_path: Path) -> None:
    rows = run(tmp_path, "-o", "wide", items=CLUSTER).out.splitlines()[1:]

    assert [row.split()[2] for row in rows] == ["runs", "runs", "blocked", "excluded", "preempts"]


def test_a_quota_that_lets_in_some_makes_it_unknown_with_how_many(tmp_path: Path) -> None:
    tight = merge(quota("q", {"pods": "5"}, "ns"), {"status": {"hard": {"pods": "5"}, "used": {"pods": "4"}}})

    ran = run(tmp_path, items=(quiet("n1"), quiet("n2"), tight))

    assert ran.out.startswith("d: would run on 0 of 2 nodes, 2 unknown")
    assert "at most 1 of them" in ran.out


def test_a_manifest_that_exists_is_judged_as_its_replacement(tmp_path: Path) -> None:
    live = stored(daemon_set("d", namespace="ns", cpu="1"))
    pod = owned("n1", {"spec": live["spec"]["template"]["spec"] | {"nodeName": "n1"}}, ready())
    items = (live, revision(live), quiet("n1", cpu="1"), pod)

    assert run(tmp_path, items=items).out.startswith("d: would run on the only node")


def test_without_nodes_nothing_is_foretold_and_no_status_is_quoted(tmp_path: Path) -> None:
    capture = {
        "apiVersion": "kubectl-ds/v1",
        "kind": "Capture",
        "capturedAt": "2026-11-23T12:00:00Z",
        "denied": [{"resource": "nodes", "namespace": None, "error": "nodes is forbidden"}],
        "items": [],
    }
    world = tmp_path / "capture.json"
    world.write_text(json.dumps(capture))

    ran = ds("coverage", "-f", written(tmp_path, daemon_set("d", namespace="ns")), "--from", str(world), "--exit-code")

    assert ran.code == ExitCode.CANNOT_TELL
    assert ran.out.startswith("d: cannot tell: nodes cannot be read")


def test_several_manifests_are_each_answered(tmp_path: Path) -> None:
    file = written(tmp_path, daemon_set("a", namespace="ns"), daemon_set("b", namespace="other"))
    accounts = [{"apiVersion": "v1"} | merge(ACCOUNT, {"metadata": {"namespace": name}}) for name in ("ns", "other")]
    world = list_file(tmp_path, [namespace("ns"), namespace("other"), *accounts, quiet("n1")])

    ran = ds("coverage", "-f", file, "--from", world)

    assert "ns/a: would run on the only node" in ran.out
    assert "other/b: would run on the only node" in ran.out


def test_a_namespace_that_a_capture_never_read_is_not_taken_for_empty(tmp_path: Path) -> None:
    file = written(tmp_path, daemon_set("d", namespace="batch"))

    ran = ds("coverage", "-f", file, "--demo", "--exit-code")

    assert ran.code == ExitCode.CANNOT_TELL
    assert "the capture holds nothing of namespace batch" in ran.out
    assert "service account default does not exist" not in ran.out
    known = ds("coverage", "-f", written(tmp_path, daemon_set("d", namespace="monitoring")), "--demo")
    assert "holds nothing" not in known.out


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((quiet("n1"),), ExitCode.OK),
        ((quiet("n1", taints=[taint("a")]),), ExitCode.OK),
        ((quiet("n1", cpu="500m"),), ExitCode.BLOCKED),
        ((quiet("n1", cpu="1"), holder("a", cpu="1", priority=-1)), ExitCode.OK),
    ],
    ids=["runs", "excluded", "blocked", "preempts"],
)
def test_the_exit_code_tells_when_asked_to(tmp_path: Path, items: tuple[Object, ...], code: ExitCode) -> None:
    assert run(tmp_path, "--exit-code", items=items).code == code
    assert run(tmp_path, items=items).code == ExitCode.OK


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "there is no DaemonSet in these files"),
        ("kind: ConfigMap\napiVersion: v1\n", "there is no DaemonSet in these files"),
        ("kind: DaemonSet\napiVersion: extensions/v1beta1\nmetadata: {name: d}\n", "has not been served since"),
        ("kind: DaemonSet\napiVersion: apps/v1\nspec: {}\n", "metadata.name: Required value"),
        ("kind: DaemonSet\napiVersion: apps/v1\nmetadata: {generateName: d}\n", "spec.selector: Required value"),
        ("kind: DaemonSet\napiVersion: apps/v1\nspek: {}\n", 'unknown field "spek"'),
        ("kind: DaemonSet\napiVersion: apps/v1\nmetadata: {name: d}\nspec: {template: 5}\n", "agent.yaml"),
        ("kind: [\n", "agent.yaml"),
    ],
    ids=[
        "empty",
        "nothing of the kind",
        "an old version",
        "no name",
        "no selector",
        "a misspelt field",
        "a wrong type",
        "no YAML",
    ],
)
def test_a_manifest_that_cannot_be_judged_says_where_and_why(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text(text)

    ran = ds("coverage", "-f", str(file), "--from", list_file(tmp_path, [quiet("n1")]))

    assert (ran.code, ran.out) == (ExitCode.ERROR, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_manifest_names_the_daemon_sets_itself(tmp_path: Path) -> None:
    assert run(tmp_path, "d", items=CLUSTER).code == ExitCode.USAGE
    assert run(tmp_path, "-l", "a=b", items=CLUSTER).code == ExitCode.USAGE


def test_standard_input_is_a_file_too(tmp_path: Path) -> None:
    world = list_file(tmp_path, [namespace("ns"), {"apiVersion": "v1"} | ACCOUNT, quiet("n1")])
    manifest = json.dumps(daemon_set("d", namespace="ns")).encode()

    assert ds("coverage", "-f", "-", "--from", world, stdin=manifest).out.startswith("d: would run on the only node")


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_wider_than_the_terminal(tmp_path: Path, width: int) -> None:
    for form in ((), ("-o", "wide")):
        ran = run(tmp_path, *form, items=CLUSTER, tty=True, width=width, environ={"NO_COLOR": "1"})
        assert not [line for line in ran.out.splitlines() if len(line) > width]
