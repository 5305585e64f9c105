"""What a whole pod requests and is limited to, exactly, as quotas, LimitRanges and defaulting count it.

Mirrors ``PodRequests``, ``PodLimits``, ``AggregateContainerRequests`` and ``AggregateContainerLimits``
(k8s.io/component-helpers/resource v0.37) of a pod without status, and ``ComputePodQOS``
(pkg/apis/core/helper/qos, Kubernetes 1.37). The scheduler's own sums, rounded to its units, are in ``engine.requests``.
"""

from __future__ import annotations

from collections.abc import Callable

from kubectl_ds.engine.admission.quantities import Amounts, Totals, add_to, added, quantity, raise_to, totals_of
from kubectl_ds.model.pod import Container, PodSpec, ResourceRequirements

_COMPUTE = ("cpu", "memory")


def is_pod_level(resource: str) -> bool:
    """Whether a pod as a whole may request it (``IsSupportedPodLevelResource``)."""
    return resource in _COMPUTE or resource.startswith("hugepages-")


def has_pod_level(spec: PodSpec) -> bool:
    """Whether the pod as a whole requests anything, or is limited (``IsPodLevelResourcesSet``)."""
    resources = spec.resources
    return resources is not None and any(is_pod_level(name) for name in (*resources.requests, *resources.limits))


def container_requests(spec: PodSpec) -> Totals:
    """The sum over containers and sidecars, or the hungriest moment of the init containers where that is more."""
    return _aggregate(spec, lambda container: container.resources.requests)


def container_limits(spec: PodSpec) -> Totals:
    """The same for limits; a container without a limit adds nothing."""
    return _aggregate(spec, lambda container: container.resources.limits)


def pod_requests(spec: PodSpec) -> Totals:
    """What the pod requests, with what it says as a whole and its overhead."""
    totals = container_requests(spec)
    if spec.resources is not None:
        totals |= _pod_level(spec.resources.requests)
    add_to(totals, totals_of(spec.overhead))
    return totals


def pod_limits(spec: PodSpec) -> Totals:
    """What the pod is limited to; overhead is added only where there is a limit."""
    totals = container_limits(spec)
    if spec.resources is not None:
        totals |= _pod_level(spec.resources.limits)
    for name, amount in totals_of(spec.overhead).items():
        if name in totals and totals[name].value:
            totals[name] = added(totals[name], amount)
    return totals


def is_best_effort(spec: PodSpec, minor: int) -> bool:
    """Whether the pod asks for no cpu and no memory at all.

    What it says as a whole decides alone once it says anything: any ``resources`` at all from 1.34 to 1.36, cpu,
    memory or huge pages since 1.37.
    """
    if spec.resources is not None and minor >= 34 and (has_pod_level(spec) or minor < 37):
        return _asks_nothing(spec.resources)
    return all(_asks_nothing(each.resources) for each in (*spec.containers, *spec.init_containers))


def _asks_nothing(resources: ResourceRequirements) -> bool:
    amounts = [part[name] for part in (resources.requests, resources.limits) for name in _COMPUTE if name in part]
    return not any(quantity(amount).value for amount in amounts)


def _pod_level(amounts: Amounts) -> Totals:
    return {name: amount for name, amount in totals_of(amounts).items() if is_pod_level(name)}


def _aggregate(spec: PodSpec, amounts_of: Callable[[Container], Amounts]) -> Totals:
    totals: Totals = {}
    for container in spec.containers:
        add_to(totals, totals_of(amounts_of(container)))
    sidecars: Totals = {}
    peak: Totals = {}
    for container in spec.init_containers:
        amounts = totals_of(amounts_of(container))
        if container.restart_policy == "Always":
            add_to(totals, amounts)
            add_to(sidecars, amounts)
            moment = sidecars
        else:
            moment = dict(amounts)
            add_to(moment, sidecars)
        raise_to(peak, moment)
    raise_to(totals, peak)
    return totals
