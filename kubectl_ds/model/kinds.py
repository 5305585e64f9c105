"""The kinds that answers lean on: one row each, for the live source, captures and plain Lists alike.

What a kind's values are is imported when somebody asks: a path needs no structs.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from urllib.parse import quote

import msgspec

from kubectl_ds.model.value import Value


class Kind(msgspec.Struct, frozen=True, dict=True):
    """A kind of object, where the API serves it, and where a snapshot keeps it."""

    kind: str
    resource: str
    """Plural name in paths and in RBAC."""
    api: str
    """``v1`` or ``group/version``."""
    namespaced: bool
    module: str
    """Where in ``kubectl_ds.model`` the struct of its name is."""
    field: str
    """The field of ``Snapshot``."""
    keeps_bytes: bool = False
    """Whether each value keeps, as ``raw``, the JSON that it came from."""

    @cached_property
    def value(self) -> type[Value]:
        """What an object of this kind is decoded into."""
        value: type[Value] = getattr(import_module(f"kubectl_ds.model.{self.module}"), self.kind)
        return value

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api.rpartition("/")[0]

    @property
    def qualified(self) -> str:
        """``daemonsets.apps``, as kubectl and RBAC messages name a resource."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def path(self, namespace: str | None = None) -> str:
        """The collection's path, of one namespace or of all; a namespace cannot lead elsewhere."""
        root = f"/apis/{self.api}" if "/" in self.api else f"/api/{self.api}"
        scope = f"/namespaces/{quote(namespace, safe='')}" if namespace and self.namespaced else ""
        return f"{root}{scope}/{self.resource}"


DAEMON_SETS = Kind("DaemonSet", "daemonsets", "apps/v1", True, "daemonset", "daemon_sets", keeps_bytes=True)
NODES = Kind("Node", "nodes", "v1", False, "node", "nodes")
PODS = Kind("Pod", "pods", "v1", True, "pod", "pods")
REVISIONS = Kind("ControllerRevision", "controllerrevisions", "apps/v1", True, "daemonset", "revisions")
EVENTS = Kind("Event", "events", "v1", True, "event", "events")
NAMESPACES = Kind("Namespace", "namespaces", "v1", False, "policy", "namespaces")
LIMIT_RANGES = Kind("LimitRange", "limitranges", "v1", True, "policy", "limit_ranges")
QUOTAS = Kind("ResourceQuota", "resourcequotas", "v1", True, "policy", "quotas")
SERVICE_ACCOUNTS = Kind("ServiceAccount", "serviceaccounts", "v1", True, "policy", "service_accounts")
PRIORITY_CLASSES = Kind("PriorityClass", "priorityclasses", "scheduling.k8s.io/v1", False, "policy", "priority_classes")
DISRUPTION_BUDGETS = Kind(
    "PodDisruptionBudget", "poddisruptionbudgets", "policy/v1", True, "policy", "disruption_budgets"
)
RUNTIME_CLASSES = Kind("RuntimeClass", "runtimeclasses", "node.k8s.io/v1", False, "policy", "runtime_classes")
CLAIMS = Kind("PersistentVolumeClaim", "persistentvolumeclaims", "v1", True, "storage", "claims")
VOLUMES = Kind("PersistentVolume", "persistentvolumes", "v1", False, "storage", "volumes")
STORAGE_CLASSES = Kind("StorageClass", "storageclasses", "storage.k8s.io/v1", False, "storage", "storage_classes")
CSI_NODES = Kind("CSINode", "csinodes", "storage.k8s.io/v1", False, "storage", "csi_nodes")
CSI_DRIVERS = Kind("CSIDriver", "csidrivers", "storage.k8s.io/v1", False, "storage", "csi_drivers")
VOLUME_ATTACHMENTS = Kind(
    "VolumeAttachment", "volumeattachments", "storage.k8s.io/v1", False, "storage", "volume_attachments"
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
