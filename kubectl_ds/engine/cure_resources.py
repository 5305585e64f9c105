"""Cures that are computed in figures: lower a request to what is free, raise a priority just enough, raise a quota."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

import msgspec

from kubectl_ds.engine.decision import Cure, Decision
from kubectl_ds.engine.evidence import AdmissionEvidence, QuotaFigures, ResourceEvidence
from kubectl_ds.engine.requests import pod_requests
from kubectl_ds.engine.scheduling import Scheduler
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.pod import Container, Pod, PodSpec
from kubectl_ds.model.policy import PriorityClass
from kubectl_ds.model.quantity import in_words, scheduler_units
from kubectl_ds.model.snapshot import Snapshot

_LOWERABLE = ("cpu", "memory", "ephemeral-storage")
_LEAST_PART = 5
"""A fifth of what it asks for now is the least that a container may sensibly be lowered to."""
_HIGHEST_OF_USERS = 1_000_000_000
"""Above it are the system's own priority classes."""


def lower_requests(daemon_set: DaemonSet, decision: Decision) -> Cure | None:
    """Ask for what is free: possible when one container alone can give up what is short, of every short resource."""
    found = [each.evidence for each in decision.scheduling if isinstance(each.evidence, ResourceEvidence)]
    short = {each.name: scheduler_units(each.name, each.short) for each in found}
    if not short or any(name not in _LOWERABLE for name in short):
        return None
    template = daemon_set.spec.template.spec
    spec = decision.pod.spec if decision.pod is not None else template
    own = {each.name for each in (*template.init_containers, *template.containers)}
    able = [
        (container, amounts)
        for container in (*spec.containers, *spec.init_containers)
        if container.name in own and (amounts := _lowered(spec, container, short))
    ]
    if not able:
        return None
    container, amounts = max(able, key=lambda each: [_asked(each[0], name) for name in short])
    requests = ",".join(f"{name}={amount}" for name, amount in amounts.items())
    command = f"kubectl set resources daemonset {daemon_set.name} -n {daemon_set.namespace} -c {container.name}"
    return Cure(change=f"ask for what is free on the node: {requests}", command=f"{command} --requests={requests}")


def _lowered(spec: PodSpec, container: Container, short: Mapping[str, int]) -> dict[str, str]:
    """What the container would ask for so that the pod fits; empty when that is too little, or does not help."""
    left = {name: _asked(container, name) - lacking for name, lacking in short.items()}
    if any(amount < max(_asked(container, name) // _LEAST_PART, 1) for name, amount in left.items()):
        return {}
    amounts = {name: in_words(name, amount) for name, amount in left.items()}
    resources = msgspec.structs.replace(container.resources, requests={**container.resources.requests, **amounts})
    changed = msgspec.structs.replace(container, resources=resources)
    lowered = msgspec.structs.replace(
        spec,
        containers=tuple(changed if each is container else each for each in spec.containers),
        init_containers=tuple(changed if each is container else each for each in spec.init_containers),
    )
    before, after = pod_requests(Pod(spec=spec)), pod_requests(Pod(spec=lowered))
    helps = all(after.get(name, 0) <= before.get(name, 0) - lacking for name, lacking in short.items())
    return amounts if helps else {}


def _asked(container: Container, resource: str) -> int:
    """What a container asks for; one that has only a limit asks for that."""
    resources = container.resources
    return scheduler_units(resource, resources.requests.get(resource, resources.limits.get(resource, "0")))


def raise_priority(snapshot: Snapshot, scheduler: Scheduler, daemon_set: DaemonSet, decision: Decision) -> Cure | None:
    """The lowest priority class there is with which preemption would make room, and whom it would cost.

    Without such a class, the lowest priority that would do, which somebody has to make a class for.
    """
    pod, preemption = decision.pod, decision.preemption
    if pod is None or preemption is None or preemption.possible or preemption.reason == "unknown":
        return None
    attempt = _Attempt(scheduler, pod, decision.node)
    for each in sorted(snapshot.priority_classes, key=lambda found: (found.value, found.metadata.name)):
        if preemption.priority < each.value < _HIGHEST_OF_USERS and each.preemption_policy != "Never":
            evicted = attempt.evicted(each.value, each.preemption_policy)
            if evicted:
                return Cure(
                    change=f"give it priority class {each.metadata.name} ({each.value}); it would evict {evicted}",
                    command=_take_class(daemon_set, each),
                )
    there = {other.spec.effective_priority for other in snapshot.pods_by_node.get(decision.node, ())}
    for priority in sorted(each for each in there if preemption.priority <= each < _HIGHEST_OF_USERS):
        evicted = attempt.evicted(priority + 1, "")
        if evicted:
            return Cure(
                change=f"give it a priority above {priority}, for which no class is there; it would evict {evicted}",
                command=None,
            )
    return None


class _Attempt:
    """The same pod with other priorities on its node."""

    def __init__(self, scheduler: Scheduler, pod: Pod, node: str) -> None:
        self._scheduler = scheduler
        self._pod = pod
        self._node = node
        self._refusals = scheduler.view.refusals(pod, node)

    def evicted(self, priority: int, policy: str) -> str:
        """Whom the pod would evict with this priority, as ``namespace/name``; empty when nobody makes room for it."""
        spec = msgspec.structs.replace(self._pod.spec, priority=priority, preemption_policy=policy)
        pod = msgspec.structs.replace(self._pod, spec=spec)
        foretold = self._scheduler.view.preempt(pod, self._node, self._refusals)
        if not foretold.possible:
            return ""
        victims = ", ".join(f"{each.namespace}/{each.name}" for each in foretold.victims)
        return f"{victims}, or others of equal priority" if foretold.ambiguous else victims


def _take_class(daemon_set: DaemonSet, wanted: PriorityClass) -> str:
    body = {"spec": {"template": {"spec": {"priorityClassName": wanted.metadata.name}}}}
    target = f"daemonset {daemon_set.name} -n {daemon_set.namespace}"
    return f"kubectl patch {target} -p {quote(msgspec.json.encode(body).decode())}"


def raise_quota(namespace: str, evidence: AdmissionEvidence, missing: int) -> Cure:
    """Let in as many pods as are missing, of every resource that the quota refuses."""
    name = evidence.name
    if not (evidence.resource and name and evidence.used and evidence.requested and evidence.limited):
        return Cure(change=f"raise quota {name or ''}, or give every container the amounts it demands", command=None)
    own = QuotaFigures(
        resource=evidence.resource, requested=evidence.requested, used=evidence.used, limited=evidence.limited
    )
    figures = (own, *evidence.further)
    hard = {each.resource: _enough(each, missing) for each in figures}
    changes = ", ".join(f"{each.resource} from {each.limited} to {hard[each.resource]}" for each in figures)
    body = quote(msgspec.json.encode({"spec": {"hard": hard}}).decode())
    command = f"kubectl patch resourcequota {name} -n {namespace} --type=merge -p {body}"
    return Cure(change=f"raise quota {name}: {changes}", command=command)


def _enough(figures: QuotaFigures, missing: int) -> str:
    bare = figures.resource.removeprefix("requests.").removeprefix("limits.")
    needed = scheduler_units(bare, figures.used or "0") + missing * scheduler_units(bare, figures.requested)
    return in_words(bare, needed)
