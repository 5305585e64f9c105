"""The kinds that answers lean on: one row each, for the live source, captures and plain Lists alike."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_ds.model import daemonset, event, node, pod, policy, storage
from kubectl_ds.model.value import Value


@dataclass(frozen=True)
class Kind:
    """A kind of object, where the API serves it, and where a snapshot keeps it."""

    kind: str
    resource: str
    """Plural name in paths and in RBAC."""
    api: str
    """``v1`` or ``group/version``."""
    namespaced: bool
    value: type[Value]
    field: str
    """The field of ``Snapshot``."""

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api.rpartition("/")[0]

    @property
    def qualified(self) -> str:
        """``daemonsets.apps``, as kubectl and RBAC messages name a resource."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def path(self, namespace: str | None = None) -> str:
        """The collection's path, of one namespace or of all."""
        root = f"/apis/{self.api}" if "/" in self.api else f"/api/{self.api}"
        scope = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}{scope}/{self.resource}"


DAEMON_SETS = Kind("DaemonSet", "daemonsets", "apps/v1", True, daemonset.DaemonSet, "daemon_sets")
NODES = Kind("Node", "nodes", "v1", False, node.Node, "nodes")
PODS = Kind("Pod", "pods", "v1", True, pod.Pod, "pods")
REVISIONS = Kind(
    "ControllerRevision", "controllerrevisions", "apps/v1", True, daemonset.ControllerRevision, "revisions"
)
EVENTS = Kind("Event", "events", "v1", True, event.Event, "events")
NAMESPACES = Kind("Namespace", "namespaces", "v1", False, policy.Namespace, "namespaces")
LIMIT_RANGES = Kind("LimitRange", "limitranges", "v1", True, policy.LimitRange, "limit_ranges")
QUOTAS = Kind("ResourceQuota", "resourcequotas", "v1", True, policy.ResourceQuota, "quotas")
SERVICE_ACCOUNTS = Kind("ServiceAccount", "serviceaccounts", "v1", True, policy.ServiceAccount, "service_accounts")
PRIORITY_CLASSES = Kind(
    "PriorityClass", "priorityclasses", "scheduling.k8s.io/v1", False, policy.PriorityClass, "priority_classes"
)
DISRUPTION_BUDGETS = Kind(
    "PodDisruptionBudget", "poddisruptionbudgets", "policy/v1", True, policy.PodDisruptionBudget, "disruption_budgets"
)
RUNTIME_CLASSES = Kind(
    "RuntimeClass", "runtimeclasses", "node.k8s.io/v1", False, policy.RuntimeClass, "runtime_classes"
)
CLAIMS = Kind("PersistentVolumeClaim", "persistentvolumeclaims", "v1", True, storage.PersistentVolumeClaim, "claims")
VOLUMES = Kind("PersistentVolume", "persistentvolumes", "v1", False, storage.PersistentVolume, "volumes")
STORAGE_CLASSES = Kind(
    "StorageClass", "storageclasses", "storage.k8s.io/v1", False, storage.StorageClass, "storage_classes"
)
CSI_NODES = Kind("CSINode", "csinodes", "storage.k8s.io/v1", False, storage.CSINode, "csi_nodes")
CSI_DRIVERS = Kind("CSIDriver", "csidrivers", "storage.k8s.io/v1", False, storage.CSIDriver, "csi_drivers")
VOLUME_ATTACHMENTS = Kind(
    "VolumeAttachment", "volumeattachments", "storage.k8s.io/v1", False, storage.VolumeAttachment, "volume_attachments"
)

ALL = (
    DAEMON_SETS,
    NODES,
    PODS,
    REVISIONS,
    EVENTS,
    NAMESPACES,
    LIMIT_RANGES,
    QUOTAS,
    SERVICE_ACCOUNTS,
    PRIORITY_CLASSES,
    DISRUPTION_BUDGETS,
    RUNTIME_CLASSES,
    CLAIMS,
    VOLUMES,
    STORAGE_CLASSES,
    CSI_NODES,
    CSI_DRIVERS,
    VOLUME_ATTACHMENTS,
)
BY_KIND = {row.kind: row for row in ALL}
BY_RESOURCE = {row.resource: row for row in ALL}
