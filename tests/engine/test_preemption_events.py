"""Every wording in which schedulers and kubelets have told of a preemption."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.preemption_events import Named, told_by_event, told_by_pod
from kubectl_ds.model.event import Event
from kubectl_ds.model.meta import Condition, ObjectReference
from kubectl_ds.model.pod import Pod, PodMeta, PodSpec, PodStatus

UID = "56e9b3e6-f3aa-457a-ae58-8043bbecebef"
VICTIM = ObjectReference(kind="Pod", namespace="batch", name="train-0", uid="victim")

WORDINGS: list[tuple[str, Named | None]] = [
    ("by kube-system/agent-x7k2p on node n1", Named(namespace="kube-system", name="agent-x7k2p")),
    ("Preempted by kube-system/agent-x7k2p on node n1", Named(namespace="kube-system", name="agent-x7k2p")),
    ("Preempted by a pod on node n1", None),
    (f"Preempted by pod {UID} on node n1", Named(uid=UID)),
    (f"Preempted by podgroup {UID} on node n1", Named(uid=UID, kind="podgroup")),
    (f"Preempted by compositepodgroup {UID} on node n1", Named(uid=UID, kind="compositepodgroup")),
    (f"Preempted by pod {UID} on node n1 (in kube-scheduler memory).", Named(uid=UID)),
]


def told(message: str, reason: str = "Preempted", **fields: Any) -> Any:
    return told_by_event(Event(involved_object=VICTIM, reason=reason, message=message, **fields))


@pytest.mark.parametrize(("message", "preemptor"), WORDINGS, ids=[row[0].replace(UID, "uid") for row in WORDINGS])
def test_the_scheduler_tells_node_and_preemptor(message: str, preemptor: Named | None) -> None:
    found = told(message)

    assert (found.node, found.preemptor, found.by) == ("n1", preemptor, "scheduler")
    assert found.victim == Named(namespace="batch", name="train-0", uid="victim")
    assert found.quoted == message


def test_the_related_reference_names_whom_the_message_does_not() -> None:
    related = ObjectReference(kind="Pod", namespace="kube-system", name="agent-x7k2p", uid=UID)

    found = told("Preempted by a pod on node n1", related=related)

    assert found.preemptor == Named(namespace="kube-system", name="agent-x7k2p", uid=UID)


def test_an_empty_related_reference_hides_nothing() -> None:
    assert told(f"Preempted by pod {UID} on node n1", related=ObjectReference()).preemptor == Named(uid=UID)


def test_words_of_a_later_version_are_quoted_and_not_guessed_at() -> None:
    found = told("Made room in a way that nobody knows yet")

    assert (found.node, found.preemptor) == ("", None)
    assert found.quoted == "Made room in a way that nobody knows yet"


def test_the_kubelet_names_no_preemptor_but_its_node() -> None:
    source = {"component": "kubelet", "host": "n1"}
    event = Event(involved_object=VICTIM, reason="Preempting", message="Preempted in order to admit critical pod")

    found = told_by_event(event)
    with_host = told("Preempted in order to admit critical pod", "Preempting", source=_source(source))

    assert found is not None
    assert (found.by, found.preemptor, found.node) == ("kubelet", None, "")
    assert with_host.node == "n1"


@pytest.mark.parametrize(("kind", "reason"), [("Pod", "Evicted"), ("Workload", "Preempted"), ("Pod", "Scheduled")])
def test_other_events_tell_of_no_preemption(kind: str, reason: str) -> None:
    about = ObjectReference(kind=kind, namespace="batch", name="x", uid="x")

    assert told_by_event(Event(involved_object=about, reason=reason, message="by a/b on node n1")) is None


@pytest.mark.parametrize(
    ("condition_reason", "status_reason", "phase", "by"),
    [
        ("PreemptionByScheduler", "", "Running", "scheduler"),
        ("TerminationByKubelet", "Preempting", "Failed", "kubelet"),
        ("TerminationByKubelet", "Evicted", "Failed", None),
        ("DeletionByTaintManager", "", "Running", None),
        ("EvictionByEvictionAPI", "", "Running", None),
    ],
)
def test_a_pod_that_is_still_there_tells_it_by_its_condition(
    condition_reason: str, status_reason: str, phase: str, by: str | None
) -> None:
    condition = Condition(type="DisruptionTarget", status="True", reason=condition_reason)
    status = PodStatus(phase=phase, reason=status_reason, conditions=(condition,))

    found = told_by_pod(Pod(metadata=PodMeta(name="x"), spec=PodSpec(node_name="n1"), status=status))

    assert (found.by if found is not None else None) == by


def _source(plain: dict[str, str]) -> Any:
    from kubectl_ds.model.event import EventSource

    return EventSource(**plain)
