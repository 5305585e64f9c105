"""What a pod as a whole requests and is limited to, where it says so only in part.

Mirrors ``DefaultPodLevelResources`` (pkg/api/pod, Kubernetes 1.37) and ``defaultHugePagePodLimits`` and
``defaultPodRequests`` (pkg/apis/core/v1/defaults.go, 1.34 to 1.36), which are the same rules at another moment.
"""

from __future__ import annotations

import msgspec

from kubectl_ds.engine.admission.aggregate import container_limits, container_requests, is_pod_level
from kubectl_ds.engine.admission.quantities import quantity
from kubectl_ds.model.pod import Amount, PodSpec, ResourceRequirements


def hugepage_limits(spec: PodSpec) -> PodSpec:
    """Limits of huge pages from the containers' limits, unless the pod requests them itself."""
    resources = spec.resources
    if resources is None or not (resources.requests or resources.limits):
        return spec
    limits: dict[str, Amount] = dict(resources.limits)
    for name, amount in container_limits(spec).items():
        if name.startswith("hugepages-") and name not in resources.requests:
            limits.setdefault(name, str(amount))
    return _with(spec, resources, limits=limits)


def default_requests(spec: PodSpec, requests_suffice: bool = False) -> PodSpec:
    """Requests from the containers' requests, else from the pod's own limits.

    Args:
        spec: the pod's.
        requests_suffice: whether requests alone make the rule apply, as since 1.37, and not only limits.
    """
    resources = spec.resources
    if resources is None or not (resources.limits or (requests_suffice and resources.requests)):
        return spec
    requests: dict[str, Amount] = dict(resources.requests)
    for name, total in container_requests(spec).items():
        if is_pod_level(name) and not name.startswith("hugepages-"):
            requests.setdefault(name, str(total))
    for name, amount in resources.limits.items():
        if is_pod_level(name):
            requests.setdefault(name, amount)
    return _with(spec, resources, requests=requests)


def default_limits(spec: PodSpec) -> PodSpec:
    """Limits where every container has one: the containers' sum, or the pod's own request if that is more."""
    resources = spec.resources
    if resources is None or not (resources.requests or resources.limits):
        return spec
    everybody = (*spec.containers, *spec.init_containers)
    candidates = [
        name
        for name in resources.requests
        if is_pod_level(name)
        and name not in resources.limits
        and all(name in container.resources.limits for container in everybody)
    ]
    totals = container_limits(spec)
    limits: dict[str, Amount] = dict(resources.limits)
    for name in candidates:
        if name in totals:
            requested = quantity(resources.requests[name])
            limits[name] = str(requested if requested.value > totals[name].value else totals[name])
    return _with(spec, resources, limits=limits)


def _with(spec: PodSpec, resources: ResourceRequirements, **changes: dict[str, Amount]) -> PodSpec:
    return msgspec.structs.replace(spec, resources=msgspec.structs.replace(resources, **changes))
