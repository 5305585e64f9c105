"""The kinds that the tests handle, and where the API serves them: rows in a table instead of discovery calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """A kind and its place in the API."""

    kind: str
    plural: str
    api_version: str
    namespaced: bool

    @property
    def prefix(self) -> str:
        """``/api/v1`` for the core group, ``/apis/<group>/<version>`` for the others."""
        return ("/apis/" if "/" in self.api_version else "/api/") + self.api_version


_NAMESPACED = {
    "v1": {
        "ConfigMap": "configmaps",
        "Event": "events",
        "LimitRange": "limitranges",
        "PersistentVolumeClaim": "persistentvolumeclaims",
        "Pod": "pods",
        "ResourceQuota": "resourcequotas",
        "Secret": "secrets",
        "Service": "services",
        "ServiceAccount": "serviceaccounts",
    },
    "apps/v1": {
        "ControllerRevision": "controllerrevisions",
        "DaemonSet": "daemonsets",
        "Deployment": "deployments",
        "ReplicaSet": "replicasets",
    },
    "policy/v1": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "rbac.authorization.k8s.io/v1": {"Role": "roles", "RoleBinding": "rolebindings"},
    "coordination.k8s.io/v1": {"Lease": "leases"},
    "resource.k8s.io/v1": {"ResourceClaim": "resourceclaims"},
}
_CLUSTER_WIDE = {
    "v1": {"Namespace": "namespaces", "Node": "nodes", "PersistentVolume": "persistentvolumes"},
    "storage.k8s.io/v1": {"CSIDriver": "csidrivers", "CSINode": "csinodes", "StorageClass": "storageclasses"},
    "scheduling.k8s.io/v1": {"PriorityClass": "priorityclasses"},
    "node.k8s.io/v1": {"RuntimeClass": "runtimeclasses"},
    "resource.k8s.io/v1": {"DeviceClass": "deviceclasses"},
    "rbac.authorization.k8s.io/v1": {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"},
    "admissionregistration.k8s.io/v1": {
        "MutatingWebhookConfiguration": "mutatingwebhookconfigurations",
        "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
        "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
        "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
    },
}

RESOURCES = tuple(
    Resource(kind, plural, api_version, namespaced)
    for table, namespaced in ((_NAMESPACED, True), (_CLUSTER_WIDE, False))
    for api_version, kinds in table.items()
    for kind, plural in kinds.items()
)
BY_KIND = {resource.kind: resource for resource in RESOURCES}
BY_PLURAL = {resource.plural: resource for resource in RESOURCES}
