"""Namespaces, quotas, limits, priorities, disruption budgets and runtime classes: the rules around a pod."""

from __future__ import annotations

from kubectl_ds.model.meta import ObjectMeta
from kubectl_ds.model.pod import Amount
from kubectl_ds.model.selector import LabelSelector, SelectorRequirement
from kubectl_ds.model.taint import Toleration
from kubectl_ds.model.value import Value


class Namespace(Value, frozen=True):
    """A namespace, whose annotations and labels steer admission."""

    metadata: ObjectMeta = ObjectMeta()


class ServiceAccount(Value, frozen=True):
    """An account that pods run as."""

    metadata: ObjectMeta = ObjectMeta()


class LimitRangeItem(Value, frozen=True):
    """Limits and defaults for containers, pods or claims."""

    type: str = ""
    max: dict[str, Amount] = {}
    min: dict[str, Amount] = {}
    default: dict[str, Amount] = {}
    default_request: dict[str, Amount] = {}
    max_limit_request_ratio: dict[str, Amount] = {}


class LimitRangeSpec(Value, frozen=True):
    """All items of a LimitRange."""

    limits: tuple[LimitRangeItem, ...] = ()


class LimitRange(Value, frozen=True):
    """Limits and defaults of a namespace."""

    metadata: ObjectMeta = ObjectMeta()
    spec: LimitRangeSpec = LimitRangeSpec()


class ScopeRequirement(SelectorRequirement, frozen=True, rename={"key": "scopeName"}):
    """A quota scope with an operator; ``key`` is the scope's name."""


class ScopeSelector(Value, frozen=True):
    """Scopes, ANDed."""

    match_expressions: tuple[ScopeRequirement, ...] = ()


class ResourceQuotaSpec(Value, frozen=True):
    """What a quota allows, to whom."""

    hard: dict[str, Amount] = {}
    scopes: tuple[str, ...] = ()
    scope_selector: ScopeSelector | None = None


class ResourceQuotaStatus(Value, frozen=True):
    """What a quota allows and how much is used."""

    hard: dict[str, Amount] = {}
    used: dict[str, Amount] = {}


class ResourceQuota(Value, frozen=True):
    """A quota of a namespace."""

    metadata: ObjectMeta = ObjectMeta()
    spec: ResourceQuotaSpec = ResourceQuotaSpec()
    status: ResourceQuotaStatus = ResourceQuotaStatus()


class PriorityClass(Value, frozen=True):
    """A named priority."""

    metadata: ObjectMeta = ObjectMeta()
    value: int = 0
    global_default: bool = False
    preemption_policy: str = "PreemptLowerPriority"


class PodDisruptionBudgetSpec(Value, frozen=True):
    """Which pods a budget protects."""

    selector: LabelSelector | None = None
    """None selects nothing, the empty selector everything (policy/v1)."""


class PodDisruptionBudgetStatus(Value, frozen=True):
    """How many more may go."""

    disruptions_allowed: int = 0
    disrupted_pods: dict[str, str] = {}


class PodDisruptionBudget(Value, frozen=True):
    """A disruption budget."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()


class RuntimeOverhead(Value, frozen=True):
    """What a runtime itself needs for each pod."""

    pod_fixed: dict[str, Amount] = {}


class RuntimeScheduling(Value, frozen=True):
    """Where a runtime is to be had."""

    node_selector: dict[str, str] = {}
    tolerations: tuple[Toleration, ...] = ()


class RuntimeClass(Value, frozen=True):
    """A container runtime."""

    metadata: ObjectMeta = ObjectMeta()
    overhead: RuntimeOverhead | None = None
    scheduling: RuntimeScheduling | None = None
