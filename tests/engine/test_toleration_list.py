"""The smallest list: it opens what was asked for and no more than need be, and can spare none of its entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ds.engine.eligibility import Controller, automatic_tolerations
from kubectl_ds.engine.toleration_list import (
    OF_A_DEAD_NODE,
    Suggestion,
    asked_for,
    keeps_out,
    smallest,
    suggest,
    with_tolerations,
)
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import ObjectMeta
from kubectl_ds.model.node import Node, NodeSpec
from kubectl_ds.model.taint import Taint, Toleration
from tests.controlplane.objects import daemon_set, node, taint, toleration
from tests.engine.values import daemon_set_value, node_value

Object = dict[str, Any]
UNREACHABLE = "node.kubernetes.io/unreachable"


def words(tolerations: Sequence[Toleration]) -> list[str]:
    """``key=value:Effect``; ``=*`` for Exists."""
    return [
        f"{each.key}{'=*' if each.operator == 'Exists' else '=' + each.value}:{each.effect or '*'}"
        for each in tolerations
    ]


def parsed(*texts: str) -> list[Taint]:
    """``key=value:Effect``, with S and X for the effects."""
    effects = {"S": "NoSchedule", "X": "NoExecute", "P": "PreferNoSchedule"}
    found = []
    for text in texts:
        name, _, effect = text.rpartition(":")
        key, _, value = name.partition("=")
        found.append(Taint(key=key, value=value, effect=effects[effect]))
    return found


@pytest.mark.parametrize(
    ("needed", "others", "expected"),
    [
        ([], ["a:S"], []),
        (["a=1:S"], [], ["a=1:NoSchedule"]),
        (["a:S"], [], ["a=*:NoSchedule"]),
        (["a:S"], ["a=1:S"], ["a=:NoSchedule"]),
        (["a:S", "a:X"], [], ["a=*:*"]),
        (["a=1:S", "a=1:X"], [], ["a=1:*"]),
        (["a=1:S", "a=2:S"], [], ["a=*:NoSchedule"]),
        (["a=1:S", "a=2:S"], ["a=3:S"], ["a=1:NoSchedule", "a=2:NoSchedule"]),
        (["a=1:S", "a=2:S"], ["a=3:X"], ["a=*:NoSchedule"]),
        (["a=1:S", "a=2:X"], [], ["a=*:*"]),
        (["a=1:S", "a=2:X"], ["a=1:X"], ["a=1:NoSchedule", "a=2:NoExecute"]),
        (["a=1:S", "a=2:S", "a=1:X", "a=2:X"], ["a=3:X"], ["a=1:*", "a=2:*"]),
        (["a=1:S", "a=2:S", "a=3:S", "a=3:X"], ["a=1:X"], ["a=*:NoSchedule", "a=3:NoExecute"]),
        (["b=1:S", "a=1:S"], [], ["a=1:NoSchedule", "b=1:NoSchedule"]),
        (["a=1:S"], ["a=1:P", "a=2:P"], ["a=1:NoSchedule"]),
    ],
)
def test_the_fewest_tolerations_that_match_these_taints_and_no_others(
    needed: list[str], others: list[str], expected: list[str]
) -> None:
    assert words(smallest(parsed(*needed), parsed(*needed, *others))) == expected


def suggested(
    *nodes: Object, tolerations: Sequence[Object] = (), asked: Sequence[str] | None = None, **spec: Any
) -> Suggestion:
    own = daemon_set_value(daemon_set("d", namespace="ns", tolerations=tolerations, **spec))
    wanted = (lambda each: each.name in asked) if asked is not None else None
    return suggest(own, [node_value(each) for each in nodes], wanted)


def test_labels_are_out_of_reach_of_any_toleration() -> None:
    found = suggested(node("n1"), node("n2", labels={"disk": "ssd"}), node_selector={"disk": "ssd"}, asked=["n1", "n2"])

    assert (found.out_of_reach, found.covers) == (("n1",), ("n2",))


def test_a_node_that_no_list_can_leave_out_is_told() -> None:
    found = suggested(node("n1", taints=[taint("a")]), node("n2", taints=[taint("a")]), node("n3"), asked=["n1"])

    assert (words(found.tolerations), found.besides) == (["a=*:NoSchedule"], ("n2", "n3"))


def test_a_list_for_some_nodes_says_which_others_it_leaves() -> None:
    nodes = (node("n1", taints=[taint("a")]), node("n2", taints=[taint("b")]))
    found = suggested(*nodes, tolerations=[toleration("a")], asked=["n2"])

    assert (words(found.tolerations), found.leaves) == (["b=*:NoSchedule"], ("n1",))


def test_a_node_that_is_down_is_no_reason_to_tolerate_more() -> None:
    nodes = (node("n1", taints=[taint(UNREACHABLE), taint("a")]), node("n2"))
    found = suggested(*nodes, asked=["n1", "n2"])

    assert words(found.tolerations) == ["a=*:NoSchedule"]
    assert (found.down, found.covers) == (("n1",), ("n2",))


def test_what_the_template_tolerates_of_a_dead_node_it_goes_on_tolerating() -> None:
    found = suggested(node("n1", taints=[taint(UNREACHABLE)]), tolerations=[toleration(UNREACHABLE)])

    assert (words(found.kept), found.covers, found.changes) == ([f"{UNREACHABLE}=*:*"], ("n1",), False)


def test_tolerations_for_states_that_come_and_go_are_kept_although_they_open_nothing_now() -> None:
    own = [toleration("node.kubernetes.io/not-ready", effect="NoSchedule"), toleration("gone")]
    found = suggested(node("n1"), tolerations=own)

    assert (words(found.tolerations), words(found.kept)) == ([], ["node.kubernetes.io/not-ready=*:NoSchedule"])
    assert found.whole == found.kept
    assert found.changes


def test_a_list_that_does_the_same_stays_as_it_is() -> None:
    nodes = (node("n1", taints=[taint("gpu", value="yes")]), node("n2"))

    assert not suggested(*nodes, tolerations=[toleration("gpu")]).changes
    assert suggested(*nodes, tolerations=[toleration("gpu"), toleration("gpu", value="yes")]).changes
    assert suggested(*nodes, tolerations=[toleration()]).changes


def test_a_taint_without_a_key_which_only_a_file_may_hold_is_out_of_reach() -> None:
    found = suggested(node("n1", taints=[taint("")]), asked=["n1"])

    assert (found.tolerations, found.out_of_reach) == ((), ("n1",))


def test_questions_add_up() -> None:
    own = daemon_set_value(daemon_set("d", namespace="ns"))
    free, closed, other = (
        node_value(node("n1")),
        node_value(node("n2", taints=[taint("a")])),
        node_value(node("n3", taints=[taint("a")])),
    )

    both = asked_for(own, [lambda each: each.name == "n2"], covered=True)
    assert both is not None
    assert [both(each) for each in (free, closed, other)] == [True, True, False]
    assert asked_for(own, [], covered=False) is None


# whatever the cluster

KEYS = ("a", "b", UNREACHABLE, "node.kubernetes.io/unschedulable")
TAINTS = st.builds(
    Taint,
    key=st.sampled_from(KEYS),
    value=st.sampled_from(("", "1", "2")),
    effect=st.sampled_from(("NoSchedule", "NoExecute", "PreferNoSchedule")),
)
TOLERATIONS = st.builds(
    Toleration,
    key=st.sampled_from(("", *KEYS)),
    operator=st.just("Exists"),
    effect=st.sampled_from(("", "NoSchedule", "NoExecute")),
) | st.builds(
    Toleration,
    key=st.sampled_from(KEYS),
    operator=st.just("Equal"),
    value=st.sampled_from(("", "1", "2")),
    effect=st.sampled_from(("", "NoSchedule", "NoExecute")),
)


@st.composite
def clusters(draw: st.DrawFn) -> tuple[DaemonSet, list[Node], set[str]]:
    """A DaemonSet that wants a label, nodes with taints, and the names of the nodes asked for."""
    nodes = [
        Node(
            metadata=ObjectMeta(name=f"n{number}", labels={"pool": draw(st.sampled_from("xy"))}),
            spec=NodeSpec(taints=tuple(draw(st.lists(TAINTS, max_size=3)))),
        )
        for number in range(draw(st.integers(1, 6)))
    ]
    selector = draw(st.sampled_from(({}, {"pool": "x"})))
    own = daemon_set_value(daemon_set("d", namespace="ns", node_selector=selector))
    tolerations = draw(st.lists(TOLERATIONS, max_size=3, unique=True))
    asked = draw(st.sets(st.sampled_from([each.name for each in nodes])))
    return with_tolerations(own, tuple(tolerations)), nodes, asked


def opened(own: DaemonSet, nodes: Sequence[Node], tolerations: Sequence[Toleration]) -> set[str]:
    """The nodes on which the DaemonSet should run with these tolerations."""
    controller = Controller(with_tolerations(own, tuple(tolerations)))
    return {each.name for each in nodes if controller.eligibility(each).should_run}


@settings(max_examples=400, deadline=None)
@given(clusters())
def test_the_list_opens_what_was_asked_for_no_more_than_the_narrowest_list_and_spares_nothing(
    cluster: tuple[DaemonSet, list[Node], set[str]],
) -> None:
    own, nodes, asked = cluster
    found = suggest(own, nodes, lambda each: each.name in asked)
    by_name = {each.name: each for each in nodes}
    reachable = asked - set(found.out_of_reach)

    for name in found.out_of_reach:
        assert name not in opened(own, nodes, [Toleration(operator="Exists")])
    assert reachable - set(found.down) <= set(found.covers)
    for name in found.down:
        assert any(each.key in OF_A_DEAD_NODE for each in by_name[name].spec.taints)
    assert set(found.covers) == opened(own, nodes, found.whole)
    assert set(found.besides) == set(found.covers) - asked

    automatic = automatic_tolerations(own.spec.template.spec)
    narrowest = [
        Toleration(key=each.key, operator="Equal", value=each.value, effect=each.effect)
        for name in reachable
        for each in by_name[name].spec.taints
        if keeps_out(each, automatic)
    ]
    assert set(found.covers) <= opened(own, nodes, [*narrowest, *found.kept])

    alive = [
        Node(metadata=each.metadata, spec=NodeSpec(taints=tuple(t for t in each.spec.taints if t.key != UNREACHABLE)))
        for each in nodes
    ]
    assert reachable <= opened(own, alive, found.whole)
    for spared in found.tolerations:
        rest = [each for each in found.whole if each != spared]
        assert reachable - opened(own, alive, rest) or reachable - opened(own, nodes, rest) - set(found.down)


@settings(max_examples=200, deadline=None)
@given(clusters())
def test_without_a_question_the_list_covers_just_what_is_covered_now(
    cluster: tuple[DaemonSet, list[Node], set[str]],
) -> None:
    own, nodes, _ = cluster

    found = suggest(own, nodes, None)

    assert set(found.covers) == opened(own, nodes, own.spec.template.spec.tolerations)
    assert (found.besides, found.leaves, found.down) == ((), (), ())
