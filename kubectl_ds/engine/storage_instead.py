"""What to write instead of a shared claim: parts of a DaemonSet that a strategic merge puts into it as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubectl_ds.engine.storage import ClaimFinding, Problem
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.pod import Container, VolumeMount
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.storage import StorageClass

_NO_PROVISIONER = "kubernetes.io/no-provisioner"
_LATE = "WaitForFirstConsumer"
_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_LOCAL_CLASS = "local-storage"
_SIZE = "1Gi"

Object = dict[str, Any]


@dataclass(frozen=True)
class Alternative:
    """Another way to give pods storage."""

    name: str
    """``ephemeral``: a claim of its own for each pod; ``hostPath``: a folder of each node; ``local``: a local volume of
    each node; ``subPathExpr``: a folder for each node inside the shared volume."""
    fragment: Object
    """A part of the DaemonSet, to be merged in; null takes a field away."""
    ready: bool
    """Whether everything that it needs is there, so that it can be put in place at once."""
    needs: str
    """What has to be made first, where it is not ready."""


def alternatives(snapshot: Snapshot, daemon_set: DaemonSet, finding: ClaimFinding) -> tuple[Alternative, ...]:
    """What to do instead, what fits best first; empty where nothing is wrong."""
    if finding.problem in (Problem.FINE, Problem.UNKNOWN):
        return ()
    own_claim = _ephemeral(snapshot, finding)
    folder = Alternative("hostPath", _volume(finding, _host_path(daemon_set, finding)), ready=True, needs="")
    if finding.problem is Problem.SHARED:
        return (_folders(daemon_set, finding), own_claim)
    if finding.problem in (Problem.PINNED, Problem.FIRST_CONSUMER):
        return (own_claim, _local(snapshot, finding), folder)
    return (own_claim, folder)


def _folders(daemon_set: DaemonSet, finding: ClaimFinding) -> Alternative:
    """A subPathExpr with the node's name, in every container that mounts the volume."""
    variable = "NODE_NAME" if b'"NODE_NAME"' not in bytes(daemon_set.raw) else "OWN_NODE_NAME"
    spec = daemon_set.spec.template.spec
    groups = (("containers", spec.containers), ("initContainers", spec.init_containers))
    parts = {
        field: [
            _with_folder(container, finding.volume_name, variable)
            for container in containers
            if any(mount.name == finding.volume_name for mount in container.volume_mounts)
        ]
        for field, containers in groups
    }
    fragment = _pod_spec({field: containers for field, containers in parts.items() if containers})
    return Alternative("subPathExpr", fragment, ready=True, needs="")


def _with_folder(container: Container, volume: str, variable: str) -> Object:
    mounts = [_mount(each, variable) for each in container.volume_mounts if each.name == volume]
    source = {"name": variable, "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return {"name": container.name, "env": [source], "volumeMounts": mounts}


def _mount(mount: VolumeMount, variable: str) -> Object:
    folder = f"{mount.sub_path.strip('/')}/$({variable})" if mount.sub_path else f"$({variable})"
    without = {"subPath": None} if mount.sub_path else {}
    return {"name": mount.name, "mountPath": mount.mount_path, "subPathExpr": folder} | without


def _ephemeral(snapshot: Snapshot, finding: ClaimFinding) -> Alternative:
    """A claim of its own for each pod, of the same class where that provisions volumes, else of the default class."""
    classes = {each.metadata.name: each for each in snapshot.storage_classes}
    own = classes.get(finding.storage_class or "")
    default = next((each for each in snapshot.storage_classes if _is_default(each)), None)
    spec = _claim_spec(finding)
    if own is not None and own.provisioner != _NO_PROVISIONER:
        spec["storageClassName"] = own.metadata.name
        ready = True
    else:
        ready = default is not None and default.provisioner != _NO_PROVISIONER
    needs = "" if ready else "a storage class that provisions volumes, as the default or named there"
    return Alternative("ephemeral", _volume(finding, _template(spec)), ready, needs)


def _local(snapshot: Snapshot, finding: ClaimFinding) -> Alternative:
    """A local volume of each node, which needs a class that binds late, and a volume on each node."""
    local = next(
        (
            each
            for each in snapshot.storage_classes
            if each.provisioner == _NO_PROVISIONER and each.volume_binding_mode == _LATE
        ),
        None,
    )
    spec = _claim_spec(finding) | {"storageClassName": local.metadata.name if local is not None else _LOCAL_CLASS}
    needs = "a local volume on each node, of a class that binds late"
    return Alternative("local", _volume(finding, _template(spec)), ready=False, needs=needs)


def _is_default(storage_class: StorageClass) -> bool:
    return any(storage_class.metadata.annotations.get(key) == "true" for key in _DEFAULT)


def _claim_spec(finding: ClaimFinding) -> Object:
    return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": finding.size or _SIZE}}}


def _template(spec: Object) -> Object:
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def _host_path(daemon_set: DaemonSet, finding: ClaimFinding) -> Object:
    path = f"/var/lib/{daemon_set.namespace}/{daemon_set.name}/{finding.volume_name}"
    return {"hostPath": {"path": path, "type": "DirectoryOrCreate"}}


def _volume(finding: ClaimFinding, source: Object) -> Object:
    """The volume with another source; the claim is taken away by the null."""
    return _pod_spec({"volumes": [{"name": finding.volume_name, "persistentVolumeClaim": None, **source}]})


def _pod_spec(spec: Object) -> Object:
    return {"spec": {"template": {"spec": spec}}}
