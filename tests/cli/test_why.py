"""``kubectl ds why``: the answer first, the steps, the cure; documents; and what it refuses to be asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ds.errors import ExitCode
from tests.cli.runs import Ran, ds, list_file
from tests.controlplane.objects import daemon_set, merge, node, taint
from tests.engine.explained import ACCOUNT, holder, template, waiting
from tests.engine.pods import owned, ready, revision, running, stored, unschedulable, when
from tests.engine.pods import waiting as container_waiting
from tests.schemas import check

Object = dict[str, Any]
TOUCHED = {"kind": "Event", "apiVersion": "v1", "metadata": {"name": "now", "creationTimestamp": when(0)}}
SAID = (
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found."
)


def run(folder: Path, *arguments: str, items: tuple[Object, ...] = (), own: Object | None = None, **how: Any) -> Ran:
    """The command on one node and one DaemonSet, unless others are given."""
    made = own or template()
    nodes = [] if any(each["kind"] == "Node" for each in items) else [merge(node("n1"), {"status": {"conditions": []}})]
    file = list_file(folder, [made, revision(made), TOUCHED, *nodes, *items])
    return ds("why", *arguments, "--from", file, **how)


def blocked() -> tuple[Object, tuple[Object, ...]]:
    own = template(cpu="500m")
    return own, (waiting(own, "n1", unschedulable(SAID)), holder("train", cpu="3800m"))


SCREEN = """\
d does not run on n1, and nothing in the cluster will cure it: cpu: asks 500m,
200m free of 4 (short 300m); 1 pod there, largest other/train 3800m.
 1 ✓ controller  nodeSelector, affinity  no constraint
 2 ✓ controller  taints                  none on the node that keeps pods out
 3 ✓ admission   create pod              pod d-n1 was created 10m ago
 4 ✗ scheduler   NodeResourcesFit        cpu: asks 500m, 200m free of 4 (short
                                         300m); 1 pod there, largest other/train
                                         3800m
 5 ✗ preemption  DefaultPreemption       no pod of a priority below 0 to evict;
                                         1 there has an equal one
   cure ask for what is free on the node: cpu=200m
        kubectl set resources daemonset d -n ns -c main --requests=cpu=200m
   see  give it a priority above 0, for which no class is there; it would evict
        other/train
"""


def test_the_screen_gives_the_answer_first_and_the_cure_last(tmp_path: Path) -> None:
    own, items = blocked()

    assert run(tmp_path, "d", "n1", items=items, own=own, tty=True, environ={"NO_COLOR": "1"}).out == SCREEN


def test_the_document_is_the_row_of_the_coverage_report_and_the_steps(tmp_path: Path) -> None:
    own, items = blocked()
    file = list_file(tmp_path, [own, revision(own), TOUCHED, merge(node("n1"), {"status": {"conditions": []}}), *items])

    document = check(ds("why", "d", "n1", "--from", file, "-o", "json").json())

    (row,) = ds("coverage", "--from", file, "-o", "json").json()["daemonSets"][0]["nodes"]
    assert {key: document[key] for key in row} == row
    assert document["message"] == " ".join(SCREEN.split("\n 1")[0].split())
    stopped = [step for step in document["steps"] if step["outcome"] == "stopped"]
    assert [step["code"] for step in stopped] == ["NodeResourcesFit", None]
    assert stopped[0]["quoted"] == SAID
    assert stopped[0]["evidence"]["short"] == "300m"
    created = document["steps"][2]["evidence"]
    assert created == {"pod": "d-n1", "since": when(600)}
    assert check(yaml.safe_load(ds("why", "d", "n1", "--from", file, "-o", "yaml").out)) == document


def test_looked_at_closely_everybody_is_quoted(tmp_path: Path) -> None:
    own, items = blocked()

    brief, closely = (run(tmp_path, "d", "n1", *more, items=items, own=own).out for more in ((), ("-v", "1")))

    assert SAID not in brief
    assert f'"{SAID}"' in closely


MANIFEST = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: ns}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
      - {name: main, image: x, resources: {requests: {cpu: 500m}}}
"""


def test_a_manifest_is_explained_step_by_step_before_it_exists(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(MANIFEST)
    limits = {
        "kind": "LimitRange",
        "apiVersion": "v1",
        "metadata": {"name": "l", "namespace": "ns"},
        "spec": {"limits": [{"type": "Container", "default": {"memory": "64Mi"}}]},
    }
    space = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "ns"}}
    account = {"apiVersion": "v1"} | ACCOUNT
    file = list_file(tmp_path, [space, account, limits, node("n1"), holder("train", cpu="3800m"), TOUCHED])

    ran = ds("why", "-f", str(tmp_path / "agent.yaml"), "n1", "--from", file)
    closely = ds("why", "-f", str(tmp_path / "agent.yaml"), "n1", "--from", file, "-v", "1")
    document = check(ds("why", "-f", str(tmp_path / "agent.yaml"), "n1", "--from", file, "-o", "json").json())

    assert ran.out.startswith("agent would not run on n1, and nothing in the cluster would cure it: cpu: asks 500m")
    assert "✓ admission   LimitRanger             sets containers[main].resources." in ran.out
    assert "   cure in the manifest: ask for what is free on the node: cpu=200m\n" in ran.out
    assert "MutatingAdmissionWebhook" not in ran.out
    assert "! admission   MutatingAdmissionWebhook" in closely.out
    assert "✓ controller  DaemonSet " in closely.out
    assert document["predicted"] is True
    assert (document["verdict"], document["pod"]) == ("blocked", None)


def test_a_pod_that_preempts_names_its_victims_and_the_budgets_they_break(tmp_path: Path) -> None:
    own = template(cpu="500m")
    victim = merge(holder("train", cpu="3800m", priority=-5), {"metadata": {"labels": {"app": "train"}}})
    pdb = {
        "kind": "PodDisruptionBudget",
        "apiVersion": "policy/v1",
        "metadata": {"name": "keep", "namespace": "other"},
        "spec": {"selector": {"matchLabels": {"app": "train"}}, "maxUnavailable": 0},
        "status": {"disruptionsAllowed": 0},
    }
    ran = run(tmp_path, "d", "n1", items=(waiting(own), victim, pdb), own=own)

    assert ran.out.splitlines()[0].endswith("; the scheduler will evict other/train (priority -5, breaks PDB keep).")
    assert "   see  nothing: the scheduler evicts them by itself\n" in ran.out


def test_an_outdated_node_is_told_what_holds_the_update_up(tmp_path: Path) -> None:
    own = template()
    items = (
        *(revision(own, "old", 1), revision(own, "new", 2), node("n1"), node("n2")),
        *(owned("n1", running(), hash_="old"), owned("n2", ready(), hash_="old")),
    )
    ran = run(tmp_path, "d", "n2", items=items, own=own)

    assert (
        "RollingUpdate           0 of 2 nodes updated, and n2 cannot follow: maxUnavailable 1, 1 used by n1 ("
        in ran.out
    )
    assert "ContainersNotReady: container main, containers with unready status: [main], the pod's fault)" in ran.out
    assert "   cure let 2 nodes be unavailable at a time, because n1 will not be available soon\n" in ran.out


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("at", ["worker-4", "worker-8", "worker-11", "worker-17", "worker-25", "gpu-2", "edge-1"])
def test_nothing_but_a_command_is_wider_than_the_terminal(width: int, at: str) -> None:
    for verbosity in ((), ("-v", "1")):
        ran = ds("why", "fluentd", at, "--demo", *verbosity, tty=True, width=width, environ={"NO_COLOR": "1"})

        assert ran.code == 0
        assert not [line for line in ran.out.splitlines() if len(line) > width and not _is_command(line)]


def _is_command(line: str) -> bool:
    return line.startswith("        kubectl ")


def test_the_name_of_a_node_is_taken_as_kubectl_prints_it(tmp_path: Path) -> None:
    items = (owned("n1", ready()),)

    assert run(tmp_path, "ds/d", "node/n1", items=items).out == run(tmp_path, "d", "n1", items=items).out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), ExitCode.USAGE, "why takes a DaemonSet and a node"),
        (("d",), ExitCode.USAGE, "why takes a DaemonSet and a node"),
        (("d", "n1", "n2"), ExitCode.USAGE, "why takes a DaemonSet and a node"),
        (("d", "n2"), ExitCode.ERROR, 'nodes "n2" not found'),
        (("e", "n1"), ExitCode.ERROR, 'daemonsets.apps "e" not found'),
        (("d", "n1", "-n", "other"), ExitCode.ERROR, 'daemonsets.apps "d" not found'),
        (("d", "n1", "-o", "wide"), ExitCode.USAGE, "-o wide is not one of json, yaml"),
        (("deploy/d", "n1"), ExitCode.USAGE, "is not a DaemonSet"),
        (("-f", "/nonexistent.yaml", "n1"), ExitCode.ERROR, "/nonexistent.yaml"),
    ],
)
def test_what_cannot_be_meant_so_is_said_in_a_line_or_two(
    tmp_path: Path, arguments: tuple[str, ...], code: ExitCode, words: str
) -> None:
    ran = run(tmp_path, *arguments)

    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) <= 2


def test_a_name_in_several_namespaces_needs_one_of_them(tmp_path: Path) -> None:
    other = merge(stored(daemon_set("d")), {"metadata": {"namespace": "zz", "uid": "other"}})
    ran = run(tmp_path, "d", "n1", items=(other,))

    assert ran.code == ExitCode.USAGE
    assert "there are several DaemonSets d: in ns, zz" in ran.err
    assert run(tmp_path, "d", "n1", "-n", "zz", items=(other,)).code == ExitCode.OK


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((owned("n1", ready()),), ExitCode.OK),
        ((), ExitCode.WRONG),
        ((owned("n1", container_waiting("ContainerCreating")),), ExitCode.PROGRESSING),
        ((node("n1", taints=[taint("a")]),), ExitCode.OK),
        (blocked()[1], ExitCode.BLOCKED),
    ],
    ids=["ok", "missing", "starting", "excluded", "blocked"],
)
def test_the_exit_code_tells_when_asked_to(tmp_path: Path, items: tuple[Object, ...], code: ExitCode) -> None:
    own = blocked()[0] if code == ExitCode.BLOCKED else template()

    assert run(tmp_path, "d", "n1", "--exit-code", items=items, own=own).code == code
    assert run(tmp_path, "d", "n1", items=items, own=own).code == ExitCode.OK


def test_what_was_denied_is_named_and_nothing_is_claimed(tmp_path: Path) -> None:
    own = template()
    capture = {
        "apiVersion": "kubectl-ds/v1",
        "kind": "Capture",
        "capturedAt": "2026-11-23T12:00:00Z",
        "denied": [{"resource": "nodes", "namespace": None, "error": "nodes is forbidden"}],
        "items": [own, revision(own), owned("n1", ready())],
    }
    file = tmp_path / "capture.json"
    file.write_text(json.dumps(capture))

    ran = ds("why", "d", "n1", "--from", str(file), "--exit-code")
    elsewhere = ds("why", "d", "n2", "--from", str(file))
    document = check(ds("why", "d", "n1", "--from", str(file), "-o", "json").json())

    assert ran.code == ExitCode.CANNOT_TELL
    assert ran.out.startswith("nobody can tell whether d should be on n1: nobody can know: nodes cannot be read.\n")
    assert "cannot read nodes: nodes is forbidden" in ran.out
    assert (document["verdict"], document["shouldRun"]) == ("unknown", None)
    assert "nothing is known of node n2: nodes is forbidden" in elsewhere.err


def test_what_a_plain_list_lacks_is_said_where_an_answer_leans_on_its_absence(tmp_path: Path) -> None:
    own = template(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}])
    words = "! the List holds no persistentvolumeclaims, and is taken at its word\n"

    assert words in run(tmp_path, "d", "n1", items=(waiting(own),), own=own).out
    assert "taken at its word" not in run(tmp_path, "d", "n1", items=(owned("n1", ready()),)).out


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (
            node("n1"),
            "d should run on n1, and nobody can tell how it fares there: nobody can know: pods cannot be read.",
        ),
        (node("n1", taints=[taint("a")]), "d should not run on n1, and nobody can tell whether it does: taint a:"),
    ],
    ids=["should", "should not"],
)
def test_without_pods_what_should_be_is_still_said(tmp_path: Path, on: Object, words: str) -> None:
    own = template()
    capture = {
        "apiVersion": "kubectl-ds/v1",
        "kind": "Capture",
        "capturedAt": "2026-11-23T12:00:00Z",
        "denied": [{"resource": "pods", "namespace": None, "error": "pods is forbidden"}],
        "items": [own, revision(own), on],
    }
    file = tmp_path / "capture.json"
    file.write_text(json.dumps(capture))

    assert ds("why", "d", "n1", "--from", str(file)).out.startswith(words)


def test_a_manifest_may_not_name_another_namespace_than_the_command(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(MANIFEST)
    for command in (
        ("why", "-f", str(tmp_path / "agent.yaml"), "n1"),
        ("coverage", "-f", str(tmp_path / "agent.yaml")),
    ):
        ran = ds(*command, "-n", "other", "--from", list_file(tmp_path, [node("n1")]))

        assert (ran.code, ran.out) == (ExitCode.ERROR, "")
        assert 'namespace "ns" is not the one that -n names, "other"' in ran.err


def test_a_file_with_several_daemon_sets_is_not_one_question(tmp_path: Path) -> None:
    (tmp_path / "two.yaml").write_text(f"{MANIFEST}---\n{MANIFEST.replace('agent', 'other')}")
    ran = run(tmp_path, "-f", str(tmp_path / "two.yaml"), "n1")

    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "there are several in the files: agent, other" in ran.err
