"""The filters that look at the node alone: gates, name, cordon, taints, affinity, declared features."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import (
    FeatureEvidence,
    GateEvidence,
    NodeNameEvidence,
    RequirementEvidence,
    TaintEvidence,
)
from tests.engine.fit.cells import codes, node, pod, refusals

Object = dict[str, Any]


def required(*terms: Object) -> Object:
    """Required node affinity."""
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def expression(key: str, operator: str, *values: str) -> Object:
    """A term of one requirement on labels."""
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


def pin(name: str) -> Object:
    """The term that the DaemonSet controller writes."""
    return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}


def test_a_pod_that_asks_for_nothing_fits_an_empty_node() -> None:
    assert refusals(pod(), node()) == ()


def test_scheduling_gates_come_before_all_else_and_name_themselves() -> None:
    found = refusals(pod(schedulingGates=[{"name": "a"}, {"name": "b"}], cpu="9"), node(cpu="1"))
    assert [each.cause.code for each in found] == ["SchedulingGates", "NodeResourcesFit"]
    assert found[0].cause.evidence == GateEvidence(gates=("a", "b"))
    assert found[0].pre_filter and found[0].unresolvable


def test_a_pod_that_names_another_node_is_refused() -> None:
    found = refusals(pod(nodeName="elsewhere"), node())
    assert found[0].cause.evidence == NodeNameEvidence(node_name="elsewhere")
    assert found[0].unresolvable


def test_a_node_that_does_not_exist_fails_the_pin() -> None:
    found = refusals(pod(), node("other"), on="gone")
    expected = RequirementEvidence(source="affinity", key="metadata.name", operator="In", values=("gone",), actual=None)
    assert [each.cause.evidence for each in found] == [expected]


def test_a_cordoned_node_refuses_whoever_does_not_tolerate_it() -> None:
    cordoned = node(unschedulable=True)
    found = refusals(pod(), cordoned)
    assert found[0].cause.code == "NodeUnschedulable"
    assert found[0].unresolvable
    tolerant = pod(tolerations=[{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}])
    assert codes(tolerant, cordoned) == []


def test_every_untolerated_taint_is_named_and_preferences_never_are() -> None:
    taints = [
        {"key": "a", "value": "x", "effect": "NoSchedule"},
        {"key": "b", "effect": "PreferNoSchedule"},
        {"key": "c", "effect": "NoExecute"},
        {"key": "d", "effect": "NoSchedule"},
    ]
    found = refusals(pod(tolerations=[{"key": "d", "operator": "Exists"}]), node(taints=taints))
    assert [each.cause.evidence for each in found] == [
        TaintEvidence(key="a", value="x", effect="NoSchedule"),
        TaintEvidence(key="c", value="", effect="NoExecute"),
    ]
    assert all(each.unresolvable for each in found)


TOLERATED = [
    ("equal value", {"key": "k", "value": "v"}, True),
    ("other value", {"key": "k", "value": "w"}, False),
    ("Exists ignores the value", {"key": "k", "operator": "Exists"}, True),
    ("no key with Exists takes all", {"operator": "Exists"}, True),
    ("no key with Equal compares the value alone", {"operator": "Equal", "value": "v"}, True),
    ("other effect", {"key": "k", "operator": "Exists", "effect": "NoExecute"}, False),
    ("same effect", {"key": "k", "operator": "Exists", "effect": "NoSchedule"}, True),
    ("unknown operator", {"key": "k", "operator": "Gt", "value": "1"}, False),
]


@pytest.mark.parametrize(("case", "toleration", "fits"), TOLERATED, ids=[row[0] for row in TOLERATED])
def test_tolerations_match_by_key_operator_value_and_effect(case: str, toleration: Object, fits: bool) -> None:
    tainted = node(taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}])
    assert (codes(pod(tolerations=[toleration]), tainted) == []) is fits


def test_each_unmet_label_of_the_node_selector_is_a_refusal_of_its_own() -> None:
    asked = pod(nodeSelector={"disk": "ssd", "arch": "arm", "os": "linux"})
    found = refusals(asked, node(labels={"disk": "hdd", "os": "linux"}))
    assert {(each.cause.evidence.key, each.cause.evidence.actual) for each in found} == {  # type: ignore[union-attr]
        ("disk", "hdd"),
        ("arch", None),
    }
    assert all(each.cause.code == "NodeAffinity" and each.unresolvable for each in found)


SELECTOR = "scheduler.alpha.kubernetes.io/node-selector"


@pytest.mark.parametrize(
    ("annotation", "runtime", "sources"),
    [
        ("disk=ssd,zone=a", "", {"disk": "namespace", "zone": "namespace"}),
        ("disk=ssd", "vm", {"disk": "namespace", "zone": "runtimeClass"}),
        ("disk=hdd", "", {"disk": "nodeSelector", "zone": "nodeSelector"}),
        ("no labels=", "", {"disk": "nodeSelector", "zone": "nodeSelector"}),
    ],
)
def test_a_label_is_put_down_to_whoever_demands_it(annotation: str, runtime: str, sources: dict[str, str]) -> None:
    namespace = {"kind": "Namespace", "metadata": {"name": "ns", "annotations": {SELECTOR: annotation}}}
    asked = pod(nodeSelector={"disk": "ssd", "zone": "a"}, runtimeClassName=runtime)
    found = refusals(asked, node(), namespace)
    assert {each.cause.evidence.key: each.cause.evidence.source for each in found} == sources  # type: ignore[union-attr]


AFFINITY = [
    ("the pin alone", [pin("n1")], True),
    ("a pin to another node", [pin("n2")], False),
    ("one of two terms", [expression("a", "Exists"), expression("b", "In", "1")], True),
    ("no term matches", [expression("a", "Exists"), expression("b", "NotIn", "1")], False),
    ("no terms at all", [], False),
    ("an empty term", [{}], False),
    ("an unknown operator", [expression("b", "Matches", "1")], False),
    ("a value that is no label", [expression("b", "In", "not a label!")], False),
    ("Gt compares integers", [expression("cores", "Gt", "3")], True),
    ("Lt compares integers", [expression("cores", "Lt", "4")], False),
    ("Gt with a label that is no integer", [expression("name", "Gt", "1")], False),
    ("a field that no node has", [{"matchFields": [{"key": "spec.x", "operator": "In", "values": ["y"]}]}], False),
    (
        "two names at once",
        [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1", "n2"]}]}],
        False,
    ),
    ("not this node", [{"matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n2"]}]}], True),
]


@pytest.mark.parametrize(("case", "terms", "fits"), AFFINITY, ids=[row[0] for row in AFFINITY])
def test_required_affinity_needs_one_term_that_parses_and_matches(case: str, terms: list[Object], fits: bool) -> None:
    labelled = node(labels={"b": "1", "cores": "4", "name": "x"})
    assert codes(pod(affinity=required(*terms)), labelled) == ([] if fits else ["NodeAffinity"])


def test_the_requirement_shown_is_the_first_unmet_one_of_the_first_term_that_parses() -> None:
    terms: tuple[Object, ...] = (
        {},
        {"matchExpressions": [expression("b", "Exists")["matchExpressions"][0]]},
        expression("c", "Exists"),
    )
    found = refusals(pod(affinity=required(*terms)), node())
    expected = RequirementEvidence(source="affinity", key="b", operator="Exists", values=(), actual=None, terms=3)
    assert [each.cause.evidence for each in found] == [expected]


RESTARTS_ALL = {"restartPolicyRules": [{"action": "RestartAllContainers"}]}
NEEDS = [
    ("a container that restarts all", {"containers": [RESTARTS_ALL]}, "RestartAllContainersOnContainerExits"),
    ("an init container that restarts all", {"initContainers": [RESTARTS_ALL]}, "RestartAllContainersOnContainerExits"),
    ("host network in a user namespace", {"hostNetwork": True, "hostUsers": False}, "UserNamespacesHostNetworkSupport"),
    ("bind mount options", {"containers": [{"volumeMounts": [{"bindMountOptions": ["x"]}]}]}, "VolumeBindMountOptions"),
]


@pytest.mark.parametrize(("case", "spec", "feature"), NEEDS, ids=[row[0] for row in NEEDS])
def test_a_feature_that_the_kubelet_does_not_declare_keeps_the_pod_out_since_1_36(
    case: str, spec: Object, feature: str
) -> None:
    asked = pod(**spec)
    found = refusals(asked, node())
    assert [each.cause.evidence for each in found] == [FeatureEvidence(features=(feature,))]
    assert found[0].unresolvable
    assert codes(asked, node(), version="v1.35.4") == []
    declared = node()
    declared["status"]["declaredFeatures"] = [feature]
    assert codes(asked, declared) == []


@pytest.mark.parametrize(
    "spec", [{"hostNetwork": True}, {"hostUsers": False}, {"hostNetwork": True, "hostUsers": True}]
)
def test_only_host_network_together_with_a_user_namespace_needs_the_feature(spec: Object) -> None:
    assert codes(pod(**spec), node()) == []
