"""What would cure it: one table, keyed by cause code. Smallest change first, as a command that can be pasted.

A row gives a command only where running it makes the pod run there; the rows of codes that no command can cure say what
to look at instead. A command changes one thing and names it; nothing here is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Any

import msgspec

from kubectl_ds.engine.cure_resources import lower_requests, raise_priority, raise_quota
from kubectl_ds.engine.decision import Cause, Cure, Decision, Fault, Verdict
from kubectl_ds.engine.eligibility import automatic_tolerations
from kubectl_ds.engine.evidence import (
    AdmissionEvidence,
    ContainerEvidence,
    NodeConditionEvidence,
    PortEvidence,
    RequirementEvidence,
    TaintEvidence,
    TerminatingEvidence,
)
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.selector import SelectorRequirement, parse_int64
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.taint import Toleration

WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
_OF_A_DEAD_NODE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


@dataclass(frozen=True)
class Situation:
    """What a cure is sought for."""

    snapshot: Snapshot
    daemon_set: DaemonSet
    decision: Decision
    scheduler: Scheduler
    missing: int = 1
    """On how many nodes the DaemonSet has no pod, for quotas."""
    predicted: bool = False
    """Whether the DaemonSet is a manifest yet, which no command can change."""

    @property
    def node(self) -> str:
        """The node's name."""
        return self.decision.node

    @property
    def target(self) -> str:
        """The DaemonSet as the last words of a kubectl command."""
        return f"daemonset {self.daemon_set.name} -n {self.daemon_set.namespace}"

    def patch(self, body: object) -> str:
        """A merge of ``body`` into the DaemonSet's pod spec."""
        return self.patch_whole({"spec": {"template": {"spec": body}}})

    def patch_whole(self, body: object) -> str:
        """A strategic merge patch of the DaemonSet."""
        return f"kubectl patch {self.target} -p {quote(msgspec.json.encode(body).decode())}"

    def remove(self, field: str) -> str:
        """Take a field out of the DaemonSet's pod spec."""
        operation = [{"op": "remove", "path": f"/spec/template/spec/{field}"}]
        body = msgspec.json.encode(operation).decode()
        return f"kubectl patch {self.target} --type=json -p {quote(body)}"


Row = Callable[[Situation, Cause], Iterator[Cure]]


def cures_for(situation: Situation) -> tuple[Cure, ...]:
    """The cures of a decision, smallest change first; empty when nothing is wrong, or left out by nobody's fault.

    Where several causes hold, one command cures only when it cures all: then the first command of each is joined.
    """
    decision = situation.decision
    if decision.verdict in (Verdict.OK, Verdict.STARTING, Verdict.SETTLING, Verdict.OUTDATED, Verdict.RUNS):
        return ()
    if decision.fault is Fault.REVISION:
        return (_undo(situation), *_look(situation, decision.causes))
    found = [
        tuple(_as_applicable(situation, cure) for cure in _row(cause.code)(situation, cause))
        for cause in _to_cure(decision)
    ]
    if len(found) <= 1:
        return found[0] if found else ()
    firsts = [cures[0] for cures in found if cures]
    if len(firsts) == len(found) and all(cure.command for cure in firsts):
        changes = dict.fromkeys(cure.change for cure in firsts)
        commands = dict.fromkeys(cure.command or "" for cure in firsts)
        return (Cure(change="; ".join(changes), command=" && ".join(commands)),)
    return tuple(Cure(change=cure.change, command=None) for cure in firsts)


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
        return Cure(change=f"in the manifest: {cure.change}", command=None)
    return cure


def _row(code: str) -> Row:
    return CURES.get(code, _nothing_known)


def _node_name(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(change="let the template name no node", command=situation.remove("nodeName"))


def _node_affinity(situation: Situation, cause: Cause) -> Iterator[Cure]:
    labels = _labels_to_set(situation, cause)
    if labels is None:
        yield Cure(change="no label of the node can fulfil it: change the DaemonSet's node affinity", command=None)
        return
    node = situation.snapshot.nodes_by_name.get(situation.node)
    has = node.labels if node is not None else {}
    words = " ".join(quote(f"{key}-" if value is None else f"{key}={value}") for key, value in labels.items())
    overwrite = " --overwrite" if any(value is not None and key in has for key, value in labels.items()) else ""
    yield Cure(change="label the node as required", command=f"kubectl label node {situation.node} {words}{overwrite}")


def _labels_to_set(situation: Situation, cause: Cause) -> dict[str, str | None] | None:
    """Labels (None takes one away) with which the node fulfils nodeSelector and affinity; None when none can."""
    node = situation.snapshot.nodes_by_name.get(situation.node)
    if node is None:
        return None
    template = situation.daemon_set.spec.template.spec
    labels = node.labels
    wanted: dict[str, str | None] = {
        key: value for key, value in sorted(template.node_selector.items()) if labels.get(key) != value
    }
    evidence = cause.evidence
    if isinstance(evidence, RequirementEvidence) and evidence.source not in ("nodeSelector", "affinity"):
        wanted[evidence.key] = evidence.values[0]
    affinity = template.affinity.required_node_selector if template.affinity else None
    if affinity is None or affinity.matches(node.name, labels | {k: v for k, v in wanted.items() if v is not None}):
        return wanted or None
    choices: list[list[tuple[str, str | None]]] = []
    for term in affinity.node_selector_terms:
        fields_match = all((node.name in each.values) == (each.operator == "In") for each in term.match_fields)
        if term.parses and fields_match:
            changes = [_label_for(each) for each in term.match_expressions if not each.matches(labels)]
            known = [change for change in changes if change is not None]
            if len(known) == len(changes):
                choices.append(known)
    if not choices:
        return None
    fewest: list[tuple[str, str | None]] = min(choices, key=len)
    best = dict(fewest)
    if any(key in wanted and wanted[key] != value for key, value in best.items()):
        return None
    after = {key: value for key, value in (labels | wanted | best).items() if value is not None}
    return wanted | best if affinity.matches(node.name, after) else None


def _label_for(requirement: SelectorRequirement) -> tuple[str, str | None] | None:
    bound = parse_int64(requirement.values[0]) if requirement.values else None
    if requirement.operator == "In":
        return requirement.key, requirement.values[0]
    if requirement.operator == "Exists":
        return requirement.key, ""
    if requirement.operator in ("NotIn", "DoesNotExist"):
        return requirement.key, None
    if bound is not None and requirement.operator == "Gt":
        return requirement.key, str(bound + 1)
    if bound is not None and requirement.operator == "Lt" and bound > 0:
        return requirement.key, str(bound - 1)
    return None


def _taint_toleration(situation: Situation, cause: Cause) -> Iterator[Cure]:
    taints = [each.evidence for each in situation.decision.causes if isinstance(each.evidence, TaintEvidence)]
    if any(taint.key in _OF_A_DEAD_NODE for taint in taints):
        yield Cure(
            change=f"the kubelet of {situation.node} must report again; until then no pod can start", command=None
        )
        return
    added = [_toleration(taint) for taint in taints]
    known = [_plain(each) for each in situation.daemon_set.spec.template.spec.tolerations]
    yield Cure(
        change=f"tolerate {', '.join(_taint_words(taint) for taint in taints)}",
        command=situation.patch({"tolerations": [*known, *added]}),
    )
    removals = " ".join(quote(f"{taint.key}:{taint.effect}-") for taint in taints)
    yield Cure(change="take the taint off the node", command=f"kubectl taint node {situation.node} {removals}")


def _toleration(taint: TaintEvidence) -> dict[str, Any]:
    made = {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}
    return made if taint.value else {"key": taint.key, "operator": "Exists", "effect": taint.effect}


def _plain(toleration: Toleration) -> dict[str, Any]:
    plain = msgspec.to_builtins(toleration)
    return {key: value for key, value in plain.items() if value not in ("", None)}


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
    raised = raise_priority(situation.snapshot, situation.scheduler, situation.daemon_set, situation.decision)
    if raised is not None:
        yield raised
    if lowered is None and raised is None:
        yield Cure(change="a larger node, or fewer pods on it: nothing of this DaemonSet can be lowered", command=None)


def _node_ports(situation: Situation, cause: Cause) -> Iterator[Cure]:
    evidence = cause.evidence
    holder = evidence.holder if isinstance(evidence, PortEvidence) else "another pod"
    yield Cure(
        change=f"give this DaemonSet or {holder} another host port; one port serves one pod a node", command=None
    )


def _failed_create(situation: Situation, cause: Cause) -> Iterator[Cure]:
    evidence = cause.evidence
    if not isinstance(evidence, AdmissionEvidence):
        return
    namespace = situation.daemon_set.namespace
    if evidence.admission == "quota":
        yield raise_quota(namespace, evidence, situation.missing)
    elif evidence.admission == "podSecurity":
        command = f"kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged --overwrite"
        yield Cure(change="let the namespace run privileged pods", command=command)
    elif evidence.admission == "serviceAccount" and evidence.name:
        name = evidence.name.rpartition("/")[2]
        yield Cure(change="create the ServiceAccount", command=f"kubectl create serviceaccount {name} -n {namespace}")
    elif evidence.admission == "priorityClass" and evidence.rule != "mismatch":
        yield Cure(change="ask for no priority class", command=situation.remove("priorityClassName"))
    elif evidence.admission == "tolerationWhitelist":
        yield from _widen_whitelist(situation)
    else:
        yield Cure(change="change the pod template, or what refuses it: its words are above", command=None)


def _widen_whitelist(situation: Situation) -> Iterator[Cure]:
    """Every toleration must be on the list, the automatic ones as well (k#94722)."""
    name = situation.daemon_set.namespace
    namespace = situation.snapshot.namespaces_by_name.get(name)
    spec = situation.daemon_set.spec.template.spec
    annotation = namespace.metadata.annotations.get(WHITELIST, "") if namespace is not None else ""
    try:
        listed = msgspec.json.decode(annotation or b"[]", type=list[dict[str, Any]])
    except msgspec.DecodeError:
        listed = []
    if listed:
        needed = [_plain(each) for each in (*spec.tolerations, *automatic_tolerations(spec))]
        whole = [*listed, *(each for each in needed if each not in listed)]
        value = quote(f"{WHITELIST}={msgspec.json.encode(whole).decode()}")
        yield Cure(
            change="put all of its tolerations on the namespace's whitelist, the automatic ones too",
            command=f"kubectl annotate namespace {name} --overwrite {value}",
        )
    yield Cure(change="take the whitelist off the namespace", command=f"kubectl annotate namespace {name} {WHITELIST}-")


def _undo(situation: Situation) -> Cure:
    daemon_set = situation.daemon_set
    return Cure(
        change="go back to the revision whose pods ran",
        command=f"kubectl rollout undo daemonset/{daemon_set.name} -n {daemon_set.namespace}",
    )


def _look(situation: Situation, causes: tuple[Cause, ...]) -> Iterator[Cure]:
    """Where a failing container tells more."""
    pod = situation.decision.pod
    for cause in causes:
        if isinstance(cause.evidence, ContainerEvidence) and pod is not None:
            previous = " --previous" if cause.evidence.restarts else ""
            words = f"kubectl logs {pod.name} -n {pod.namespace} -c {cause.evidence.container}{previous}"
            yield Cure(change=f"no command cures a failing container; it tells more in: {words}", command=None)
            return


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


def _evicted(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(
        change="the controller replaces the pod with back-off; free what the node lacks, or give the pod requests",
        command=None,
    )


def _volume(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(
        change="give each pod storage of its own, or a claim whose access mode allows this: "
        f"kubectl ds storage {situation.daemon_set.name} -n {situation.daemon_set.namespace}",
        command=None,
    )


def _placement(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(change="loosen the rule, or move the pods that are in its way", command=None)


def _claims(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield Cure(change="look at the ResourceClaims of the pod", command=None)


def _nothing_known(situation: Situation, cause: Cause) -> Iterator[Cure]:
    yield from _look(situation, (cause,))


CURES: dict[str, Row] = {
    "NodeName": _node_name,
    "NodeAffinity": _node_affinity,
    "TaintToleration": _taint_toleration,
    "NodeUnschedulable": _node_unschedulable,
    "SchedulingGates": _scheduling_gates,
    "NodeResourcesFit": _node_resources_fit,
    "NodePorts": _node_ports,
    "VolumeRestrictions": _volume,
    "VolumeBinding": _volume,
    "VolumeZone": _volume,
    "NodeVolumeLimits": _volume,
    "PodTopologySpread": _placement,
    "InterPodAffinity": _placement,
    "DynamicResources": _claims,
    "FailedCreate": _failed_create,
    "Terminating": _terminating,
    "Evicted": _evicted,
    "NodeNotReady": _of_the_node,
    "NodeUnreachable": _of_the_node,
    "NodePressure": _of_the_node,
}
"""Cause code → what to do about it."""
