"""What is refused is said in kubectl's words, byte for byte, and then where in the file the fault lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.runs import ds
from tests.controlplane.client import Client
from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import GOOD, WIDGET, Desk, lines, named, opened
from tests.controlplane.policies import validating_webhook


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """An empty cluster and an empty folder."""
    yield from opened(cluster, tmp_path)


REFUSED = {
    "a misspelt field": (
        GOOD.replace("image:", "imgae:"),
        'f.yaml:14:9: error: unknown field "spec.template.spec.containers[0].imgae"',
    ),
    "several unknown fields, in lists and labels": (
        GOOD.replace("  selector:", "  slector: {a.b/c: d}\n  selector:").replace("name: web", "nam: web"),
        'f.yaml:18:11: error: unknown field "spec.template.spec.containers[0].ports[0].nam"',
    ),
    "a text where a number is due": (
        GOOD.replace("containerPort: 80", 'containerPort: "80"'),
        "f.yaml:16:26: error: spec.template.spec.containers[0].ports[0].containerPort: "
        "a text where a whole number is due",
    ),
    "a number where a text is due": (
        GOOD.replace("registry.example/agent:1", "5"),
        "f.yaml:14:16: error: spec.template.spec.containers[0].image: a number where a text is due",
    ),
    "a number for a label": (
        GOOD.replace("labels: {app: agent}", "labels: {app: agent, release: 12e3}"),
        "f.yaml:10:37: error: spec.template.metadata.labels.release: a number where a text is due",
    ),
    "a mapping where a list is due": (
        GOOD.replace("      - name: agent\n        image", "        name: agent\n        image"),
        "f.yaml:13:9: error: spec.template.spec.containers: a mapping where a list of Container is due",
    ),
    "no quantity": (
        GOOD + "        resources: {requests: {cpu: 1 core}}\n",
        'f.yaml:18:37: error: spec.template.spec.containers[0].resources.requests.cpu: "1 core" is not a quantity',
    ),
    "no selector": (
        GOOD.replace("  selector:\n    matchLabels: {app: agent}\n", ""),
        "hint: spec.selector is missing; add under spec: selector: {matchLabels: {app: agent}}",
    ),
    "a selector that does not match": (
        GOOD.replace("matchLabels: {app: agent}", "matchLabels: {app: agnet}"),
        "hint: the labels of the template must include all that spec.selector (line 6) asks for",
    ),
    "no name": (
        GOOD.replace("  name: agent\nspec", "  labels: {}\nspec"),
        "f.yaml:3:1: error: metadata.name: Required value: name or generateName is required",
    ),
    "no container name and a wrong policy": (
        GOOD.replace("- name: agent\n        image", "- image").replace(
            "spec:\n      c", "spec:\n      restartPolicy: Nevr\n      c"
        ),
        "f.yaml:12:22: error: spec.template.spec.restartPolicy: Unsupported value: "
        '"Nevr": supported values: "Always", "OnFailure", "Never"',
    ),
    "a label that is none": (
        GOOD.replace("labels: {app: agent}", "labels: {app: agent, a.b/c: d e}"),
        "f.yaml:10:35: error: spec.template.labels: Invalid value: "
        '"d e": a valid label must be an empty string or consist of alphanumeric characters',
    ),
    "an unserved version": (
        GOOD.replace("apps/v1", "extensions/v1beta1"),
        "f.yaml:1:13: error: extensions/v1beta1 has not been served since Kubernetes 1.16",
    ),
    "a misspelt version": (
        GOOD.replace("apps/v1", "extensions/v1beat1"),
        "hint: write apiVersion: apps/v1 (extensions/v1beta1 has not been served since Kubernetes 1.16)",
    ),
    "a misspelt kind": (GOOD.replace("DaemonSet", "DeamonSet"), "hint: did you mean DaemonSet?"),
    "a kind that nobody knows": (WIDGET, "hint: is its CustomResourceDefinition installed?"),
}
"""What the server, or discovery, refuses: kubectl's words come first, byte for byte; then ours."""


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_kubectl_s_and_then_says_where(desk: Desk, case: str) -> None:
    text, line = REFUSED[case]
    file = desk.write(text)
    theirs, ours = desk.kubectl("-f", file), desk.ds("-f", file)
    assert (ours.returncode, ours.stdout) == (1, "")
    assert ours.stderr.startswith(theirs.stderr.rstrip("\n") + "\n")
    assert any(each.removeprefix(f"{desk.folder}/").startswith(line) for each in lines(ours.stderr)), ours.stderr
    assert desk.names() == []


SAME = {
    "already exists": (GOOD, ()),
    "a namespace that does not exist": (GOOD, ("-n", "nowhere")),
    "another namespace than -n": (named("agent", "there"), ("-n", "here")),
    "no object": ("# nothing\n---\n", ()),
    "two that exist": (f"{GOOD}---\n{named('other')}", ()),
}


@pytest.mark.parametrize("case", SAME)
def test_what_is_not_the_manifest_s_fault_is_said_as_kubectl_says_it(desk: Desk, case: str) -> None:
    for name in ("agent", "other"):
        assert desk.kubectl("-f", "-", input=named(name)).returncode == 0
    text, flags = SAME[case]
    file = desk.write(text)
    theirs, ours = desk.kubectl("-f", file, *flags), desk.ds("-f", file, *flags)
    assert ours.returncode == theirs.returncode == 1
    assert lines(ours.stderr)[: len(lines(theirs.stderr))] == lines(theirs.stderr)
    assert case == "another namespace than -n" or ours.stderr == theirs.stderr


def test_on_a_terminal_a_refusal_says_where_and_what_next(desk: Desk) -> None:
    file = desk.write(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fresh}}\n---\n{GOOD}")
    assert desk.kubectl("-f", "-", input=GOOD).returncode == 0
    environ = desk.cluster.plane.environment(namespace=desk.cluster.namespace)
    assert ds("create", "-f", file, tty=True, environ=environ).err.splitlines() == [
        f'Error from server (AlreadyExists): error when creating "{file}": daemonsets.apps "agent" already exists',
        f"  at {file}:5",
        f"hint: kubectl apply -f {file} changes what exists; kubectl diff -f {file} shows how",
        "nothing was created; --keep-going creates the other object",
    ]


def test_what_rbac_forbids_is_said_as_kubectl_says_it(desk: Desk) -> None:
    file = desk.write(GOOD)
    theirs, ours = desk.kubectl("-f", file, user="viewer"), desk.ds("-f", file, user="viewer")
    assert "Forbidden" in theirs.stderr
    assert (ours.returncode, ours.stderr) == (theirs.returncode, theirs.stderr)


def test_a_path_that_does_not_exist_has_a_neighbour(desk: Desk) -> None:
    desk.write(GOOD, "fluentd-daemonset.yaml")
    missing = str(desk.folder / "fluented-daemonset.yaml")
    theirs, ours = desk.kubectl("-f", missing), desk.ds("-f", missing)
    first, hint = lines(ours.stderr)
    assert (ours.returncode, f"{first}\n") == (1, theirs.stderr)
    assert hint == f"did you mean {desk.folder}/fluentd-daemonset.yaml?"


def test_duplicate_keys_are_refused_though_kubectl_takes_the_last(desk: Desk) -> None:
    file = desk.write(GOOD.replace("        image:", "        name: other\n        image:"))
    ours = desk.ds("-f", file)
    assert ours.returncode == 1
    assert lines(ours.stderr)[0] == f'{file}:14:9: error: duplicate key "name": already set in line 13'
    assert desk.names() == []
    assert desk.kubectl("-f", file).returncode == 0


def test_a_webhook_that_refuses_is_not_the_manifest_s_fault(desk: Desk, client: Client) -> None:
    client.create(validating_webhook("hook.example.com", "https://127.0.0.1:1/none", resources=("daemonsets",)))
    file = desk.write(GOOD)
    theirs, ours = desk.kubectl("-f", file), desk.ds("-f", file)
    assert 'failed calling webhook "hook.example.com"' in ours.stderr
    assert (ours.returncode, ours.stderr) == (1, theirs.stderr)
