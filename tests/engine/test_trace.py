"""The steps of a decision stand in the order in which the cluster takes them, and end where it stops."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubectl_ds.engine.explain import explain
from kubectl_ds.engine.trace import Admitted, Bound, Evicted, Fits, NotCreated, Prospect, Tolerated
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.render.step_words import step_words
from tests.controlplane.objects import daemon_set, merge, node, taint, toleration
from tests.controlplane.policies import limit_range, namespace, quota
from tests.engine.explained import holder, steps, template, waiting, why
from tests.engine.pods import deleted, failed, owned, ready, revision, running, stored, unschedulable, when
from tests.engine.pods import waiting as container_waiting
from tests.engine.values import NOW, snapshot_of

Object = dict[str, Any]
Steps = list[tuple[str, str, str]]

LABELS = ("controller", "nodeSelector, affinity", "passed")
TAINTS = ("controller", "taints", "passed")
CREATED = ("admission", "create pod", "passed")
BOUND = ("scheduler", "bind", "passed")
READY = ("kubelet", "Ready", "passed")
LIVE: Steps = [LABELS, TAINTS, CREATED, BOUND]

CPU = template(cpu="500m")
FULL = [holder("a", cpu="4")]
LOST = merge(
    node("n1"),
    {"status": {"conditions": [{"type": "Ready", "status": "Unknown", "lastTransitionTime": when(900)}]}},
)
CRASH = container_waiting("CrashLoopBackOff", "", 3, {"exitCode": 1, "reason": "Error"})
REVISIONS = [revision(template(), "old", 1), revision(template(), "new", 2)]

LIVING: list[tuple[str, str, list[Object], Object | None, Steps]] = [
    ("ok", "ok", [owned("n1", ready())], None, [*LIVE, READY]),
    (
        "ok on a lost node",
        "ok",
        [LOST, owned("n1", ready())],
        None,
        [*LIVE, ("node", "NodeUnreachable", "noted"), READY],
    ),
    (
        "outdated",
        "outdated",
        [*REVISIONS, owned("n1", ready(), hash_="old")],
        None,
        [*LIVE, ("kubelet", "OldRevision", "noted"), READY, ("controller", "RollingUpdate", "noted")],
    ),
    ("starting", "starting", [owned("n1")], None, [*LIVE, ("kubelet", "ContainerCreating", "noted")]),
    ("not ready", "not-ready", [owned("n1", CRASH)], None, [*LIVE, ("kubelet", "CrashLoopBackOff", "stopped")]),
    (
        "not ready on a lost node",
        "not-ready",
        [LOST, owned("n1", running())],
        None,
        [*LIVE, ("kubelet", "ContainersNotReady", "stopped"), ("node", "NodeUnreachable", "stopped")],
    ),
    ("failed", "failed", [owned("n1", failed("Evicted"))], None, [*LIVE, ("kubelet", "Evicted", "stopped")]),
    (
        "terminating",
        "terminating",
        [owned("n1", ready(), deleted(90))],
        None,
        [*LIVE, ("kubelet", "Terminating", "stopped")],
    ),
    (
        "missing, and nobody says why",
        "missing",
        [],
        None,
        [LABELS, TAINTS, ("admission", "create pod", "unknown")],
    ),
    (
        "excluded by two taints",
        "excluded",
        [node("n1", taints=[taint("a"), taint("b", "NoExecute")])],
        None,
        [LABELS, ("controller", "taints", "stopped"), ("controller", "taints", "stopped")],
    ),
    (
        "excluded by a name",
        "excluded",
        [node("n1")],
        template(node_name="n2"),
        [("controller", "nodeName", "stopped"), LABELS, TAINTS],
    ),
    (
        "excluded by labels",
        "excluded",
        [node("n1", taints=[taint("a")])],
        template(node_selector={"disk": "ssd"}),
        [("controller", "nodeSelector, affinity", "stopped"), ("controller", "taints", "stopped")],
    ),
    (
        "misscheduled",
        "misscheduled",
        [node("n1", taints=[taint("a")]), owned("n1", ready())],
        None,
        [LABELS, ("controller", "taints", "stopped"), CREATED, BOUND, ("controller", "Misscheduled", "stopped")],
    ),
    (
        "blocked by equals",
        "blocked",
        [waiting(CPU), *FULL],
        CPU,
        [
            LABELS,
            TAINTS,
            CREATED,
            ("scheduler", "NodeResourcesFit", "stopped"),
            ("preemption", "DefaultPreemption", "stopped"),
        ],
    ),
    (
        "let in by preemption",
        "pending",
        [waiting(CPU), holder("a", cpu="4", priority=-1)],
        CPU,
        [
            LABELS,
            TAINTS,
            CREATED,
            ("scheduler", "NodeResourcesFit", "stopped"),
            ("preemption", "DefaultPreemption", "passed"),
        ],
    ),
    (
        "let in when others are gone",
        "pending",
        [waiting(CPU), merge(FULL[0], deleted(5))],
        CPU,
        [
            LABELS,
            TAINTS,
            CREATED,
            ("scheduler", "NodeResourcesFit", "stopped"),
            ("preemption", "DefaultPreemption", "stopped"),
            ("scheduler", "next try", "noted"),
        ],
    ),
    (
        "fits by now",
        "pending",
        [waiting(CPU)],
        CPU,
        [LABELS, TAINTS, CREATED, ("scheduler", "filters", "passed"), ("scheduler", "next try", "noted")],
    ),
    (
        "fits by now, and the scheduler has said otherwise",
        "pending",
        [waiting(CPU, "n1", unschedulable("0/1 nodes are available: 1 Insufficient cpu."))],
        CPU,
        [LABELS, TAINTS, CREATED, ("scheduler", "Unschedulable", "stopped"), ("scheduler", "next try", "noted")],
    ),
]


@pytest.mark.parametrize(
    ("verdict", "items", "ds", "expected"), [case[1:] for case in LIVING], ids=[case[0] for case in LIVING]
)
def test_the_steps_of_a_living_daemon_set(
    verdict: str, items: list[Object], ds: Object | None, expected: Steps
) -> None:
    found = why(*items, ds=ds)

    assert found.decision.verdict.value == verdict
    assert steps(found) == expected


def test_what_was_tolerated_is_told_with_whose_toleration_it_was() -> None:
    taints = [taint("node.kubernetes.io/unschedulable"), taint("a", value="b"), taint("c", "PreferNoSchedule")]
    found = why(node("n1", taints=taints), owned("n1", ready()), ds=template(tolerations=[toleration("a")]))

    detail = found.steps[1].detail
    assert isinstance(detail, Tolerated)
    assert detail.taints == (
        ("node.kubernetes.io/unschedulable:NoSchedule", "automatic"),
        ("a=b:NoSchedule", "template"),
    )


def test_nodes_that_may_not_be_read_end_it_where_the_controller_begins() -> None:
    own = template()
    gaps = (Gap("nodes", None, "nodes is forbidden"),)
    snapshot = snapshot_of([own, revision(own), owned("n1", ready())], gaps=gaps)

    found = explain(snapshot, snapshot.daemon_sets[0], "n1")

    assert found is not None
    assert found.decision.verdict.value == "unknown"
    assert steps(found)[0] == ("controller", "nodes", "unknown")
    assert steps(found)[1:] == [CREATED, BOUND]


def test_pods_that_may_not_be_read_end_it_at_the_kubelet() -> None:
    found = why(gaps=(Gap("pods", None, "pods is forbidden"),))

    assert steps(found) == [LABELS, TAINTS, ("kubelet", "pods", "unknown")]


@pytest.mark.parametrize("reason", ["quota", "other"])
def test_a_refusal_that_an_event_tells_of_is_where_it_stops(reason: str) -> None:
    words = "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1" if reason == "quota" else "no"
    event = {
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "ns"},
        "involvedObject": {"kind": "DaemonSet", "name": "d", "namespace": "ns", "uid": "ds-uid"},
        "reason": "FailedCreate",
        "message": f"Error creating: {words}",
        "lastTimestamp": when(5),
    }
    assert steps(why(event)) == [LABELS, TAINTS, ("admission", "create pod", "stopped")]


# manifests


def foretold(*items: Object, **spec: Any) -> Any:
    return why(*items, ds=daemon_set("d", namespace="ns", **spec), predicted=True)


WOULD_BE_CREATED = ("admission", "create pod", "passed")

PREDICTED: list[tuple[str, str, Any, Steps]] = [
    ("runs", "runs", foretold(), [LABELS, TAINTS, WOULD_BE_CREATED, ("scheduler", "filters", "passed")]),
    (
        "excluded",
        "excluded",
        foretold(node("n1", taints=[taint("a")])),
        [LABELS, ("controller", "taints", "stopped")],
    ),
    (
        "preempts",
        "preempts",
        foretold(holder("a", cpu="4", priority=-1), cpu="1"),
        [
            LABELS,
            TAINTS,
            WOULD_BE_CREATED,
            ("scheduler", "NodeResourcesFit", "stopped"),
            ("preemption", "DefaultPreemption", "passed"),
        ],
    ),
    (
        "bound by its template",
        "runs",
        foretold(holder("a", cpu="4"), cpu="1", node_name="n1"),
        [
            ("controller", "nodeName", "passed"),
            LABELS,
            TAINTS,
            WOULD_BE_CREATED,
            BOUND,
            ("kubelet", "OutOfcpu", "noted"),
        ],
    ),
    (
        "refused by a quota",
        "blocked",
        foretold(merge(quota("q", {"pods": "0"}, "ns"), {"status": {"hard": {"pods": "0"}, "used": {"pods": "0"}}})),
        [LABELS, TAINTS, ("admission", "ResourceQuota", "stopped")],
    ),
    (
        "let in for some nodes",
        "unknown",
        foretold(
            *(node("n1"), node("n2")),
            merge(quota("q", {"pods": "1"}, "ns"), {"status": {"hard": {"pods": "1"}, "used": {"pods": "0"}}}),
        ),
        [LABELS, TAINTS, ("admission", "create pod", "unknown")],
    ),
]


@pytest.mark.parametrize(
    ("verdict", "found", "expected"), [case[1:] for case in PREDICTED], ids=[case[0] for case in PREDICTED]
)
def test_the_steps_of_a_manifest(verdict: str, found: Any, expected: Steps) -> None:
    assert found.decision.verdict.value == verdict
    assert steps(found) == expected


def test_what_a_plugin_changes_is_a_step_and_what_every_pod_gets_is_a_minor_one() -> None:
    limits = limit_range("l", [{"type": "Container", "defaultRequest": {"cpu": "100m"}}], "ns")
    default = json.dumps([toleration("gpu")])
    space = namespace("ns", annotations={"scheduler.alpha.kubernetes.io/defaultTolerations": default})
    found = foretold(limits, space)

    changing = [
        (each.actor, each.check) for each in found.steps if isinstance(each.detail, Admitted) and not each.minor
    ]
    assert changing == [("admission", "LimitRanger"), ("admission", "PodTolerationRestriction")]
    minor = {each.check for each in found.steps if each.minor}
    assert {"DaemonSet", "Defaulting", "Priority", "ServiceAccount", "MutatingAdmissionWebhook"} <= minor
    restriction = next(each.detail for each in found.steps if each.check == "PodTolerationRestriction")
    assert isinstance(restriction, Admitted)
    assert restriction.assumed
    assert restriction.changes[0].after == "gpu"


def test_webhooks_are_noted_as_what_nobody_can_compute() -> None:
    hooks = [each for each in foretold().steps if "Webhook" in each.check]

    assert [each.outcome for each in hooks] == ["noted", "noted"]
    assert all(isinstance(each.detail, Admitted) and not each.detail.computed for each in hooks)


def test_every_refusal_of_admission_is_told_and_none_twice() -> None:
    found = why(ds=daemon_set("d", namespace="ns", service_account="a", priority_class="b"), predicted=True)

    assert [each[1] for each in steps(found) if each[2] == "stopped"] == ["ServiceAccount", "Priority"]


def test_details_say_whether_something_is_or_would_be() -> None:
    own = template(cpu="500m")
    live = why(waiting(own), ds=own)
    fits = next(each.detail for each in live.steps if each.check == "filters")
    assert isinstance(fits, Fits) and not fits.predicted
    prospect = live.steps[-1].detail
    assert isinstance(prospect, Prospect) and prospect.passes_by == "fits"
    would = foretold().steps[-1].detail
    assert isinstance(would, Fits) and would.predicted
    bound = why(owned("n1", ready()), ds=template(node_name="n1")).steps[-2].detail
    assert isinstance(bound, Bound) and not bound.asked
    assert isinstance(why().steps[-1].detail, NotCreated)


def test_there_is_nothing_to_explain_of_a_node_that_nobody_knows() -> None:

    own = stored(daemon_set("d", namespace="ns"))
    snapshot = snapshot_of([own, node("n1")])

    assert explain(snapshot, snapshot.daemon_sets[0], "n2") is None
    assert explain(snapshot, snapshot.daemon_sets[0], "n2", predicted=True) is None


def preempted(name: str, uid: str, by: str, space: str = "ns") -> Object:
    """The event on a victim."""
    return {
        "kind": "Event",
        "metadata": {"name": f"e-{name}", "namespace": space},
        "involvedObject": {"kind": "Pod", "name": name, "namespace": space, "uid": uid},
        "reason": "Preempted",
        "message": f"Preempted by pod {by} on node n1",
        "lastTimestamp": when(60),
    }


def evictions(*items: Object) -> list[str]:
    """What the steps tell of evictions on ``n1``."""
    found = why(waiting(CPU), *items, ds=CPU)
    return [step_words(each, NOW) for each in found.steps if isinstance(each.detail, Evicted)]


def test_whose_pod_was_evicted_for_whom_is_told_where_it_is_missed() -> None:
    urgent = holder("urgent", cpu="4", priority=100)

    assert evictions(urgent, preempted("d-bcdfg", "gone", "uid-urgent")) == [
        "its pod ns/d-bcdfg was evicted 60s ago for other/urgent (priority 100)"
    ]
    assert evictions(urgent, preempted("d-bcdfg", "gone", "uid-nobody")) == [
        "its pod ns/d-bcdfg was evicted 60s ago for somebody whom nobody names any more"
    ]
    assert evictions(urgent, preempted("web-1", "gone", "uid-urgent", "other")) == []
    assert evictions(urgent) == []


def test_who_was_evicted_for_its_sake_is_told_while_it_waits() -> None:
    leaving = merge(holder("low", cpu="4", priority=-1), deleted(5))

    assert evictions(leaving, preempted("low", "uid-low", "uid-n1", "other")) == [
        "for it other/low was evicted 60s ago, and is not gone yet"
    ]


def test_a_pod_that_runs_asks_for_no_such_history() -> None:
    found = why(owned("n1", ready()), preempted("d-bcdfg", "gone", "x"))

    assert not [each for each in found.steps if isinstance(each.detail, Evicted)]
