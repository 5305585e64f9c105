"""Builders for what surrounds DaemonSets: namespaces, priorities, quotas, budgets, storage and access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .objects import metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Object = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"


def namespace(
    name: str, labels: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None
) -> Object:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name, None, labels, annotations)}


def priority_class(name: str, value: int, default: bool = False, preemption_policy: str | None = None) -> Object:
    """A priority class; ``default`` makes it the one of pods that name none."""
    made: Object = {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": metadata(name),
        "value": value,
    }
    if default:
        made["globalDefault"] = True
    return made | ({"preemptionPolicy": preemption_policy} if preemption_policy else {})


def pdb(
    name: str,
    labels: Mapping[str, str],
    namespace: str | None = None,
    min_available: int | str | None = None,
    max_unavailable: int | str | None = None,
) -> Object:
    """A PodDisruptionBudget over the pods with these labels."""
    limits = {"minAvailable": min_available, "maxUnavailable": max_unavailable}
    spec: Object = {"selector": {"matchLabels": dict(labels)}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(name, namespace),
        "spec": spec | {key: value for key, value in limits.items() if value is not None},
    }


def quota(name: str, hard: Mapping[str, str], namespace: str | None = None, scopes: Iterable[str] = ()) -> Object:
    """A ResourceQuota."""
    spec: Object = {"hard": dict(hard)} | ({"scopes": list(scopes)} if scopes else {})
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata(name, namespace), "spec": spec}


def limit_range(name: str, limits: Iterable[Object], namespace: str | None = None) -> Object:
    """A LimitRange."""
    spec = {"limits": list(limits)}
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata(name, namespace), "spec": spec}


def runtime_class(
    name: str, overhead: Mapping[str, str] | None = None, node_selector: Mapping[str, str] | None = None
) -> Object:
    """A RuntimeClass with what it adds to the pods that name it."""
    made: Object = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": metadata(name),
        "handler": "runc",
    }
    if overhead:
        made["overhead"] = {"podFixed": dict(overhead)}
    return made | ({"scheduling": {"nodeSelector": dict(node_selector)}} if node_selector else {})


def validating_webhook(
    name: str, url: str, resources: Iterable[str] = ("pods",), operations: Iterable[str] = ("CREATE",)
) -> Object:
    """A webhook that must agree to these operations; one that does not answer stops them."""
    rules = [{"apiGroups": ["*"], "apiVersions": ["*"], "resources": list(resources), "operations": list(operations)}]
    webhook = {
        "name": name,
        "clientConfig": {"url": url},
        "rules": rules,
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 2,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": metadata(name),
        "webhooks": [webhook],
    }


def storage_class(name: str, mode: str = "Immediate", provisioner: str = "kubernetes.io/no-provisioner") -> Object:
    """A StorageClass; ``mode`` is Immediate or WaitForFirstConsumer."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": metadata(name),
        "provisioner": provisioner,
        "volumeBindingMode": mode,
    }


def pv(
    name: str,
    storage: str = "1Gi",
    storage_class: str = "",
    modes: Iterable[str] = ("ReadWriteOnce",),
    node: str | None = None,
    labels: Mapping[str, str] | None = None,
    source: Object | None = None,
) -> Object:
    """A volume; ``node`` pins it to the node with that hostname label."""
    spec: Object = {
        "capacity": {"storage": storage},
        "accessModes": list(modes),
        "storageClassName": storage_class,
        "persistentVolumeReclaimPolicy": "Retain",
    } | (source or {"hostPath": {"path": f"/volumes/{name}"}})
    if node:
        terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata(name, None, labels), "spec": spec}


def pvc(
    name: str,
    namespace: str | None = None,
    storage: str = "1Gi",
    storage_class: str = "",
    modes: Iterable[str] = ("ReadWriteOnce",),
    volume: str | None = None,
) -> Object:
    """A claim; ``volume`` names the only volume that will do."""
    spec: Object = {
        "accessModes": list(modes),
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": storage}},
    } | ({"volumeName": volume} if volume else {})
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata(name, namespace), "spec": spec}


def claim_volume(claim: str, name: str = "data") -> Object:
    """A pod's volume that uses a claim."""
    return {"name": name, "persistentVolumeClaim": {"claimName": claim}}


def csi_node(name: str, limits: Mapping[str, int]) -> Object:
    """What the CSI drivers of a node say: how many volumes of each driver it can attach."""
    drivers = [
        {"name": driver, "nodeID": name, "topologyKeys": None, "allocatable": {"count": count}}
        for driver, count in limits.items()
    ]
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": metadata(name),
        "spec": {"drivers": drivers},
    }


def role(name: str, rules: Iterable[Object], namespace: str | None = None) -> Object:
    """A Role in a namespace, without one a ClusterRole."""
    kind = "Role" if namespace else "ClusterRole"
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": metadata(name, namespace), "rules": list(rules)}


def role_binding(name: str, role: str, user: str, namespace: str | None = None, cluster_role: bool = False) -> Object:
    """Give a user a role: in one namespace, without one everywhere."""
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    role_kind = "ClusterRole" if cluster_role or not namespace else "Role"
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": metadata(name, namespace),
        "roleRef": {"apiGroup": RBAC, "kind": role_kind, "name": role},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": user}],
    }


def rule(verbs: Iterable[str], resources: Iterable[str], groups: Iterable[str] = ("", "apps")) -> Object:
    """A policy rule of a role."""
    return {"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)}
