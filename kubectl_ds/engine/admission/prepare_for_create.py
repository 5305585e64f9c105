"""What the API server still changes after the last mutating plugin, just before it validates the pod.

Mirrors ``podStrategy.PrepareForCreate`` with ``DefaultPodLevelResources``, ``mutatePodAffinity`` and
``mutateTopologySpreadConstraints`` (pkg/registry/core/pod, Kubernetes 1.37).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from kubectl_ds.engine.admission.daemon_pod import UNKNOWN_HASH
from kubectl_ds.engine.admission.pod_level_resources import default_limits, default_requests, hugepage_limits
from kubectl_ds.engine.admission.request import Request
from kubectl_ds.engine.admission.step import Step
from kubectl_ds.engine.decision import Cause
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL
from kubectl_ds.model.pod import Pod, PodAffinity, PodAffinityTerm, PodSpec, TopologySpreadConstraint
from kubectl_ds.model.selector import LabelSelector, SelectorRequirement


def admit(request: Request, pod: Pod) -> tuple[Pod, Step]:
    """The pod with its own resources completed, and with label keys turned into requirements."""
    spec = pod.spec
    if request.minor >= 37:
        spec = default_limits(default_requests(hugepage_limits(spec), requests_suffice=True))
    labels = pod.metadata.labels
    if request.minor >= 31 and spec.affinity is not None:
        affinity = msgspec.structs.replace(
            spec.affinity,
            pod_affinity=_with_keys(spec.affinity.pod_affinity, labels),
            pod_anti_affinity=_with_keys(spec.affinity.pod_anti_affinity, labels),
        )
        spec = msgspec.structs.replace(spec, affinity=affinity)
    if request.minor >= 34 and spec.topology_spread_constraints:
        constraints = tuple(_constraint(each, labels) for each in spec.topology_spread_constraints)
        spec = msgspec.structs.replace(spec, topology_spread_constraints=constraints)
    unknown = _unknown_hash(request, pod.spec, labels)
    return msgspec.structs.replace(pod, spec=spec), Step(plugin="PrepareForCreate", unknown=unknown)


def _with_keys(affinity: PodAffinity | None, labels: Mapping[str, str]) -> PodAffinity | None:
    if affinity is None:
        return None
    terms = tuple(_term(each, labels) for each in affinity.required_during_scheduling_ignored_during_execution)
    return msgspec.structs.replace(affinity, required_during_scheduling_ignored_during_execution=terms)


def _term(term: PodAffinityTerm, labels: Mapping[str, str]) -> PodAffinityTerm:
    if term.label_selector is None or not (term.match_label_keys or term.mismatch_label_keys):
        return term
    selector = _merged(term.label_selector, term.match_label_keys, "In", labels)
    selector = _merged(selector, term.mismatch_label_keys, "NotIn", labels)
    return msgspec.structs.replace(term, label_selector=selector)


def _constraint(constraint: TopologySpreadConstraint, labels: Mapping[str, str]) -> TopologySpreadConstraint:
    if constraint.label_selector is None or not constraint.match_label_keys:
        return constraint
    selector = _merged(constraint.label_selector, constraint.match_label_keys, "In", labels)
    return msgspec.structs.replace(constraint, label_selector=selector)


def _merged(selector: LabelSelector, keys: Iterable[str], operator: str, labels: Mapping[str, str]) -> LabelSelector:
    """Label keys as requirements on the pod's own values; a key that the pod lacks is passed over."""
    more = tuple(
        SelectorRequirement(key=key, operator=operator, values=(labels[key],)) for key in keys if key in labels
    )
    return msgspec.structs.replace(selector, match_expressions=selector.match_expressions + more)


def _unknown_hash(request: Request, spec: PodSpec, labels: Mapping[str, str]) -> tuple[Cause, ...]:
    """The revisions, where a term asks for the revision's hash and they could not be read."""
    if labels.get(REVISION_HASH_LABEL) != UNKNOWN_HASH or REVISION_HASH_LABEL not in _label_keys(spec):
        return ()
    return request.denied("controllerrevisions")


def _label_keys(spec: PodSpec) -> set[str]:
    keys = {key for each in spec.topology_spread_constraints for key in each.match_label_keys}
    affinity = spec.affinity
    for part in (affinity.pod_affinity, affinity.pod_anti_affinity) if affinity else ():
        for term in part.required_during_scheduling_ignored_during_execution if part else ():
            keys |= {*term.match_label_keys, *term.mismatch_label_keys}
    return keys
