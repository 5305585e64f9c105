"""API versions that manifests still name and that no server serves any more, and what to write instead.

From the deprecation guide of Kubernetes and the release notes of each version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kubectl_ds.manifest.documents import Document
from kubectl_ds.manifest.finding import Finding
from kubectl_ds.manifest.suggest import closest


@dataclass(frozen=True)
class Removed:
    """A version that is gone."""

    kind: str
    old: str
    since: str
    """The first Kubernetes without it."""
    new: str
    """Empty when the kind itself is gone."""


REMOVED = (
    *(Removed(kind, "extensions/v1beta1", "1.16", "apps/v1") for kind in ("DaemonSet", "Deployment", "ReplicaSet")),
    *(Removed(kind, "apps/v1beta2", "1.16", "apps/v1") for kind in ("DaemonSet", "Deployment", "ReplicaSet")),
    *(Removed("StatefulSet", old, "1.16", "apps/v1") for old in ("apps/v1beta1", "apps/v1beta2")),
    Removed("Deployment", "apps/v1beta1", "1.16", "apps/v1"),
    Removed("NetworkPolicy", "extensions/v1beta1", "1.16", "networking.k8s.io/v1"),
    Removed("PodSecurityPolicy", "extensions/v1beta1", "1.16", ""),
    Removed("PodSecurityPolicy", "policy/v1beta1", "1.25", ""),
    Removed("Ingress", "extensions/v1beta1", "1.22", "networking.k8s.io/v1"),
    Removed("Ingress", "networking.k8s.io/v1beta1", "1.22", "networking.k8s.io/v1"),
    *(
        Removed(kind, f"rbac.authorization.k8s.io/{old}", "1.22", "rbac.authorization.k8s.io/v1")
        for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
        for old in ("v1alpha1", "v1beta1")
    ),
    Removed("CustomResourceDefinition", "apiextensions.k8s.io/v1beta1", "1.22", "apiextensions.k8s.io/v1"),
    Removed("PriorityClass", "scheduling.k8s.io/v1beta1", "1.22", "scheduling.k8s.io/v1"),
    *(
        Removed(kind, "storage.k8s.io/v1beta1", since, "storage.k8s.io/v1")
        for kind, since in (
            ("StorageClass", "1.22"),
            ("CSIDriver", "1.22"),
            ("CSINode", "1.22"),
            ("VolumeAttachment", "1.22"),
            ("CSIStorageCapacity", "1.27"),
        )
    ),
    *(
        Removed(kind, "admissionregistration.k8s.io/v1beta1", "1.22", "admissionregistration.k8s.io/v1")
        for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
    ),
    Removed("PodDisruptionBudget", "policy/v1beta1", "1.25", "policy/v1"),
    Removed("CronJob", "batch/v1beta1", "1.25", "batch/v1"),
    Removed("RuntimeClass", "node.k8s.io/v1beta1", "1.25", "node.k8s.io/v1"),
    Removed("HorizontalPodAutoscaler", "autoscaling/v2beta1", "1.25", "autoscaling/v2"),
    Removed("HorizontalPodAutoscaler", "autoscaling/v2beta2", "1.26", "autoscaling/v2"),
)
_HOME = {
    **{row.kind: row.new for row in REMOVED if row.new},
    **dict.fromkeys(("ConfigMap", "Namespace", "Pod", "Secret", "Service", "ServiceAccount"), "v1"),
}
"""Where a kind is served now."""


def unknown_type(document: Document, served: Mapping[str, Iterable[str]]) -> Finding:
    """The finding for an object whose kind is not served in its version; the caret is under what to change.

    Args:
        document: the object.
        served: the kinds of every API version that the server serves.
    """
    version, kind = document.api_version, document.kind
    kinds = {version: frozenset(names) for version, names in served.items()}
    everywhere = frozenset(row.kind for row in REMOVED).union(_HOME, *kinds.values())
    meant = kind if kind in everywhere else closest(kind, everywhere)
    if meant is None:
        near = closest(version, kinds)
        message, suggestion = f'no kind "{kind}" on this server', "is its CustomResourceDefinition installed?"
        if version not in kinds and near is not None:
            message, suggestion = f'no API version "{version}" on this server', f"did you mean apiVersion: {near}?"
    elif meant != kind and meant in kinds.get(version, ()):
        at = document.find("kind")
        return document.finding(at, f'{version} has no kind "{kind}"', suggestion=f"did you mean {meant}?", key=False)
    else:
        message, suggestion = _about_version(version, meant, kinds)
        if meant != kind:
            suggestion = f"{suggestion}, and kind: {meant}"
    return document.finding(document.find("apiVersion"), message, suggestion=suggestion, key=False)


def _about_version(version: str, kind: str, served: Mapping[str, frozenset[str]]) -> tuple[str, str]:
    """What is wrong with the version of a known kind, and what to write."""
    rows = {row.old: row for row in REMOVED if row.kind == kind}
    row = rows.get(version)
    if row is not None:
        message = f"{version} has not been served since Kubernetes {row.since}"
        return message, f"write apiVersion: {row.new}" if row.new else f"{kind} has no successor: remove the object"
    homes = sorted(name for name, names in served.items() if kind in names)
    home = closest(version, homes) or (_HOME[kind] if _HOME.get(kind) in homes else next(iter(homes), ""))
    message = f'no {kind} in version "{version}"'
    if not home:
        return message, "is its CustomResourceDefinition installed? See: kubectl api-resources"
    near = rows.get(closest(version, rows) or "")
    also = f" ({near.old} has not been served since Kubernetes {near.since})" if near else ""
    return message, f"write apiVersion: {home}{also}"
