"""``kubectl ds storage``: its screens, its documents, and what it refuses to be asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_ds.errors import ExitCode
from tests.cli.runs import Ran, ds, list_file
from tests.controlplane.objects import daemon_set, merge, node, pod
from tests.controlplane.policies import claim_volume, pvc
from tests.engine.pods import stored
from tests.engine.test_storage import NFS, RWOP, bound, listening, using, writing
from tests.schemas import check

Object = dict[str, Any]
NODES = (node("worker-1"), node("worker-2"))


def run(folder: Path, *arguments: str, items: tuple[Object, ...], **options: Any) -> Ran:
    """The command on two nodes."""
    return ds("storage", *arguments, "--from", list_file(folder, [*items, *NODES]), **options)


CLAIMS: list[tuple[str, tuple[Object, ...], str]] = [
    ("missing", (), "✗ claim data  does not exist; its pods wait on all of 2 nodes until somebody creates it"),
    (
        "no class",
        (pvc("data", "ns", storage_class="gone"),),
        "waits for storage class gone, which does not exist; its pods wait on all of 2 nodes",
    ),
    (
        "one pod",
        (*bound((RWOP,)), pod("db", "ns", volumes=[claim_volume("data")], node_name="worker-2")),
        "is ReadWriteOncePod: 1 pod of 2 can have it; held by ns/db",
    ),
    (
        "pinned",
        tuple(bound(node="worker-2")),
        "volume vol (hostPath) can be used from 1 of 2 nodes (worker-2); elsewhere its pods wait for good",
    ),
    (
        "attached",
        tuple(bound(source={"csi": {"driver": "d.example.com", "volumeHandle": "x"}})),
        "is ReadWriteOnce: volume vol (d.example.com) is attached to 1 node, 1 of 2 nodes; elsewhere pods get "
        "Multi-Attach errors",
    ),
    (
        "shared",
        tuple(bound(source=NFS)),
        "! claim data  is ReadWriteOnce, yet volume vol (nfs) is mounted on all of 2 nodes without error, and all pods "
        "write into one folder",
    ),
    ("fine", tuple(bound(("ReadWriteMany",), NFS)), "  claim data  is ReadWriteMany: 2 nodes may share it"),
]


@pytest.mark.parametrize(("items", "words"), [case[1:] for case in CLAIMS], ids=[case[0] for case in CLAIMS])
def test_a_claim_is_told_in_figures(tmp_path: Path, items: tuple[Object, ...], words: str) -> None:
    ran = run(tmp_path, "d", "-n", "ns", items=(using(), *items))

    assert words in ran.out
    (claim,) = check(run(tmp_path, "-o", "json", items=(using(), *items)).json())["daemonSets"][0]["claims"]
    assert claim["message"] in ran.out


def test_ports_and_folders_are_told_with_who_else_is_there(tmp_path: Path) -> None:
    items = (listening("d", 80, max_surge=1), listening("e", 80), writing("f", "/var/log"), writing("g", "/var/log/x"))
    ran = run(tmp_path, items=items)

    assert ran.out.splitlines() == [
        "ns/d: 1 host port wanted twice",
        "✗ hostPort 80/TCP  also wanted by DaemonSet ns/e on worker-1, worker-2; "
        "each surge pod waits for the port of the pod that it is to replace, for ever",
        "",
        "ns/e: 1 host port wanted twice",
        "✗ hostPort 80/TCP  also wanted by DaemonSet ns/d on worker-1, worker-2",
        "",
        "ns/f: 1 folder with several writers",
        "! hostPath /var/log  or a folder in it or above it, also written by DaemonSet ns/g on worker-1, worker-2",
        "",
        "ns/g: 1 folder with several writers",
        "! hostPath /var/log/x  or a folder in it or above it, also written by DaemonSet ns/f on worker-1, worker-2",
    ]


def test_a_neighbour_in_another_namespace_counts_too(tmp_path: Path) -> None:
    other = merge(listening("e", 80), {"metadata": {"namespace": "other"}})
    ran = run(tmp_path, "-n", "ns", items=(listening("d", 80), other))

    assert "also wanted by DaemonSet other/e on worker-1, worker-2" in ran.out
    assert "e: " not in ran.out


def test_wide_shows_what_to_write_instead(tmp_path: Path) -> None:
    items = (using(), *bound(source=NFS))

    brief, wide = run(tmp_path, items=items), run(tmp_path, "-o", "wide", items=items)

    assert "instead     a folder for each node inside the shared volume (subPathExpr)" in brief.out
    assert "or          a claim of its own for each pod (ephemeral); it needs a storage class" in brief.out
    assert "subPathExpr: $(NODE_NAME)" not in brief.out
    manifest = wide.out.partition("(subPathExpr)\n")[2].partition("  or ")[0]
    spec = yaml.safe_load(manifest)["spec"]["template"]["spec"]
    assert spec["containers"][0]["volumeMounts"][0]["subPathExpr"] == "$(NODE_NAME)"


def test_the_document_carries_a_command_where_nothing_has_to_be_made_first(tmp_path: Path) -> None:
    document = check(run(tmp_path, "-o", "json", items=(using(),)).json())

    own, folder = document["daemonSets"][0]["claims"][0]["instead"]
    assert (own["name"], own["cure"]["command"]) == ("ephemeral", None)
    assert folder["cure"]["command"].startswith('kubectl patch daemonset d -n ns -p \'{"spec":')
    assert check(yaml.safe_load(run(tmp_path, "-o", "yaml", items=(using(),)).out)) == document


def test_daemon_sets_that_share_nothing_share_a_line(tmp_path: Path) -> None:
    quiet = [merge(stored(daemon_set(name, namespace="ns")), {"metadata": {"uid": name}}) for name in ("a", "b")]
    ran = run(tmp_path, "-n", "ns", items=(*quiet, using()))

    assert ran.out.splitlines()[-1] == "2 without shared claims and clashes: a, b"


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("form", [(), ("-o", "wide")], ids=["", "wide"])
def test_nothing_but_a_manifest_is_wider_than_the_terminal(tmp_path: Path, width: int, form: tuple[str, ...]) -> None:
    items = (using(), *bound(source=NFS), listening("e", 80, max_surge=1), writing("f", "/var/log"))
    ran = run(tmp_path, *form, items=items, tty=True, width=width, environ={"NO_COLOR": "1"})

    assert ran.code == 0
    wide = [line for line in ran.out.splitlines() if len(line) > width]
    assert all(form and line.startswith("    ") and (": " in line or "- " in line) for line in wide)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-o", "xml"), ExitCode.USAGE, "-o xml is not one of wide, json, yaml"),
        (("nope",), ExitCode.ERROR, 'daemonsets.apps "nope" not found'),
        (("d", "-n", "other"), ExitCode.ERROR, 'daemonsets.apps "d" not found'),
        (("deploy/x",), ExitCode.USAGE, "is not a DaemonSet"),
        (("--node", "worker-3"), ExitCode.ERROR, 'nodes "worker-3" not found'),
        (("-l", "a in"), ExitCode.USAGE, "a in"),
    ],
)
def test_what_cannot_be_meant_so_is_said_in_a_line_or_two(
    tmp_path: Path, arguments: tuple[str, ...], code: ExitCode, words: str
) -> None:
    ran = run(tmp_path, *arguments, items=(using(),))

    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) <= 2


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((using(),), ExitCode.WRONG),
        ((using(), *bound(("ReadWriteMany",), NFS)), ExitCode.OK),
        ((using(), *bound(source=NFS)), ExitCode.OK),
        ((listening("d", 80, max_surge=1),), ExitCode.WRONG),
        ((writing("d", "/var/log"), writing("e", "/var/log")), ExitCode.OK),
    ],
    ids=["cannot run", "fine", "shared", "a port", "a folder"],
)
def test_the_exit_code_tells_when_asked_to(tmp_path: Path, items: tuple[Object, ...], code: ExitCode) -> None:
    assert run(tmp_path, "--exit-code", items=items).code == code
    assert run(tmp_path, items=items).code == ExitCode.OK


def test_what_was_denied_is_named_and_leaves_only_that_unknown(tmp_path: Path) -> None:
    capture = {
        "apiVersion": "kubectl-ds/v1",
        "kind": "Capture",
        "capturedAt": "2026-11-23T12:00:00Z",
        "denied": [{"resource": "persistentvolumeclaims", "namespace": None, "error": "forbidden by RBAC"}],
        "items": [using(), listening("e", 80, max_surge=1), *NODES],
    }
    file = tmp_path / "capture.json"
    file.write_text(json.dumps(capture))

    ran = ds("storage", "-n", "ns", "--from", str(file))
    told = check(ds("storage", "d", "--from", str(file), "-o", "json").json())["daemonSets"]

    assert "d: 1 claim of which nobody can tell" in ran.out
    assert (
        "! claim data  nobody can tell whether 2 nodes may share it: persistentvolumeclaims cannot be read" in ran.out
    )
    assert "forbidden by RBAC" in ran.out
    assert "hostPort 80/TCP" in ran.out
    assert (told[0]["claims"][0]["problem"], told[0]["claims"][0]["severe"]) == ("unknown", None)
    assert ds("storage", "d", "--from", str(file), "--exit-code").code == ExitCode.CANNOT_TELL
