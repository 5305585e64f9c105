"""``kubectl ds create`` through the real kubectl, against the real API server, beside ``kubectl create``."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.manifest.documents import read
from tests.cli.runs import ds
from tests.controlplane.client import Client
from tests.controlplane.cluster import Cluster
from tests.controlplane.policies import quota, role, role_binding, rule, validating_webhook

GOOD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels: {app: agent}
    spec:
      containers:
      - name: agent
        image: registry.example/agent:1
        ports:
        - containerPort: 80
          name: web
"""


def named(name: str, namespace: str = "") -> str:
    """The good manifest under another name, in a namespace if one is given."""
    inside = f"  namespace: {namespace}\n" if namespace else ""
    return GOOD.replace("  name: agent\n", f"  name: {name}\n{inside}", 1)


CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, required: [size], properties: {size: {type: integer, minimum: 1}}}
"""

WIDGET = """\
apiVersion: example.com/v1
kind: Widget
metadata: {name: gear}
spec: {size: 3}
"""


@dataclass(frozen=True)
class Desk:
    """A folder with manifests in it, and both commands."""

    cluster: Cluster
    folder: Path

    def write(self, text: str, name: str = "f.yaml") -> str:
        """A file of the folder; its path as it is typed."""
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def ds(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """``kubectl ds create …``."""
        return self.cluster.kubectl("ds", "create", *arguments, **options)

    def kubectl(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """``kubectl create …``."""
        return self.cluster.kubectl("create", *arguments, **options)

    def names(self, resource: str = "daemonsets") -> list[str]:
        """What is there."""
        return [item["metadata"]["name"] for item in self.cluster.client.list(resource, self.cluster.namespace)]


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """An empty cluster and an empty folder; custom kinds are gone again afterwards."""
    yield Desk(cluster, tmp_path)
    cluster.kubectl("delete", "crd", "--all", "--wait=true", check=True)


def lines(text: str) -> list[str]:
    return text.splitlines()


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


@pytest.mark.parametrize("mode", ["client", "server"])
def test_a_dry_run_prints_what_kubectl_prints_and_creates_nothing(desk: Desk, mode: str) -> None:
    file = desk.write(GOOD)
    for form in ((), ("-o", "name")):
        theirs = desk.kubectl("-f", file, f"--dry-run={mode}", *form)
        ours = desk.ds("-f", file, f"--dry-run={mode}", *form)
        assert (ours.returncode, ours.stdout, ours.stderr) == (0, theirs.stdout, "")
    assert desk.names() == []


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("flags", [(), ("--save-config",)])
def test_a_client_dry_run_prints_the_same_object(desk: Desk, form: str, flags: tuple[str, ...]) -> None:
    second = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, resourceVersion: '5'}\ndata: {a: \"<&>\u2028é\"}\n"
    file = desk.write(f"{GOOD}---\n{second}")
    theirs = desk.kubectl("-f", file, "--dry-run=client", "-o", form, *flags)
    ours = desk.ds("-f", file, "--dry-run=client", "-o", form, *flags)
    assert (ours.returncode, ours.stdout) == (0, theirs.stdout)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_what_is_printed_after_creation_is_the_server_s_object(desk: Desk, form: str) -> None:
    file = desk.write(GOOD)
    theirs = desk.kubectl("-f", file, "--dry-run=server", "-o", form).stdout
    ours = desk.ds("-f", file, "--dry-run=server", "-o", form).stdout
    passing = ("uid", "creationTimestamp")
    assert [each for each in lines(ours) if not any(key in each for key in passing)] == [
        each for each in lines(theirs) if not any(key in each for key in passing)
    ]


def test_a_client_dry_run_of_a_broken_manifest_fails_though_kubectl_s_does_not(desk: Desk) -> None:
    file = desk.write(GOOD.replace("image:", "imgae:"))
    assert desk.kubectl("-f", file, "--dry-run=client").returncode == 0
    assert desk.ds("-f", file, "--dry-run=client").returncode == 1
    assert desk.ds("-f", file, "--dry-run=client", "--validate=ignore").returncode == 0


def test_a_server_dry_run_says_what_the_server_could_not_check(desk: Desk) -> None:
    file = desk.write(f"{CRD}---\n{WIDGET}")
    ours = desk.ds("-f", file, "--dry-run=server")
    assert ours.returncode == 0
    assert lines(ours.stdout) == [
        "customresourcedefinition.apiextensions.k8s.io/widgets.example.com created (server dry run)",
        "widget.example.com/gear created (dry run)",
    ]
    assert ours.stderr == f"Warning: {file}:18: not checked by the server: it needs what an earlier object brings\n"


def test_validation_can_be_softened_as_in_kubectl(desk: Desk) -> None:
    file = desk.write(GOOD.replace("  selector:", "  slector: {}\n  selector:"))
    for value in ("warn", "ignore", "false"):
        theirs = desk.kubectl("-f", file, f"--validate={value}", "--dry-run=server")
        ours = desk.ds("-f", file, f"--validate={value}", "--dry-run=server")
        assert (ours.returncode, ours.stdout, ours.stderr) == (0, theirs.stdout, theirs.stderr)
    assert desk.ds("-f", file, "--validate").returncode == 1


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


def test_a_webhook_that_refuses_is_not_the_manifest_s_fault(desk: Desk, client: Client) -> None:
    client.create(validating_webhook("hook.example.com", "https://127.0.0.1:1/none", resources=("daemonsets",)))
    file = desk.write(GOOD)
    theirs, ours = desk.kubectl("-f", file), desk.ds("-f", file)
    assert 'failed calling webhook "hook.example.com"' in ours.stderr
    assert (ours.returncode, ours.stderr) == (1, theirs.stderr)


def test_rights_to_create_are_all_that_is_needed(desk: Desk) -> None:
    desk.cluster.create(role("maker", [rule(["create"], ["daemonsets"])]), role_binding("maker", "maker", "viewer"))
    done = desk.ds("-f", desk.write(GOOD), user="viewer")
    assert (done.returncode, done.stdout) == (0, "daemonset.apps/agent created\n"), done.stderr


def test_scalars_mean_what_they_mean_to_kubectl(desk: Desk) -> None:
    """Thousands of scalars as values and keys, read by the plane's own kubectl and by us."""
    seeded = random.Random(20)
    words = WORDS.split()
    words += ["!!str 5", '!!int "0x10"', '!!float "5"', '!!bool "yes"', "!foo 5", '"5"', "'yes'", "&x 5"]
    words += ["".join(seeded.choices("0123456789" * 3 + "_.+-eExob", k=seeded.randrange(1, 8))) for _ in range(1500)]
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\nx:\n"
    differing = []
    for form in ("- {}\n", "- {}: 1\n"):
        sound = [word for word in words if not read("x", (head + form.format(word)).encode()).findings]
        text = head + "".join(form.format(word) for word in sound)
        theirs = desk.kubectl("--dry-run=client", "--validate=false", "-o", "json", "-f", "-", input=text, check=True)
        ours = read("x", text.encode()).documents[0].data["x"]
        differing += [
            (word, one, other)
            for word, one, other in zip(sound, json.loads(theirs.stdout)["x"], ours, strict=True)
            if one != other or (type(one), type(other)) not in _SAME_TYPES
        ]
        assert len(sound) > 1400
    assert differing == []


WORDS = """
y Y n yes No ON oN off true TRUE tRue ~ null nUll 0 00 08 0777 0o17 0x1F 0b11 0b12 -0b11 +5 5_000 _1 1_ 1. 1.0 .5 .5_0
.5_ +.5 1e3 1e400 12e03 . - + 1:30 2001-01-01 9223372036854775807 1.2.3 1a = ! 1_000.5 0x 0o 0xg -0x1F +0b1 0b_1 1e-7
"""
_SAME_TYPES = {(kind, kind) for kind in (str, int, bool, float, dict, list, type(None))} | {(int, float)}
"""An integer beyond 64 bits is a float to us, and the same number on the wire."""


def _found(desk: Desk, name: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.cluster.client.get("daemonsets", name, desk.cluster.namespace)
    return found
