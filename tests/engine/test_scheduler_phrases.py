"""Which filter the scheduler's words come from, in every version's wording, and when they contradict the figures."""

from __future__ import annotations

import pytest

from kubectl_ds.engine.decision import Cause, Decision, Eligibility, Verdict
from kubectl_ds.engine.evidence import PortEvidence, ResourceEvidence, SchedulerEvidence
from kubectl_ds.engine.scheduler_phrases import SchedulerWords, agrees, filters_of
from kubectl_ds.engine.scheduler_words import words_for_target

OF_THE_TARGET = [
    # (what the scheduler says of the pod's own node, the filter that says so)
    ("Insufficient cpu", "NodeResourcesFit"),
    ("Insufficient memory, 1 Too many pods", "NodeResourcesFit"),
    ("Insufficient example.com/gpu", "NodeResourcesFit"),
    ("node(s) had untolerated taint {late: x}", "TaintToleration"),
    ("node(s) had untolerated taint(s)", "TaintToleration"),
    ("node(s) were unschedulable", "NodeUnschedulable"),
    ("node(s) didn't match the requested node name", "NodeName"),
    ("node(s) didn't match Pod's node affinity/selector", "NodeAffinity"),
    ("node(s) didn't have free ports for the requested pod ports", "NodePorts"),
    (
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
        "VolumeRestrictions",
    ),
    (
        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another "
        "pod",
        "VolumeRestrictions",
    ),
    ("node(s) had no available disk", "VolumeRestrictions"),
    ("node(s) exceed max volume count", "NodeVolumeLimits"),
    ("csi.example CSI driver is not installed on the node", "NodeVolumeLimits"),
    ("node(s) didn't find available persistent volumes to bind", "VolumeBinding"),
    ("node(s) didn't match PersistentVolume's node affinity", "VolumeBinding"),
    ("node(s) did not have enough free storage", "VolumeBinding"),
    ("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)", "VolumeBinding"),
    ("node(s) had no available volume zone", "VolumeZone"),
    ("node(s) didn't match pod topology spread constraints (missing required label)", "PodTopologySpread"),
    ("node(s) didn't match pod affinity rules", "InterPodAffinity"),
    ("node(s) didn't match pod anti-affinity rules", "InterPodAffinity"),
    ("node(s) didn't satisfy existing pods anti-affinity rules", "InterPodAffinity"),
    ("cannot allocate all claims", "DynamicResources"),
    ("node(s) didn't match Pod's required features", "NodeDeclaredFeatures"),
    ('running "VolumeBinding" filter plugin: error getting CSINode "n1"', "VolumeBinding"),
    ('running PreFilter plugin "VolumeBinding": error getting PVC "ns/d-1-v": could not find it', "VolumeBinding"),
]
OF_THE_OTHERS = (
    "39 node(s) didn't match Pod's node affinity/selector.",
    "39 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    "39 node(s) didn't satisfy plugin(s) [NodeAffinity NodeResourcesFit]. preemption: not eligible due to a terminating"
    " pod on the nominated node.",
    "39 node(s) didn't satisfy plugin(s) [InterPodAffinity NodeAffinity]. no new claims to deallocate, preemption: 0/40"
    " nodes are available: 1 No preemption victims found for incoming pod, 39 Preemption is not helpful.",
)
OF_ALL = [
    ("0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity].", ["NodeAffinity"]),
    ("0/2 nodes are available: node(s) didn't satisfy plugin NodeAffinity.", ["NodeAffinity"]),
    (
        "0/2 nodes are available: node(s) didn't satisfy plugin(s) [NodeAffinity VolumeBinding] simultaneously.",
        ["VolumeBinding"],
    ),
    (
        '0/2 nodes are available: persistentvolumeclaim "absent" not found. not found',
        ["VolumeBinding", "VolumeRestrictions"],
    ),
    (
        '0/2 nodes are available: persistentvolume "gone" not found. not found',
        ["VolumeBinding", "VolumeZone"],
    ),
    ("0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found", ["VolumeBinding"]),
    ("Scheduling is blocked due to non-empty scheduling gates", ["SchedulingGates"]),
    ("0/2 nodes are available: 1 something that a later version says.", []),
]


@pytest.mark.parametrize("others", OF_THE_OTHERS, ids=range(len(OF_THE_OTHERS)))
@pytest.mark.parametrize(("said", "code"), OF_THE_TARGET, ids=[row[0] for row in OF_THE_TARGET])
def test_words_about_the_target_are_known_by_their_phrase(said: str, code: str, others: str) -> None:
    assert filters_of(words_for_target(f"0/40 nodes are available: 1 {said}, {others}")) == (code,)


@pytest.mark.parametrize(("message", "filters"), OF_ALL, ids=range(len(OF_ALL)))
def test_words_about_every_node_are_known_by_their_phrase(message: str, filters: list[str]) -> None:
    assert list(filters_of(words_for_target(message))) == filters


def words(target: str) -> SchedulerWords:
    return SchedulerWords(message=target, target=target, preemption="", seen=None, filters=filters_of(target))


def decision(*causes: Cause, verdict: Verdict = Verdict.BLOCKED, passes_by: str | None = None) -> Decision:
    eligibility = Eligibility(should_run=True, should_continue_running=True)
    return Decision(node="n1", eligibility=eligibility, verdict=verdict, scheduling=causes, passes_by=passes_by)


def short_of(resource: str) -> Cause:
    evidence = ResourceEvidence(name=resource, requested="2", free="1", allocatable="4", short="1")
    return Cause(code="NodeResourcesFit", evidence=evidence)


PORT = Cause(code="NodePorts", evidence=PortEvidence(host_port=80, protocol="TCP", host_ip="0.0.0.0", holder="ns/x"))
QUOTED = Cause(code="Unschedulable", evidence=SchedulerEvidence(quoted="Insufficient cpu"))


def test_the_same_first_filter_agrees_and_another_does_not() -> None:
    assert agrees(words("Insufficient cpu"), decision(short_of("cpu"), PORT)) is True
    assert agrees(words("Insufficient cpu"), decision(PORT, short_of("cpu"))) is False


def test_of_resources_one_must_be_the_same() -> None:
    assert agrees(words("Insufficient cpu, Insufficient memory"), decision(short_of("memory"))) is True
    assert agrees(words("Insufficient cpu"), decision(short_of("memory"))) is False
    assert agrees(words("Too many pods"), decision(short_of("pods"))) is True


def test_a_pod_that_fits_now_contradicts_whatever_was_said() -> None:
    fits = decision(QUOTED, verdict=Verdict.PENDING, passes_by="fits")

    assert agrees(words("Insufficient cpu"), fits) is False


def test_where_one_of_the_two_says_nothing_nothing_is_compared() -> None:
    assert agrees(None, decision(PORT)) is None
    assert agrees(words("what nobody knows"), decision(PORT)) is None
    assert agrees(words("Insufficient cpu"), decision(PORT, verdict=Verdict.UNKNOWN)) is None
    assert agrees(words("Insufficient cpu"), decision(QUOTED, verdict=Verdict.PENDING, passes_by="unknown")) is None
