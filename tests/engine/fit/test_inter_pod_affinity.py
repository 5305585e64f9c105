"""Pods that must be near and pods that must not; rows from upstream's TestRequiredAffinitySingleNode and its kin."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import PodAffinityEvidence
from tests.engine.fit.cells import (
    HOSTNAME,
    ZONE,
    affinity,
    anti_affinity,
    app,
    codes,
    node,
    pod,
    refusals,
    term,
    victims,
)

Object = dict[str, Any]

FOO = {"app": "foo"}
IN_ZONES = (node("n1", {ZONE: "z1"}), node("n2", {ZONE: "z1"}), node("n3", {ZONE: "z2"}))


def namespace(name: str, **labels: str) -> Object:
    """A namespace with labels."""
    return {"kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def rules(asked: Object, *others: Object, on: str = "n1") -> list[str]:
    """Which of the three rules refuse."""
    found = refusals(asked, *others, on=on)
    return [each.cause.evidence.rule for each in found if isinstance(each.cause.evidence, PodAffinityEvidence)]


def test_affinity_wants_a_matching_pod_in_the_same_topology() -> None:
    near = pod(affinity=affinity(term(app("foo"), ZONE)))
    there = pod("there", "n2", FOO)
    assert codes(near, *IN_ZONES, there, on="n1") == []
    found = refusals(near, *IN_ZONES, there, on="n3")
    assert [each.cause.evidence for each in found] == [
        PodAffinityEvidence(rule="affinity", topology_key=ZONE, selector="app=foo")
    ]
    assert found[0].unresolvable


def test_one_pod_must_meet_all_terms_at_once() -> None:
    wants_both = pod(affinity=affinity(term(app("foo")), term({"matchLabels": {"tier": "x"}})))
    apart = (pod("a", "n1", FOO), pod("b", "n1", {"tier": "x"}))
    assert rules(wants_both, *IN_ZONES, *apart) == ["affinity"]
    assert codes(wants_both, *IN_ZONES, pod("both", "n1", FOO | {"tier": "x"})) == []


def test_the_first_of_its_kind_may_come_anywhere_that_has_the_topology() -> None:
    self_loving = pod(labels=FOO, affinity=affinity(term(app("foo"), ZONE)))
    assert codes(self_loving, *IN_ZONES) == []
    assert rules(self_loving, node("bare"), on="bare") == ["affinity"]


def test_a_pod_is_not_the_first_once_another_exists_anywhere() -> None:
    self_loving = pod(labels=FOO, affinity=affinity(term(app("foo"), ZONE)))
    assert rules(self_loving, *IN_ZONES, pod("there", "n3", FOO), on="n1") == ["affinity"]


def test_a_matching_pod_on_a_node_without_the_topology_does_not_count_as_existing() -> None:
    self_loving = pod(labels=FOO, affinity=affinity(term(app("foo"), ZONE)))
    assert codes(self_loving, *IN_ZONES, node("bare"), pod("there", "bare", FOO)) == []


def test_own_anti_affinity_refuses_a_topology_with_a_matching_pod() -> None:
    alone = pod(affinity=anti_affinity(term(app("foo"), ZONE)))
    found = refusals(alone, *IN_ZONES, pod("there", "n2", FOO), on="n1")
    assert [each.cause.evidence for each in found] == [
        PodAffinityEvidence(rule="antiAffinity", topology_key=ZONE, selector="app=foo", holder="ns/there")
    ]
    assert not found[0].unresolvable
    assert codes(alone, *IN_ZONES, pod("there", "n2", FOO), on="n3") == []


def test_any_one_term_of_own_anti_affinity_is_enough() -> None:
    alone = pod(affinity=anti_affinity(term(app("foo")), term({"matchLabels": {"tier": "x"}})))
    assert rules(alone, *IN_ZONES, pod("there", "n1", {"tier": "x"})) == ["antiAffinity"]


def test_anti_affinity_of_pods_that_are_there_refuses_the_newcomer() -> None:
    loner = pod("loner", "n2", affinity=anti_affinity(term(app("foo"), ZONE)))
    found = refusals(pod(labels=FOO), *IN_ZONES, loner, on="n1")
    assert [each.cause.evidence for each in found] == [
        PodAffinityEvidence(rule="existingAntiAffinity", topology_key=ZONE, selector="app=foo", holder="ns/loner")
    ]
    assert codes(pod(labels=FOO), *IN_ZONES, loner, on="n3") == []
    assert codes(pod(labels={"app": "bar"}), *IN_ZONES, loner, on="n1") == []


def test_a_node_without_the_topology_label_is_beyond_all_anti_affinity() -> None:
    loner = pod("loner", "bare", affinity=anti_affinity(term(app("foo"), ZONE)))
    assert codes(pod(labels=FOO), node("bare"), *IN_ZONES, loner, on="bare") == []


def test_the_order_is_affinity_then_own_anti_affinity_then_that_of_others() -> None:
    asked = pod(labels=FOO, affinity=affinity(term(app("bar"))) | anti_affinity(term(app("foo"))))
    loner = pod("loner", "n1", FOO, affinity=anti_affinity(term(app("foo"))))
    assert rules(asked, *IN_ZONES, loner) == ["affinity", "antiAffinity", "existingAntiAffinity"]


NAMESPACES = (namespace("ns", team="red"), namespace("other", team="blue"), namespace("plain"))
WHERE = [
    ("own namespace by default", {}, ["ns"]),
    ("named namespaces only", {"namespaces": ["other"]}, ["other"]),
    ("by labels of the namespace", {"namespaceSelector": {"matchLabels": {"team": "blue"}}}, ["other"]),
    (
        "names and labels add up",
        {"namespaces": ["ns"], "namespaceSelector": {"matchLabels": {"team": "blue"}}},
        ["ns", "other"],
    ),
    (
        "the empty namespace selector is every namespace",
        {"namespaceSelector": {}},
        ["ns", "other", "plain", "unlisted"],
    ),
    (
        "a namespace without labels",
        {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}},
        ["plain"],
    ),
]


@pytest.mark.parametrize(("case", "fields", "expected"), WHERE, ids=[row[0] for row in WHERE])
def test_own_terms_look_into_the_namespaces_they_name(case: str, fields: Object, expected: list[str]) -> None:
    asked = pod(affinity=anti_affinity(term(app("foo"), **fields)))
    found = [
        name
        for name in ("ns", "other", "plain", "unlisted")
        if rules(asked, *IN_ZONES, *NAMESPACES, pod("there", "n1", FOO, namespace=name))
    ]
    assert found == expected


EXISTING = [*WHERE[:5], (WHERE[5][0], WHERE[5][1], ["plain", "unlisted"])]


@pytest.mark.parametrize(("case", "fields", "expected"), EXISTING, ids=[row[0] for row in EXISTING])
def test_terms_of_others_look_at_the_newcomers_namespace_an_unknown_one_has_no_labels(
    case: str, fields: Object, expected: list[str]
) -> None:
    loner = pod("loner", "n1", affinity=anti_affinity(term(app("foo"), **fields)))
    found = [
        name
        for name in ("ns", "other", "plain", "unlisted")
        if rules(pod(labels=FOO, namespace=name), *IN_ZONES, *NAMESPACES, loner)
    ]
    assert found == expected


@pytest.mark.parametrize(("selector", "refuses"), [(None, False), ({}, True)], ids=["none", "empty"])
def test_no_selector_selects_nothing_and_the_empty_one_everything(selector: Object | None, refuses: bool) -> None:
    asked = pod(affinity=anti_affinity(term(selector)))
    assert bool(rules(asked, *IN_ZONES, pod("there", "n1"))) is refuses


def test_label_keys_are_worked_into_the_selector_of_a_pod_that_is_not_made_yet() -> None:
    new = pod(labels=FOO | {"rev": "2"}, affinity=anti_affinity(term(app("foo"), matchLabelKeys=["rev"])))
    assert codes(new, *IN_ZONES, pod("old", "n1", FOO | {"rev": "1"})) == []
    assert rules(new, *IN_ZONES, pod("same", "n1", FOO | {"rev": "2"})) == ["antiAffinity"]
    other = pod(labels=FOO | {"rev": "2"}, affinity=anti_affinity(term(app("foo"), mismatchLabelKeys=["rev"])))
    assert rules(other, *IN_ZONES, pod("old", "n1", FOO | {"rev": "1"})) == ["antiAffinity"]
    assert codes(other, *IN_ZONES, pod("same", "n1", FOO | {"rev": "2"})) == []


def test_label_keys_that_the_api_server_has_worked_in_stay_as_they_were_made() -> None:
    merged = {"matchLabels": FOO, "matchExpressions": [{"key": "rev", "operator": "In", "values": ["1"]}]}
    relabelled = pod(labels=FOO | {"rev": "2"}, affinity=anti_affinity(term(merged, matchLabelKeys=["rev"])))
    assert rules(relabelled, *IN_ZONES, pod("old", "n1", FOO | {"rev": "1"})) == ["antiAffinity"]


UNPARSABLE = {"matchExpressions": [{"key": "a", "operator": "Near", "values": ["b"]}]}


@pytest.mark.parametrize("direction", [affinity, anti_affinity])
def test_own_terms_that_do_not_parse_refuse_every_node(direction: Any) -> None:
    found = refusals(pod(affinity=direction(term(UNPARSABLE))), *IN_ZONES)
    assert [(each.cause.code, each.pre_filter, each.unresolvable) for each in found] == [
        ("InterPodAffinity", True, True)
    ]


def test_terms_of_others_that_do_not_parse_are_dropped_all_together() -> None:
    broken = pod("broken", "n1", affinity=anti_affinity(term(app("foo")), term(UNPARSABLE)))
    assert codes(pod(labels=FOO), *IN_ZONES, broken) == []


def test_evicting_whoever_stands_against_the_pod_lets_it_in() -> None:
    loner = pod("loner", "n1", affinity=anti_affinity(term(app("foo"))))
    unwanted = pod("unwanted", "n1", {"app": "bar"})
    asked = pod(labels=FOO, affinity=anti_affinity(term(app("bar"))), priority=10)
    assert victims(asked, *IN_ZONES, loner, unwanted, pod("bystander", "n1")) == {"loner", "unwanted"}


def test_anti_affinity_from_another_node_is_not_cured_by_evicting_here() -> None:
    loner = pod("loner", "n2", affinity=anti_affinity(term(app("foo"), ZONE)))
    asked = pod(labels=FOO, priority=10)
    assert victims(asked, *IN_ZONES, loner, pod("bystander", "n1")) == set()


def test_the_needed_neighbour_cannot_be_evicted_for_its_own_guest() -> None:
    asked = pod(affinity=affinity(term(app("foo"))), cpu="4", priority=10)
    assert victims(asked, node("n1"), pod("host", "n1", FOO, cpu="1")) == set()


def test_pods_that_are_over_are_nobodys_neighbours() -> None:
    over = pod("over", "n1", FOO, status={"phase": "Succeeded"})
    assert codes(pod(affinity=anti_affinity(term(app("foo")))), *IN_ZONES, over) == []
    assert rules(pod(affinity=affinity(term(app("foo")))), *IN_ZONES, over) == ["affinity"]


def test_unread_pods_leave_affinity_open() -> None:
    found = refusals(pod(labels=FOO), *IN_ZONES, denied=("pods",))
    assert ("InterPodAffinity", True) in [(each.cause.code, each.unknown) for each in found]


def test_unread_namespaces_matter_only_where_their_labels_decide() -> None:
    by_labels: Object = {"namespaceSelector": {"matchLabels": {"team": "red"}}}
    asked = pod(affinity=anti_affinity(term(app("foo"), **by_labels)))
    found = refusals(asked, *IN_ZONES, denied=("namespaces",))
    assert [(each.cause.code, each.unknown) for each in found] == [("InterPodAffinity", True)]
    plain = pod(affinity=anti_affinity(term(app("foo"), HOSTNAME)))
    assert codes(plain, *IN_ZONES, denied=("namespaces",)) == []
    loner = pod("loner", "n1", namespace="other", affinity=anti_affinity(term(app("foo"), **by_labels)))
    assert refusals(pod(labels=FOO), *IN_ZONES, loner, denied=("namespaces",))[0].unknown


def test_unread_namespaces_may_hold_the_neighbour_that_seems_to_be_missing() -> None:
    asked = pod(affinity=affinity(term(app("foo"), namespaceSelector={"matchLabels": {"team": "red"}})))
    assert [each.unknown for each in refusals(asked, *IN_ZONES, denied=("namespaces",))] == [True]
