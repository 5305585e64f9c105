"""What a cause rests on, in figures and names, never in prose: the sentence is built last, in ``render``.

The fields are those of the published contract, in its order; a field that is None is written as ``null``.
"""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.model.value import Value


class TaintEvidence(Value, frozen=True):
    """A taint that is not tolerated."""

    key: str
    value: str
    effect: str


class NodeNameEvidence(Value, frozen=True):
    """The one node that the template names."""

    node_name: str


class RequirementEvidence(Value, frozen=True):
    """A requirement on a node's labels or name that the node does not meet."""

    source: str
    """``nodeSelector``, ``affinity`` or ``namespace`` (PodNodeSelector), ``runtimeClass``."""
    key: str
    operator: str
    values: tuple[str, ...]
    actual: str | None
    """The node's value; None when it has no such label."""
    terms: int = 1
    """How many ORed terms there are, none of which matches; the requirement shown is of the first."""


class ResourceEvidence(Value, frozen=True):
    """A resource that does not suffice, as quantities."""

    name: str
    requested: str
    free: str
    allocatable: str
    short: str
    pods: int = 0
    """How many pods on the node hold it."""
    largest: tuple[tuple[str, str], ...] = ()
    """The largest holders as (namespace/name, amount), largest first, at most three."""


class PortEvidence(Value, frozen=True):
    """A host port that somebody else holds."""

    host_port: int
    protocol: str
    host_ip: str
    holder: str
    """``namespace/name`` of the pod that holds it."""


class VolumeEvidence(Value, frozen=True):
    """A claim or volume that keeps the pod out."""

    claim: str | None = None
    volume: str | None = None
    access_mode: str | None = None
    bound_to: str | None = None
    """The node, or the requirement on nodes, that the volume is bound to."""
    problem: str = ""
    """``missingClaim``, ``missingVolume``, ``lostClaim``, ``claimTerminating``, ``foreignClaim`` (another pod's
    ephemeral claim), ``unboundImmediate``, ``missingClass``, ``noMatchingVolume``, ``noTopology`` (the class does not
    provision here), ``notEnoughSpace``, ``otherNode`` (being provisioned for ``bound_to``), ``nodeAffinity``, ``zone``,
    ``readWriteOncePod``, ``diskInUse``, ``missingDriver`` (``volume`` names the CSI driver that the node lacks),
    ``untranslatable`` (an in-tree volume that its CSI driver cannot take over)."""
    storage_class: str | None = None
    holder: str | None = None
    """``namespace/name`` of the pod that uses it exclusively."""


class VolumeLimitEvidence(Value, frozen=True):
    """More volumes of a driver than the node can attach."""

    driver: str
    requested: int
    used: int
    limit: int


class SpreadEvidence(Value, frozen=True):
    """A topology spread constraint that the pod would break."""

    topology_key: str
    domain: str | None
    """The node's value of the topology key; None when the label is missing, which preemption cannot cure."""
    max_skew: int = 1
    skew: int | None = None
    matching: int | None = None
    """Matching pods in the node's domain."""
    fewest: int | None = None
    """Matching pods in the emptiest domain."""


class PodAffinityEvidence(Value, frozen=True):
    """Another pod that must be there and is not, or is there and must not be."""

    rule: str
    """``affinity``, ``antiAffinity`` or ``existingAntiAffinity``."""
    topology_key: str
    selector: str
    """As ``kubectl -l`` takes it."""
    holder: str | None = None
    """``namespace/name`` of the pod in the way; None for affinity."""


class GateEvidence(Value, frozen=True):
    """Scheduling gates that somebody must remove."""

    gates: tuple[str, ...]


class ClaimEvidence(Value, frozen=True):
    """Dynamic resource claims, whose allocation is not computed here."""

    claims: tuple[str, ...]


class FeatureEvidence(Value, frozen=True):
    """Feature gates that the pod needs and the node's kubelet does not declare."""

    features: tuple[str, ...]


class OrderEvidence(Value, frozen=True):
    """The outcome depends on the order in which the scheduler tries the DaemonSet's own pods."""

    order: bool
    at_most: int


class QuotaFigures(Value, frozen=True):
    """A further resource of which a quota has too little left."""

    resource: str
    requested: str
    used: str | None
    limited: str


class AdmissionEvidence(Value, frozen=True):
    """Why the API server refuses to create the pod."""

    admission: str
    """``quota``, ``podSecurity``, ``serviceAccount``, ``webhook``, ``tolerationWhitelist``, ``nodeSelectorConflict``,
    ``limitRange``, ``priorityClass``, ``runtimeClass``, ``namespace``, ``invalid`` (the API's own validation of what
    admission made of the pod) or ``other``."""
    name: str | None = None
    """The quota, level, account, webhook, class, LimitRange or namespace that refuses."""
    resource: str | None = None
    requested: str | None = None
    used: str | None = None
    limited: str | None = None
    count: int = 0
    """How often it was refused, as far as events tell."""
    since: datetime | None = None
    rule: str = ""
    """Which rule of the plugin: ``exceeded``, ``mustSpecify``, ``statusUnknown`` (quota); ``max``, ``min``, ``ratio``
    (limitRange); ``missing``, ``terminating``, ``conflict``, ``mismatch``, ``notCovered``, ``unparsable``,
    ``secretNotReferenced``; for ``invalid`` the API server's words. Empty when only an event tells of it."""
    field: str | None = None
    """The field of the pod that breaks the rule, such as ``spec.containers[main].resources.limits.cpu``."""
    details: tuple[str, ...] = ()
    """Each violated Pod Security check in upstream's words, each toleration not covered, each container that must
    specify something."""
    assumed: bool = False
    """Whether it supposes that an optional plugin is on, because its annotation is there; no pod proves it."""
    room: int | None = None
    """How many more pods of the DaemonSet the quota lets in."""
    further: tuple[QuotaFigures, ...] = ()
    """Other resources of which the same quota has too little left."""


class ContainerEvidence(Value, frozen=True):
    """A container that does not run, or is not ready."""

    container: str
    restarts: int = 0
    image: str | None = None
    exit_code: int | None = None
    """Of the last run."""
    last_reason: str | None = None
    """How the last run ended: ``Error``, ``OOMKilled``, …"""
    init: bool = False
    last_message: str | None = None
    """The container's own last words (its termination message): the first line, cut where it is long."""


class PodEvidence(Value, frozen=True):
    """A pod as a whole."""

    phase: str
    since: datetime | None = None
    count: int = 0
    """How many such pods events tell of."""


class TerminatingEvidence(Value, frozen=True):
    """A pod that is going away."""

    since: datetime | None
    """When it was deleted."""
    grace_seconds: int
    overdue_seconds: int
    """How long beyond its grace period; 0 while within it."""
    finalizers: tuple[str, ...] = ()


class WaitEvidence(Value, frozen=True):
    """A pod on its way: since when, and how many seconds are left where that is known."""

    since: datetime | None
    seconds_left: int | None = None


class NodeConditionEvidence(Value, frozen=True):
    """A node whose condition explains the pod's."""

    condition: str
    status: str
    reason: str
    since: datetime | None


class SchedulerEvidence(Value, frozen=True):
    """The scheduler's own words about the pod's target node; quoted, never parsed for the verdict."""

    quoted: str


class RevisionEvidence(Value, frozen=True):
    """A pod of another revision than the current one."""

    revision: str
    current: str


class MisscheduledEvidence(Value, frozen=True):
    """A pod where it should not be: whether it stays, and whether .status knows."""

    stays: bool
    reported: int


class UnknownEvidence(Value, frozen=True):
    """What could not be read, and so keeps the answer from being known."""

    resource: str
    error: str


Evidence = (
    TaintEvidence
    | NodeNameEvidence
    | RequirementEvidence
    | ResourceEvidence
    | PortEvidence
    | VolumeEvidence
    | VolumeLimitEvidence
    | SpreadEvidence
    | PodAffinityEvidence
    | GateEvidence
    | ClaimEvidence
    | FeatureEvidence
    | OrderEvidence
    | AdmissionEvidence
    | ContainerEvidence
    | PodEvidence
    | TerminatingEvidence
    | WaitEvidence
    | NodeConditionEvidence
    | SchedulerEvidence
    | RevisionEvidence
    | MisscheduledEvidence
    | UnknownEvidence
)
