"""How much of a node a pod asks for, and how much it holds once it is there, as the scheduler sums it.

Mirrors ``PodRequests`` and ``AggregateContainerRequests`` (k8s.io/component-helpers/resource v0.37; before 1.37
resized containers were compared one by one) and ``Resource.Add`` (pkg/scheduler/framework). Sums are exact, in
nano-units, and rounded up once at the end: to millicores for cpu, to whole bytes or devices for everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from kubectl_ds.model.pod import Amount, Container, ContainerStatus, Pod
from kubectl_ds.model.quantity import QuantityError, parse
from kubectl_ds.model.selector import is_label_key

Requests = Mapping[str, int]
"""Amounts by resource name: millicores of cpu, bytes of memory, counts of devices."""

_NANO = 10**9
_MILLI = 10**6
_MAX_INT64 = 2**63 - 1
_POD_LEVEL = ("cpu", "memory")
_Amounts = Mapping[str, Amount]
_Totals = dict[str, int]
_EachRequest = Callable[[Container], _Amounts]


def pod_requests(pod: Pod) -> Requests:
    """What the scheduler asks of a node for a pod that waits: by its spec alone."""
    spec = pod.spec
    if not spec.init_containers and not spec.overhead and spec.resources is None:
        if len(spec.containers) == 1:
            return _of_one(tuple(spec.containers[0].resources.requests.items()))
        return _plain_sum(tuple([tuple(container.resources.requests.items()) for container in spec.containers]))
    totals = _aggregate(pod, _asked)
    if pod.spec.resources is not None:
        _replace_pod_level(totals, _nanos(pod.spec.resources.requests))
    return _with_overhead(pod, totals)


def held_requests(pod: Pod, resize_by_pod: bool = True) -> Requests:
    """What a bound pod holds of its node: the largest of what was asked, granted and set up while it is resized.

    Args:
        pod: the bound pod, with its container statuses.
        resize_by_pod: compare the totals of the pod, as 1.37 does, and not each container, as it was done before.
    """
    if not _maybe_resized(pod):
        return pod_requests(pod)
    infeasible = _resize_infeasible(pod)
    totals = _larger_by_pod(pod, infeasible) if resize_by_pod else _larger_by_container(pod, infeasible)
    asked = pod.spec.resources.requests if pod.spec.resources is not None else {}
    if any(_is_pod_level(name) for name in asked):
        _replace_pod_level(totals, _effective_pod_level(pod, infeasible))
    return _with_overhead(pod, totals)


@lru_cache(maxsize=4096)
def is_scalar(resource: str) -> bool:
    """Whether it is an extended, hugepages, attachable-volumes or kubernetes.io resource (``IsScalarResourceName``)."""
    if resource.startswith(("hugepages-", "attachable-volumes-")) or "kubernetes.io/" in resource:
        return True
    if "/" not in resource or resource.startswith("requests."):
        return False
    return is_label_key(f"requests.{resource}")


@lru_cache(maxsize=4096)
def is_counted(resource: str) -> bool:
    """Whether the scheduler compares this resource with what a node has."""
    return resource in ("cpu", "memory", "ephemeral-storage") or is_scalar(resource)


@lru_cache(maxsize=65536)
def nano_units(amount: Amount) -> int:
    """A quantity in billionths; what is no quantity counts as nothing, since the API server never stores one."""
    try:
        number = parse(amount)
    except QuantityError:
        return 0
    return number.numerator * (_NANO // number.denominator)


def whole_units(resource: str, nanos: int) -> int:
    """Billionths in the scheduler's units, rounded up (``Quantity.MilliValue`` and ``Quantity.Value``)."""
    return min(-(-nanos // (_MILLI if resource == "cpu" else _NANO)), _MAX_INT64)


@lru_cache(maxsize=65536)
def _of_one(requests: tuple[tuple[str, Amount], ...]) -> Requests:
    """The requests of a container that is all there is of its pod, as most are."""
    return _plain_sum((requests,))


@lru_cache(maxsize=65536)
def _plain_sum(containers: tuple[tuple[tuple[str, Amount], ...], ...]) -> Requests:
    """The sum of the requests of containers that run side by side; most pods are no more than that."""
    totals: _Totals = {}
    for requests in containers:
        for name, amount in requests:
            totals[name] = totals.get(name, 0) + nano_units(amount)
    return _counted(totals)


def _asked(container: Container) -> _Amounts:
    return container.resources.requests


def _aggregate(pod: Pod, requests_of: _EachRequest) -> _Totals:
    """Containers and sidecars together, or the hungriest moment of the init containers, if that is more."""
    totals: _Totals = {}
    for container in pod.spec.containers:
        _add(totals, requests_of(container))
    if not pod.spec.init_containers:
        return totals
    sidecars: _Totals = {}
    peak: _Totals = {}
    for container in pod.spec.init_containers:
        requests = requests_of(container)
        if container.restart_policy == "Always":
            _add(totals, requests)
            _add(sidecars, requests)
            moment = sidecars
        else:
            moment = dict(sidecars)
            _add(moment, requests)
        _raise_to(peak, moment)
    _raise_to(totals, peak)
    return totals


def _larger_by_pod(pod: Pod, infeasible: bool) -> _Totals:
    """1.37: the larger of the pod's totals as asked, as allocated by the kubelet and as set up."""
    statuses = _statuses(pod)

    def fallback(container: Container) -> _Amounts:
        return {} if infeasible else container.resources.requests

    def allocated(container: Container) -> _Amounts:
        status = statuses.get(container.name)
        return status.allocated_resources if status and status.allocated_resources else fallback(container)

    def actuated(container: Container) -> _Amounts:
        status = statuses.get(container.name)
        if status is not None and status.resources is not None and status.resources.requests:
            return status.resources.requests
        return allocated(container)

    totals = {} if infeasible else _aggregate(pod, _asked)
    resources = pod.status.resources
    if pod.status.allocated_resources and resources is not None and resources.requests:
        _raise_to(totals, _nanos(pod.status.allocated_resources))
        _raise_to(totals, _nanos(resources.requests))
    else:
        _raise_to(totals, _aggregate(pod, allocated))
        _raise_to(totals, _aggregate(pod, actuated))
    return totals


def _larger_by_container(pod: Pod, infeasible: bool) -> _Totals:
    """Up to 1.36: for each container or sidecar that reports resources, the larger of the three."""
    statuses = _statuses(pod)

    def largest(container: Container) -> _Amounts:
        status = statuses.get(container.name)
        if status is None or status.resources is None:
            return container.resources.requests
        amounts = {} if infeasible else dict(container.resources.requests)
        for other in (status.resources.requests, status.allocated_resources):
            for name, amount in other.items():
                if name not in amounts or nano_units(amount) > nano_units(amounts[name]):
                    amounts[name] = amount
        return amounts

    plain_init = {each.name for each in pod.spec.init_containers if each.restart_policy != "Always"}
    return _aggregate(
        pod, lambda container: container.resources.requests if container.name in plain_init else largest(container)
    )


def _effective_pod_level(pod: Pod, infeasible: bool) -> _Totals:
    asked = pod.spec.resources.requests if pod.spec.resources is not None else {}
    if pod.status.resources is None:
        return _nanos(asked)
    totals = {} if infeasible else _nanos(asked)
    _raise_to(totals, _nanos(pod.status.resources.requests))
    _raise_to(totals, _nanos(pod.status.allocated_resources))
    return totals


def _maybe_resized(pod: Pod) -> bool:
    """Whether the kubelet reports other resources than the spec asks for; equal texts are the usual case."""
    spec, status = pod.spec, pod.status
    if status.resources is not None or status.allocated_resources:
        return True
    confirmed = _confirmed(status.container_statuses, spec.containers)
    if confirmed is not None and spec.init_containers:
        first = _confirmed(status.init_container_statuses, spec.init_containers)
        confirmed = None if first is None else confirmed + first
    if confirmed is None:
        return True
    return confirmed < len(spec.containers) + len(spec.init_containers) and _resize_infeasible(pod)


def _confirmed(statuses: tuple[ContainerStatus, ...], containers: tuple[Container, ...]) -> int | None:
    """How many containers are reported to have the very resources that they ask for; None when one has others."""
    count = 0
    for each in statuses:
        resources, allocated = each.resources, each.allocated_resources
        if resources is None and not allocated:
            continue
        for container in containers:
            if container.name == each.name:
                break
        else:
            return None
        requests = container.resources.requests
        if (resources is not None and resources.requests != requests) or (allocated and allocated != requests):
            return None
        count += 1
    return count


def _statuses(pod: Pod) -> dict[str, ContainerStatus]:
    named = {each.name: each for each in pod.status.init_container_statuses}
    return named | {each.name: each for each in pod.status.container_statuses}


def _resize_infeasible(pod: Pod) -> bool:
    """Whether the spec asks for more than the node will ever give, so that it does not count (1.37)."""
    for condition in pod.status.conditions:
        if condition.type == "PodResizePending":
            return condition.reason == "Infeasible"
    return False


def _is_pod_level(resource: str) -> bool:
    return resource in _POD_LEVEL or resource.startswith("hugepages-")


def _replace_pod_level(totals: _Totals, requests: _Totals) -> None:
    totals.update({name: amount for name, amount in requests.items() if _is_pod_level(name)})


def _with_overhead(pod: Pod, totals: _Totals) -> Requests:
    if pod.spec.overhead:
        _add(totals, pod.spec.overhead)
    return _counted(totals)


def _counted(totals: _Totals) -> Requests:
    return {name: whole_units(name, nanos) for name, nanos in totals.items() if is_counted(name)}


def _nanos(amounts: _Amounts) -> _Totals:
    return {name: nano_units(amount) for name, amount in amounts.items()}


def _add(totals: _Totals, amounts: _Amounts) -> None:
    for name, amount in amounts.items():
        totals[name] = totals.get(name, 0) + nano_units(amount)


def _raise_to(totals: _Totals, other: _Totals) -> None:
    for name, amount in other.items():
        if name not in totals or amount > totals[name]:
            totals[name] = amount
