"""Cures that are computed in figures: lower a request to what is free, raise a priority just enough, raise a quota."""

from __future__ import annotations

from shlex import quote

import msgspec

from kubectl_ds.engine.decision import Cure, Decision
from kubectl_ds.engine.evidence import AdmissionEvidence, ResourceEvidence
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.policy import PriorityClass
from kubectl_ds.model.quantity import in_words, scheduler_units
from kubectl_ds.model.snapshot import Snapshot

_LOWERABLE = ("cpu", "memory", "ephemeral-storage")
_HIGHEST_OF_USERS = 1_000_000_000
"""Above it are the system's own priority classes."""


def lower_requests(daemon_set: DaemonSet, decision: Decision) -> Cure | None:
    """Ask for what is free: possible when one container alone asks for more than is short, of every short resource."""
    asked: dict[str, dict[str, str]] = {}
    for cause in decision.scheduling:
        evidence = cause.evidence
        if not isinstance(evidence, ResourceEvidence):
            return None
        if evidence.name not in _LOWERABLE:
            return None
        short = scheduler_units(evidence.name, evidence.short)
        lowered = _container_that_can_give(daemon_set, evidence.name, short)
        if lowered is None:
            return None
        container, left = lowered
        asked.setdefault(container, {})[evidence.name] = in_words(evidence.name, left)
    if len(asked) != 1:
        return None
    container, amounts = next(iter(asked.items()))
    requests = ",".join(f"{name}={amount}" for name, amount in amounts.items())
    command = f"kubectl set resources daemonset {daemon_set.name} -n {daemon_set.namespace} -c {container}"
    return Cure(change=f"ask for what is free on the node ({requests})", command=f"{command} --requests={requests}")


def _container_that_can_give(daemon_set: DaemonSet, resource: str, short: int) -> tuple[str, int] | None:
    """The container that asks for most, and what it would ask for after giving up ``short``."""
    spec = daemon_set.spec.template.spec
    if spec.init_containers or (spec.resources is not None and resource in spec.resources.requests):
        return None
    holders = [
        (scheduler_units(resource, each.resources.requests[resource]), each.name)
        for each in spec.containers
        if resource in each.resources.requests
    ]
    if not holders:
        return None
    most, name = max(holders)
    return (name, most - short) if most > short else None


def raise_priority(snapshot: Snapshot, scheduler: Scheduler, daemon_set: DaemonSet, decision: Decision) -> Cure | None:
    """The lowest priority class there is with which preemption would make room, and whom it would cost."""
    pod = decision.pod
    if pod is None or decision.preemption is None or decision.preemption.possible:
        return None
    refusals = scheduler.view.refusals(pod, decision.node)
    for each in sorted(snapshot.priority_classes, key=lambda found: (found.value, found.metadata.name)):
        if pod.spec.effective_priority < each.value < _HIGHEST_OF_USERS and each.preemption_policy != "Never":
            spec = msgspec.structs.replace(pod.spec, priority=each.value, preemption_policy=each.preemption_policy)
            foretold = scheduler.view.preempt(msgspec.structs.replace(pod, spec=spec), decision.node, refusals)
            if foretold.possible:
                evicted = ", ".join(f"{victim.namespace}/{victim.name}" for victim in foretold.victims)
                return Cure(
                    change=f"give it priority class {each.metadata.name} ({each.value}); it would evict {evicted}",
                    command=_take_class(daemon_set, each),
                )
    return None


def _take_class(daemon_set: DaemonSet, wanted: PriorityClass) -> str:
    body = {"spec": {"template": {"spec": {"priorityClassName": wanted.metadata.name}}}}
    target = f"daemonset {daemon_set.name} -n {daemon_set.namespace}"
    return f"kubectl patch {target} -p {quote(msgspec.json.encode(body).decode())}"


def raise_quota(namespace: str, evidence: AdmissionEvidence, missing: int) -> Cure:
    """Let in as many pods as are missing, of the one resource that the quota refuses."""
    resource, name = evidence.resource, evidence.name
    if not (resource and name and evidence.used and evidence.requested):
        return Cure(change=f"raise quota {name or ''}, or give every container the requests it demands", command=None)
    bare = resource.removeprefix("requests.").removeprefix("limits.")
    needed = scheduler_units(bare, evidence.used) + missing * scheduler_units(bare, evidence.requested)
    body = {"spec": {"hard": {resource: in_words(bare, needed)}}}
    command = f"kubectl patch resourcequota {name} -n {namespace} --type=merge"
    return Cure(
        change=f"raise quota {name} from {evidence.limited} to {in_words(bare, needed)} {resource}",
        command=f"{command} -p {quote(msgspec.json.encode(body).decode())}",
    )
