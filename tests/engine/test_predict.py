"""What would become of a manifest, node by node: the controller, admission, the scheduler, in that order."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.coverage import DaemonSetCoverage
from kubectl_ds.engine.decision import Decision, Fault
from kubectl_ds.engine.evidence import OrderEvidence, ResourceEvidence
from kubectl_ds.engine.predict import predict
from kubectl_ds.model.snapshot import Gap
from tests.controlplane.objects import daemon_set, merge, node, pod, taint
from tests.controlplane.policies import limit_range, namespace, priority_class, quota, runtime_class
from tests.engine.explained import ACCOUNT, holder
from tests.engine.pods import owned, ready, revision, stored
from tests.engine.values import daemon_set_value, snapshot_of

Object = dict[str, Any]
SELECTOR = "scheduler.alpha.kubernetes.io/node-selector"


def covered(*items: Object, gaps: tuple[Gap, ...] = (), own: Object | None = None, **spec: Any) -> DaemonSetCoverage:
    """The predicted coverage of the DaemonSet ``d``."""
    value = daemon_set_value(own or daemon_set("d", namespace="ns", **spec))
    spaces = [] if any(each["kind"] == "Namespace" for each in items) else [namespace("ns")]
    accounts = [] if any(each.resource == "serviceaccounts" for each in gaps) else [ACCOUNT]
    snapshot = snapshot_of([*spaces, *accounts, *items], gaps=gaps)
    (found,) = predict(snapshot, (value,)).daemon_sets
    return found


def decided(*items: Object, **more: Any) -> dict[str, Decision]:
    return {each.node: each for each in covered(*items, **more).decisions}


def verdicts(*items: Object, **more: Any) -> dict[str, str]:
    return {name: each.verdict.value for name, each in decided(*items, **more).items()}


def counted(name: str, hard: dict[str, str], used: dict[str, str]) -> Object:
    return merge(quota(name, hard, "ns"), {"status": {"hard": hard, "used": used}})


def test_a_node_that_should_not_run_it_is_excluded_whatever_else_is_wrong() -> None:
    found = decided(node("n1", taints=[taint("a")], cpu="1"), cpu="2", service_account="absent")

    assert found["n1"].verdict.value == "excluded"
    assert [cause.code for cause in found["n1"].causes] == ["TaintToleration"]


def test_a_pod_that_fits_runs_one_that_evicts_preempts_and_one_that_cannot_is_blocked() -> None:
    found = decided(
        *(node("free", cpu="2"), node("low", cpu="2"), node("equal", cpu="2"), node("small", cpu="500m")),
        holder("a", on="low", cpu="2", priority=-1),
        holder("b", on="equal", cpu="2"),
        cpu="1",
    )

    assert {name: each.verdict.value for name, each in found.items()} == {
        "free": "runs",
        "low": "preempts",
        "equal": "blocked",
        "small": "blocked",
    }
    preemption = found["low"].preemption
    assert preemption is not None
    assert [(each.namespace, each.name) for each in preemption.victims] == [("other", "a")]
    assert found["equal"].preemption is not None
    assert (found["equal"].preemption.reason, found["equal"].preemption.equal) == ("noLowerPriority", 1)
    assert [found[name].fault for name in ("free", "low", "equal")] == [None, None, Fault.CAPACITY]


def test_the_priority_of_its_class_decides_whom_it_may_evict() -> None:
    items = (priority_class("high", 100), node("n1", cpu="1"), holder("a", cpu="1", priority=50))

    assert verdicts(*items, cpu="1") == {"n1": "blocked"}
    assert verdicts(*items, cpu="1", priority_class="high") == {"n1": "preempts"}
    default = priority_class("default", 100, default=True)
    assert verdicts(*items[1:], default, cpu="1") == {"n1": "preempts"}


@pytest.mark.parametrize(
    ("more", "spec", "admission"),
    [
        ([], {"service_account": "absent"}, "serviceAccount"),
        ([], {"priority_class": "absent"}, "priorityClass"),
        ([counted("q", {"pods": "3"}, {"pods": "3"})], {}, "quota"),
        ([counted("q", {"limits.cpu": "3"}, {"limits.cpu": "0"})], {}, "quota"),
        (
            [limit_range("l", [{"type": "Container", "max": {"cpu": "1"}}], "ns")],
            {"limits": {"cpu": "2"}},
            "limitRange",
        ),
        (
            [namespace("ns", labels={"pod-security.kubernetes.io/enforce": "baseline"})],
            {"host_network": True},
            "podSecurity",
        ),
        ([namespace("ns", annotations={SELECTOR: "a=b"})], {"node_selector": {"a": "c"}}, "nodeSelectorConflict"),
    ],
)
def test_what_the_api_server_refuses_is_blocked_on_every_node(
    more: list[Object], spec: dict[str, Any], admission: str
) -> None:
    labels = {"a": "c"}
    found = decided(node("n1", labels=labels), node("n2", labels=labels), *more, **spec)

    assert {each.verdict.value for each in found.values()} == {"blocked"}
    assert {each.fault for each in found.values()} == {Fault.POLICY}
    assert {cause.evidence.admission for each in found.values() for cause in each.admission} == {admission}  # type: ignore[union-attr]


def test_a_quota_with_room_for_some_leaves_open_which_nodes_get_theirs() -> None:
    found = decided(*(node(f"n{number}") for number in range(5)), counted("q", {"pods": "10"}, {"pods": "8"}))

    assert {each.verdict.value for each in found.values()} == {"unknown"}
    assert {each.causes[0].evidence for each in found.values()} == {OrderEvidence(order=True, at_most=2)}


def test_a_quota_with_room_for_all_says_nothing() -> None:
    nodes = (node("n1"), node("n2"), node("n3", taints=[taint("a")]))

    assert verdicts(*nodes, counted("q", {"pods": "10"}, {"pods": "8"})) == {
        "n1": "runs",
        "n2": "runs",
        "n3": "excluded",
    }


def test_defaults_of_a_limit_range_count_as_requests() -> None:
    limits = limit_range("l", [{"type": "Container", "defaultRequest": {"cpu": "3"}}], "ns")

    assert verdicts(node("n1", cpu="2"), node("n2", cpu="4"), limits) == {"n1": "blocked", "n2": "runs"}


def test_limits_count_as_requests_where_there_are_none() -> None:
    assert verdicts(node("n1", cpu="2"), node("n2", cpu="4"), limits={"cpu": "3"}) == {"n1": "blocked", "n2": "runs"}


def test_what_a_runtime_needs_for_itself_counts_too() -> None:
    runtime = runtime_class("gvisor", overhead={"cpu": "1500m"})
    own = merge(
        daemon_set("d", namespace="ns", cpu="1"), {"spec": {"template": {"spec": {"runtimeClassName": "gvisor"}}}}
    )

    assert verdicts(node("n1", cpu="2"), node("n2", cpu="3"), runtime, own=own) == {"n1": "blocked", "n2": "runs"}


def test_the_namespaces_node_selector_is_one_that_the_controller_does_not_see() -> None:
    found = decided(node("n1", labels={"a": "b"}), node("n2"), namespace("ns", annotations={SELECTOR: "a=b"}))

    assert {name: each.verdict.value for name, each in found.items()} == {"n1": "runs", "n2": "blocked"}
    assert found["n2"].eligibility.should_run
    assert found["n2"].causes[0].code == "NodeAffinity"


def test_a_host_network_takes_its_ports_on_the_host() -> None:
    own = daemon_set("d", namespace="ns", host_network=True)
    own["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 80}]

    assert verdicts(node("n1"), node("n2"), holder("web", on="n2", host_port=80), own=own) == {
        "n1": "runs",
        "n2": "blocked",
    }


# replacing


def living(spec: Object, *nodes: str) -> list[Object]:
    own = stored(daemon_set("d", namespace="ns", **spec))
    pods = [owned(name, {"spec": own["spec"]["template"]["spec"] | {"nodeName": name}}, ready()) for name in nodes]
    return [own, revision(own), *pods]


def test_a_manifest_of_a_daemon_set_that_lives_takes_the_room_of_its_own_pods() -> None:
    nodes = [node("n1", cpu="2"), node("n2", cpu="2")]

    assert verdicts(*nodes, *living({"cpu": "2"}, "n1", "n2"), cpu="2") == {"n1": "runs", "n2": "runs"}
    assert verdicts(*nodes, *living({"cpu": "2"}, "n1", "n2"), cpu="3") == {"n1": "blocked", "n2": "blocked"}


def test_the_pods_of_others_keep_their_room_and_so_do_its_namesakes_elsewhere() -> None:
    nodes = [node("n1", cpu="2")]
    elsewhere = [merge(each, {"metadata": {"namespace": "other"}}) for each in living({"cpu": "2"}, "n1")]

    assert verdicts(*nodes, *elsewhere, cpu="2") == {"n1": "blocked"}


def test_its_own_pods_free_their_share_of_the_quota() -> None:
    full = counted("q", {"pods": "2"}, {"pods": "2"})

    assert verdicts(node("n1"), node("n2"), full, *living({}, "n1", "n2")) == {"n1": "runs", "n2": "runs"}
    assert verdicts(node("n1"), node("n2"), full) == {"n1": "blocked", "n2": "blocked"}


def test_its_own_ports_are_not_in_its_way() -> None:
    found = verdicts(node("n1"), *living({"host_port": 80}, "n1"), host_port=80)

    assert found == {"n1": "runs"}


# bound by the template


def test_a_template_that_names_its_node_runs_there_whatever_the_filters_say() -> None:
    found = decided(
        node("n1", cpu="1"), node("n2"), holder("a", cpu="1", host_port=80), cpu="500m", host_port=80, node_name="n1"
    )

    assert {name: each.verdict.value for name, each in found.items()} == {"n1": "runs", "n2": "excluded"}
    assert [cause.code for cause in found["n1"].running] == ["NodePorts", "OutOfcpu"]
    evidence = found["n1"].running[1].evidence
    assert isinstance(evidence, ResourceEvidence)
    assert (evidence.requested, evidence.free) == ("500m", "0")


# what nobody knows


@pytest.mark.parametrize("resource", ["serviceaccounts", "limitranges", "resourcequotas"])
def test_admission_that_could_not_be_read_leaves_every_node_unknown(resource: str) -> None:
    gaps = (Gap(resource, "ns", "forbidden"),)

    assert verdicts(node("n1"), node("n2", taints=[taint("a")]), gaps=gaps) == {"n1": "unknown", "n2": "excluded"}


def test_pods_that_could_not_be_read_leave_room_unknown_and_labels_known() -> None:
    gaps = (Gap("pods", None, "forbidden"),)
    found = verdicts(node("n1"), node("n2", taints=[taint("a")]), node("n3", cpu="1"), gaps=gaps, cpu="2")

    assert found == {"n1": "unknown", "n2": "excluded", "n3": "blocked"}


def test_nodes_that_could_not_be_read_leave_nothing_to_foretell() -> None:
    found = covered(gaps=(Gap("nodes", None, "forbidden"),))

    assert (found.decisions, found.counts, found.agrees) == ((), None, None)


# waiting rivals


def test_room_that_a_waiting_pod_may_take_first_is_promised_to_nobody() -> None:
    waits = merge(
        pod("rival", "other", cpu="1", node_selector={}), {"metadata": {"uid": "r"}, "status": {"phase": "Pending"}}
    )
    pinned = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [pinned]}}}
    waits = merge(waits, {"spec": {"affinity": affinity, "priority": 100}})
    items = (priority_class("high", 100), node("n1", cpu="1"), holder("a", cpu="1", priority=-1))

    assert verdicts(*items, cpu="1", priority_class="high") == {"n1": "preempts"}
    assert verdicts(*items, waits, cpu="1", priority_class="high") == {"n1": "unknown"}


# counting


def test_the_counts_are_those_at_which_status_will_arrive() -> None:
    found = covered(
        *(node("free"), node("full", cpu="1"), node("closed", taints=[taint("a")])),
        holder("b", on="full", cpu="1"),
        cpu="1",
    )

    assert found.counts is not None
    counts = found.counts
    assert (counts.desired, counts.current, counts.ready, counts.available) == (2, 2, 1, 1)
    assert (counts.up_to_date, counts.unavailable, counts.misscheduled) == (2, 1, 0)
    assert found.predicted
    assert found.budget is None


def test_several_manifests_are_each_judged_by_themselves() -> None:
    values = tuple(daemon_set_value(daemon_set(name, namespace="ns", host_port=80)) for name in ("a", "b"))
    snapshot = snapshot_of([namespace("ns"), ACCOUNT, node("n1")])

    report = predict(snapshot, values)

    assert [[each.verdict.value for each in one.decisions] for one in report.daemon_sets] == [["runs"], ["runs"]]
