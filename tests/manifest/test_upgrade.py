"""Old DaemonSets become what they meant, in apps/v1; every change is named, and nothing else is touched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubectl_ds.manifest.documents import Document, read
from kubectl_ds.manifest.images import doubt
from kubectl_ds.manifest.upgrade import Upgrade, is_legacy, upgrade
from kubectl_ds.manifest.validate import validate

OLD = """\
apiVersion: {version}
kind: DaemonSet
metadata: {{name: agent}}
spec:
{spec}  template:
    metadata:
      labels: {{app: agent}}
{metadata}    spec:
{pod}      containers:
      - {{name: agent, image: registry.example/agent:1}}
"""


def document(text: str) -> Document:
    reading = read("f.yaml", text.encode())
    assert not reading.findings
    (found,) = reading.documents
    return found


def old(version: str = "extensions/v1beta1", *, spec: str = "", metadata: str = "", pod: str = "") -> Upgrade:
    return upgrade(document(OLD.format(version=version, spec=spec, metadata=metadata, pod=pod)))


def template(done: Upgrade) -> Any:
    return done.document.data["spec"]["template"]


def whats(done: Upgrade) -> list[str]:
    return [change.what for change in done.changes]


def test_what_extensions_meant_by_saying_nothing_is_written_out() -> None:
    done = old()
    assert done.document.data["apiVersion"] == "apps/v1"
    assert done.document.data["metadata"]["labels"] == {"app": "agent"}
    assert done.document.data["spec"]["selector"] == {"matchLabels": {"app": "agent"}}
    assert done.document.data["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert not [each for each in validate([done.document]) if each.severity.value == "error"]


def test_apps_v1beta2_keeps_its_own_defaults() -> None:
    done = old("apps/v1beta2", spec="  selector: {matchLabels: {app: agent}}\n")
    assert whats(done) == ["apiVersion: apps/v1, was apps/v1beta2"]


@pytest.mark.parametrize("version", ["extensions/v1beat1", "extension/v1beta1", "extensions/v1beta"])
def test_a_misspelt_version_means_the_nearest(version: str) -> None:
    done = old(version)
    assert done.document.data["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert is_legacy(done.before)


@pytest.mark.parametrize("text", ["apps/v1", "example.com/v1"])
def test_what_is_in_order_or_somebody_else_s_is_left_alone(text: str) -> None:
    done = old(text, spec="  selector: {matchLabels: {app: agent}}\n")
    assert (done.changes, done.document) == ((), done.before)


def test_a_strategy_that_is_written_stays() -> None:
    done = old(spec="  updateStrategy: {type: RollingUpdate}\n")
    assert done.document.data["spec"]["updateStrategy"] == {"type": "RollingUpdate"}


def test_the_template_generation_goes() -> None:
    done = old(spec="  templateGeneration: 7\n")
    assert "templateGeneration" not in done.document.data["spec"]
    assert "spec.templateGeneration dropped" in whats(done)


ALPHA = "      annotations:\n        scheduler.alpha.kubernetes.io/{}: {}\n"


def test_alpha_tolerations_become_a_field() -> None:
    done = old(metadata=ALPHA.format("tolerations", """'[{"key": "a", "operator": "Exists"}]'"""))
    assert template(done)["spec"]["tolerations"] == [{"key": "a", "operator": "Exists"}]
    assert "annotations" not in template(done)["metadata"]


def test_alpha_affinity_becomes_a_field() -> None:
    done = old(metadata=ALPHA.format("affinity", """'{"nodeAffinity": {}}'"""))
    assert template(done)["spec"]["affinity"] == {"nodeAffinity": {}}


def test_an_annotation_that_is_no_json_is_left_for_the_reader() -> None:
    done = old(metadata=ALPHA.format("tolerations", "'[{'"))
    assert template(done)["metadata"]["annotations"] == {"scheduler.alpha.kubernetes.io/tolerations": "[{"}


def test_a_critical_pod_gets_the_priority_of_one() -> None:
    done = old(metadata=ALPHA.format("critical-pod", '""'))
    assert template(done)["spec"]["priorityClassName"] == "system-node-critical"
    chosen = old(metadata=ALPHA.format("critical-pod", '""'), pod="      priorityClassName: mine\n")
    assert template(chosen)["spec"]["priorityClassName"] == "mine"


def test_beta_labels_are_renamed_wherever_nodes_are_chosen() -> None:
    pod = (
        "      nodeSelector: {beta.kubernetes.io/os: linux}\n"
        "      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
        "[{matchExpressions: [{key: beta.kubernetes.io/arch, operator: In, values: [arm64]}]}]}}}\n"
    )
    done = old(pod=pod)
    assert template(done)["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert "beta" not in str(template(done)["spec"])


def test_fields_that_can_only_be_another_one_misspelt_are_corrected_within_one_another() -> None:
    text = OLD.format(version="apps/v1", spec="  selector: {matchLabels: {app: agent}}\n", metadata="", pod="")
    done = upgrade(document(text.replace("containers:", "contianers:").replace("image:", "imgae:")))
    assert template(done)["spec"]["containers"] == [{"name": "agent", "image": "registry.example/agent:1"}]
    assert [(change.line, change.column) for change in done.changes] == [(10, 7), (11, 23)]


def test_a_field_that_could_be_two_or_is_there_already_is_left_to_the_checks() -> None:
    text = OLD.format(version="apps/v1", spec="  selector: {matchLabels: {app: agent}}\n", metadata="", pod="")
    done = upgrade(document(text.replace("image:", "nam: b, image:")))
    assert done.changes == ()


def test_every_change_has_its_line_and_its_reason() -> None:
    done = old(metadata="      name: agent\n")
    places = {change.field: change.line for change in done.changes}
    assert places["apiVersion"] == 1
    assert places["spec.template.metadata.name"] == 8
    assert places["spec.selector"] == 4
    assert all(change.reason for change in done.changes)


def test_lines_of_the_upgraded_document_are_those_of_the_file() -> None:
    done = old(metadata="      name: agent\n")
    assert done.document.position("spec.template.spec.containers[0].image") == (11, 23)
    assert done.document.position("spec.selector.matchLabels.app") == (4, 1)


def test_values_that_anchors_share_are_changed_one_by_one() -> None:
    text = (
        "apiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: &m {name: agent, labels: {app: agent}}\n"
        "spec: {template: {metadata: *m, spec: {containers: [{name: a, image: b}]}}}\n"
    )
    done = upgrade(document(text))
    assert done.document.name == "agent"
    assert "name" not in template(done)["metadata"]


@pytest.mark.parametrize(
    ("image", "instead"),
    [
        ("gci.io/google_conntainers/fluentd-elasticsearch:1.3", "registry.k8s.io/fluentd-elasticsearch:1.3"),
        ("k8s.gcr.io/pause:3.2", "registry.k8s.io/pause:3.2"),
        ("gcr.io/google-containers/pause:1", "registry.k8s.io/pause:1"),
        ("quay.oi/prometheus/node-exporter:v1", "quay.io/prometheus/node-exporter:v1"),
    ],
)
def test_images_of_registries_that_are_gone_or_misspelt_are_doubted(image: str, instead: str) -> None:
    found = doubt(image)
    assert found is not None and found[1] == instead


@pytest.mark.parametrize(
    "image", ["fluentd", "fluent/fluentd:1", "quay.io/a/b", "gcr.io/project/a", "my.example:5000/a", "localhost:5000/a"]
)
def test_other_images_are_not_doubted(image: str) -> None:
    assert doubt(image) is None


def test_images_are_changed_only_on_request() -> None:
    text = OLD.format(version="extensions/v1beta1", spec="", metadata="", pod="").replace(
        "registry.example", "k8s.gcr.io"
    )
    left, fixed = upgrade(document(text)), upgrade(document(text), fix_images=True)
    assert template(left)["spec"]["containers"][0]["image"] == "k8s.gcr.io/agent:1"
    assert [(each.line, each.column) for each in left.warnings] == [(10, 30)]
    assert template(fixed)["spec"]["containers"][0]["image"] == "registry.k8s.io/agent:1"
    assert fixed.warnings == ()


FULL: dict[str, Any] = {
    "apiVersion": "extensions/v1beta1",
    "kind": "DaemonSet",
    "metadata": {"name": "agent", "annotations": {"deprecated.daemonset.template.generation": "2"}},
    "spec": {
        "template": {
            "metadata": {
                "name": "agent",
                "labels": {"app": "agent"},
                "annotations": {
                    "scheduler.alpha.kubernetes.io/tolerations": '[{"key": "a"}]',
                    "scheduler.alpha.kubernetes.io/affinity": '{"nodeAffinity": {}}',
                    "scheduler.alpha.kubernetes.io/critical-pod": "",
                },
            },
            "spec": {
                "nodeSelector": {"beta.kubernetes.io/os": "linux"},
                "containers": [{"name": "agent", "image": "k8s.gcr.io/agent:1", "columeMounts": [{"name": "log"}]}],
            },
        }
    },
}
ODD: tuple[Any, ...] = (None, 5, True, "x", "", [], {}, [None], [[1]], {"a": None}, {"name": {"x": 1}})


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Of every value below."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in children for found in paths(each, (*path, key)))]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_whatever_a_field_holds_an_upgrade_comes_to_an_end_and_leaves_nothing_to_upgrade(odd: Any) -> None:
    for path in paths(FULL)[3:]:
        changed = json.loads(json.dumps(FULL))
        holder = changed
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = odd
        done = upgrade(document(json.dumps(changed)), fix_images=True)
        assert all(each.mark is not None for each in done.document.walk())
        assert upgrade(done.document, fix_images=True).changes == (), path
