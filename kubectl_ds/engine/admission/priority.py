"""The pod's priority and whether it may preempt, from its class, the global default class, or neither.

Mirrors ``admitPod``, ``establishPriority`` and ``getDefaultPriorityClass`` (plugin/pkg/admission/priority, Kubernetes
1.37).
"""

from __future__ import annotations

import msgspec

from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.meta import ObjectMeta
from kubectl_ds.model.pod import Pod, PodSpec
from kubectl_ds.model.policy import PriorityClass

PLUGIN = "Priority"
_BUILT_IN = (
    PriorityClass(metadata=ObjectMeta(name="system-node-critical"), value=2_000_001_000),
    PriorityClass(metadata=ObjectMeta(name="system-cluster-critical"), value=2_000_000_000),
)
"""What every API server makes for itself, and makes again when it is deleted."""


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with its priority; refused when its class is not there, or says otherwise than the template itself."""
    spec = pod.spec
    unknown = request.denied("priorityclasses")
    name = spec.priority_class_name
    found = _named(request, name) if name else _global_default(request)
    if found is None and name and unknown:
        found = _seen_on_pods(request, name)
    if found is None and name:
        if unknown:
            return pod, Step(plugin=PLUGIN, unknown=unknown)
        return pod, _refused("missing", name)
    if found is not None and name:
        unknown = ()
    value = found.value if found is not None else 0
    policy = found.preemption_policy if found is not None else "PreemptLowerPriority"
    class_name = found.metadata.name if found is not None else ""
    step = Step(plugin=PLUGIN, sources=(class_name,) if class_name else (), unknown=unknown)
    if spec.priority is not None and spec.priority != value:
        step = _refused("mismatch", class_name, "spec.priority", str(spec.priority), str(value))
    elif spec.preemption_policy and policy and spec.preemption_policy != policy:
        step = _refused("mismatch", class_name, "spec.preemptionPolicy", spec.preemption_policy, policy)
    changed = msgspec.structs.replace(
        spec, priority=value, priority_class_name=class_name, preemption_policy=policy or spec.preemption_policy
    )
    return msgspec.structs.replace(pod, spec=changed), step


def _named(request: Request, name: str) -> PriorityClass | None:
    for each in (*request.snapshot.priority_classes, *_BUILT_IN):
        if each.metadata.name == name:
            return each
    return None


def _global_default(request: Request) -> PriorityClass | None:
    """Of several, which only a race can make, the lowest."""
    defaults = [each for each in request.snapshot.priority_classes if each.global_default]
    return min(defaults, key=lambda each: (each.value, each.metadata.name), default=None)


def _seen_on_pods(request: Request, name: str) -> PriorityClass | None:
    """A class that may not be read, as the pods that have it show it: its value never changes."""
    for pod in request.snapshot.pods:
        spec: PodSpec = pod.spec
        if spec.priority_class_name == name and spec.priority is not None:
            meta = ObjectMeta(name=name)
            return PriorityClass(metadata=meta, value=spec.priority, preemption_policy=spec.preemption_policy)
    return None


def _refused(
    rule: str, name: str, field: str | None = None, requested: str | None = None, limited: str | None = None
) -> Step:
    evidence = AdmissionEvidence(
        admission="priorityClass", name=name or None, rule=rule, field=field, requested=requested, limited=limited
    )
    return Step(plugin=PLUGIN, refusals=(refusal(evidence),))
