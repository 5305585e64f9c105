"""What the kubelet and the controller's events say of one node's pod is said of that node alone."""

from __future__ import annotations

import pytest

from kubectl_ds.engine.decide import Decider
from kubectl_ds.engine.decision import Fault, Verdict
from kubectl_ds.engine.evidence import ContainerEvidence
from kubectl_ds.engine.kubelet import replaced
from kubectl_ds.model.event import Event
from kubectl_ds.model.pod import Pod, PodSpec
from kubectl_ds.render.words import sentence
from tests.controlplane.objects import daemon_set, merge, node
from tests.engine.pods import owned, ready, revision, stored, waiting, when
from tests.engine.values import NOW, snapshot_of

POD = Pod(spec=PodSpec(node_name="n1"))
COMBINED = "(combined from similar events): "


def told(node_name: str, count: int = 1, prefix: str = "", reason: str = "FailedDaemonPod") -> Event:
    """The event that the controller writes when it deletes a failed pod."""
    message = f"{prefix}Found failed daemon pod ns/d-abcde on node {node_name}, will try to kill it"
    return Event(reason=reason, message=message, count=count)


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ([], 0),
        ([told("n1"), told("n1")], 2),
        ([told("n1"), told("n2"), told("n10")], 1),
        ([told("n1", reason="SuccessfulDelete")], 0),
        ([told("n1"), told("n1", 40, COMBINED)], 41),
        ([told("n2"), told("n1", 40, COMBINED)], 1),
    ],
    ids=["none", "two", "other nodes", "another reason", "combined, all of this node", "combined, of several nodes"],
)
def test_pods_replaced_on_other_nodes_are_not_counted(events: list[Event], count: int) -> None:
    assert replaced(POD, events) == count


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("", None),
        ("\n \n", None),
        ("\n panic: no route\ngoroutine 1 [running]:\n", "panic: no route"),
        ("x" * 120, "x" * 120),
        ("x" * 121, "x" * 119 + "…"),
    ],
    ids=["none", "blank lines", "the first line", "just short enough", "too long"],
)
def test_the_last_words_of_a_container_are_the_first_line_that_says_anything(message: str, told: str | None) -> None:
    ended = {"exitCode": 2, "reason": "Error", "message": message}
    own = stored(daemon_set("d"))
    read = snapshot_of([own, revision(own), node("n1"), owned("n1", waiting("CrashLoopBackOff", "", 3, ended))])

    (cause,) = Decider(read, read.daemon_sets[0]).decide(read.nodes[0]).causes

    assert isinstance(cause.evidence, ContainerEvidence)
    assert cause.evidence.last_message == told
    assert sentence(cause, NOW).endswith(f"last exit 2 (Error): {told}" if told else "last exit 2 (Error)")


def test_a_pod_that_only_its_lost_node_turned_not_ready_is_explained_by_the_node() -> None:
    own = stored(daemon_set("d"))
    lost = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "lastTransitionTime": when(900)}
    turned = [{"type": "Ready", "status": "False", "lastTransitionTime": when(900)}]
    pod = owned("n1", ready(), {"status": {"conditions": turned}})
    read = snapshot_of([own, revision(own), merge(node("n1"), {"status": {"conditions": [lost]}}), pod])

    decision = Decider(read, read.daemon_sets[0]).decide(read.nodes[0])

    assert (decision.verdict, decision.fault) == (Verdict.NOT_READY, Fault.NODE)
    assert [cause.code for cause in decision.causes] == ["NodeUnreachable"]
