"""The defaults that the API itself fills in when a pod is created, before any plugin sees it.

Mirrors ``SetDefaults_Pod``, ``SetDefaults_PodSpec``, ``SetDefaults_ResourceList`` (pkg/apis/core/v1/defaults.go,
Kubernetes 1.37). They apply to pods, not to templates: a DaemonSet's stored template still lacks the requests that
equal limits and the host ports of hostNetwork (the gate DefaultHostNetworkHostPortsInPodTemplates, off since 1.28, is
gone in every supported version).
"""

from __future__ import annotations

import msgspec

from kubectl_ds.engine.admission.pod_level_resources import default_requests, hugepage_limits
from kubectl_ds.engine.admission.quantities import Amounts, stored
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step
from kubectl_ds.model.pod import Amount, Container, ContainerPort, Pod, PodSpec, ResourceRequirements

_GRACE_SECONDS = 30


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with everything set that the API sets by itself."""
    replace = msgspec.structs.replace
    spec = pod.spec
    resources = spec.resources if request.minor >= 34 else None  # PodLevelResources, beta in 1.34, dropped while off
    host_network = spec.host_network
    spec = replace(
        spec,
        containers=tuple(_container(each, host_network) for each in spec.containers),
        init_containers=tuple(_container(each, host_network) for each in spec.init_containers),
        overhead=_stored(spec.overhead),
        resources=None if resources is None else _requirements(resources),
        service_account_name=spec.service_account_name or _deprecated_account(request),
        scheduler_name=spec.scheduler_name or "default-scheduler",
        restart_policy=spec.restart_policy or "Always",
        termination_grace_period_seconds=_grace(spec),
    )
    if request.minor < 37:  # since 1.37 (PodLevelResourcesFixDefaulting) after the plugins, see prepare_for_create
        spec = default_requests(hugepage_limits(spec))
    return replace(pod, spec=spec), Step(plugin="Defaulting")


def _container(container: Container, host_network: bool) -> Container:
    resources = _requirements(container.resources)
    requests = dict(resources.limits) | resources.requests
    return msgspec.structs.replace(
        container,
        resources=msgspec.structs.replace(resources, requests=requests),
        ports=tuple(_port(each, host_network) for each in container.ports),
    )


def _port(port: ContainerPort, host_network: bool) -> ContainerPort:
    host_port = port.container_port if host_network and port.host_port == 0 else port.host_port
    return msgspec.structs.replace(port, host_port=host_port, protocol=port.protocol or "TCP")


def _requirements(resources: ResourceRequirements) -> ResourceRequirements:
    requests, limits = _stored(resources.requests), _stored(resources.limits)
    return msgspec.structs.replace(resources, requests=requests, limits=limits)


def _stored(amounts: Amounts) -> dict[str, Amount]:
    return {name: stored(amount) for name, amount in amounts.items()}


def _grace(spec: PodSpec) -> int:
    seconds = spec.termination_grace_period_seconds
    if seconds is None:
        return _GRACE_SECONDS
    return seconds if seconds >= 0 else 1


def _deprecated_account(request: Request) -> str:
    """The older spelling of serviceAccountName, which counts where the newer is empty."""
    found = request.template_spec.get("serviceAccount")
    return found if isinstance(found, str) else ""
