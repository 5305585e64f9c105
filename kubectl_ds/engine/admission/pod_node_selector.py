"""The namespace's own node selector, merged into every pod where the plugin is on.

Mirrors ``Plugin.Admit``, ``getNodeSelectorMap`` (plugin/pkg/admission/podnodeselector, Kubernetes 1.37) and
``labels.ConvertSelectorToLabelsMap``. The plugin is off by default, and its selectors for the whole cluster live in a
file of the API server: only the annotation can be read.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kubectl_ds.engine.admission.optional_plugin import Standing, standing
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step, refusal
from kubectl_ds.engine.evidence import AdmissionEvidence
from kubectl_ds.model.pod import Pod, PodSpec
from kubectl_ds.model.selector import is_label_key, is_label_value

PLUGIN = "PodNodeSelector"
ANNOTATION = "scheduler.alpha.kubernetes.io/node-selector"


class SelectorError(ValueError):
    """An annotation that is no list of labels."""


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with the namespace's labels in its node selector; refused when the two want different values."""
    namespace = request.namespace
    text = namespace.metadata.annotations.get(ANNOTATION) if namespace is not None else None
    if text is None:
        return pod, Step(plugin=PLUGIN)
    try:
        wanted = selector_labels(text)
    except SelectorError:
        now = standing(request, lambda fields: fields.node_selector, lambda spec: False)
        evidence = AdmissionEvidence(admission="nodeSelectorConflict", rule="unparsable", details=(text,))
        return pod, _refused(evidence, now)
    now = standing(request, lambda fields: fields.node_selector, lambda spec: _has(spec, wanted))
    if now is Standing.OFF:
        return pod, Step(plugin=PLUGIN)
    own = pod.spec.node_selector
    conflicts = tuple(key for key in sorted(wanted) if own.get(key, wanted[key]) != wanted[key])
    if conflicts:
        key = conflicts[0]
        evidence = AdmissionEvidence(
            admission="nodeSelectorConflict",
            name=request.namespace_name,
            rule="conflict",
            field=f"spec.nodeSelector.{key}",
            requested=own[key],
            limited=wanted[key],
        )
        return pod, _refused(evidence, now)
    spec = msgspec.structs.replace(pod.spec, node_selector=wanted | own)
    assumed = now is Standing.ASSUMED
    return msgspec.structs.replace(pod, spec=spec), Step(plugin=PLUGIN, sources=(ANNOTATION,), assumed=assumed)


def selector_labels(text: str) -> dict[str, str]:
    """``a=b,c=d`` as labels; the empty text is none.

    Raises:
        SelectorError: a part is not exactly one key and one value, or they are no label.
    """
    labels: dict[str, str] = {}
    for part in text.split(",") if text else ():
        key, *values = (each.strip() for each in part.split("="))
        if len(values) != 1 or not is_label_key(key) or not is_label_value(values[0]):
            raise SelectorError(text)
        labels[key] = values[0]
    return labels


def _has(spec: PodSpec, wanted: Mapping[str, str]) -> bool:
    return all(spec.node_selector.get(key) == value for key, value in wanted.items())


def _refused(evidence: AdmissionEvidence, now: Standing) -> Step:
    if now is Standing.OFF:
        return Step(plugin=PLUGIN)
    assumed = now is Standing.ASSUMED
    cause = refusal(msgspec.structs.replace(evidence, assumed=assumed))
    return Step(plugin=PLUGIN, refusals=(cause,), assumed=assumed)
