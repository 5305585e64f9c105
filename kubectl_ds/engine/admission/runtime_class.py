"""What the pod's RuntimeClass adds: overhead, a node selector, tolerations.

Mirrors ``prepareObjects``, ``setOverhead``, ``setScheduling`` and ``validateOverhead`` (plugin/pkg/admission/
runtimeclass, Kubernetes 1.37).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import msgspec

from kubectl_ds.engine.admission.quantities import Amounts, stored, totals_of
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.admission.toleration_sets import merge
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import RuntimeClass

PLUGIN = "RuntimeClass"


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with its class's overhead and scheduling; refused when the class is missing or wants something else."""
    name = pod.spec.runtime_class_name
    if not name:
        return pod, Step(plugin=PLUGIN)
    found = _find(request, name)
    if found is None:
        unknown = request.denied("runtimeclasses")
        return pod, Step(plugin=PLUGIN, unknown=unknown) if unknown else _refused(name, "missing")
    if found.overhead is not None:
        fixed = found.overhead.pod_fixed
        if pod.spec.overhead and _values(pod.spec.overhead) != _values(fixed):
            return pod, _refused(name, "mismatch", "spec.overhead")
        overhead = {resource: stored(amount) for resource, amount in fixed.items()}
        pod = msgspec.structs.replace(pod, spec=msgspec.structs.replace(pod.spec, overhead=overhead))
    return _with_scheduling(pod, found)


def validate(request: Request, pod: Pod) -> Step:
    """Whether an overhead that the template itself sets is that of a class."""
    name = pod.spec.runtime_class_name
    found = _find(request, name) if name else None
    by_class = found is not None and found.overhead is not None
    unread = found is None and name and request.denied("runtimeclasses")
    if pod.spec.overhead and not by_class and not unread:
        return _refused(name or None, "mismatch", "spec.overhead")
    return Step(plugin=PLUGIN)


def _find(request: Request, name: str) -> RuntimeClass | None:
    for each in request.snapshot.runtime_classes:
        if each.metadata.name == name:
            return each
    return None


def _values(amounts: Amounts) -> Mapping[str, Fraction]:
    return {name: amount.value for name, amount in totals_of(amounts).items()}


def _with_scheduling(pod: Pod, found: RuntimeClass) -> tuple[Pod, Step]:
    name = found.metadata.name
    scheduling = found.scheduling
    if scheduling is None:
        return pod, Step(plugin=PLUGIN, sources=(name,))
    own = pod.spec.node_selector
    for key, value in sorted(scheduling.node_selector.items()):
        if own.get(key, value) != value:
            return pod, _refused(name, "conflict", f"spec.nodeSelector.{key}", requested=own[key], limited=value)
    spec = msgspec.structs.replace(
        pod.spec,
        node_selector=own | scheduling.node_selector,
        tolerations=merge(pod.spec.tolerations, scheduling.tolerations),
    )
    return msgspec.structs.replace(pod, spec=spec), Step(plugin=PLUGIN, sources=(name,))


def _refused(
    name: str | None, rule: str, field: str | None = None, requested: str | None = None, limited: str | None = None
) -> Step:
    evidence = AdmissionEvidence(
        admission="runtimeClass", name=name, rule=rule, field=field, requested=requested, limited=limited
    )
    return Step(plugin=PLUGIN, refusals=(refusal(evidence),))
