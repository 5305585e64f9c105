"""Tolerations against taints: what is idle, wide or in a circle, and what the namespace's annotations really do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubectl_ds.engine.admission.pod_toleration_restriction import DEFAULTS, WHITELIST
from kubectl_ds.engine.tolerations import Restriction, TolerationFindings, restricts, review
from kubectl_ds.model.node import Node
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.model.taint import Toleration
from tests.controlplane.objects import daemon_set, merge, node, taint, toleration
from tests.controlplane.policies import namespace
from tests.engine.pods import owned, ready, revision, stored, when
from tests.engine.values import snapshot_of

Object = dict[str, Any]
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
GPU = toleration("gpu", effect="NoSchedule")
AUTOMATIC = [
    toleration(f"node.kubernetes.io/{name}", effect=effect)
    for name, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
]


def reviewed(
    *nodes: Object,
    tolerations: tuple[Object, ...] = (),
    annotations: Object | None = None,
    asked: str | None = None,
    more: tuple[Object, ...] = (),
    gaps: tuple[Gap, ...] = (),
    **spec: Any,
) -> TolerationFindings:
    """The findings on one DaemonSet; ``asked`` names a label that the nodes asked for have, or ``all``."""
    own = stored(daemon_set("d", namespace="ns", tolerations=tolerations, **spec))
    read = snapshot_of([own, namespace("ns", annotations=annotations), *nodes, *more], gaps=gaps)

    def asked_for(one: Node) -> bool:
        return asked == "all" or asked in one.labels

    return review(read, read.daemon_sets[0], asked_for if asked else None)


def restriction(annotations: Object, *nodes: Object, more: tuple[Object, ...] = (), **spec: Any) -> Restriction:
    """What the annotations of the namespace do."""
    found = reviewed(*nodes, annotations=annotations, more=more, **spec).restriction
    assert found is not None
    return found


def keys(tolerations: tuple[Toleration, ...]) -> list[str]:
    return [each.key for each in tolerations]


def test_a_taint_is_told_with_its_nodes_and_those_that_it_closes_alone() -> None:
    found = reviewed(
        node("n10", taints=[taint("gpu")]),
        node("n2", taints=[taint("gpu"), taint("old", "NoExecute")]),
        node("n3", taints=[taint("nice", "PreferNoSchedule")]),
        node("n4", taints=[taint("node.kubernetes.io/unschedulable")]),
        node("n5", taints=[taint("gpu")], labels={"disk": "hdd"}),
        node_selector={},
    )

    assert [(str(each.taint), each.nodes, each.alone) for each in found.keeping_out] == [
        ("gpu:NoSchedule", ("n2", "n5", "n10"), ("n5", "n10")),
        ("old:NoExecute", ("n2",), ()),
    ]
    assert (found.nodes, found.runs_on) == (5, 2)


def test_a_node_that_labels_close_is_not_laid_on_its_taint() -> None:
    found = reviewed(node("n1", taints=[taint("gpu")]), node_selector={"disk": "ssd"})

    assert found.keeping_out == ()


def test_the_taint_of_a_dead_node_passes_by_itself() -> None:
    dead, old = reviewed(node("n1", taints=[taint(UNREACHABLE)]), node("n2", taints=[taint("old")])).keeping_out

    assert (dead.passing, old.passing) == (True, False)


@pytest.mark.parametrize(
    ("tolerations", "idle"),
    [
        ([toleration("gpu")], []),
        ([toleration("gpu", value="yes")], []),
        ([toleration("gpu", value="no")], [("gpu", "noSuchTaint")]),
        ([toleration("gpu", effect="NoExecute")], [("gpu", "noSuchTaint")]),
        ([toleration("nice")], [("nice", "noSuchTaint")]),
        ([toleration()], []),
        ([toleration("gpu"), toleration("gpu", value="yes")], [("gpu", "covered")]),
        ([toleration(), toleration("gpu")], [("gpu", "covered")]),
        ([toleration("gpu"), toleration("gpu")], [("gpu", "covered")]),
        (
            [toleration("node.kubernetes.io/unschedulable", effect="NoSchedule")],
            [("node.kubernetes.io/unschedulable", "automatic")],
        ),
        ([toleration(NOT_READY, effect="NoSchedule")], [(NOT_READY, "standby")]),
        ([toleration("example.com/agent-not-ready")], [("example.com/agent-not-ready", "standby")]),
        (
            [toleration("node.cloudprovider.kubernetes.io/uninitialized", value="true")],
            [("node.cloudprovider.kubernetes.io/uninitialized", "standby")],
        ),
    ],
)
def test_a_toleration_that_opens_nothing_is_idle_and_says_why(
    tolerations: list[Object], idle: list[tuple[str, str]]
) -> None:
    found = reviewed(
        node("n1", taints=[taint("gpu", value="yes"), taint("nice", "PreferNoSchedule")]),
        node("n2", taints=[taint("node.kubernetes.io/unschedulable")]),
        tolerations=tuple(tolerations),
    )

    assert [(each.toleration.key, each.why) for each in found.idle] == idle


def test_network_unavailable_is_automatic_only_on_the_network_of_the_host() -> None:
    key = "node.kubernetes.io/network-unavailable"
    own = (toleration(key, effect="NoSchedule"),)

    def why(host_network: bool) -> list[str]:
        return [each.why for each in reviewed(node("n1"), tolerations=own, host_network=host_network).idle]

    assert (why(True), why(False)) == (["automatic"], ["standby"])


def test_a_toleration_of_everything_is_wide_and_what_would_do_is_told() -> None:
    (wide,) = reviewed(
        node("n1", taints=[taint("gpu", value="yes")]),
        node("n2", taints=[taint("old", "NoExecute")]),
        tolerations=(toleration(),),
    ).wide

    assert [str((each.key, each.operator, each.value, each.effect)) for each in wide.needed] == [
        "('gpu', 'Equal', 'yes', 'NoSchedule')",
        "('old', 'Exists', '', 'NoExecute')",
    ]
    assert wide.unasked == ()


def test_a_toleration_with_a_key_is_wide_only_where_it_opens_what_was_not_asked_for() -> None:
    nodes = (node("n1", taints=[taint("gpu", value="a")], labels={"mine": ""}), node("n2", taints=[taint("gpu")]))
    own = (toleration("gpu"),)

    assert reviewed(*nodes, tolerations=own).wide == ()
    (wide,) = reviewed(*nodes, tolerations=own, asked="mine").wide
    assert wide.unasked == ("n2",)
    assert [(each.key, each.value) for each in wide.needed] == [("gpu", "a")]


@pytest.mark.parametrize(
    ("own", "nodes"),
    [
        (toleration("old", effect="NoExecute", seconds=60), ["n1"]),
        (toleration("old", effect="NoExecute"), []),
        (toleration("old", effect="NoExecute", seconds=0), ["n1"]),
        (toleration(NOT_READY, effect="NoExecute", seconds=300), []),
        (toleration("new", effect="NoExecute", seconds=60), []),
    ],
    ids=["a time", "no time", "no time at all", "replaced by the automatic one", "no such taint"],
)
def test_a_toleration_for_a_while_makes_pods_come_and_go_in_a_circle(own: Object, nodes: list[str]) -> None:
    found = reviewed(
        node("n1", taints=[taint("old", "NoExecute")]),
        node("n2", taints=[taint(NOT_READY, "NoExecute")]),
        tolerations=(own,),
    )

    assert [name for each in found.circles for name in each.nodes] == nodes
    assert found.wrong is bool(nodes)


def test_nodes_that_may_not_be_read_leave_everything_about_taints_unknown() -> None:
    found = reviewed(gaps=(Gap("nodes", None, "nodes is forbidden"),), annotations={WHITELIST: json.dumps([GPU])})

    assert found.nodes is None
    assert found.restriction is not None
    assert found.restriction.refuses


# the namespace


def test_without_annotations_there_is_no_restriction() -> None:
    assert restriction({}) == Restriction("none", None, None, (), (), (), ())


def test_a_namespace_that_may_not_be_read_is_unknown() -> None:
    assert reviewed(node("n1"), gaps=(Gap("namespaces", None, "forbidden"),)).restriction is None


def test_a_whitelist_without_the_automatic_tolerations_refuses_every_pod() -> None:
    found = restriction({WHITELIST: json.dumps([GPU])}, tolerations=(GPU,))

    assert found.plugin == "assumed"
    assert found.refuses
    assert keys(found.not_allowed) == [each["key"] for each in AUTOMATIC]


def test_a_whitelist_with_all_of_them_allows_the_pods() -> None:
    found = restriction({WHITELIST: json.dumps([GPU, *AUTOMATIC])}, tolerations=(GPU,))

    assert (found.not_allowed, found.refuses) == ((), False)


@pytest.mark.parametrize("empty", ["", "[]", "null"])
def test_an_empty_whitelist_restricts_nothing(empty: str) -> None:
    found = restriction({WHITELIST: empty})

    assert (found.whitelist, found.not_allowed, found.refuses) == ((), (), False)


@pytest.mark.parametrize("key", [WHITELIST, DEFAULTS])
@pytest.mark.parametrize("text", ["x", "{}", '["gpu"]', '[{"key": 5}]'])
def test_an_annotation_that_is_no_list_refuses_every_pod(key: str, text: str) -> None:
    found = restriction({key: text})

    assert found.unreadable == (key,)
    assert found.refuses


def test_default_tolerations_open_nothing_for_a_daemon_set() -> None:
    nodes = (node("n1", taints=[taint("gpu")]), node("n2"))
    found = restriction({DEFAULTS: json.dumps([GPU])}, *nodes)

    assert found.would_open == ("n1",)
    assert not found.refuses


def test_defaults_must_be_on_the_whitelist_too() -> None:
    annotations = {DEFAULTS: json.dumps([GPU]), WHITELIST: json.dumps(AUTOMATIC)}

    assert keys(restriction(annotations).not_allowed) == ["gpu"]


def test_the_suggested_list_is_held_against_the_whitelist() -> None:
    found = reviewed(node("n1", taints=[taint("gpu")]), annotations={WHITELIST: json.dumps(AUTOMATIC)}, asked="all")

    assert found.restriction is not None
    assert not found.restriction.refuses
    assert keys(found.restriction.not_allowed_then) == ["gpu"]


def set_long_ago(annotations: Object) -> Object:
    """A namespace whose annotations somebody set an hour ago."""
    fields: Object = {"f:metadata": {"f:annotations": {f"f:{key}": {} for key in annotations}}}
    managed = [{"manager": "kubectl", "time": when(3600), "fieldsV1": fields}]
    return merge(namespace("ns", annotations=annotations), {"metadata": {"managedFields": managed}})


def test_a_pod_made_since_without_the_defaults_proves_that_the_plugin_is_off() -> None:
    own = stored(daemon_set("d", namespace="ns"))
    pod = owned("n1", ready(), age=600)
    read = snapshot_of([own, revision(own), set_long_ago({DEFAULTS: json.dumps([GPU])}), node("n1"), pod])

    found = review(read, read.daemon_sets[0]).restriction

    assert found is not None
    assert (found.plugin, found.refuses) == ("off", False)


def test_a_pod_with_the_defaults_proves_that_the_plugin_is_on() -> None:
    generation = {"metadata": {"annotations": {"deprecated.daemonset.template.generation": "1"}}}
    own = merge(stored(daemon_set("d", namespace="ns")), generation)
    labels = {"metadata": {"labels": {"pod-template-generation": "1"}}}
    pod = owned("n1", ready(), labels, {"spec": {"tolerations": [*AUTOMATIC, GPU]}})
    read = snapshot_of([own, revision(own), set_long_ago({DEFAULTS: json.dumps([GPU])}), node("n1"), pod])

    found = review(read, read.daemon_sets[0]).restriction

    assert found is not None
    assert found.plugin == "on"


def test_pods_are_worth_reading_only_where_an_annotation_is() -> None:
    own = stored(daemon_set("d", namespace="ns"))

    def worth(name: str, annotations: Object) -> bool:
        return restricts(snapshot_of([own, namespace(name, annotations=annotations)]))

    assert worth("ns", {DEFAULTS: "[]"})
    assert worth("ns", {WHITELIST: ""})
    assert not worth("ns", {"a": "b"})
    assert not worth("other", {WHITELIST: "[]"})
