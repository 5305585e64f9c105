"""Every verdict, by the precedence of the contract, with its cause and its fault side."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.decide import Decider
from kubectl_ds.engine.decision import Decision, Fault, Verdict
from kubectl_ds.engine.evidence import (
    AdmissionEvidence,
    ContainerEvidence,
    MisscheduledEvidence,
    TerminatingEvidence,
    UnknownEvidence,
)
from kubectl_ds.model.snapshot import Gap
from tests.controlplane.objects import daemon_set, merge, node, taint
from tests.engine.pods import (
    container,
    deleted,
    failed,
    owned,
    ready,
    revision,
    running,
    stored,
    unschedulable,
    waiting,
    when,
)
from tests.engine.values import snapshot_of

Object = dict[str, Any]
CRASH = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": when(20)}


def decide(
    *pods: Object, on: Object | None = None, ds: Object | None = None, more: tuple[Object, ...] = (), **snapshot: Any
) -> Decision:
    """The decision on one node, ``n1``."""
    own = ds or stored(daemon_set("d"))
    items = [own, revision(own), on or node("n1"), *pods, *more]
    read = snapshot_of(items, **snapshot)
    return Decider(read, read.daemon_sets[0]).decide(read.nodes[0])


SICK_NODE = merge(
    node("n1"),
    {
        "status": {
            "conditions": [
                {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "lastTransitionTime": when(900)},
                {"type": "MemoryPressure", "status": "True", "reason": "KubeletHasInsufficientMemory"},
            ]
        }
    },
)
PRESSED_NODE = merge(
    node("n1"),
    {
        "status": {
            "conditions": [
                {"type": "MemoryPressure", "status": "True", "reason": "KubeletHasInsufficientMemory"},
                {"type": "Ready", "status": "True"},
            ]
        }
    },
)

VERDICTS: list[tuple[str, list[Object], Object | None, Verdict, Fault | None, list[str]]] = [
    # (what it shows, pods, the node, verdict, fault, cause codes)
    ("available and current", [owned("n1", ready())], None, Verdict.OK, None, []),
    ("available and old", [owned("n1", ready(), hash_="old")], None, Verdict.OUTDATED, None, ["OldRevision"]),
    ("no pod where one should be", [], None, Verdict.MISSING, None, []),
    ("no pod where none should be", [], node("n1", taints=[taint("a")]), Verdict.EXCLUDED, None, ["TaintToleration"]),
    ("a pod where none should be", [owned("n1", ready())], node("n1", taints=[taint("a")]), Verdict.MISSCHEDULED, Fault.POLICY, ["TaintToleration", "Misscheduled"]),
    ("a failed pod where none should be", [owned("n1", failed("Evicted"))], node("n1", taints=[taint("a")]), Verdict.MISSCHEDULED, Fault.POLICY, ["TaintToleration", "Misscheduled"]),
    ("a waiting pod", [owned("n1", unschedulable("0/1 nodes are available: 1 Insufficient cpu."), bound=False)], None, Verdict.PENDING, Fault.CAPACITY, ["Unschedulable"]),
    ("a waiting pod is pending even when it is going away", [owned("n1", deleted(10), bound=False)], None, Verdict.PENDING, Fault.CAPACITY, []),
    ("going away within its grace period", [owned("n1", ready(), deleted(10))], None, Verdict.TERMINATING, Fault.POD, ["Terminating"]),
    ("going away for too long", [owned("n1", ready(), deleted(400))], None, Verdict.TERMINATING, Fault.POD, ["Terminating"]),
    ("going away on a node out of reach", [owned("n1", ready(), deleted(400))], SICK_NODE, Verdict.TERMINATING, Fault.NODE, ["Terminating", "NodeUnreachable"]),
    ("evicted under pressure", [owned("n1", failed("Evicted", "The node was low on resource: memory."))], PRESSED_NODE, Verdict.FAILED, Fault.NODE, ["Evicted", "NodePressure"]),
    ("rejected for lack of cpu", [owned("n1", failed("OutOfcpu", "Node didn't have enough resource: cpu"))], None, Verdict.FAILED, Fault.CAPACITY, ["OutOfcpu"]),
    ("a failed pod without a reason", [owned("n1", failed(""))], None, Verdict.FAILED, Fault.POD, ["Failed"]),
    ("a deleted failed pod is terminating", [owned("n1", failed("Evicted"), deleted(5))], None, Verdict.TERMINATING, Fault.POD, ["Terminating"]),
    ("crash-looping", [owned("n1", waiting("CrashLoopBackOff", "back-off 5m0s", 7, CRASH))], None, Verdict.NOT_READY, Fault.POD, ["CrashLoopBackOff"]),
    ("the image cannot be pulled", [owned("n1", waiting("ImagePullBackOff", "Back-off pulling image"))], None, Verdict.NOT_READY, Fault.POD, ["ImagePullBackOff"]),
    ("its configuration is missing", [owned("n1", waiting("CreateContainerConfigError", 'secret "x" not found'))], None, Verdict.NOT_READY, Fault.POD, ["CreateContainerConfigError"]),
    ("running, and its probe fails", [owned("n1", running())], None, Verdict.NOT_READY, Fault.POD, ["ContainersNotReady"]),
    ("not ready on a node that is not ready", [owned("n1", running())], SICK_NODE, Verdict.NOT_READY, Fault.NODE, ["ContainersNotReady", "NodeUnreachable"]),
    ("being created", [owned("n1", waiting("ContainerCreating"))], None, Verdict.STARTING, None, ["ContainerCreating"]),
    ("the kubelet has said nothing", [owned("n1")], None, Verdict.STARTING, None, ["ContainerCreating"]),
    ("its startup probe is not over", [owned("n1", {"status": {"containerStatuses": [container(started=False, state={"running": {}})]}})], None, Verdict.STARTING, None, ["ContainerCreating"]),
    ("running again after a crash", [owned("n1", {"status": {"containerStatuses": [container(started=True, state={"running": {}}, lastState={"terminated": CRASH}, restartCount=1)]}})], None, Verdict.NOT_READY, Fault.POD, ["OOMKilled"]),
    ("an available pod on a node out of reach", [owned("n1", ready())], SICK_NODE, Verdict.OK, None, ["NodeUnreachable"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pods", "on", "verdict", "fault", "codes"), [row[1:] for row in VERDICTS], ids=[row[0] for row in VERDICTS]
)
def test_verdict(
    pods: list[Object], on: Object | None, verdict: Verdict, fault: Fault | None, codes: list[str]
) -> None:
    decision = decide(*pods, on=on)

    assert (decision.verdict, decision.fault) == (verdict, fault)
    assert [cause.code for cause in decision.causes] == codes


def test_a_pod_settles_until_min_ready_seconds_are_over() -> None:
    slow = stored(daemon_set("d", min_ready_seconds=60))

    young, old = decide(owned("n1", ready(since=20)), ds=slow), decide(owned("n1", ready(since=60)), ds=slow)

    assert young.verdict is Verdict.SETTLING
    assert young.causes[0].code == "MinReadySeconds"
    assert old.verdict is Verdict.OK


def test_evidence_of_a_crash_names_container_restarts_and_last_exit() -> None:
    decision = decide(owned("n1", waiting("CrashLoopBackOff", "back-off", 7, CRASH)))

    assert decision.causes[0].evidence == ContainerEvidence(
        container="main",
        restarts=7,
        image="registry.example/agent:1.0",
        exit_code=137,
        last_reason="OOMKilled",
    )


def test_a_crashing_new_revision_is_the_revisions_fault_and_an_old_ones_is_the_pods() -> None:
    own = stored(daemon_set("d"), generation=2)
    older = revision(merge(own, {"spec": {"template": {"spec": {"hostPID": True}}}}), "old", 1)
    read = snapshot_of(
        [
            own,
            revision(own, "new", 2),
            older,
            node("n1"),
            node("n2"),
            owned("n1", waiting("CrashLoopBackOff", "", 3)),
            owned("n2", waiting("CrashLoopBackOff", "", 3), hash_="old"),
        ]
    )
    decider = Decider(read, read.daemon_sets[0])

    assert [decider.decide(each).fault for each in read.nodes] == [Fault.REVISION, Fault.POD]


def test_a_misscheduled_pod_stays_unless_a_no_execute_taint_drives_it_out() -> None:
    stays = decide(owned("n1", ready()), on=node("n1", taints=[taint("a")]))
    goes = decide(owned("n1", ready()), on=node("n1", taints=[taint("a", "NoExecute")]))

    assert stays.causes[-1].evidence == MisscheduledEvidence(stays=True, reported=0)
    assert goes.causes[-1].evidence == MisscheduledEvidence(stays=False, reported=0)


def test_how_long_a_pod_is_beyond_its_grace_period_is_counted_in_seconds() -> None:
    evidence = decide(owned("n1", ready(), deleted(100, grace=30))).causes[0].evidence

    assert isinstance(evidence, TerminatingEvidence)
    assert (evidence.grace_seconds, evidence.overdue_seconds) == (30, 70)


def event(reason: str, message: str, seconds_ago: float = 60, count: int = 3) -> Object:
    """An event on the DaemonSet."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{reason}-{seconds_ago}", "namespace": "ns"},
        "involvedObject": {"kind": "DaemonSet", "name": "d", "namespace": "ns", "uid": "ds-uid"},
        "reason": reason,
        "message": message,
        "type": "Warning",
        "count": count,
        "firstTimestamp": when(seconds_ago + 60),
        "lastTimestamp": when(seconds_ago),
    }


QUOTA = 'Error creating: pods "d-x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=36, limited: pods=36'


def test_a_missing_pod_is_explained_by_the_refusal_in_the_events() -> None:
    decision = decide(more=(event("FailedCreate", QUOTA),))

    assert (decision.verdict, decision.fault) == (Verdict.MISSING, Fault.POLICY)
    evidence = decision.causes[0].evidence
    assert isinstance(evidence, AdmissionEvidence)
    assert (evidence.admission, evidence.name, evidence.resource) == ("quota", "q", "pods")
    assert (evidence.requested, evidence.used, evidence.limited, evidence.count) == ("1", "36", "36", 3)


def test_a_refusal_from_before_the_node_existed_explains_nothing() -> None:
    young = merge(node("n1"), {"metadata": {"creationTimestamp": when(10)}})

    decision = decide(on=young, more=(event("FailedCreate", QUOTA, seconds_ago=600),))

    assert decision.verdict is Verdict.MISSING
    assert decision.causes == ()


def test_the_first_pod_of_the_controllers_sort_is_judged_and_the_others_are_named() -> None:
    pods = (
        owned("n1", name="waits", bound=False, age=900),
        owned("n1", running(), name="younger", age=100),
        owned("n1", ready(), name="older", age=500),
    )

    decision = decide(*pods)

    assert decision.pod is not None
    assert decision.pod.name == "older"
    assert [each.name for each in decision.other_pods] == ["younger", "waits"]
    assert decision.verdict is Verdict.OK


def test_pods_that_may_not_be_read_make_every_verdict_unknown() -> None:
    gap = Gap(resource="pods", namespace="ns", error="pods is forbidden")

    decision = decide(gaps=(gap,))

    assert decision.verdict is Verdict.UNKNOWN
    assert decision.causes[-1].evidence == UnknownEvidence(resource="pods", error="pods is forbidden")
    assert decision.eligibility.should_run is True


def test_nodes_that_may_not_be_read_leave_the_nodes_of_pods_and_nothing_is_called_ok() -> None:
    own = stored(daemon_set("d"))
    gap = Gap(resource="nodes", namespace=None, error="nodes is forbidden")
    read = snapshot_of([own, revision(own), owned("n1", ready()), owned("n2", ready())], gaps=(gap,))

    decisions = Decider(read, read.daemon_sets[0]).decide_all()

    assert [(each.node, each.verdict, each.eligibility.should_run) for each in decisions] == [
        ("n1", Verdict.UNKNOWN, None),
        ("n2", Verdict.UNKNOWN, None),
    ]


def test_without_revisions_the_template_generation_alone_tells_old_from_new() -> None:
    own = stored(daemon_set("d", annotations={"deprecated.daemonset.template.generation": "4"}))
    label = {"metadata": {"labels": {"pod-template-generation": "4"}}}
    read = snapshot_of([own, node("n1"), node("n2"), owned("n1", ready(), label), owned("n2", ready())])
    decider = Decider(read, read.daemon_sets[0])

    assert [decider.decide(each).verdict for each in read.nodes] == [Verdict.OK, Verdict.OUTDATED]


def test_revisions_that_may_not_be_read_make_a_pod_of_unknown_revision_unknown() -> None:
    own = stored(daemon_set("d"))
    gap = Gap(resource="controllerrevisions", namespace="ns", error="forbidden")
    read = snapshot_of([own, node("n1"), owned("n1", ready())], gaps=(gap,))

    assert Decider(read, read.daemon_sets[0]).decide(read.nodes[0]).verdict is Verdict.UNKNOWN


def test_pods_whose_node_does_not_exist_are_orphans() -> None:
    own = stored(daemon_set("d"))
    read = snapshot_of([own, node("n1"), owned("n1", ready()), owned("gone", ready())])

    assert [pod.name for pod in Decider(read, read.daemon_sets[0]).orphans()] == ["d-gone"]
