"""The pod that the controller asks for: pinned, labelled, tolerating what all its pods tolerate."""

from __future__ import annotations

import msgspec
import pytest

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.admission.daemon_pod import UNKNOWN_HASH, add_or_update
from kubectl_ds.model.selector import SelectorRequirement
from kubectl_ds.model.taint import Toleration
from tests.controlplane.objects import toleration
from tests.engine.admission.builders import NAMESPACE, admission, agent, snapshot, spec_of

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def test_all_required_terms_give_way_to_the_name_of_the_node_and_the_rest_stays() -> None:
    wanted = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
    near = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "db"}}}
    spec = spec_of(
        admission(
            spec={
                "nodeSelector": {"disk": "ssd"},
                "affinity": {
                    "nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [wanted, wanted]}},
                    "podAffinity": {REQUIRED: [near]},
                },
            }
        )
    )
    assert spec.affinity is not None and spec.affinity.required_node_selector is not None
    (term,) = spec.affinity.required_node_selector.node_selector_terms
    assert term.match_fields == (SelectorRequirement(key="metadata.name", operator="In", values=("n1",)),)
    assert term.match_expressions == ()
    assert spec.node_selector == {"disk": "ssd"}
    assert spec.affinity.pod_affinity is not None


def test_a_template_without_affinity_is_pinned_too_and_knows_its_target() -> None:
    assert admission().pod("n7").target_node == "n7"


def test_everything_but_the_pin_is_the_same_object_for_every_node() -> None:
    found = admission()
    one, other = found.pod("n1"), found.pod("n2")
    assert one.spec.containers is other.spec.containers
    assert one.metadata is other.metadata


def test_a_template_that_names_its_node_keeps_the_name() -> None:
    pod = admission(spec={"nodeName": "n3"}).pod("n3")
    assert pod.spec.node_name == "n3"
    assert pod.bound


def test_the_pod_belongs_to_the_daemon_set_and_lies_in_its_namespace() -> None:
    daemon_set = agent()
    pod = Admission(snapshot(), msgspec.structs.replace(daemon_set, raw=daemon_set.raw)).pod("n1")
    assert (pod.namespace, pod.name) == (NAMESPACE, "agent-")
    controller = pod.metadata.controller
    assert controller is not None
    assert (controller.kind, controller.name) == ("DaemonSet", "agent")


def test_the_labels_of_a_manifest_are_those_of_its_first_generation_with_a_hash_that_no_pod_has() -> None:
    labels = admission().pod("n1").metadata.labels
    assert labels == {"app": "agent", "pod-template-generation": "1", "controller-revision-hash": UNKNOWN_HASH}


def test_the_hash_is_that_of_the_revision_that_equals_the_template() -> None:
    daemon_set = agent(annotations={"deprecated.daemonset.template.generation": "4"})
    daemon_set = msgspec.structs.replace(
        daemon_set, metadata=msgspec.structs.replace(daemon_set.metadata, uid="u1"), raw=daemon_set.raw
    )
    template = msgspec.json.decode(bytes(daemon_set.raw))["spec"]["template"]
    revision = {
        "kind": "ControllerRevision",
        "metadata": {
            "name": "agent-abc",
            "labels": {"controller-revision-hash": "abc"},
            "ownerReferences": [{"kind": "DaemonSet", "name": "agent", "uid": "u1", "controller": True}],
        },
        "revision": 4,
        "data": {"spec": {"template": template | {"$patch": "replace"}}},
    }
    labels = Admission(snapshot(revision), daemon_set).pod("n1").metadata.labels
    assert labels["controller-revision-hash"] == "abc"
    assert labels["pod-template-generation"] == "4"


def test_automatic_tolerations_follow_those_of_the_template_and_host_network_adds_one() -> None:
    own = toleration("gpu")
    keys = [each.key.rpartition("/")[2] for each in spec_of(admission(spec={"tolerations": [own]})).tolerations]
    assert keys == [
        *("gpu", "not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    ]
    hosted = spec_of(admission(spec={"hostNetwork": True})).tolerations
    assert hosted[-1].key == "node.kubernetes.io/network-unavailable"


@pytest.mark.parametrize("seconds", [60, None])
def test_an_automatic_toleration_takes_the_place_of_one_that_differs_only_in_seconds(seconds: int | None) -> None:
    wanted = Toleration(key="node.kubernetes.io/not-ready", operator="Exists", effect="NoExecute")
    own = msgspec.structs.replace(wanted, toleration_seconds=seconds)
    other = Toleration(key="gpu", operator="Exists")
    assert add_or_update((own, other), wanted) == (wanted, other)
