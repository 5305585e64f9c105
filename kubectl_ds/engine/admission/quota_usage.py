"""What a pod charges to a quota, and whether a quota is about it at all.

Mirrors ``podEvaluator`` (pkg/quota/v1/evaluator/core, Kubernetes 1.37): ``PodUsageFunc``, ``podComputeUsageHelper``,
``MatchingResources``, ``podMatchesScopeFunc``, ``Constraints``. It must not know how much is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubectl_ds.engine.admission.aggregate import has_pod_level, is_best_effort, pod_limits, pod_requests
from kubectl_ds.engine.admission.quantities import Totals, quantity, totals_of
from kubectl_ds.engine.admission.security_view import Object, items, part
from kubectl_ds.model.pod import Pod, PodSpec
from kubectl_ds.model.policy import ResourceQuota, ScopeRequirement
from kubectl_ds.model.selector import is_label_key, is_label_value

_COUNT = "count/pods"
_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_POD_RESOURCES = frozenset(
    {_COUNT, "pods", *_COMPUTE, *(f"requests.{each}" for each in _COMPUTE), *(f"limits.{each}" for each in _COMPUTE)}
)
_MUST_BE_SPECIFIED = (
    *("cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu"),
    "requests.memory",
)
_DEVICE_CLASS = "deviceclass.resource.kubernetes.io/"


class ScopeError(ValueError):
    """A scope whose operator or values make no selector."""


def usage(spec: PodSpec, minor: int) -> Totals:
    """What a pod that runs charges."""
    return stored_usage() | _compute(pod_requests(spec), pod_limits(spec), minor)


def stored_usage() -> Totals:
    """What every pod charges as long as it is stored, even one that has ended."""
    return {_COUNT: quantity(1)}


def tracked(names: Iterable[str]) -> list[str]:
    """Those resources of a quota that pods charge (``MatchingResources``), sorted."""
    return sorted(
        name
        for name in names
        if name in _POD_RESOURCES or name.startswith(("hugepages-", "requests.hugepages-")) or _is_extended(name)
    )


def missing(spec: PodSpec, names: Iterable[str], minor: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(resource, containers that must specify it): only cpu and memory are demanded of every container.

    A pod that says what it needs as a whole is excused.
    """
    if minor >= 34 and has_pod_level(spec):
        return ()
    demanded = [name for name in _MUST_BE_SPECIFIED if name in set(names)]
    lacking: dict[str, set[str]] = {}
    for container in (*spec.containers, *spec.init_containers):
        resources = container.resources
        given = _compute(totals_of(resources.requests), totals_of(resources.limits), minor)
        for name in demanded:
            if name not in given:
                lacking.setdefault(name, set()).add(container.name)
    return tuple((name, tuple(sorted(lacking[name]))) for name in demanded if name in lacking)


def in_scope(quota: ResourceQuota, pod: Pod, template_spec: Object, minor: int) -> bool:
    """Whether the pod is in every scope of the quota.

    Args:
        quota: with its scopes and scope selector.
        pod: as it would be created.
        template_spec: the spec that it is made from in plain dicts, for preferences that the model does not decode.
        minor: the served version.

    Raises:
        ScopeError: a scope is no selector; the API server then fails to create anything.
    """
    scopes = [ScopeRequirement(scope_name=scope, operator="Exists") for scope in quota.spec.scopes]
    selector = quota.spec.scope_selector
    scopes += selector.match_expressions if selector is not None else ()
    return all(_matches(each, pod, template_spec, minor) for each in scopes)


def _matches(scope: ScopeRequirement, pod: Pod, template_spec: Object, minor: int) -> bool:
    name = scope.scope_name
    if name in ("BestEffort", "NotBestEffort"):
        return is_best_effort(pod.spec, minor) == (name == "BestEffort")
    if name == "PriorityClass":
        return _matches_class(scope, pod.spec.priority_class_name)
    if name == "CrossNamespacePodAffinity":
        return crosses_namespaces(template_spec)
    # a DaemonSet's pods have no activeDeadlineSeconds: the API forbids it
    return name == "NotTerminating"


def _matches_class(scope: ScopeRequirement, class_name: str) -> bool:
    """``podMatchesSelector``: a label selector over the class as the only label."""
    if scope.operator == "Exists":
        return bool(class_name)
    if scope.operator == "DoesNotExist" and not scope.values:
        return not class_name
    if scope.operator in ("In", "NotIn") and scope.values and all(is_label_value(each) for each in scope.values):
        found = bool(class_name) and class_name in scope.values
        return found == (scope.operator == "In")
    raise ScopeError(f"{scope.operator} {', '.join(scope.values)}")


def crosses_namespaces(template_spec: Object) -> bool:
    """Whether any term of pod affinity, preferred ones too, names namespaces (``usesCrossNamespacePodAffinity``)."""
    affinity = part(template_spec, "affinity")
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = part(affinity, kind)
        terms: list[Mapping[str, Any]] = items(rules, "requiredDuringSchedulingIgnoredDuringExecution")
        terms += [
            part(each, "podAffinityTerm") for each in items(rules, "preferredDuringSchedulingIgnoredDuringExecution")
        ]
        if any(term.get("namespaces") or "namespaceSelector" in term for term in terms):
            return True
    return False


def _compute(requests: Totals, limits: Totals, minor: int) -> Totals:
    """``podComputeUsageHelper``."""
    charged: Totals = {"pods": quantity(1)}
    for name in _COMPUTE:
        if name in requests:
            charged[name] = charged[f"requests.{name}"] = requests[name]
        if name in limits:
            charged[f"limits.{name}"] = limits[name]
    for name, amount in requests.items():
        if name.startswith("hugepages-"):
            charged[name] = charged[f"requests.{name}"] = amount
        if _is_extended(f"requests.{name}") and (minor >= 35 or not name.startswith(_DEVICE_CLASS)):
            charged[f"requests.{name}"] = amount
    return charged


def _is_extended(name: str) -> bool:
    """``isExtendedResourceNameForQuota``: ``requests.`` and a name that is not Kubernetes' own."""
    resource = name.removeprefix("requests.")
    if resource == name or not is_label_key(name):
        return False
    return resource.startswith(_DEVICE_CLASS) or ("/" in resource and "kubernetes.io/" not in resource)
