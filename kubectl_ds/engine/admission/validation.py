"""The API's own validation, as far as a pod can break it whose template did not.

Mirrors ``ValidatePodCreate`` (pkg/apis/core/validation, Kubernetes 1.37): ``validateResourceRequirements``,
``validatePodResourceConsistency``, ``checkHostPortConflicts``, ``validatePodHostNetworkDeps``,
``ValidateTolerations``, ``validateContainerOnlyForPod``. A template passes the same rules when it is stored, so what
is left are rules for pods alone, and what defaulting and admission put together that does not go together.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.engine.admission.aggregate import container_limits, container_requests
from kubectl_ds.engine.admission.quantities import Amounts, Totals, totals_of
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import Container, Pod, PodSpec, ResourceRequirements
from kubectl_ds.model.quantity import is_quantity
from kubectl_ds.model.selector import is_label_key, is_label_value
from kubectl_ds.model.taint import NO_EXECUTE, NO_SCHEDULE, PREFER_NO_SCHEDULE, Toleration

PLUGIN = "Validation"
_EFFECTS = (NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE)
_OPERATORS = ("", "Equal", "Exists")
Complaint = tuple[str, str]
"""The field, and what the API server says of it."""


def validate(request: Request, pod: Pod) -> Step:
    """Every field that the API server would call invalid."""
    complaints = _complaints(pod.spec)
    return Step(
        plugin=PLUGIN,
        refusals=tuple(
            refusal(AdmissionEvidence(admission="invalid", field=field, rule=words)) for field, words in complaints
        ),
    )


def _complaints(spec: PodSpec) -> Iterator[Complaint]:
    containers = [(f"spec.containers[{number}]", each) for number, each in enumerate(spec.containers)]
    init = [(f"spec.initContainers[{number}]", each) for number, each in enumerate(spec.init_containers)]
    for place, container in containers + init:
        yield from _of_resources(f"{place}.resources", container.resources)
    yield from _of_host_ports(containers)
    for each in init:
        yield from _of_host_ports([each])
    if spec.resources is not None:
        yield from _of_resources("spec.resources", spec.resources)
        yield from _of_pod_level(spec, spec.resources)
    if spec.host_network:
        yield from _of_host_network(containers)
    for number, toleration in enumerate(spec.tolerations):
        yield from _of_toleration(f"spec.tolerations[{number}]", toleration)
    for place, container in containers + init:
        if container.image != container.image.strip():
            yield f"{place}.image", "must not have leading or trailing whitespace"
    if spec.node_name and spec.scheduling_gates:
        yield "spec.nodeName", "cannot be set until all schedulingGates have been cleared"


def _of_resources(place: str, resources: ResourceRequirements) -> Iterator[Complaint]:
    """``validateResourceRequirements``."""
    for part, amounts in (("limits", resources.limits), ("requests", resources.requests)):
        for name, amount in sorted(amounts.items()):
            if not is_quantity(amount):
                yield f"{place}.{part}[{name}]", f"{amount!r} is not a quantity"
            elif totals_of({name: amount})[name].value < 0:
                yield f"{place}.{part}[{name}]", "must be greater than or equal to 0"
    limits, requests = totals_of(resources.limits), totals_of(resources.requests)
    for name, request in sorted(requests.items()):
        limit = limits.get(name)
        if limit is None:
            if not _may_be_overcommitted(name):
                yield f"{place}.limits", "Limit must be set for non overcommitable resources"
        elif request.value != limit.value and not _may_be_overcommitted(name):
            yield f"{place}.requests", f"must be equal to {name} limit of {limit}"
        elif request.value > limit.value:
            yield f"{place}.requests", f"must be less than or equal to {name} limit of {limit}"
    names = {*resources.limits, *resources.requests}
    if not names & {"cpu", "memory"} and any(name.startswith("hugepages-") for name in names):
        yield place, "HugePages require cpu or memory"


def _may_be_overcommitted(resource: str) -> bool:
    """``IsOvercommitAllowed``: what is Kubernetes' own, huge pages aside."""
    native = "/" not in resource or "kubernetes.io/" in resource
    return native and not resource.startswith("hugepages-")


def _of_pod_level(spec: PodSpec, resources: ResourceRequirements) -> Iterator[Complaint]:
    """``validatePodResourceConsistency``."""
    yield from _too_small("spec.resources.requests", "requests", resources.requests, container_requests(spec))
    huge = {name: each for name, each in container_limits(spec).items() if name.startswith("hugepages-")}
    yield from _too_small("spec.resources.limits", "limits", resources.limits, huge)
    own = totals_of(resources.limits)
    for number, container in enumerate(spec.containers):
        for name, limit in sorted(totals_of(container.resources.limits).items()):
            if name in own and limit.value > own[name].value:
                field = f"spec.resources.containers[{number}][{name}].limits"
                yield field, f"must be less than or equal to pod limits of {own[name]}"


def _too_small(place: str, part: str, amounts: Amounts, totals: Totals) -> Iterator[Complaint]:
    own = totals_of(amounts)
    for name, total in sorted(totals.items()):
        if name in own and total.value > own[name].value:
            yield f"{place}[{name}]", f"must be greater than or equal to aggregate container {part} of {total}"


def _of_host_ports(containers: list[tuple[str, Container]]) -> Iterator[Complaint]:
    """``AccumulateUniqueHostPorts``: the same port twice, over all containers, or within one init container."""
    seen = set()
    for place, container in containers:
        for number, port in enumerate(container.ports):
            key = (port.protocol, port.host_ip, port.host_port)
            if port.host_port and key in seen:
                written = f"{port.protocol}/{port.host_ip}/{port.host_port}"
                yield f"{place}.ports[{number}].hostPort", f'Duplicate value: "{written}"'
            seen.add(key)


def _of_host_network(containers: list[tuple[str, Container]]) -> Iterator[Complaint]:
    for place, container in containers:
        for number, port in enumerate(container.ports):
            if port.host_port != port.container_port:
                field = f"{place}.ports[{number}].hostPort"
                yield field, "must match `containerPort` when `hostNetwork` is true"


def _of_toleration(place: str, toleration: Toleration) -> Iterator[Complaint]:
    """``ValidateTolerations``; those of namespaces were never checked before."""
    if toleration.key and not is_label_key(toleration.key):
        yield f"{place}.key", "is no qualified name"
    if not toleration.key and toleration.operator != "Exists":
        yield f"{place}.operator", "operator must be Exists when `key` is empty"
    if toleration.toleration_seconds is not None and toleration.effect != NO_EXECUTE:
        yield f"{place}.effect", "effect must be 'NoExecute' when `tolerationSeconds` is set"
    if toleration.operator not in _OPERATORS:
        yield f"{place}.operator", f"unsupported operator {toleration.operator!r}"
    elif toleration.operator == "Exists" and toleration.value:
        yield f"{place}.operator", "value must be empty when `operator` is 'Exists'"
    elif toleration.operator != "Exists" and not is_label_value(toleration.value):
        yield f"{place}.operator", "value is no label value"
    if toleration.effect and toleration.effect not in _EFFECTS:
        yield f"{place}.effect", f"unsupported effect {toleration.effect!r}"
