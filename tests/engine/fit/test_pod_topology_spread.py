"""How evenly pods are spread; rows from upstream's TestSingleConstraint and TestMultipleConstraints."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import SpreadEvidence
from tests.engine.fit.cells import HOSTNAME, ZONE, app, codes, node, pod, port, preemption, refusals, victims

Object = dict[str, Any]

FOO = {"app": "foo"}
IN_ZONES = (
    node("n1", {ZONE: "z1"}),
    node("n2", {ZONE: "z1"}),
    node("n3", {ZONE: "z2"}),
    node("n4", {ZONE: "z2"}),
)


def spread(key: str = ZONE, skew: int = 1, selector: Object | None = None, **fields: Any) -> Object:
    """A constraint that counts pods wherever they are, unlike the default of a pinned pod."""
    return {
        "maxSkew": skew,
        "topologyKey": key,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": app("foo") if selector is None else selector,
        "nodeAffinityPolicy": "Ignore",
    } | fields


def asks(*constraints: Object, labels: Object | None = None, **spec: Any) -> Object:
    """A pod with these constraints."""
    return pod(labels=FOO if labels is None else labels, topologySpreadConstraints=list(constraints), **spec)


def on(*names: str) -> tuple[Object, ...]:
    """A matching pod on each of these nodes."""
    return tuple(pod(f"p{place}", name, FOO) for place, name in enumerate(names))


SPREADS = [
    ("no pods yet", spread(), (), ["n1", "n2", "n3", "n4"]),
    ("one zone ahead", spread(), ("n1",), ["n3", "n4"]),
    ("level", spread(), ("n1", "n3"), ["n1", "n2", "n3", "n4"]),
    ("two ahead", spread(skew=2), ("n1", "n2"), ["n3", "n4"]),
    ("one ahead of two allowed", spread(skew=2), ("n1",), ["n1", "n2", "n3", "n4"]),
    ("over hostnames", spread(HOSTNAME), ("n1", "n2", "n4"), ["n3"]),
    ("a preference refuses nobody", spread(whenUnsatisfiable="ScheduleAnyway"), ("n1", "n1"), ["n1", "n2", "n3", "n4"]),
    ("more domains wanted than there are", spread(minDomains=3), ("n1", "n3"), []),
    ("as many domains as wanted", spread(minDomains=2), ("n1", "n3"), ["n1", "n2", "n3", "n4"]),
    ("an unknown label of the pod makes no selector", spread(matchLabelKeys=["rev"]), ("n1",), ["n3", "n4"]),
]


@pytest.mark.parametrize(("case", "constraint", "pods", "fitting"), SPREADS, ids=[row[0] for row in SPREADS])
def test_a_node_fits_while_its_domain_is_not_too_far_ahead(
    case: str, constraint: Object, pods: tuple[str, ...], fitting: list[str]
) -> None:
    found = [name for name in ("n1", "n2", "n3", "n4") if codes(asks(constraint), *IN_ZONES, *on(*pods), on=name) == []]
    assert found == fitting


def test_the_refusal_shows_the_domain_and_the_emptiest_one() -> None:
    found = refusals(asks(spread()), *IN_ZONES, *on("n1", "n2", "n3"))
    assert [each.cause.evidence for each in found] == [
        SpreadEvidence(topology_key=ZONE, domain="z1", max_skew=1, skew=2, matching=2, fewest=1)
    ]
    assert not found[0].unresolvable


def test_a_node_without_the_label_is_refused_for_good() -> None:
    found = refusals(asks(spread()), node())
    assert [each.cause.evidence for each in found] == [SpreadEvidence(topology_key=ZONE, domain=None, max_skew=1)]
    assert found[0].unresolvable


def test_nodes_without_all_topology_labels_are_not_counted() -> None:
    cluster = (node("n1", {ZONE: "z1"}), node("n2", {ZONE: "z2", "rack": "r1"}), node("n3", {"rack": "r2"}))
    both = asks(spread(), spread("rack"))
    assert codes(both, *cluster, pod("x", "n2", FOO), on="n2") == []


@pytest.mark.parametrize("policy", ["Honor", "Ignore"])
def test_a_node_that_lacks_another_constraints_label_holds_no_counted_pod(policy: str) -> None:
    here = node("n1", {ZONE: "z1"})
    both = asks(spread(nodeAffinityPolicy=policy, minDomains=2), spread("rack", nodeAffinityPolicy=policy))
    found = refusals(both, here, *on("n1", "n1"))
    assert [each.cause.evidence for each in found] == [SpreadEvidence(topology_key="rack", domain=None, max_skew=1)]


def test_a_pod_that_its_own_selector_does_not_take_adds_nothing() -> None:
    stranger = asks(spread(), labels={"app": "bar"})
    assert codes(stranger, *IN_ZONES, *on("n1")) == []


def test_by_default_a_pinned_pod_counts_its_own_node_alone() -> None:
    default = spread(nodeAffinityPolicy="Honor")
    assert codes(asks(default), *IN_ZONES, *on("n1", "n1", "n2")) == []


def test_with_too_few_domains_the_pod_is_measured_against_zero() -> None:
    asked = asks(spread(HOSTNAME, nodeAffinityPolicy="Honor", minDomains=2))
    found = refusals(asked, *IN_ZONES, *on("n1"))
    assert [each.cause.evidence for each in found] == [
        SpreadEvidence(topology_key=HOSTNAME, domain="n1", max_skew=1, skew=2, matching=1, fewest=0)
    ]


def test_tainted_nodes_count_unless_taints_are_honoured() -> None:
    tainted = node("n3", {ZONE: "z2"}, taints=[{"key": "k", "effect": "NoSchedule"}])
    cluster = (node("n1", {ZONE: "z1"}), tainted)
    assert codes(asks(spread()), *cluster, *on("n1")) == ["PodTopologySpread"]
    assert codes(asks(spread(nodeTaintsPolicy="Honor")), *cluster, *on("n1")) == []


def test_pods_being_deleted_over_or_of_other_namespaces_are_not_counted() -> None:
    going = pod("going", "n1", FOO, metadata={"deletionTimestamp": "2026-11-23T12:00:00Z"})
    over = pod("over", "n1", FOO, status={"phase": "Failed"})
    foreign = pod("foreign", "n1", FOO, namespace="other")
    assert codes(asks(spread()), *IN_ZONES, going, over, foreign) == []


def test_on_its_own_node_too_only_living_pods_of_its_namespace_that_match_are_counted() -> None:
    asked = asks(spread(nodeAffinityPolicy="Honor", minDomains=2))
    going = pod("going", "n1", FOO, metadata={"deletionTimestamp": "2026-11-23T12:00:00Z"})
    others = (pod("foreign", "n1", FOO, namespace="other"), pod("stranger", "n1", {"app": "bar"}))
    assert codes(asked, *IN_ZONES, going, *others) == []
    assert codes(asked, *IN_ZONES, *on("n1")) == ["PodTopologySpread"]
    everybody = asks(spread(nodeAffinityPolicy="Honor", minDomains=2, selector={}))
    assert codes(everybody, *IN_ZONES, *on("n1")) == []


@pytest.mark.parametrize("selector", [None, {}], ids=["no selector", "the empty selector"])
def test_without_a_restricting_selector_nothing_is_counted(selector: Object | None) -> None:
    constraint = spread() | {"labelSelector": selector}
    assert codes(asks(constraint), *IN_ZONES, *on("n1", "n1", "n1")) == []


def test_match_label_keys_narrow_the_selector_to_the_pods_own_value() -> None:
    constraint = spread(matchLabelKeys=["rev"])
    new = asks(constraint, labels=FOO | {"rev": "2"})
    old = pod("old", "n1", FOO | {"rev": "1"})
    assert codes(new, *IN_ZONES, old) == []
    assert codes(new, *IN_ZONES, old, pod("same", "n1", FOO | {"rev": "2"})) == ["PodTopologySpread"]


@pytest.mark.parametrize(
    "selector",
    [
        {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]},
        {"matchExpressions": [{"key": "a", "operator": "In"}]},
        {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]},
        {"matchLabels": {"not a key!": "x"}},
    ],
)
def test_a_selector_that_does_not_parse_refuses_every_node_before_any_is_looked_at(selector: Object) -> None:
    found = refusals(asks(spread(selector=selector)), *IN_ZONES)
    assert [(each.cause.code, each.pre_filter, each.unresolvable) for each in found] == [
        ("PodTopologySpread", True, True)
    ]


def test_evicting_a_counted_pod_levels_the_domain() -> None:
    asked = asks(spread(), priority=10)
    assert victims(asked, *IN_ZONES, *on("n1")) == {"p0"}


def test_a_pod_being_deleted_is_subtracted_all_the_same_when_it_is_taken_away() -> None:
    """Upstream never counted it, and subtracts it in updateWithPod: the domain seems one pod emptier than it is."""
    going = pod("going", "n1", FOO, metadata={"deletionTimestamp": "2026-11-23T12:00:00Z"}, priority=1)
    asked = asks(spread(), priority=10, ports=[port(80)])
    held = (pod("high", "n1", FOO, priority=20), pod("low", "n1", ports=[port(80)], priority=1))
    assert codes(asks(spread()), *IN_ZONES, *held, going) == ["PodTopologySpread"]
    found = preemption(asked, *IN_ZONES, *held, going)
    assert {victim.name for victim in found.victims} == {"going", "low"}


def test_unread_pods_leave_the_spread_open() -> None:
    found = refusals(asks(spread()), *IN_ZONES, denied=("pods",))
    assert ("PodTopologySpread", True) in [(each.cause.code, each.unknown) for each in found]
