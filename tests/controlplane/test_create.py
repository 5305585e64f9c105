"""``kubectl ds create`` through the real kubectl: good files, bad ones among them, and what is needed for both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import CRD, GOOD, WIDGET, Desk, lines, named, opened
from tests.controlplane.policies import quota, role, role_binding, rule


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """An empty cluster and an empty folder."""
    yield from opened(cluster, tmp_path)


def test_a_good_manifest_is_created_in_kubectl_s_words(desk: Desk) -> None:
    file = desk.write(GOOD)
    done = desk.ds("-f", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "daemonset.apps/agent created\n", "")
    (manager,) = {entry["manager"] for entry in _found(desk, "agent")["metadata"]["managedFields"]} - {
        "kube-controller-manager"
    }
    assert manager == "kubectl-ds"


COMPANIONS = f"""\
apiVersion: v1
kind: Namespace
metadata: {{name: fresh}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: agent}}
rules:
- {{apiGroups: [""], resources: [nodes], verbs: [get]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: agent}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: agent}}
subjects:
- {{kind: ServiceAccount, name: agent, namespace: fresh}}
---
{CRD}---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: agent, namespace: fresh}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: agent, namespace: fresh}}
data: {{a: b}}
---
{named("agent", "fresh")}---
{WIDGET.replace("gear", "gear, namespace: fresh")}"""


def test_many_kinds_are_created_in_order_even_what_earlier_ones_make_possible(desk: Desk) -> None:
    file = desk.write(COMPANIONS)
    done = desk.ds("-f", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert lines(done.stdout) == [
        "namespace/fresh created",
        "clusterrole.rbac.authorization.k8s.io/agent created",
        "clusterrolebinding.rbac.authorization.k8s.io/agent created",
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.com created",
        "serviceaccount/agent created",
        "configmap/agent created",
        "daemonset.apps/agent created",
        "widget.example.com/gear created",
    ]
    theirs, again = desk.kubectl("-f", file), desk.ds("-f", file)
    assert (again.returncode, again.stderr) == (1, theirs.stderr)
    assert len(lines(again.stderr)) == 8


def test_every_problem_of_every_document_is_told_at_once(desk: Desk) -> None:
    parts = [GOOD, named("b\n  name: c"), "a: [\n", named("d").replace("image:", "imgae:")]
    file = desk.write("---\n".join(parts))
    ours = desk.ds("-f", file)
    found = [each.removeprefix(f"{file}:") for each in lines(ours.stderr) if each.startswith(file)]
    assert [each.split(": ")[0] for each in found] == ["23:3", "38:4", "53:9"], ours.stderr
    assert lines(ours.stderr)[0] == f"error: 3 problems in {file}"
    assert lines(ours.stderr)[-1] == "nothing was created; --keep-going creates the other object"
    assert desk.names() == []


def test_a_bad_document_keeps_the_good_ones_from_being_created_unless_asked_to_keep_going(desk: Desk) -> None:
    bad = named("bad").replace("image:", "imgae:")
    file = desk.write(f"{GOOD}---\n{bad}---\nkind: [\n")
    stopped = desk.ds("-f", file)
    assert (stopped.returncode, stopped.stdout, desk.names()) == (1, "", [])
    went_on = desk.ds("-f", file, "--keep-going")
    assert (went_on.returncode, went_on.stdout, desk.names()) == (1, "daemonset.apps/agent created\n", ["agent"])
    assert f"{file}:32:9: error: unknown field" in went_on.stderr
    assert f"{file}:37:7: error: a bracket is opened" in went_on.stderr


def test_a_broken_object_in_a_namespace_of_the_same_file_is_found_before_the_namespace_is_made(desk: Desk) -> None:
    inside = named("agent", "fresh").replace("app: agent}\n  t", "app: other}\n  t")
    file = desk.write(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: fresh}}\n---\n{inside}")
    ours = desk.ds("-f", file)
    assert ours.returncode == 1
    assert lines(ours.stderr)[0].startswith('The DaemonSet "agent" is invalid: spec.template.metadata.labels')
    assert desk.cluster.client.find("namespaces", "fresh") is None


def test_folders_lists_and_json_are_read(desk: Desk) -> None:
    (desk.folder / "below").mkdir()
    maps = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in "abc"]
    desk.write(json.dumps({"apiVersion": "v1", "kind": "List", "items": maps[:2]}), "1.json")
    desk.write(json.dumps(maps[2]), "below/2.yml")
    desk.write("no manifest", "notes.txt")
    flat = desk.ds("-f", str(desk.folder), "--dry-run=server", "-o", "name")
    deep = desk.ds("-R", "-f", str(desk.folder), "--dry-run=server", "-o", "name")
    assert lines(flat.stdout) == ["configmap/a", "configmap/b"]
    assert lines(deep.stdout) == ["configmap/a", "configmap/b", "configmap/c"]


def test_a_generated_name_is_the_server_s(desk: Desk) -> None:
    file = desk.write(GOOD.replace("  name: agent\nspec", "  generateName: agent-\nspec"))
    done = desk.ds("-f", file, "-f", file)
    assert done.returncode == 0
    assert sorted(lines(done.stdout)) == [f"daemonset.apps/{name} created" for name in desk.names()]
    assert len(desk.names()) == 2


def test_the_field_manager_is_the_one_that_was_asked_for(desk: Desk) -> None:
    assert desk.ds("-f", desk.write(GOOD), "--field-manager=me", "--save-config").returncode == 0
    metadata = _found(desk, "agent")["metadata"]
    assert "me" in {entry["manager"] for entry in metadata["managedFields"]}
    assert "kubectl.kubernetes.io/last-applied-configuration" in metadata["annotations"]


def test_a_quota_for_objects_stops_at_the_first_refusal_and_says_what_was_not_tried(desk: Desk) -> None:
    desk.cluster.create(quota("few", {"count/configmaps": "2"}))
    text = "---\n".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\n" for number in range(5))

    done = desk.ds("-f", "-", input=text)
    assert done.returncode == 1
    assert "exceeded quota: few" in done.stderr
    created = len(lines(done.stdout))
    assert lines(done.stderr)[-1] == f"{4 - created} more were not tried"


def test_rights_to_create_are_all_that_is_needed(desk: Desk) -> None:
    desk.cluster.create(role("maker", [rule(["create"], ["daemonsets"])]), role_binding("maker", "maker", "viewer"))
    done = desk.ds("-f", desk.write(GOOD), user="viewer")
    assert (done.returncode, done.stdout) == (0, "daemonset.apps/agent created\n"), done.stderr


def _found(desk: Desk, name: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.cluster.client.get("daemonsets", name, desk.cluster.namespace)
    return found
