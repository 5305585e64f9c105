"""Which filter the scheduler's words come from, and whether that is the filter that refuses the pod now.

The phrases are those of pkg/scheduler/framework/plugins in Kubernetes 1.33 to 1.37. They serve one purpose: to say
openly where the scheduler said something else than what is computed. No verdict leans on them, and words that are not
known say nothing. Old words are no contradiction of the scheduler's: it looks again only when something changes.
"""

from __future__ import annotations

import re
from datetime import datetime

from kubectl_ds.engine.decision import Cause, Decision, Verdict
from kubectl_ds.engine.evidence import ResourceEvidence, SchedulerEvidence
from kubectl_ds.engine.scheduler_words import preemption_words, scheduler_message, words_for_target
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.value import Value

_PHRASES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), codes)
    for pattern, codes in (
        (r"scheduling gates", ("SchedulingGates",)),
        (r"didn't match the requested node name", ("NodeName",)),
        (r"were unschedulable|had unknown conditions", ("NodeUnschedulable",)),
        (r"untolerated taint|had taints? .*that the pod didn't tolerate", ("TaintToleration",)),
        (r"didn't match Pod's node affinity/selector|didn't match node selector", ("NodeAffinity",)),
        (r"didn't match scheduler-enforced node affinity|pod affinity terms conflict", ("NodeAffinity",)),
        (r"didn't satisfy plugin(?: NodeAffinity|\(s\) \[NodeAffinity\])", ("NodeAffinity",)),
        (r"didn't have free ports", ("NodePorts",)),
        (r"Insufficient \S+|Too many pods", ("NodeResourcesFit",)),
        (r"ReadWriteOncePod access mode|had no available disk", ("VolumeRestrictions",)),
        (r"exceed max volume count|CSI driver is not installed on the node", ("NodeVolumeLimits",)),
        (r"unbound immediate PersistentVolumeClaims|available persistent volumes to bind", ("VolumeBinding",)),
        (r"didn't match PersistentVolume's node affinity|volume node affinity conflict", ("VolumeBinding",)),
        (r"did not have enough free storage|bound to non-existent", ("VolumeBinding",)),
        (r"persistentvolume \"[^\"]*\" not found", ("VolumeBinding", "VolumeZone")),
        (r"ephemeral volume controller|was not created for pod", ("VolumeBinding",)),
        (r"persistentvolumeclaim \"[^\"]*\" (?:not found|is being deleted)", ("VolumeBinding", "VolumeRestrictions")),
        (r"didn't satisfy plugin\(s\) \[[^\]]*VolumeBinding[^\]]*\] simultaneously", ("VolumeBinding",)),
        (r"had no available volume zone|PersistentVolume had no name", ("VolumeZone",)),
        (r"didn't match pod topology spread constraints", ("PodTopologySpread",)),
        (r"didn't match pod (?:anti-)?affinity|existing pods'? anti-affinity rules", ("InterPodAffinity",)),
        (r"resourceclaim|resource claim|device class \S+ does not exist|allocate all claims", ("DynamicResources",)),
        (r"didn't match Pod's required features", ("NodeDeclaredFeatures",)),
    )
)
_FAILED = re.compile(r'running (?:PreFilter plugin "(\w+)"|"(\w+)" filter plugin): ')
"""A plugin that ended in an error (``RunPreFilterPlugins``, ``RunFilterPlugins``)."""
_INSUFFICIENT = re.compile(r"Insufficient (\S+?)(?=[.,;]?(?:\s|$))")


class SchedulerWords(Value, frozen=True):
    """What the scheduler last said of a waiting pod."""

    message: str
    """In full."""
    target: str
    """The part about the pod's own node."""
    preemption: str
    """The part about preemption; may be empty."""
    seen: datetime | None
    """When an event last noted it; None when no event tells any more."""
    filters: tuple[str, ...]
    """The filters that these words may come from, sorted; empty when the words are not known."""


def words_of(pod: Pod, snapshot: Snapshot) -> SchedulerWords | None:
    """The scheduler's last words on ``pod``; None when it has said nothing."""
    message = scheduler_message(pod)
    if not message:
        return None
    target = words_for_target(message)
    seen = [
        event.last_seen
        for event in snapshot.events_by_object.get(pod.metadata.uid, ())
        if event.reason == "FailedScheduling" and event.last_seen is not None
    ]
    return SchedulerWords(
        message=message,
        target=target,
        preemption=preemption_words(message),
        seen=max(seen, default=None),
        filters=filters_of(target),
    )


def filters_of(words: str) -> tuple[str, ...]:
    """The filters whose phrases occur in the scheduler's words about one node, sorted."""
    failed = _FAILED.search(words)
    if failed:
        return (failed[1] or failed[2],)
    return tuple(sorted({code for pattern, codes in _PHRASES if pattern.search(words) for code in codes}))


def agrees(words: SchedulerWords | None, decision: Decision) -> bool | None:
    """Whether the scheduler named the filter that refuses the pod now; None when one of the two says nothing.

    Of NodeResourcesFit, at least one resource must be the same.
    """
    if words is None or not words.filters or decision.verdict not in (Verdict.PENDING, Verdict.BLOCKED):
        return None
    if decision.passes_by == "fits":
        return False
    refusals = [cause for cause in decision.scheduling if not isinstance(cause.evidence, SchedulerEvidence)]
    if not refusals:
        return None
    if refusals[0].code not in words.filters:
        return False
    return refusals[0].code != "NodeResourcesFit" or not _resources_said(words.target).isdisjoint(_short(refusals))


def _resources_said(words: str) -> set[str]:
    return set(_INSUFFICIENT.findall(words)) | ({"pods"} if "Too many pods" in words else set())


def _short(refusals: list[Cause]) -> set[str]:
    return {cause.evidence.name for cause in refusals if isinstance(cause.evidence, ResourceEvidence)}
