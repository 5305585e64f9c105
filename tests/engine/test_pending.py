"""Every pod that waits is listed, with what will let it in, and with whom it waits."""

from __future__ import annotations

from typing import Any

from kubectl_ds.engine.decision import Verdict
from kubectl_ds.engine.pending import PendingReport, WaitingPod, pending
from kubectl_ds.model.snapshot import Gap
from tests.controlplane.objects import daemon_set, merge, node, pod, taint
from tests.engine.pods import deleted, owned, ready, revision, stored, unschedulable, when
from tests.engine.values import snapshot_of

Object = dict[str, Any]
SHORT = "0/1 nodes are available: 1 Insufficient cpu."


def waiting(on: str, *changes: Object, cpu: str = "2", priority: int = 0, name: str = "") -> Object:
    """A pod of the DaemonSet that is pinned to a node and asks for cpu there."""
    containers = {"containers": [{"name": "main", "resources": {"requests": {"cpu": cpu}}}]}
    return owned(on, {"spec": containers | {"priority": priority}}, *changes, bound=False, name=name)


def owner(name: str, namespace: str) -> Object:
    """What makes a pod that of another DaemonSet, elsewhere."""
    reference = {"kind": "DaemonSet", "name": name, "uid": name, "controller": True}
    return {"metadata": {"namespace": namespace, "ownerReferences": [reference]}}


def held(name: str, on: str, cpu: str, *changes: Object, priority: int = 0, namespace: str = "batch") -> Object:
    """A bare pod on a node."""
    own: Object = {
        "metadata": {"uid": f"uid-{name}"},
        "spec": {"nodeName": on, "priority": priority},
        "status": {"phase": "Running", "startTime": when(3600)},
    }
    made = pod(name, namespace, cpu=cpu)
    for change in (own, *changes):
        made = merge(made, change)
    return made


def preempted(seconds_ago: float) -> Object:
    """Evicted by the scheduler, and still there."""
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
    return merge(deleted(seconds_ago), {"status": {"conditions": [condition]}})


def report(*items: Object, on: str = "", nodes: tuple[str, ...] = ("n1",), **snapshot: Any) -> PendingReport:
    own = stored(daemon_set("d"))
    there = [node(name, cpu="4") for name in nodes]
    return pending(snapshot_of([own, revision(own), *there, *items], **snapshot), on)


def only(found: PendingReport) -> WaitingPod:
    (row,) = found.pods
    return row


def test_bound_and_ended_pods_do_not_wait() -> None:
    over = owned("n1", {"status": {"phase": "Failed"}}, bound=False, name="over")

    found = report(owned("n1", ready()), over)

    assert found.pods == ()
    assert found.verdicts == {}


def test_a_full_node_without_lesser_pods_blocks_for_good() -> None:
    row = only(report(waiting("n1"), held("a", "n1", "3")))

    assert (row.verdict, row.decision.passes_by) == (Verdict.BLOCKED, None)
    assert [cause.code for cause in row.decision.causes] == ["NodeResourcesFit"]
    assert row.decision.preemption is not None
    assert (row.decision.preemption.reason, row.decision.preemption.equal) == ("noLowerPriority", 1)


def test_preemption_lets_in() -> None:
    row = only(report(waiting("n1", priority=10), held("a", "n1", "3")))

    assert (row.verdict, row.decision.passes_by) == (Verdict.PENDING, "preemption")


def test_victims_that_are_going_let_in_and_are_named_with_how_long_they_take() -> None:
    nominated = {"status": {"nominatedNodeName": "n1"}}

    row = only(report(waiting("n1", nominated, priority=10), held("a", "n1", "3", preempted(100))))

    assert row.decision.passes_by == "victimsTerminating"
    (leaving,) = row.leaving
    assert (leaving.name, leaving.preempted, leaving.terminating.overdue_seconds) == ("a", True, 70)


def test_pods_that_leave_by_themselves_let_in() -> None:
    row = only(report(waiting("n1"), held("a", "n1", "3", deleted(10))))

    assert (row.verdict, row.decision.passes_by) == (Verdict.PENDING, "podsTerminating")
    assert [each.preempted for each in row.leaving] == [False]


def test_a_pod_that_nothing_refuses_fits_whatever_the_scheduler_said() -> None:
    row = only(report(waiting("n1", unschedulable(SHORT))))

    assert (row.verdict, row.decision.passes_by, row.agrees) == (Verdict.PENDING, "fits", False)
    assert row.words is not None
    assert row.words.target == "Insufficient cpu"


def test_the_schedulers_words_are_dated_by_the_last_event_that_noted_them() -> None:
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "ns"},
        "involvedObject": {"kind": "Pod", "name": "d-n1", "namespace": "ns", "uid": "uid-n1"},
        "reason": "FailedScheduling",
        "eventTime": when(500).replace("Z", ".000000Z"),
        "series": {"count": 3, "lastObservedTime": when(60).replace("Z", ".000000Z")},
    }

    row = only(report(waiting("n1", unschedulable(SHORT)), held("a", "n1", "3"), event))

    assert row.agrees is True
    assert row.words is not None
    assert row.words.seen is not None
    assert row.words.seen.strftime("%Y-%m-%dT%H:%M:%SZ") == when(60)


def test_a_pod_that_waits_beside_the_one_that_is_judged_is_listed_and_judged() -> None:
    found = report(owned("n1", ready(), name="old"), waiting("n1", name="new", cpu="9"))

    row = only(found)
    assert (row.pod.name, row.verdict) == ("new", Verdict.BLOCKED)
    assert row.decision.pod is row.pod


def test_a_pod_that_should_not_be_there_is_misscheduled_with_both_reasons() -> None:
    own = stored(daemon_set("d"))
    items = [own, revision(own), node("n1", cpu="4", taints=[taint("a")]), waiting("n1", cpu="9")]

    row = only(pending(snapshot_of(items)))

    assert row.verdict is Verdict.MISSCHEDULED
    codes = [cause.code for cause in row.decision.causes]
    assert codes[:1] == ["TaintToleration"]
    assert "NodeResourcesFit" in codes


def test_a_pod_whose_node_does_not_exist_is_listed() -> None:
    row = only(report(waiting("gone")))

    assert (row.node, row.node_exists, row.verdict) == ("gone", False, Verdict.BLOCKED)
    assert row.cures == ()


def test_others_that_wait_for_the_node_come_highest_priority_first() -> None:
    pinned = waiting("n1", name="other", priority=7)
    other = merge(pinned, owner("o", "elsewhere"))
    nominated = {"spec": {"priority": 9}, "status": {"nominatedNodeName": "n1"}}
    bare = merge(pod("bare", "batch", cpu="9"), {"metadata": {"uid": "bare"}} | nominated)
    unrelated = merge(pod("unrelated", "batch"), {"metadata": {"uid": "unrelated"}})

    row = only(report(waiting("n1", cpu="9"), other, bare, unrelated))

    assert [(each.name, each.owner, each.nominated) for each in row.others] == [
        ("bare", None, True),
        ("other", "o", False),
    ]


def test_blocked_ones_come_first_and_one_node_can_be_asked_about() -> None:
    items = [waiting("n1", priority=5), held("a", "n1", "3"), waiting("n2", cpu="9"), waiting("n10", cpu="9")]

    found = report(*items, nodes=("n1", "n2", "n10"))
    one = report(*items, nodes=("n1", "n2", "n10"), on="n2")

    assert [row.node for row in found.pods] == ["n2", "n10", "n1"]
    assert found.verdicts == {Verdict.BLOCKED: 2, Verdict.PENDING: 1}
    assert [row.node for row in one.pods] == ["n2"]


def test_nodes_that_may_not_be_read_leave_each_pod_of_unknown_fate() -> None:
    gap = Gap(resource="nodes", namespace=None, error="nodes is forbidden")
    pods = [waiting("n1", unschedulable(SHORT), name="a"), waiting("n1", name="b")]

    found = report(*pods, nodes=(), gaps=(gap,))

    assert [(row.pod.name, row.verdict, row.node_exists) for row in found.pods] == [
        ("a", Verdict.UNKNOWN, None),
        ("b", Verdict.UNKNOWN, None),
    ]


def test_gaps_that_do_not_matter_here_are_left_out() -> None:
    revisions = Gap(resource="controllerrevisions", namespace="ns", error="forbidden")
    claims = Gap(resource="persistentvolumeclaims", namespace=None, error="forbidden")

    assert report(gaps=(revisions, claims)).gaps == (claims,)
