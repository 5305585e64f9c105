"""Defaults and bounds that LimitRanges of the namespace set for containers and whole pods.

Mirrors ``PodMutateLimitFunc``, ``PodValidateLimitFunc`` and the constraint functions
(plugin/pkg/admission/limitranger, Kubernetes 1.37) and ``SetDefaults_LimitRangeItem``. The API server goes through
several LimitRanges in an order that nobody knows; where their defaults differ, so may the pods.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kubectl_ds.engine.admission.aggregate import container_limits, container_requests
from kubectl_ds.engine.admission.quantities import ZERO, Quantity, Totals, quantity, stored, totals_of
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.evidence import AdmissionEvidence, UnknownEvidence
from kubectl_ds.model.pod import Amount, Container, Pod, PodSpec
from kubectl_ds.model.policy import LimitRange, LimitRangeItem

PLUGIN = "LimitRanger"
_MAX_MILLI_VALUE = (2**63 - 1) // 1000
_Defaults = dict[str, Amount]


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with the defaults for containers that say nothing themselves."""
    spec = pod.spec
    acted: list[str] = []
    ambiguous: list[str] = []
    taken: dict[tuple[str, str], tuple[str, Quantity]] = {}
    for limit_range in _limit_ranges(request):
        requests, limits = _defaults(limit_range)
        name = limit_range.metadata.name
        for part, defaults in (("requests", requests), ("limits", limits)):
            for resource, amount in defaults.items():
                first = taken.setdefault((part, resource), (name, quantity(amount)))
                if first[1].value != quantity(amount).value and _lacked(pod.spec, part, resource):
                    ambiguous.append(f"{first[0]} and {name} give different defaults for {part}.{resource}")
        changed = msgspec.structs.replace(
            spec,
            containers=tuple(_with_defaults(each, requests, limits) for each in spec.containers),
            init_containers=tuple(_with_defaults(each, requests, limits) for each in spec.init_containers),
        )
        acted += [name] if changed != spec else []
        spec = changed
    unknown = request.denied("limitranges") + tuple(_by_chance(each) for each in ambiguous)
    return msgspec.structs.replace(pod, spec=spec), Step(plugin=PLUGIN, sources=tuple(acted), unknown=unknown)


def validate(request: Request, pod: Pod) -> Step:
    """Whether every container and the whole pod keep within all bounds."""
    broken = [
        refusal(msgspec.structs.replace(evidence, name=limit_range.metadata.name))
        for limit_range in _limit_ranges(request)
        for item in limit_range.spec.limits
        for evidence in _broken(item, pod.spec)
    ]
    return Step(plugin=PLUGIN, refusals=tuple(broken))


def left_to_chance(step: Step) -> bool:
    """Whether the order of the LimitRanges decides what the pod gets."""
    return step.plugin == PLUGIN and any(cause.code == PLUGIN for cause in step.unknown)


def _limit_ranges(request: Request) -> list[LimitRange]:
    own = [each for each in request.snapshot.limit_ranges if each.metadata.namespace == request.namespace_name]
    return sorted(own, key=lambda each: each.metadata.name, reverse=request.backwards)


def _defaults(limit_range: LimitRange) -> tuple[_Defaults, _Defaults]:
    """Requests and limits for containers; of several items the last wins (``defaultContainerResourceRequirements``)."""
    requests: _Defaults = {}
    limits: _Defaults = {}
    for item in limit_range.spec.limits:
        if item.type == "Container":
            default = dict(item.max) | item.default
            requests |= dict(item.min) | default | item.default_request
            limits |= default
    return requests, limits


def _with_defaults(container: Container, requests: _Defaults, limits: _Defaults) -> Container:
    own = container.resources
    resources = msgspec.structs.replace(
        own, requests=_stored(requests) | own.requests, limits=_stored(limits) | own.limits
    )
    return msgspec.structs.replace(container, resources=resources)


def _stored(amounts: _Defaults) -> _Defaults:
    return {name: stored(amount) for name, amount in amounts.items()}


def _lacked(spec: PodSpec, part: str, resource: str) -> bool:
    everybody = (*spec.containers, *spec.init_containers)
    return any(resource not in getattr(each.resources, part) for each in everybody)


def _by_chance(words: str) -> Cause:
    return Cause(code=PLUGIN, evidence=UnknownEvidence(resource="limitranges", error=words))


def _broken(item: LimitRangeItem, spec: PodSpec) -> Iterator[AdmissionEvidence]:
    if item.type == "Container":
        for kind, group in (("containers", spec.containers), ("initContainers", spec.init_containers)):
            for each in group:
                place = f"spec.{kind}[{each.name}].resources"
                requests, limits = totals_of(each.resources.requests), totals_of(each.resources.limits)
                yield from _bounds(item, place, requests, limits)
    elif item.type == "Pod":
        yield from _bounds(item, "spec.resources", *_pod_totals(spec))


def _pod_totals(spec: PodSpec) -> tuple[Totals, Totals]:
    """``podRequests`` and ``podLimits`` of the plugin: without overhead, and cpu and memory alone as a whole."""
    requests, limits = container_requests(spec), container_limits(spec)
    if spec.resources is not None:
        for totals, own in ((requests, spec.resources.requests), (limits, spec.resources.limits)):
            totals |= {name: quantity(amount) for name, amount in own.items() if name in ("cpu", "memory")}
    return requests, limits


def _bounds(item: LimitRangeItem, place: str, requests: Totals, limits: Totals) -> Iterator[AdmissionEvidence]:
    for resource, amount in sorted(item.min.items()):
        yield from _minimum(place, resource, quantity(amount), requests, limits)
    for resource, amount in sorted(item.max.items()):
        yield from _maximum(place, resource, quantity(amount), requests, limits)
    for resource, amount in sorted(item.max_limit_request_ratio.items()):
        yield from _ratio(place, resource, quantity(amount), requests, limits)


def _minimum(
    place: str, resource: str, bound: Quantity, requests: Totals, limits: Totals
) -> Iterator[AdmissionEvidence]:
    """``minConstraint``."""
    request, limit, least = _comparable(requests.get(resource), limits.get(resource), bound)
    if resource not in requests or request < least:
        yield _evidence("min", f"{place}.requests.{resource}", resource, requests.get(resource), bound)
    elif resource in limits and limit < least:
        yield _evidence("min", f"{place}.limits.{resource}", resource, limits[resource], bound)


def _maximum(
    place: str, resource: str, bound: Quantity, requests: Totals, limits: Totals
) -> Iterator[AdmissionEvidence]:
    """``maxConstraint``."""
    request, limit, most = _comparable(requests.get(resource), limits.get(resource), bound)
    if resource not in limits or limit > most:
        yield _evidence("max", f"{place}.limits.{resource}", resource, limits.get(resource), bound)
    elif resource in requests and request > most:
        yield _evidence("max", f"{place}.requests.{resource}", resource, requests[resource], bound)


def _ratio(place: str, resource: str, bound: Quantity, requests: Totals, limits: Totals) -> Iterator[AdmissionEvidence]:
    """``limitRequestRatioConstraint``; upstream divides as floats."""
    request, limit, _ = _comparable(requests.get(resource), limits.get(resource), bound)
    if request == 0:
        yield _evidence("ratio", f"{place}.requests.{resource}", resource, requests.get(resource), bound)
        return
    if limit == 0:
        yield _evidence("ratio", f"{place}.limits.{resource}", resource, limits.get(resource), bound)
        return
    ratio = limit / request
    whole = _units(bound, 1)
    exceeded = ratio * 1000 > float(_units(bound, 1000)) if whole <= _MAX_MILLI_VALUE else ratio > float(whole)
    if exceeded:
        evidence = _evidence("ratio", f"{place}.limits.{resource}", resource, limits[resource], bound)
        yield msgspec.structs.replace(evidence, used=str(requests[resource]))


def _comparable(request: Quantity | None, limit: Quantity | None, bound: Quantity) -> tuple[int, int, int]:
    """The three at a common precision: thousandths unless one is too large (``requestLimitEnforcedValues``)."""
    amounts = (request or ZERO, limit or ZERO, bound)
    fine = all(_units(amount, 1) <= _MAX_MILLI_VALUE for amount in amounts)
    first, second, third = (_units(amount, 1000 if fine else 1) for amount in amounts)
    return first, second, third


def _units(amount: Quantity, per_one: int) -> int:
    scaled = amount.value * per_one
    return -((-scaled.numerator) // scaled.denominator)


def _evidence(rule: str, field: str, resource: str, has: Quantity | None, bound: Quantity) -> AdmissionEvidence:
    return AdmissionEvidence(
        admission="limitRange",
        rule=rule,
        field=field,
        resource=resource,
        requested=None if has is None else str(has),
        limited=str(bound),
    )
