"""What to write instead of a shared claim: fragments of a pod template that an API server takes as they are."""

from __future__ import annotations

from typing import Any

from kubectl_ds.engine.storage import ClaimFinding, Problem

ALTERNATIVES = ("ephemeral", "hostPath", "local", "subPathExpr")
"""The names of the fragments, the one that fits most often first."""


def instead(finding: ClaimFinding, alternative: str) -> dict[str, Any]:
    """A partial DaemonSet that replaces the volume, or its mount, by ``alternative``.

    Args:
        finding: the claim that all pods share.
        alternative: ``ephemeral``: a claim of its own for each pod; ``hostPath``: a folder of each node; ``local``: the
            same by local volumes, one for each node; ``subPathExpr``: a folder for each node inside the shared volume.
    """
    if alternative == "subPathExpr":
        mount = {"name": finding.volume_name, "mountPath": "/data", "subPathExpr": "$(NODE_NAME)"}
        name = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
        return _pod_spec({"containers": [{"name": "main", "env": [name], "volumeMounts": [mount]}]})
    return _pod_spec({"volumes": [{"name": finding.volume_name, **_source(finding, alternative)}]})


def fitting(finding: ClaimFinding) -> tuple[str, ...]:
    """The alternatives that make sense for what is wrong."""
    if finding.problem is Problem.FINE:
        return ()
    if finding.problem is Problem.SHARED:
        return ("subPathExpr", "ephemeral")
    return ("ephemeral", "local", "hostPath") if finding.problem is Problem.PINNED else ("ephemeral", "hostPath")


def _source(finding: ClaimFinding, alternative: str) -> dict[str, Any]:
    if alternative == "hostPath":
        return {"hostPath": {"path": f"/var/lib/{finding.claim}", "type": "DirectoryOrCreate"}}
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }
    if alternative == "local":
        spec["storageClassName"] = "local-storage"
    elif finding.storage_class and finding.problem is not Problem.MISSING_CLASS:
        spec["storageClassName"] = finding.storage_class
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def _pod_spec(spec: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}
