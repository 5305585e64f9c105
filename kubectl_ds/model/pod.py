"""Pods and pod templates, as far as the controller, the scheduler and the kubelet decide by them."""

from __future__ import annotations

from datetime import datetime, timedelta

from kubectl_ds.model.meta import Condition, OwnerReference, controller_of, find_condition
from kubectl_ds.model.selector import LabelSelector, NodeSelector
from kubectl_ds.model.taint import Toleration
from kubectl_ds.model.value import Value

Amount = str | int | float
"""A quantity as JSON holds it: text from the API server, perhaps a bare number in a manifest."""


_DEFAULT_SCHEDULER = "default-scheduler"


class ResourceClaimName(Value, frozen=True):
    """A claim that a container uses, of those that its pod lists."""

    name: str = ""
    request: str = ""


class ResourceRequirements(Value, frozen=True):
    """Requests and limits of a container, or of a whole pod."""

    requests: dict[str, Amount] = {}
    limits: dict[str, Amount] = {}
    claims: tuple[ResourceClaimName, ...] = ()


class ContainerPort(Value, frozen=True):
    """A port that a container exposes, on its host too when ``host_port`` is not 0."""

    name: str = ""
    container_port: int = 0
    host_port: int = 0
    protocol: str = "TCP"
    host_ip: str = ""


class VolumeMount(Value, frozen=True):
    """Where a container sees a volume."""

    name: str = ""
    mount_path: str = ""
    read_only: bool = False
    sub_path: str = ""
    sub_path_expr: str = ""
    bind_mount_options: tuple[str, ...] = ()


class RestartRule(Value, frozen=True):
    """What to do when a container exits in a certain way."""

    action: str = ""


class Container(Value, frozen=True):
    """A container, init containers included."""

    name: str = ""
    image: str = ""
    ports: tuple[ContainerPort, ...] = ()
    resources: ResourceRequirements = ResourceRequirements()
    restart_policy: str = ""
    """``Always`` on an init container makes it a sidecar (restartable)."""
    restart_policy_rules: tuple[RestartRule, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()


class PersistentVolumeClaimSource(Value, frozen=True):
    """A volume that is a claim of the pod's namespace."""

    claim_name: str = ""
    read_only: bool = False


class PersistentVolumeClaimSpec(Value, frozen=True):
    """What a claim asks for."""

    access_modes: tuple[str, ...] = ()
    resources: ResourceRequirements = ResourceRequirements()
    storage_class_name: str | None = None
    """None asks for the default class, ``""`` for no class."""
    volume_name: str = ""
    volume_mode: str = ""
    volume_attributes_class_name: str = ""
    selector: LabelSelector | None = None


class ClaimTemplate(Value, frozen=True):
    """The claim that a generic ephemeral volume makes for each pod."""

    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()


class EphemeralVolume(Value, frozen=True):
    """A generic ephemeral volume: a claim of its own for each pod, named ``<pod>-<volume>``."""

    volume_claim_template: ClaimTemplate = ClaimTemplate()


class HostPathVolume(Value, frozen=True):
    """A folder of the node."""

    path: str = ""
    type: str = ""


class GcePersistentDisk(Value, frozen=True):
    """A GCE disk named in the pod itself."""

    pd_name: str = ""
    read_only: bool = False


class AwsElasticBlockStore(Value, frozen=True):
    """An EBS volume named in the pod itself."""

    volume_id: str = ""
    read_only: bool = False


class AzureDisk(Value, frozen=True, rename={"disk_uri": "diskURI", "kind": "kind"}):
    """An Azure disk named in the pod or volume itself."""

    disk_uri: str = ""
    kind: str = ""
    """``Managed``, or one of two older kinds that no CSI driver takes."""


class CinderVolume(Value, frozen=True):
    """An OpenStack volume named in the pod or volume itself."""

    volume_id: str = ""


class PortworxVolume(Value, frozen=True):
    """A Portworx volume named in the pod or volume itself."""

    volume_id: str = ""


class IscsiVolume(Value, frozen=True):
    """An iSCSI target named in the pod itself."""

    target_portal: str = ""
    iqn: str = ""
    lun: int = 0
    read_only: bool = False


class RbdVolume(
    Value,
    frozen=True,
    rename={"ceph_monitors": "monitors", "rbd_image": "image", "rbd_pool": "pool", "read_only": "readOnly"},
):
    """A Ceph image named in the pod itself."""

    ceph_monitors: tuple[str, ...] = ()
    rbd_image: str = ""
    rbd_pool: str = ""
    read_only: bool = False


class CsiInlineVolume(Value, frozen=True):
    """A CSI volume that lives with the pod."""

    driver: str = ""
    read_only: bool = False


class ObjectName(Value, frozen=True):
    """A ConfigMap or Secret by name; whether it may be absent."""

    name: str = ""
    secret_name: str = ""
    optional: bool = False


class Volume(Value, frozen=True):
    """A volume of a pod; exactly one source is set, sources that no answer leans on stay undecoded."""

    name: str = ""
    persistent_volume_claim: PersistentVolumeClaimSource | None = None
    ephemeral: EphemeralVolume | None = None
    host_path: HostPathVolume | None = None
    config_map: ObjectName | None = None
    secret: ObjectName | None = None
    csi: CsiInlineVolume | None = None
    gce_persistent_disk: GcePersistentDisk | None = None
    aws_elastic_block_store: AwsElasticBlockStore | None = None
    azure_disk: AzureDisk | None = None
    cinder: CinderVolume | None = None
    portworx_volume: PortworxVolume | None = None
    iscsi: IscsiVolume | None = None
    rbd: RbdVolume | None = None


class NodeAffinity(Value, frozen=True):
    """Which nodes; preferences never matter to a pinned pod."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None


class PodAffinityTerm(Value, frozen=True):
    """Pods to be near to, or far from, in the sense of a topology label."""

    label_selector: LabelSelector | None = None
    """None matches no pod."""
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None
    """None adds no namespace; the empty one adds all."""
    topology_key: str = ""
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


class PodAffinity(Value, frozen=True):
    """Required terms of (anti-)affinity between pods."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()


class Affinity(Value, frozen=True):
    """The three kinds of affinity."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None

    @property
    def required_node_selector(self) -> NodeSelector | None:
        """The node selector that must match, if there is one."""
        return self.node_affinity.required_during_scheduling_ignored_during_execution if self.node_affinity else None


class TopologySpreadConstraint(Value, frozen=True):
    """How evenly matching pods spread over a topology."""

    max_skew: int = 1
    min_domains: int | None = None
    topology_key: str = ""
    when_unsatisfiable: str = "DoNotSchedule"
    label_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    node_affinity_policy: str = "Honor"
    node_taints_policy: str = "Ignore"


class SchedulingGate(Value, frozen=True):
    """A name that must be removed before the scheduler looks at the pod."""

    name: str = ""


class PodResourceClaim(Value, frozen=True):
    """A dynamic resource claim of the pod."""

    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class PodSpec(Value, frozen=True):
    """The part of a pod spec that decides where it may run."""

    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    overhead: dict[str, Amount] = {}
    resources: ResourceRequirements | None = None
    """Pod-level resources."""
    volumes: tuple[Volume, ...] = ()
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    host_users: bool | None = None
    priority: int | None = None
    priority_class_name: str = ""
    preemption_policy: str = ""
    runtime_class_name: str = ""
    scheduler_name: str = _DEFAULT_SCHEDULER
    scheduling_gates: tuple[SchedulingGate, ...] = ()
    service_account_name: str = ""
    restart_policy: str = "Always"
    termination_grace_period_seconds: int | None = None
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    resource_claims: tuple[PodResourceClaim, ...] = ()

    @property
    def effective_priority(self) -> int:
        """0 when admission has set none (upstream ``corev1helpers.PodPriority``)."""
        return self.priority if self.priority is not None else 0

    @property
    def other_scheduler(self) -> str:
        """The scheduler that it asks for, where that is not the cluster's usual one; else empty."""
        return "" if self.scheduler_name == _DEFAULT_SCHEDULER else self.scheduler_name

    @property
    def host_ports(self) -> tuple[ContainerPort, ...]:
        """Ports taken on the host: of containers and restartable init containers (upstream ``GetHostPorts``)."""
        sidecars = tuple(each for each in self.init_containers if each.restart_policy == "Always")
        return tuple(port for container in (*self.containers, *sidecars) for port in container.ports if port.host_port)


class TemplateMeta(Value, frozen=True):
    """Metadata of a pod template; name and namespace have no effect."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class PodTemplate(Value, frozen=True):
    """The template that a DaemonSet makes its pods from."""

    metadata: TemplateMeta = TemplateMeta()
    spec: PodSpec = PodSpec()


class ContainerStateWaiting(Value, frozen=True):
    """Why a container waits."""

    reason: str = ""
    message: str = ""


class ContainerStateRunning(Value, frozen=True):
    """Since when a container runs."""

    started_at: datetime | None = None


class ContainerStateTerminated(Value, frozen=True):
    """How a container ended."""

    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    finished_at: datetime | None = None


class ContainerState(Value, frozen=True):
    """Waiting, running or terminated."""

    waiting: ContainerStateWaiting | None = None
    running: ContainerStateRunning | None = None
    terminated: ContainerStateTerminated | None = None


class ContainerStatus(Value, frozen=True):
    """What the kubelet says of one container."""

    name: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: str = ""
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()
    resources: ResourceRequirements | None = None
    """Resources in force, which differ from the spec while a resize is under way."""
    allocated_resources: dict[str, Amount] = {}


class PodStatus(Value, frozen=True):
    """What the kubelet and the scheduler say of the pod."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    nominated_node_name: str = ""
    start_time: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    resources: ResourceRequirements | None = None
    allocated_resources: dict[str, Amount] = {}


class PodMeta(Value, frozen=True):
    """Metadata of a pod; annotations are left undecoded, for there are many pods."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()

    @property
    def controller(self) -> OwnerReference | None:
        """The managing owner (upstream ``metav1.GetControllerOf``)."""
        return controller_of(self.owner_references)


class Pod(Value, frozen=True):
    """A pod."""

    metadata: PodMeta = PodMeta()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def name(self) -> str:
        """The pod's name."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return self.metadata.namespace

    @property
    def terminating(self) -> bool:
        """Whether it has been deleted and is still there."""
        return self.metadata.deletion_timestamp is not None

    @property
    def terminal(self) -> bool:
        """Whether its phase is Succeeded or Failed (upstream ``podutil.IsPodTerminal``)."""
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def bound(self) -> bool:
        """Whether it has been assigned to a node."""
        return self.spec.node_name != ""

    def condition(self, condition_type: str) -> Condition | None:
        """The condition of this type, if the pod has one."""
        return find_condition(self.status.conditions, condition_type)

    @property
    def ready(self) -> bool:
        """Whether the Ready condition is True (upstream ``podutil.IsPodReady``)."""
        condition = self.condition("Ready")
        return condition is not None and condition.status == "True"

    def available(self, min_ready_seconds: int, now: datetime) -> bool:
        """Ready for at least ``min_ready_seconds`` (upstream ``podutil.IsPodAvailable``)."""
        condition = self.condition("Ready")
        if condition is None or condition.status != "True":
            return False
        if min_ready_seconds == 0:
            return True
        since = condition.last_transition_time
        return since is not None and since + timedelta(seconds=min_ready_seconds) <= now

    @property
    def target_node(self) -> str:
        """The node the pod is bound or pinned to; ``""`` when it names none (upstream ``util.GetTargetNodeName``)."""
        if self.spec.node_name:
            return self.spec.node_name
        required = self.spec.affinity.required_node_selector if self.spec.affinity else None
        for term in required.node_selector_terms if required else ():
            for requirement in term.match_fields:
                if requirement.key == "metadata.name" and requirement.operator == "In":
                    return requirement.values[0] if len(requirement.values) == 1 else ""
        return ""

    @property
    def required_affinity(self) -> tuple[PodAffinityTerm, ...]:
        """The pods that it must be near to."""
        affinity = self.spec.affinity
        return _required(affinity.pod_affinity) if affinity is not None else ()

    @property
    def required_anti_affinity(self) -> tuple[PodAffinityTerm, ...]:
        """The pods that it must be far from."""
        affinity = self.spec.affinity
        return _required(affinity.pod_anti_affinity) if affinity is not None else ()

    @property
    def spreads_over_nodes(self) -> tuple[TopologySpreadConstraint, ...]:
        """Its constraints that count pods on other nodes than its own, and refuse."""
        return tuple(
            each
            for each in self.spec.topology_spread_constraints
            if each.when_unsatisfiable == "DoNotSchedule" and each.node_affinity_policy == "Ignore"
        )

    @property
    def sort_key(self) -> tuple[bool, float, str]:
        """The controller's order: scheduled first, then oldest, then by name (``podByCreationTimestampAndPhase``)."""
        created = self.metadata.creation_timestamp
        return (not self.bound, created.timestamp() if created else 0.0, self.metadata.name)


def _required(affinity: PodAffinity | None) -> tuple[PodAffinityTerm, ...]:
    return affinity.required_during_scheduling_ignored_during_execution if affinity is not None else ()
