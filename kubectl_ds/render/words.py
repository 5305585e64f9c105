"""The sentences: evidence in, words out. Text, JSON and HTML share them, so they cannot disagree.

Each figure comes with its other half: asked and free, limit and used, ours and the holder's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any

from kubectl_ds.engine import evidence as ev
from kubectl_ds.engine.decision import Cause, Preemption
from kubectl_ds.model.selector import SelectorRequirement
from kubectl_ds.model.taint import Taint
from kubectl_ds.render.admission_words import refusal_words
from kubectl_ds.render.ages import age, human_duration
from kubectl_ds.render.theme import clean


def sentence(cause: Cause, now: datetime) -> str:
    """What a cause says, on one line, without its code."""
    return clean(_say(cause.evidence, cause, now)).replace("\n", " ").strip()


@singledispatch
def _say(evidence: Any, cause: Cause, now: datetime) -> str:
    raise NotImplementedError(f"no words for {type(evidence).__name__}")


@_say.register
def _(evidence: ev.TaintEvidence, cause: Cause, now: datetime) -> str:
    return f"taint {Taint(key=evidence.key, value=evidence.value, effect=evidence.effect)} is not tolerated"


@_say.register
def _(evidence: ev.NodeNameEvidence, cause: Cause, now: datetime) -> str:
    return f"the template names one node: {evidence.node_name}"


_REQUIRED_BY = {
    "affinity": "required node affinity",
    "namespace": "the namespace's node selector",
    "runtimeClass": "the RuntimeClass's node selector",
}


@_say.register
def _(evidence: ev.RequirementEvidence, cause: Cause, now: datetime) -> str:
    source = _REQUIRED_BY.get(evidence.source, evidence.source)
    if not evidence.key:
        terms = "no term" if evidence.terms == 0 else "no valid term"
        return f"{source} has {terms}, so it matches no node"
    if evidence.source != "affinity" or (evidence.operator == "In" and len(evidence.values) == 1):
        wanted = f"{evidence.key}={evidence.values[0]}"
    else:
        wanted = str(SelectorRequirement(key=evidence.key, operator=evidence.operator, values=evidence.values))
    actual = f"the node has no label {evidence.key}" if evidence.actual is None else f"the node has {evidence.actual!r}"
    others = f" (first of {evidence.terms} terms)" if evidence.terms > 1 else ""
    return f"{source} wants {wanted}{others}; {actual}"


@_say.register
def _(evidence: ev.ResourceEvidence, cause: Cause, now: datetime) -> str:
    text = f"{evidence.name}: asks {evidence.requested}, {evidence.free} free of {evidence.allocatable}"
    text += f" (short {evidence.short})"
    if evidence.largest:
        holders = ", ".join(f"{name} {amount}" for name, amount in evidence.largest)
        text += f"; {evidence.pods} pod{'s' if evidence.pods > 1 else ''} there, largest {holders}"
    return text


@_say.register
def _(evidence: ev.PortEvidence, cause: Cause, now: datetime) -> str:
    address = f"{evidence.host_ip}:" if evidence.host_ip not in ("", "0.0.0.0") else ""
    return f"host port {address}{evidence.host_port}/{evidence.protocol} is held by {evidence.holder}"


_VOLUME_PROBLEMS = {
    "missingClaim": "claim {claim} does not exist",
    "claimTerminating": "claim {claim} is being deleted",
    "lostClaim": "claim {claim} has lost its volume {volume}",
    "unboundImmediate": "claim {claim} is not bound to a volume yet (class {storage_class} binds at once)",
    "missingClass": "claim {claim} asks for storage class {storage_class}, which does not exist",
    "noMatchingVolume": "no volume on this node suits claim {claim} (class {storage_class})",
    "missingVolume": "volume {volume} of claim {claim} does not exist",
    "foreignClaim": "claim {claim} was not made for this pod",
    "noTopology": "class {storage_class} of claim {claim} provisions no volume for this node",
    "notEnoughSpace": "class {storage_class} has not enough free storage for claim {claim} here",
    "otherNode": "claim {claim} is being provisioned for node {bound_to}",
    "untranslatable": "volume {volume} cannot be handed over to its CSI driver",
    "missingDriver": "CSI driver {volume} of claim {claim} is not installed on the node",
    "nodeAffinity": "volume {volume} of claim {claim} can be used only from {bound_to}",
    "zone": "volume {volume} of claim {claim} is in {bound_to}",
    "readWriteOncePod": "claim {claim} is ReadWriteOncePod and held by {holder}",
    "diskInUse": "disk {volume} is in use on this node by {holder}",
}


@_say.register
def _(evidence: ev.VolumeEvidence, cause: Cause, now: datetime) -> str:
    template = _VOLUME_PROBLEMS.get(evidence.problem, "claim {claim}: " + (evidence.problem or "cannot be used"))
    known = {
        field: getattr(evidence, field) or "(none)"
        for field in ("claim", "volume", "storage_class", "bound_to", "holder")
    }
    return template.format(**known)


@_say.register
def _(evidence: ev.VolumeLimitEvidence, cause: Cause, now: datetime) -> str:
    return (
        f"driver {evidence.driver} attaches at most {evidence.limit} volumes to the node: "
        f"{evidence.used} used, {evidence.requested} more asked"
    )


@_say.register
def _(evidence: ev.SpreadEvidence, cause: Cause, now: datetime) -> str:
    if evidence.domain is None:
        return f"topology spread over {evidence.topology_key}, a label that the node lacks"
    return (
        f"topology spread over {evidence.topology_key}: {evidence.matching} matching pods in {evidence.domain}, "
        f"{evidence.fewest} in the emptiest; skew would be {evidence.skew}, at most {evidence.max_skew} allowed"
    )


@_say.register
def _(evidence: ev.PodAffinityEvidence, cause: Cause, now: datetime) -> str:
    if evidence.rule == "affinity":
        return f"pod affinity wants a pod with {evidence.selector} in the same {evidence.topology_key}; there is none"
    whose = "its own" if evidence.rule == "antiAffinity" else "the other pod's"
    return f"{whose} anti-affinity ({evidence.selector} over {evidence.topology_key}) conflicts with {evidence.holder}"


@_say.register
def _(evidence: ev.GateEvidence, cause: Cause, now: datetime) -> str:
    return f"scheduling gates are still set: {', '.join(evidence.gates)}"


@_say.register
def _(evidence: ev.ClaimEvidence, cause: Cause, now: datetime) -> str:
    return f"dynamic resource claims are not computed here: {', '.join(evidence.claims)}"


@_say.register
def _(evidence: ev.FeatureEvidence, cause: Cause, now: datetime) -> str:
    return f"the node's kubelet does not declare {', '.join(evidence.features)}, which the pod needs"


@_say.register
def _(evidence: ev.OrderEvidence, cause: Cause, now: datetime) -> str:
    if not evidence.at_most:
        return "never fits; what refuses it depends on the order in which the scheduler tries waiting pods"
    return f"depends on the order in which the scheduler tries waiting pods; at most {evidence.at_most} of them fit"


@_say.register
def _(evidence: ev.AdmissionEvidence, cause: Cause, now: datetime) -> str:
    repeated = f", {evidence.count} refusals" if evidence.count > 1 else ""
    since = f" in {age(evidence.since, now)}" if evidence.since and repeated else ""
    if evidence.admission == "quota" and evidence.resource:
        figures = f"{evidence.resource} {evidence.used} of {evidence.limited} used, asks {evidence.requested}"
        return f"quota {evidence.name}: {figures}{repeated}{since}"
    if not cause.quoted:
        return f"{refusal_words(evidence)}{repeated}{since}"
    named = f"{evidence.admission} {evidence.name}" if evidence.name else evidence.admission
    return f"{named}: {cause.quoted}{repeated}{since}"


@_say.register
def _(evidence: ev.ContainerEvidence, cause: Cause, now: datetime) -> str:
    kind = "init container" if evidence.init else "container"
    parts = [f"{kind} {evidence.container}"]
    if evidence.restarts:
        parts.append(f"{evidence.restarts} restart" + ("s" if evidence.restarts > 1 else ""))
    if evidence.exit_code is not None:
        last = evidence.last_reason or "Error"
        words = f": {evidence.last_message}" if evidence.last_message else ""
        parts.append(f"last exit {evidence.exit_code} ({last}){words}")
    if "Image" in cause.code and evidence.image:
        parts.append(f"image {evidence.image}{_outcome(cause.quoted)}")
    elif cause.code not in ("CrashLoopBackOff", "Error", "OOMKilled") and cause.quoted and not evidence.last_message:
        parts.append(cause.quoted)
    return ", ".join(parts)


def _outcome(quoted: str) -> str:
    """What the chain of errors about an image ends in, such as ``: not found``; nothing when nobody said it."""
    _, chained, last = quoted.rpartition(": ")
    return f": {last.strip()}" if chained else ""


@_say.register
def _(evidence: ev.PodEvidence, cause: Cause, now: datetime) -> str:
    if evidence.phase not in ("Failed", "Succeeded"):
        since = f" for {age(evidence.since, now)}" if evidence.since else ""
        words = f": {cause.quoted.rstrip('. ')}" if cause.quoted else ""
        return f"the pod is {evidence.phase or 'there'}, and not ready{since}{words}"
    ended = "failed" if evidence.phase == "Failed" else "ended"
    when = f" {age(evidence.since, now)} ago" if evidence.since else ""
    replaced = f", {evidence.count} replaced before" if evidence.count else ""
    words = f": {cause.quoted.rstrip('. ')}" if cause.quoted else ""
    return f"{ended}{when}{replaced}{words}"


@_say.register
def _(evidence: ev.TerminatingEvidence, cause: Cause, now: datetime) -> str:
    since = f"deleted {age(evidence.since, now)} ago" if evidence.since else "deleted"
    grace = f"grace period of {_seconds(evidence.grace_seconds)}"
    over = f", {_seconds(evidence.overdue_seconds)} beyond its {grace}" if evidence.overdue_seconds else f", {grace}"
    waits = f", waits for finalizers {', '.join(evidence.finalizers)}" if evidence.finalizers else ""
    return since + over + waits


@_say.register
def _(evidence: ev.WaitEvidence, cause: Cause, now: datetime) -> str:
    if cause.code == "MinReadySeconds":
        left = f" for another {_seconds(evidence.seconds_left)}" if evidence.seconds_left is not None else ""
        return f"ready, but not available{left} (minReadySeconds)"
    return f"containers not up for {age(evidence.since, now)}" if evidence.since else "the kubelet has not begun yet"


@_say.register
def _(evidence: ev.NodeConditionEvidence, cause: Cause, now: datetime) -> str:
    since = f" for {age(evidence.since, now)}" if evidence.since else ""
    words = cause.quoted.rstrip(".") or evidence.reason
    return f"node {evidence.condition}={evidence.status}{since}" + (f": {words}" if words else "")


@_say.register
def _(evidence: ev.SchedulerEvidence, cause: Cause, now: datetime) -> str:
    return f"the scheduler says: {evidence.quoted}"


@_say.register
def _(evidence: ev.RevisionEvidence, cause: Cause, now: datetime) -> str:
    current = f", current {evidence.current}" if evidence.current else ""
    return f"pod of revision {evidence.revision or '(none)'}{current}"


@_say.register
def _(evidence: ev.MisscheduledEvidence, cause: Cause, now: datetime) -> str:
    text = "the pod stays, but would not come back" if evidence.stays else "the pod will be deleted"
    return text if evidence.reported else f"{text}; .status still says 0"


@_say.register
def _(evidence: ev.UnknownEvidence, cause: Cause, now: datetime) -> str:
    return f"nobody can know: {evidence.resource} cannot be read"


def _seconds(number: int) -> str:
    return human_duration(timedelta(seconds=number))


_WHY_NOT = {
    "never": "its preemptionPolicy is Never",
    "notHelpful": "evicting pods would not help",
    "stillShort": "not enough even with every pod of lower priority gone ({candidates} there)",
    "noLowerPriority": "no pod of a priority below {priority} to evict",
    "waitingForVictims": "pods that were evicted for it are still terminating",
}


def other_scheduler(name: str) -> str:
    """That what is computed may not hold, as another scheduler decides."""
    return f"its scheduler is {name}, whose rules may be others than those computed here"


def preemption_sentence(preemption: Preemption) -> str:
    """Whether eviction makes room, and whom it costs."""
    if preemption.victims:
        victims = ", ".join(
            f"{each.namespace}/{each.name} (priority {each.priority}"
            + (", of a DaemonSet" if each.daemon_set else "")
            + (f", breaks PDB {each.violates_pdb}" if each.violates_pdb else "")
            + ")"
            for each in preemption.victims
        )
        return clean(f"will evict {victims}") + (
            "; or others in their place, nobody can know" if preemption.ambiguous else ""
        )
    template = _WHY_NOT.get(preemption.reason, preemption.reason)
    if preemption.reason == "noLowerPriority" and preemption.equal:
        template += "; {equal} there " + ("has" if preemption.equal == 1 else "have") + " an equal one"
    return template.format(candidates=preemption.candidates, priority=preemption.priority, equal=preemption.equal)
