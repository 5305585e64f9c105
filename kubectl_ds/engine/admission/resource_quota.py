"""Whether the namespace's quotas have room for the pod, and for how many of its kind.

Mirrors ``CheckRequest`` and ``hasUsageStats`` (k8s.io/apiserver/pkg/admission/plugin/resourcequota, v0.37). Which of
several nodes get their pod when there is room for some is left to chance: the room is a number, and no node's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import msgspec

from kubectl_ds.engine.admission.quantities import Quantity, Totals, add_to, totals_of
from kubectl_ds.engine.admission.quota_usage import ScopeError, in_scope, missing, stored_usage, tracked, usage
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import ResourceQuota

PLUGIN = "ResourceQuota"


@dataclass(frozen=True)
class Verdict:
    """What the quotas say."""

    step: Step
    room: int | None
    """How many more pods fit; None when nothing limits them, or it could not be read."""


def review(request: Request, pod: Pod) -> Verdict:
    """Refused by each quota that demands more of the pod, or has too little left."""
    unknown = request.denied("resourcequotas")
    charged = {name: each for name, each in usage(pod.spec, request.minor).items() if each.value}
    refused: list[AdmissionEvidence] = []
    rooms: list[int] = []
    sources: list[str] = []
    for quota in _quotas(request):
        try:
            concerned = in_scope(quota, pod, request.template_spec, request.minor)
        except ScopeError as error:
            refused.append(_evidence(quota, "unparsable", details=(str(error),)))
            continue
        names = tracked(quota.status.hard)
        if not concerned or not names:
            continue
        sources.append(quota.metadata.name)
        refused += _demands(quota, names, request, pod)
        for evidence in _figures(quota, charged, _freed(quota, request)):
            rooms.append(evidence.room or 0)
            refused += [evidence] if not evidence.room else []
    refusals = tuple(refusal(each) for each in refused)
    step = Step(plugin=PLUGIN, sources=tuple(sources), refusals=refusals, unknown=unknown)
    room = None if unknown else min(rooms, default=None)
    return Verdict(step=step, room=0 if refusals else room)


def _quotas(request: Request) -> list[ResourceQuota]:
    own = [each for each in request.snapshot.quotas if each.metadata.namespace == request.namespace_name]
    return sorted(own, key=lambda each: each.metadata.name)


def _demands(quota: ResourceQuota, names: list[str], request: Request, pod: Pod) -> Iterator[AdmissionEvidence]:
    """What the quota wants to know before it counts: what containers ask for, and its own use.

    Containers may get what they lack from LimitRanges, if only those could be read.
    """
    lacking = () if request.denied("limitranges") else missing(pod.spec, names, request.minor)
    if lacking:
        details = tuple(f"{name} for: {','.join(containers)}" for name, containers in lacking)
        yield _evidence(quota, "mustSpecify", details=details)
    elif any(name not in quota.status.used for name in names):
        yield _evidence(quota, "statusUnknown", details=tuple(names))


def _figures(quota: ResourceQuota, charged: Totals, freed: Totals) -> Iterator[AdmissionEvidence]:
    """For each resource that is charged, used and allowed amounts, and for how many pods there is room."""
    hard, used = totals_of(quota.status.hard), totals_of(quota.status.used)
    for name in sorted(hard):
        if name not in charged or name not in used:
            continue
        held = used[name]
        if name in freed:
            held = Quantity(max(held.value - freed[name].value, Fraction(0)), held.form)
        room = max(0, (hard[name].value - held.value) // charged[name].value)
        evidence = _evidence(quota, "exceeded", room=room)
        yield msgspec.structs.replace(
            evidence, resource=name, requested=str(charged[name]), used=str(held), limited=str(hard[name])
        )


def _freed(quota: ResourceQuota, request: Request) -> Totals:
    """What pods hold of the quota that will be gone by then."""
    total: Totals = {}
    for pod in request.freed:
        if in_scope(quota, pod, request.template_spec, request.minor):
            held = stored_usage() if pod.terminal else usage(pod.spec, request.minor)
            add_to(total, held)
    return total


def _evidence(
    quota: ResourceQuota, rule: str, details: tuple[str, ...] = (), room: int | None = None
) -> AdmissionEvidence:
    return AdmissionEvidence(admission="quota", name=quota.metadata.name, rule=rule, details=details, room=room)
