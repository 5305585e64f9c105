"""Namespaces, quotas, limits, priorities, disruption budgets and runtime classes: the rules around a pod."""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.model.meta import ObjectMeta
from kubectl_ds.model.pod import Amount, ObjectName
from kubectl_ds.model.selector import LabelSelector
from kubectl_ds.model.taint import Toleration
from kubectl_ds.model.value import Value


class AnnotationFields(
    Value,
    frozen=True,
    rename={
        "node_selector": "f:scheduler.alpha.kubernetes.io/node-selector",
        "default_tolerations": "f:scheduler.alpha.kubernetes.io/defaultTolerations",
        "tolerations_whitelist": "f:scheduler.alpha.kubernetes.io/tolerationsWhitelist",
    },
):
    """Which of the annotations that steer admission one manager owns: an empty dict where it does."""

    node_selector: dict[str, str] | None = None
    default_tolerations: dict[str, str] | None = None
    tolerations_whitelist: dict[str, str] | None = None


class MetaFields(Value, frozen=True, rename={"annotations": "f:annotations"}):
    """The metadata among the fields of one manager."""

    annotations: AnnotationFields = AnnotationFields()


class OwnedFields(Value, frozen=True, rename={"metadata": "f:metadata"}):
    """The fields of one manager, as far as they concern admission."""

    metadata: MetaFields = MetaFields()


class ManagedFields(Value, frozen=True, rename={"fields_v1": "fieldsV1"}):
    """Which fields one manager owns, and when it last changed any of them."""

    time: datetime | None = None
    fields_v1: OwnedFields = OwnedFields()


class NamespaceMeta(ObjectMeta, frozen=True):
    """Metadata of a namespace; who set an annotation when tells which plugins were at work since."""

    managed_fields: tuple[ManagedFields, ...] = ()


class NamespaceStatus(Value, frozen=True):
    """Whether the namespace is being deleted."""

    phase: str = ""


class Namespace(Value, frozen=True):
    """A namespace, whose annotations and labels steer admission."""

    metadata: NamespaceMeta = NamespaceMeta()
    status: NamespaceStatus = NamespaceStatus()


class ServiceAccount(Value, frozen=True):
    """An account that pods run as."""

    metadata: ObjectMeta = ObjectMeta()
    secrets: tuple[ObjectName, ...] = ()
    """What its pods may use, if the annotation ``kubernetes.io/enforce-mountable-secrets`` asks for it."""
    image_pull_secrets: tuple[ObjectName, ...] = ()


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


class ScopeRequirement(Value, frozen=True):
    """A quota scope with an operator: ``Exists``, ``In``, ``NotIn`` or ``DoesNotExist``."""

    scope_name: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


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
