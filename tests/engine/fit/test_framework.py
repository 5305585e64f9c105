"""All filters together: their order, nominated pods, pods taken away, and what holds for any cell whatever."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.pod import Affinity, Pod
from tests.engine.fit.cells import (
    HOSTNAME,
    ZONE,
    affinity,
    anti_affinity,
    app,
    codes,
    node,
    pod,
    pod_value,
    port,
    preemption,
    refusals,
    snapshot,
    term,
)
from tests.engine.fit.volumes import claim, csi, csi_node, storage_class, uses, volume

Object = dict[str, Any]

ORDER = [
    "NodeUnschedulable",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "VolumeRestrictions",
    "NodeVolumeLimits",
    "VolumeBinding",
    "VolumeZone",
    "PodTopologySpread",
    "InterPodAffinity",
    "DynamicResources",
    "NodeDeclaredFeatures",
]


def test_the_filters_speak_in_the_schedulers_order() -> None:
    spread = {"maxSkew": 1, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": app("x")}
    asked = pod(
        cpu="9",
        nodeSelector={"disk": "ssd"},
        volumes=[*uses("bound", "full"), {"name": "d", "gcePersistentDisk": {"pdName": "d"}}],
        topologySpreadConstraints=[spread],
        affinity=affinity(term(app("absent"))),
        resourceClaims=[{"name": "gpu"}],
        containers=[
            {
                "resources": {"requests": {"cpu": "9"}},
                "ports": [port(80)],
                "restartPolicyRules": [{"action": "RestartAllContainers"}],
            }
        ],
    )
    holder = pod("holder", "n1", ports=[port(80)], volumes=[{"name": "d", "gcePersistentDisk": {"pdName": "d"}}])
    cluster = (
        node("n1", {ZONE: "z1"}, unschedulable=True, taints=[{"key": "k", "effect": "NoSchedule"}]),
        claim("bound", volume="pv"),
        volume("pv", nodes=("n2",), labels={ZONE: "z2"}),
        claim("full", volume="csi"),
        volume("csi", **csi("h")),
        csi_node({"csi.example.com": 0}),
        holder,
    )
    assert codes(asked, *cluster) == ORDER


def test_what_holds_before_any_node_comes_first() -> None:
    late = storage_class("now", "Immediate")
    asked = pod(cpu="9", volumes=uses("data", "absent"))
    found = refusals(asked, node(), claim("data", storage_class="now"), late)
    assert [(each.cause.code, each.pre_filter) for each in found] == [
        ("VolumeBinding", True),
        ("NodeResourcesFit", False),
    ]


class TestNominated:
    """Pods for which the node is being cleared."""

    def nominated(self, **fields: Any) -> Object:
        """A waiting pod that has preempted others on ``n1``."""
        return pod("favoured", status={"nominatedNodeName": "n1"}, **fields)

    @pytest.mark.parametrize(("priority", "refused"), [(9, False), (10, True), (11, True)])
    def test_they_count_as_there_when_they_are_as_important(self, priority: int, refused: bool) -> None:
        asked = pod(cpu="3", priority=10)
        favoured = self.nominated(cpu="2", priority=priority)
        assert (codes(asked, node(), favoured) == ["NodeResourcesFit"]) is refused

    def test_a_pod_does_not_stand_in_its_own_way(self) -> None:
        asked = self.nominated(cpu="3")
        assert codes(asked, node(), asked) == []

    def test_a_foretold_pod_waits_behind_them_too(self) -> None:
        foretold = pod(cpu="3", metadata={"uid": ""})
        assert codes(foretold, node(), self.nominated(cpu="2")) == ["NodeResourcesFit"]

    def test_they_count_on_no_other_node_and_not_once_bound(self) -> None:
        asked = pod(cpu="3")
        assert codes(asked, node(), node("n2"), self.nominated(cpu="2"), on="n2") == []
        bound = pod("favoured", "n2", cpu="2", status={"nominatedNodeName": "n1"})
        assert codes(asked, node(), node("n2"), bound) == []

    def test_those_of_another_scheduler_are_not_known_to_ours(self) -> None:
        assert codes(pod(cpu="3"), node(), self.nominated(cpu="2", schedulerName="other")) == []

    def test_the_pod_must_fit_without_them_as_well(self) -> None:
        asked = pod(affinity=affinity(term(app("foo"))))
        assert codes(asked, node(), self.nominated(labels={"app": "foo"})) == ["InterPodAffinity"]

    def test_their_ports_labels_and_claims_count(self) -> None:
        assert codes(pod(ports=[port(80)]), node(), self.nominated(ports=[port(80)])) == ["NodePorts"]
        spread = {
            "maxSkew": 1,
            "topologyKey": HOSTNAME,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": app("x"),
            "nodeAffinityPolicy": "Ignore",
        }
        asked = pod(labels={"app": "x"}, topologySpreadConstraints=[spread])
        assert codes(asked, node(), node("n2"), self.nominated(labels={"app": "x"})) == ["PodTopologySpread"]
        lenient = pod(labels={"app": "x"}, topologySpreadConstraints=[spread | {"maxSkew": 2}])
        assert codes(lenient, node(), node("n2"), self.nominated(labels={"app": "x"})) == []

    def test_their_anti_affinity_counts_only_if_the_filter_is_at_work_anyway(self) -> None:
        """PreFilter returns Skip when nobody in the cluster has terms against the pod, and it has none of its own."""
        foo = {"app": "foo"}
        loner = self.nominated(affinity=anti_affinity(term(app("foo"))))
        assert codes(pod(labels=foo), node(), loner) == []
        harmless = affinity(term(app("foo")))
        assert codes(pod(labels=foo, affinity=harmless), node(), loner) == ["InterPodAffinity"]

    def test_they_keep_their_place_when_others_are_evicted(self) -> None:
        asked = pod(cpu="3", priority=10)
        found = preemption(asked, node(), pod("low", "n1", cpu="2"), self.nominated(cpu="2", priority=10))
        assert (found.possible, found.reason) == (False, "stillShort")
        weaker = self.nominated(cpu="2", priority=9)
        assert [victim.name for victim in preemption(asked, node(), pod("low", "n1", cpu="2"), weaker).victims] == [
            "low"
        ]


class TestWithout:
    """A DaemonSet's own pods, gone before their replacements are judged."""

    def test_the_room_ports_and_neighbours_of_those_gone_are_free(self) -> None:
        own = pod("own", "n1", {"app": "x"}, cpu="3", ports=[port(80)], affinity=anti_affinity(term(app("x"))))
        stays = pod("stays", "n1", cpu="1", ports=[port(81)])
        asked = pod_value(pod(labels={"app": "x"}, cpu="3", ports=[port(80)], affinity=anti_affinity(term(app("x")))))
        view = ClusterView(snapshot(node(), own, stays))
        assert next(each.cause.code for each in view.refusals(asked, "n1")) == "NodePorts"
        assert view.without([pod_value(own)]).refusals(asked, "n1") == ()
        assert view.refusals(asked, "n1") != ()

    def test_a_port_that_somebody_else_holds_as_well_stays_taken(self) -> None:
        own, other = (pod(name, "n1", ports=[port(80)]) for name in ("own", "other"))
        view = ClusterView(snapshot(node(), own, other)).without([pod_value(own)])
        found = view.refusals(pod_value(pod(ports=[port(80)])), "n1")
        assert [each.cause.evidence.holder for each in found] == ["ns/other"]  # type: ignore[union-attr]

    def test_nodes_without_any_of_them_stay_as_they_are(self) -> None:
        own = pod("own", "n1", cpu="4")
        held = pod("held", "n2", cpu="4")
        view = ClusterView(snapshot(node(), node("n2"), own, held)).without([pod_value(own)])
        asked = pod_value(pod(cpu="4"))
        assert [view.refusals(asked, name) == () for name in ("n1", "n2")] == [True, False]

    def test_more_can_go_later_and_nominated_ones_too(self) -> None:
        own = pod("own", "n1", cpu="2")
        waiting = pod("waiting", cpu="2", status={"nominatedNodeName": "n1"})
        asked = pod_value(pod(cpu="4"))
        view = ClusterView(snapshot(node(), own, waiting)).without([pod_value(own)])
        assert view.refusals(asked, "n1") != ()
        assert view.without([pod_value(waiting)]).refusals(asked, "n1") == ()


def test_a_snapshot_without_a_version_is_judged_by_the_newest_rules() -> None:
    asked = pod(cpu="5")
    assert refusals(asked, node(), version=None)[0].unresolvable
    assert refusals(asked, node(), version="nonsense")[0].unresolvable
    assert not refusals(asked, node(), version="v1.33.5-gke.100")[0].unresolvable


amounts = st.sampled_from(["0", "100m", "500m", "1", "2", "5"])
labels = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b"]), max_size=2)
selectors: st.SearchStrategy[Object | None] = st.one_of(
    st.none(), st.just({}), st.builds(app, st.sampled_from(["a", "b"])), st.just({"matchLabels": {"tier": "a"}})
)
terms = st.builds(term, selectors, st.sampled_from([HOSTNAME, ZONE]))
rules: st.SearchStrategy[Object] = st.one_of(st.just({}), st.builds(affinity, terms), st.builds(anti_affinity, terms))
spreads = st.builds(
    lambda selector, key, policy: {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": selector,
        "nodeAffinityPolicy": policy,
    },
    selectors,
    st.sampled_from([HOSTNAME, ZONE]),
    st.sampled_from(["Honor", "Ignore"]),
)


@st.composite
def pods(draw: st.DrawFn, name: str, on: str | None = None) -> Object:
    """A pod with a bit of everything."""
    spec: Object = {"affinity": draw(rules), "priority": draw(st.integers(0, 2))}
    if draw(st.booleans()):
        spec["ports"] = [port(draw(st.sampled_from([80, 81])))]
    if on is None and draw(st.booleans()):
        spec["topologySpreadConstraints"] = [draw(spreads)]
    status = {"startTime": f"2026-11-23T11:00:0{draw(st.integers(0, 3))}Z"} if on else {}
    metadata = {"deletionTimestamp": "2026-11-23T12:00:00Z"} if on and draw(st.integers(0, 9)) == 0 else {}
    return pod(name, on, draw(labels), cpu=draw(amounts), status=status, metadata=metadata, **spec)


@st.composite
def clusters(draw: st.DrawFn) -> tuple[Object, list[Object]]:
    """A pod to be judged on ``n1``, and up to eight others on two nodes."""
    others = [
        draw(pods(f"p{place}", draw(st.sampled_from(["n1", "n1", "n2"])))) for place in range(draw(st.integers(0, 8)))
    ]
    for_n1 = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}
    asked = draw(pods("asked"))
    pinned = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [for_n1]}}}
    asked["spec"]["affinity"] = asked["spec"]["affinity"] | pinned
    return asked, [node("n1", {ZONE: "z1"}, pods="6"), node("n2", {ZONE: "z1"}), *others]


def unpinned(value: Pod) -> Pod:
    """The same pod before anybody pins it."""
    affinity_of_pod = value.spec.affinity or Affinity()
    loose = msgspec.structs.replace(affinity_of_pod, node_affinity=None)
    return msgspec.structs.replace(value, spec=msgspec.structs.replace(value.spec, affinity=loose))


@settings(max_examples=150, deadline=None)
@given(clusters())
def test_a_pod_is_judged_alike_with_and_without_its_pin(cluster: tuple[Object, list[Object]]) -> None:
    asked, others = cluster
    view = ClusterView(snapshot(*others))
    value = pod_value(asked)
    assert view.refusals(value, "n1") == view.refusals(unpinned(value), "n1")


@settings(max_examples=150, deadline=None)
@given(clusters())
def test_taking_pods_away_in_a_view_is_the_same_as_never_having_read_them(
    cluster: tuple[Object, list[Object]],
) -> None:
    asked, others = cluster
    gone = [each for each in others if each["kind"] == "Pod"][::2]
    kept = [each for each in others if each not in gone]
    value = pod_value(asked)
    less = ClusterView(snapshot(*others)).without([from_builtins(Pod, each) for each in gone])
    assert less.refusals(value, "n1") == ClusterView(snapshot(*kept)).refusals(value, "n1")


@settings(max_examples=300, deadline=None)
@given(clusters())
def test_victims_are_of_lower_priority_and_once_they_are_gone_the_pod_fits(
    cluster: tuple[Object, list[Object]],
) -> None:
    asked, others = cluster
    view = ClusterView(snapshot(*others))
    value = pod_value(asked)
    found = view.preempt(value, "n1", view.refusals(value, "n1"))
    on_node = {each["metadata"]["name"]: from_builtins(Pod, each) for each in others if each["kind"] == "Pod"}
    evicted = [on_node[victim.name] for victim in found.victims]
    assert all(each.spec.effective_priority < value.spec.effective_priority for each in evicted)
    assert all(each.spec.node_name == "n1" for each in evicted)
    assert found.possible is bool(evicted)
    odd = any(each["metadata"].get("deletionTimestamp") for each in others if each["kind"] == "Pod")
    shared = [key for each in on_node.values() if each.spec.node_name == "n1" for key in each.spec.host_ports]
    if evicted and not odd and len({each.host_port for each in shared}) == len(shared):
        assert view.without(evicted).refusals(value, "n1") == ()


@settings(max_examples=100, deadline=None)
@given(clusters())
def test_the_order_of_the_snapshot_does_not_matter(cluster: tuple[Object, list[Object]]) -> None:
    asked, others = cluster
    value = pod_value(asked)
    forth, back = ClusterView(snapshot(*others)), ClusterView(snapshot(*reversed(others)))
    assert {msgspec.json.encode(each) for each in forth.refusals(value, "n1")} == {
        msgspec.json.encode(each) for each in back.refusals(value, "n1")
    }
    first, second = (view.preempt(value, "n1", view.refusals(value, "n1")) for view in (forth, back))
    assert first.ambiguous == second.ambiguous
    if not first.ambiguous:
        assert {each.name for each in first.victims} == {each.name for each in second.victims}
