"""The controller's rule, row by row: who should run where, and who may stay."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.eligibility import Controller, automatic_tolerations
from kubectl_ds.engine.evidence import NodeNameEvidence, RequirementEvidence, TaintEvidence
from tests.controlplane.objects import daemon_set, node, taint, toleration
from tests.engine.values import daemon_set_value, node_value

Object = dict[str, Any]

RUNS = (True, True)
STAYS = (False, True)
"""Not where it should be, but it would be left alone."""
OUT = (False, False)


def affinity(*terms: Object) -> Object:
    """Required node affinity."""
    required = {"nodeSelectorTerms": list(terms)}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


def expressions(*requirements: tuple[str, str, list[str]]) -> Object:
    """A term over labels."""
    return {"matchExpressions": [{"key": key, "operator": op, "values": values} for key, op, values in requirements]}


def fields(operator: str, *values: str, key: str = "metadata.name") -> Object:
    """A term over fields."""
    return {"matchFields": [{"key": key, "operator": operator, "values": list(values)}]}


def prefers(*terms: Object) -> Object:
    """Preferred node affinity."""
    preferred = [{"weight": 1, "preference": term} for term in terms]
    return {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}}


NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
LABELS: Object = {"labels": {"disk": "ssd", "cores": "16", "zone": "a", "empty": ""}}

ROWS: list[tuple[str, Object, Object, tuple[bool, bool]]] = [
    # (what it shows, the DaemonSet's pod spec, the node, (should run, should continue running))
    ("a bare node takes it", {}, {}, RUNS),
    ("a node without labels or taints takes it", {}, {"labels": {}}, RUNS),
    ("readiness is not consulted", {}, {"ready": False}, RUNS),
    ("spec.unschedulable alone is not consulted", {}, {"unschedulable": True}, RUNS),
    ("resources are not consulted", {"cpu": "64"}, {"cpu": "1"}, RUNS),
    ("the template's nodeName is this node", {"node_name": "n1"}, {}, RUNS),
    ("the template's nodeName is another node", {"node_name": "n2"}, {}, OUT),
    ("nodeName does not override a taint", {"node_name": "n1"}, {"taints": [taint("a")]}, STAYS),
    ("nodeName of another node beats a tolerable taint", {"node_name": "n2"}, {"taints": [taint("a")]}, OUT),
    # nodeSelector
    ("a nodeSelector that matches", {"node_selector": {"disk": "ssd"}}, LABELS, RUNS),
    ("a nodeSelector with another value", {"node_selector": {"disk": "hdd"}}, LABELS, OUT),
    ("a nodeSelector on a label that is missing", {"node_selector": {"gpu": "yes"}}, LABELS, OUT),
    ("an empty value wants the label with an empty value", {"node_selector": {"empty": ""}}, LABELS, RUNS),
    ("an empty value does not match a missing label", {"node_selector": {"none": ""}}, LABELS, OUT),
    ("all pairs of a nodeSelector must match", {"node_selector": {"disk": "ssd", "zone": "b"}}, LABELS, OUT),
    ("a nodeSelector and an affinity that both match", {"node_selector": {"disk": "ssd"}, **affinity(expressions(("zone", "In", ["a"])))}, LABELS, RUNS),
    ("a nodeSelector that matches beside an affinity that does not", {"node_selector": {"disk": "ssd"}, **affinity(expressions(("zone", "In", ["b"])))}, LABELS, OUT),
    ("an affinity that matches beside a nodeSelector that does not", {"node_selector": {"disk": "hdd"}, **affinity(expressions(("zone", "In", ["a"])))}, LABELS, OUT),
    # required node affinity: operators
    ("In with the value", affinity(expressions(("zone", "In", ["b", "a"]))), LABELS, RUNS),
    ("In without the value", affinity(expressions(("zone", "In", ["b", "c"]))), LABELS, OUT),
    ("In on a missing label", affinity(expressions(("none", "In", ["a"]))), LABELS, OUT),
    ("NotIn with the value", affinity(expressions(("zone", "NotIn", ["a"]))), LABELS, OUT),
    ("NotIn without the value", affinity(expressions(("zone", "NotIn", ["b"]))), LABELS, RUNS),
    ("NotIn on a missing label matches", affinity(expressions(("none", "NotIn", ["a"]))), LABELS, RUNS),
    ("Exists on a label", affinity(expressions(("disk", "Exists", []))), LABELS, RUNS),
    ("Exists on a missing label", affinity(expressions(("none", "Exists", []))), LABELS, OUT),
    ("DoesNotExist on a label", affinity(expressions(("disk", "DoesNotExist", []))), LABELS, OUT),
    ("DoesNotExist on a missing label", affinity(expressions(("none", "DoesNotExist", []))), LABELS, RUNS),
    ("Gt below the label", affinity(expressions(("cores", "Gt", ["15"]))), LABELS, RUNS),
    ("Gt is strict", affinity(expressions(("cores", "Gt", ["16"]))), LABELS, OUT),
    ("Lt above the label", affinity(expressions(("cores", "Lt", ["17"]))), LABELS, RUNS),
    ("Lt is strict", affinity(expressions(("cores", "Lt", ["16"]))), LABELS, OUT),
    ("Gt on a label that is no number", affinity(expressions(("disk", "Gt", ["1"]))), LABELS, OUT),
    ("Gt on a missing label", affinity(expressions(("none", "Gt", ["1"]))), LABELS, OUT),
    ("Gt with a bound that is no number does not parse", affinity(expressions(("cores", "Gt", ["many"]))), LABELS, OUT),
    ("Gt with two bounds does not parse", affinity(expressions(("cores", "Gt", ["1", "2"]))), LABELS, OUT),
    ("Gt compares numbers, not text", affinity(expressions(("cores", "Gt", ["9"]))), LABELS, RUNS),
    ("a number beyond 64 bits does not parse", affinity(expressions(("cores", "Lt", ["9223372036854775808"]))), LABELS, OUT),
    # required node affinity: terms
    ("an operator that nobody knows does not parse", affinity(expressions(("zone", "Is", ["a"]))), LABELS, OUT),
    ("In without values does not parse", affinity(expressions(("zone", "In", []))), LABELS, OUT),
    ("NotIn without values does not parse", affinity(expressions(("none", "NotIn", []))), LABELS, OUT),
    ("Exists with values does not parse", affinity(expressions(("zone", "Exists", ["a"]))), LABELS, OUT),
    ("a key that is no label key does not parse", affinity(expressions(("bad key!", "DoesNotExist", []))), LABELS, OUT),
    ("a value that is no label value does not parse", affinity(expressions(("zone", "NotIn", ["not a value"]))), LABELS, OUT),
    ("requirements of a term are ANDed", affinity(expressions(("zone", "In", ["a"]), ("disk", "In", ["hdd"]))), LABELS, OUT),
    ("terms are ORed", affinity(expressions(("zone", "In", ["b"])), expressions(("disk", "In", ["ssd"]))), LABELS, RUNS),
    ("a term that does not parse spoils no other", affinity(expressions(("zone", "Is", ["a"])), expressions(("disk", "Exists", []))), LABELS, RUNS),
    ("an empty term matches nothing", affinity({}), LABELS, OUT),
    ("an empty term beside one that matches", affinity({}, expressions(("disk", "Exists", []))), LABELS, RUNS),
    ("no terms match nothing", affinity(), LABELS, OUT),
    ("a preference does not matter", prefers(expressions(("zone", "In", ["b"]))), LABELS, RUNS),
    # matchFields
    ("matchFields In with this node", affinity(fields("In", "n1")), {}, RUNS),
    ("matchFields In with another node", affinity(fields("In", "n2")), {}, OUT),
    ("matchFields In with two values does not parse", affinity(fields("In", "n1", "n2")), {}, OUT),
    ("matchFields NotIn with another node", affinity(fields("NotIn", "n2")), {}, RUNS),
    ("matchFields NotIn with this node", affinity(fields("NotIn", "n1")), {}, OUT),
    ("matchFields Exists does not parse", affinity(fields("Exists")), {}, OUT),
    ("matchFields on a field that nodes do not have", affinity(fields("In", "x", key="metadata.uid")), {}, OUT),
    ("matchFields NotIn on a field that nodes do not have", affinity(fields("NotIn", "x", key="metadata.uid")), {}, RUNS),
    ("matchFields and matchExpressions of one term are ANDed", affinity({**fields("In", "n1"), **expressions(("disk", "In", ["hdd"]))}), LABELS, OUT),
    # taints
    ("a NoSchedule taint: not created, but left alone", {}, {"taints": [taint("a")]}, STAYS),
    ("a NoExecute taint: deleted", {}, {"taints": [taint("a", "NoExecute")]}, OUT),
    ("a PreferNoSchedule taint never matters", {}, {"taints": [taint("a", "PreferNoSchedule")]}, RUNS),
    ("tolerated by key and value", {"tolerations": [toleration("a", value="x")]}, {"taints": [taint("a", value="x")]}, RUNS),
    ("Equal with another value", {"tolerations": [toleration("a", value="x")]}, {"taints": [taint("a", value="y")]}, STAYS),
    ("Equal without a value tolerates a taint without one", {"tolerations": [{"key": "a"}]}, {"taints": [taint("a")]}, RUNS),
    ("Equal without a value does not tolerate a value", {"tolerations": [{"key": "a"}]}, {"taints": [taint("a", value="x")]}, STAYS),
    ("Exists tolerates every value", {"tolerations": [toleration("a")]}, {"taints": [taint("a", value="x")]}, RUNS),
    ("another key", {"tolerations": [toleration("b")]}, {"taints": [taint("a")]}, STAYS),
    ("an effect that differs", {"tolerations": [toleration("a", "NoExecute")]}, {"taints": [taint("a")]}, STAYS),
    ("no effect is every effect", {"tolerations": [toleration("a")]}, {"taints": [taint("a"), taint("a", "NoExecute")]}, RUNS),
    ("no key with Exists tolerates everything", {"tolerations": [toleration()]}, {"taints": [taint("a"), taint("b", "NoExecute")]}, RUNS),
    ("no key with Exists and an effect", {"tolerations": [toleration(effect="NoSchedule")]}, {"taints": [taint("b", "NoExecute")]}, OUT),
    ("the operator Gt matches nothing without its gate", {"tolerations": [{"key": "a", "operator": "Gt", "value": "1"}]}, {"taints": [taint("a", value="5")]}, STAYS),
    ("one of two taints tolerated", {"tolerations": [toleration("a")]}, {"taints": [taint("a"), taint("b")]}, STAYS),
    ("NoSchedule not tolerated, NoExecute tolerated", {"tolerations": [toleration("b")]}, {"taints": [taint("a"), taint("b", "NoExecute")]}, STAYS),
    ("NoSchedule tolerated, NoExecute not", {"tolerations": [toleration("a", "NoSchedule")]}, {"taints": [taint("a"), taint("a", "NoExecute")]}, OUT),
    ("tolerationSeconds tolerate here", {"tolerations": [toleration("a", "NoExecute", seconds=5)]}, {"taints": [taint("a", "NoExecute")]}, RUNS),
    # automatic tolerations
    ("the taint of a cordon is tolerated", {}, {"taints": [taint("node.kubernetes.io/unschedulable")], "unschedulable": True}, RUNS),
    ("memory pressure is tolerated", {}, {"taints": [taint("node.kubernetes.io/memory-pressure")]}, RUNS),
    ("disk pressure is tolerated", {}, {"taints": [taint("node.kubernetes.io/disk-pressure")]}, RUNS),
    ("PID pressure is tolerated", {}, {"taints": [taint("node.kubernetes.io/pid-pressure")]}, RUNS),
    ("not-ready:NoExecute is tolerated", {}, {"taints": [taint(NOT_READY, "NoExecute")]}, RUNS),
    ("unreachable:NoExecute is tolerated", {}, {"taints": [taint(UNREACHABLE, "NoExecute")]}, RUNS),
    ("not-ready:NoSchedule is not", {}, {"taints": [taint(NOT_READY), taint(NOT_READY, "NoExecute")]}, STAYS),
    ("unreachable:NoSchedule is not", {}, {"taints": [taint(UNREACHABLE), taint(UNREACHABLE, "NoExecute")]}, STAYS),
    ("a blanket toleration keeps a dead node desired", {"tolerations": [toleration()]}, {"taints": [taint(UNREACHABLE), taint(UNREACHABLE, "NoExecute")]}, RUNS),
    ("network-unavailable keeps ordinary pods out", {}, {"taints": [taint("node.kubernetes.io/network-unavailable")]}, STAYS),
    ("network-unavailable is tolerated with hostNetwork", {"host_network": True}, {"taints": [taint("node.kubernetes.io/network-unavailable")]}, RUNS),
    ("a label that does not match beside a NoSchedule taint: deleted", {"node_selector": {"disk": "hdd"}}, LABELS | {"taints": [taint("a")]}, OUT),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "on", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_controllers_rule(spec: Object, on: Object, expected: tuple[bool, bool]) -> None:
    eligibility = Controller(daemon_set_value(daemon_set("d", **spec))).eligibility(node_value(node("n1", **on)))

    assert (eligibility.should_run, eligibility.should_continue_running) == expected
    assert bool(eligibility.causes) != eligibility.should_run, "it says why exactly when it should not run"


def test_the_table_has_at_least_sixty_rows_of_different_names() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) >= 60


def test_every_reason_is_given_in_the_controllers_order() -> None:
    spec: Object = {"node_name": "n9", "node_selector": {"disk": "hdd"}, **affinity(expressions(("zone", "In", ["b"])))}
    on: Object = {"labels": {"disk": "ssd"}, "taints": [taint("a", value="x"), taint("b", "NoExecute")]}

    causes = Controller(daemon_set_value(daemon_set("d", **spec))).eligibility(node_value(node("n1", **on))).causes

    assert [cause.evidence for cause in causes] == [
        NodeNameEvidence(node_name="n9"),
        RequirementEvidence(source="nodeSelector", key="disk", operator="In", values=("hdd",), actual="ssd"),
        RequirementEvidence(source="affinity", key="zone", operator="In", values=("b",), actual=None),
        TaintEvidence(key="a", value="x", effect="NoSchedule"),
        TaintEvidence(key="b", value="", effect="NoExecute"),
    ]


def test_nodes_that_look_alike_share_one_answer_and_others_do_not() -> None:
    controller = Controller(daemon_set_value(daemon_set("d", node_selector={"disk": "ssd"})))
    first = controller.eligibility(node_value(node("n1", labels={"disk": "ssd", "rack": "1"})))
    alike = controller.eligibility(node_value(node("n2", labels={"disk": "ssd", "rack": "2"})))
    other = controller.eligibility(node_value(node("n3", labels={"disk": "hdd", "rack": "1"})))

    assert first is alike
    assert first.should_run
    assert not other.should_run


def test_a_rule_that_reads_the_nodes_name_is_never_shared() -> None:
    controller = Controller(daemon_set_value(daemon_set("d", **affinity(fields("In", "n1")))))

    assert controller.eligibility(node_value(node("n1"))).should_run
    assert not controller.eligibility(node_value(node("n2"))).should_run


def test_host_network_adds_one_automatic_toleration() -> None:
    plain = automatic_tolerations(daemon_set_value(daemon_set("d")).spec.template.spec)
    host = automatic_tolerations(daemon_set_value(daemon_set("d", host_network=True)).spec.template.spec)

    assert len(plain) == 6
    assert [each.key for each in host if each not in plain] == ["node.kubernetes.io/network-unavailable"]
