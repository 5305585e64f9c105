"""What would cure it: one table, keyed by cause code. Smallest change first, as a command that can be pasted.

A row gives a command only where running it makes the pod run there; the rows of codes that no command can cure say what
to look at instead. A command changes one thing and names it; nothing here is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from shlex import quote
from typing import Any

from kubectl_ds.engine.cure_admission import failed_create, plain_toleration
from kubectl_ds.engine.cure_containers import look, of_container
from kubectl_ds.engine.cure_labels import label_the_node
from kubectl_ds.engine.cure_resources import lower_requests, raise_priority
from kubectl_ds.engine.cure_rollout import old_revision, undo
from kubectl_ds.engine.decision import Cause, Cure, Decision, Fault, Verdict
from kubectl_ds.engine.evidence import (
    NodeConditionEvidence,
    PodAffinityEvidence,
    PortEvidence,
    SpreadEvidence,
    TaintEvidence,
    TerminatingEvidence,
    UnknownEvidence,
    VolumeEvidence,
)
from kubectl_ds.engine.situation import Situation
from kubectl_ds.engine.toleration_list import OF_A_DEAD_NODE, is_passing

IN_THE_MANIFEST = "in the manifest"
"""How the cures begin that only whoever writes the manifest can carry out."""
_NOTHING_WRONG = (Verdict.OK, Verdict.STARTING, Verdict.SETTLING, Verdict.RUNS)
_BY_ITSELF = {
    "fits": "nothing: it fits now, and the scheduler tries again soon",
    "preemption": "nothing: the scheduler evicts them by itself",
    "victimsTerminating": "nothing: it starts when those that were evicted for it are gone",
    "podsTerminating": "nothing: it starts when those that are going away from the node are gone",
}
"""What lets a waiting pod in without anybody's help."""

Row = Callable[[Situation, Cause], Iterator[Cure]]


def cures_for(situation: Situation) -> tuple[Cure, ...]:
    """The cures of a decision, smallest change first; empty when nothing is wrong.

    Where several causes hold, one command cures only when it cures all: then the first command of each is joined.
    """
    decision = situation.decision
    if decision.verdict in _NOTHING_WRONG:
        return ()
    if decision.verdict is Verdict.MISSING and not decision.causes:
        daemon_set = situation.daemon_set
        events = f"kubectl describe daemonset {daemon_set.name} -n {daemon_set.namespace}"
        return (
            Cure(change=f"look at its events while there are any; they are kept for an hour: {events}", command=None),
        )
    pod = decision.pod
    own = pod.spec.other_scheduler if pod is not None else ""
    if decision.passes_by == "fits" and own:
        return (
            Cure(
                change=f"see that its own scheduler runs, {own}: nothing refuses it, and no other binds it",
                command=None,
            ),
        )
    if decision.verdict is Verdict.PENDING and decision.passes_by in _BY_ITSELF:
        return (Cure(change=_BY_ITSELF[decision.passes_by], command=None),)
    if decision.fault is Fault.REVISION:
        return (undo(situation), *look(situation, decision.causes))
    found = [
        tuple(_as_applicable(situation, cure) for cure in _row(cause)(situation, cause)) for cause in _to_cure(decision)
    ]
    if len(found) <= 1:
        return found[0] if found else ()
    firsts = [cures[0] for cures in found if cures]
    if len(firsts) == len(found) and all(cure.command for cure in firsts):
        changes = dict.fromkeys(cure.change for cure in firsts)
        commands = dict.fromkeys(cure.command or "" for cure in firsts)
        return (Cure(change="; ".join(changes), command=" && ".join(commands)),)
    return tuple(dict.fromkeys(Cure(change=_in_words(cure), command=None) for cure in firsts))


def _in_words(cure: Cure) -> str:
    """A change that alone does not make the pod run, with its command behind it."""
    return f"{cure.change}: {cure.command}" if cure.command else cure.change


def _to_cure(decision: Decision) -> tuple[Cause, ...]:
    """The causes that keep the pod away; taints of one node are cured together by their first."""
    causes = [cause for cause in decision.causes if cause.code != "Misscheduled"]
    if not decision.eligibility.should_run:
        causes = list(decision.eligibility.causes)
    kept: list[Cause] = []
    for cause in causes:
        together = cause.code in ("TaintToleration", "NodeAffinity", "NodeResourcesFit")
        if not (together and any(each.code == cause.code for each in kept)):
            kept.append(cause)
    return tuple(kept)


def _as_applicable(situation: Situation, cure: Cure) -> Cure:
    """A cure that would change a DaemonSet which is only a manifest yet is one for whoever writes the manifest."""
    if situation.predicted and cure.command and situation.target in cure.command:
        return Cure(change=f"{IN_THE_MANIFEST}: {cure.change}", command=None)
    return cure


def _row(cause: Cause) -> Row:
    if isinstance(cause.evidence, UnknownEvidence):
        return _denied
    if cause.code.startswith("OutOf"):
        return _out_of
    return CURES.get(cause.code, of_container)


def _denied(situation: Situation, cause: Cause) -> Iterator[Cure]:
    """One line for all that could not be read."""
    unknown = [each.evidence for each in situation.decision.causes if isinstance(each.evidence, UnknownEvidence)]
    resources = ", ".join(dict.fromkeys(each.resource for each in unknown))
    yield Cure(change=f"somebody who may list {resources} can tell", command=None)


def _node_name(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(change="let the template name no node", command=situation.remove("nodeName"))


def _taint_toleration(situation: Situation, cause: Cause) -> Iterator[Cure]:
    taints = [each.evidence for each in situation.decision.causes if isinstance(each.evidence, TaintEvidence)]
    if any(taint.key in OF_A_DEAD_NODE for taint in taints):
        yield Cure(
            change=f"the kubelet of {situation.node} must report again; until then no pod can start", command=None
        )
        return
    added = [_toleration(taint) for taint in taints]
    known = [plain_toleration(each) for each in situation.daemon_set.spec.template.spec.tolerations]
    yield Cure(
        change=f"tolerate {', '.join(_taint_words(taint) for taint in taints)}",
        command=situation.patch({"tolerations": [*known, *added]}),
    )
    if any(is_passing(taint.key) for taint in taints):
        return
    removals = " ".join(quote(f"{taint.key}:{taint.effect}-") for taint in taints)
    yield Cure(change="take the taint off the node", command=f"kubectl taint node {situation.node} {removals}")


def _toleration(taint: TaintEvidence) -> dict[str, Any]:
    made = {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}
    return made if taint.value else {"key": taint.key, "operator": "Exists", "effect": taint.effect}


def _taint_words(taint: TaintEvidence) -> str:
    return f"{taint.key}={taint.value}:{taint.effect}" if taint.value else f"{taint.key}:{taint.effect}"


def _node_unschedulable(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(change="uncordon the node", command=f"kubectl uncordon {situation.node}")


def _scheduling_gates(situation: Situation, cause: Cause) -> Iterator[Cure]:
    if situation.daemon_set.spec.template.spec.scheduling_gates:
        yield Cure(change="take the gates out of the template", command=situation.remove("schedulingGates"))
        return
    pod = situation.decision.pod
    if pod is not None:
        body = quote('[{"op":"remove","path":"/spec/schedulingGates"}]')
        command = f"kubectl patch pod {pod.name} -n {pod.namespace} --type=json -p {body}"
        yield Cure(change="take the gates off the pod", command=command)


def _node_resources_fit(situation: Situation, cause: Cause) -> Iterator[Cure]:
    lowered = lower_requests(situation.daemon_set, situation.decision)
    if lowered is not None:
        yield lowered
    raised = tuple(_raised(situation))
    yield from raised
    if lowered is None and not raised:
        yield Cure(change="a larger node, or fewer pods on it: nothing of this DaemonSet can be lowered", command=None)


def _raised(situation: Situation) -> Iterator[Cure]:
    """Whoever is in the way makes room for a pod of higher priority."""
    raised = raise_priority(situation.snapshot, situation.scheduler, situation.daemon_set, situation.decision)
    if raised is not None:
        yield raised


def _node_ports(situation: Situation, cause: Cause) -> Iterator[Cure]:
    evidence = cause.evidence
    holder = evidence.holder if isinstance(evidence, PortEvidence) else "another pod"
    yield Cure(
        change=f"give this DaemonSet or {holder} another host port; one port serves one pod a node", command=None
    )
    yield from _raised(situation)


def _terminating(situation: Situation, cause: Cause) -> Iterator[Cure]:
    evidence, pod = cause.evidence, situation.decision.pod
    if not isinstance(evidence, TerminatingEvidence) or pod is None:
        return
    if evidence.finalizers:
        whose = ", ".join(evidence.finalizers)
        yield Cure(change=f"whoever set the finalizers must take them off: {whose}", command=None)
    elif evidence.overdue_seconds:
        command = f"kubectl delete pod {pod.name} -n {pod.namespace} --grace-period=0 --force"
        yield Cure(change="forget the pod; its containers may still run there", command=command)


def _of_the_node(situation: Situation, cause: Cause) -> Iterator[Cure]:
    evidence = cause.evidence
    what = evidence.condition if isinstance(evidence, NodeConditionEvidence) else "its condition"
    yield Cure(
        change=f"the fault is the node's ({what}): kubectl describe node {situation.node}",
        command=None,
    )


def _replaced(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(
        change="the controller replaces the pod with back-off; free what the node lacks, or give the pod requests",
        command=None,
    )


def _out_of(situation: Situation, cause: Cause) -> Iterator[Cure]:
    resource = cause.code.removeprefix("OutOf")
    yield Cure(
        change=f"free {resource} on {situation.node}: its kubelet counts what the scheduler does not see, and refuses "
        "each new pod",
        command=None,
    )


_VOLUMES = {
    "missingClaim": "create the claim, or name one that exists",
    "claimTerminating": "let the claim go, and create it anew; pods that use it keep it until they end",
    "lostClaim": "create the claim anew: its volume is gone",
    "missingVolume": "create the claim anew: its volume is gone",
    "unboundImmediate": "let the claim be bound first: its own events say what it waits for",
    "missingClass": "create the storage class, or a claim of a class that exists",
    "noMatchingVolume": "provide a volume that suits the claim and can be used from this node",
    "missingDriver": "install the CSI driver on the node",
}


def _volume(situation: Situation, cause: Cause) -> Iterator[Cure]:
    daemon_set, evidence = situation.daemon_set, cause.evidence
    problem = evidence.problem if isinstance(evidence, VolumeEvidence) else ""
    change = _VOLUMES.get(problem, "give each pod storage of its own, or a claim whose volume allows this")
    yield Cure(
        change=f"{change}; what fits: kubectl ds storage {daemon_set.name} -n {daemon_set.namespace}", command=None
    )
    yield from _raised(situation)


def _volume_limit(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(change="move pods with volumes of this driver to other nodes; the limit is the node's", command=None)
    yield from _raised(situation)


def _placement(situation: Situation, cause: Cause) -> Iterator[Cure]:
    evidence = cause.evidence
    if isinstance(evidence, SpreadEvidence) and evidence.domain is None:
        yield Cure(change=f"give the node its label {evidence.topology_key}, which the constraint needs", command=None)
        return
    holder = evidence.holder if isinstance(evidence, PodAffinityEvidence) else None
    yield Cure(change=f"loosen the rule, or move {holder or 'the pods that are in its way'}", command=None)
    yield from _raised(situation)


def _claims(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(change="look at the ResourceClaims of the pod, which are not computed here", command=None)


CURES: dict[str, Row] = {
    "NodeName": _node_name,
    "NodeAffinity": label_the_node,
    "TaintToleration": _taint_toleration,
    "NodeUnschedulable": _node_unschedulable,
    "SchedulingGates": _scheduling_gates,
    "NodeResourcesFit": _node_resources_fit,
    "NodePorts": _node_ports,
    "VolumeRestrictions": _volume,
    "VolumeBinding": _volume,
    "VolumeZone": _volume,
    "NodeVolumeLimits": _volume_limit,
    "PodTopologySpread": _placement,
    "InterPodAffinity": _placement,
    "DynamicResources": _claims,
    "FailedCreate": failed_create,
    "OldRevision": old_revision,
    "Terminating": _terminating,
    "Evicted": _replaced,
    "NodeNotReady": _of_the_node,
    "NodeUnreachable": _of_the_node,
    "NodePressure": _of_the_node,
}
"""Cause code → what to do about it."""
