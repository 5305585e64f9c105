"""Tiny builders of a DaemonSet's pods, as the controller makes them and the kubelet reports them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.controlplane.objects import merge, pod
from tests.engine.values import NOW

Object = dict[str, Any]
UID = "ds-uid"
HASH = "new"


def when(seconds_ago: float) -> str:
    """A time before ``NOW``, as the API writes it."""
    return (NOW - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(daemon_set: Object, generation: int = 1, status: Object | None = None) -> Object:
    """A DaemonSet as the API server would hold it."""
    own = {"uid": UID, "namespace": "ns", "generation": generation, "creationTimestamp": when(3600)}
    return merge(daemon_set, {"metadata": own, "status": {"observedGeneration": generation} | (status or {})})


def revision(daemon_set: Object, name: str = HASH, number: int = 1) -> Object:
    """The ControllerRevision that remembers the template of ``daemon_set``."""
    template = daemon_set["spec"]["template"] | {"$patch": "replace"}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"d-{name}",
            "namespace": "ns",
            "labels": {"controller-revision-hash": name},
            "ownerReferences": [{"kind": "DaemonSet", "name": "d", "uid": UID, "controller": True}],
        },
        "data": {"spec": {"template": template}},
        "revision": number,
    }


def owned(
    node: str, *changes: Object, bound: bool = True, hash_: str = HASH, name: str = "", age: float = 600
) -> Object:
    """A pod of the DaemonSet for ``node``: bound there, or pinned and waiting."""
    pinned = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": pinned}}}
    made = pod(name or f"d-{node}", "ns", {"app": "d", "controller-revision-hash": hash_}, affinity=affinity)
    own: Object = {
        "metadata": {
            "uid": f"uid-{name or node}",
            "creationTimestamp": when(age),
            "ownerReferences": [{"kind": "DaemonSet", "name": "d", "uid": UID, "controller": True}],
        },
        "spec": {"nodeName": node} if bound else {},
        "status": {"phase": "Pending"},
    }
    for change in (own, *changes):
        made = merge(made, change)
    return made


def ready(since: float = 300) -> Object:
    """Running and Ready."""
    return running() | {
        "status": running()["status"]
        | {
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": when(since)}],
            "containerStatuses": [container(ready=True, state={"running": {"startedAt": when(since)}})],
        }
    }


def running() -> Object:
    """Running, not Ready: the probe fails."""
    conditions = [
        {
            "type": "Ready",
            "status": "False",
            "reason": "ContainersNotReady",
            "message": "containers with unready status: [main]",
        }
    ]
    state = {"running": {"startedAt": when(300)}}
    return {
        "status": {
            "phase": "Running",
            "conditions": conditions,
            "containerStatuses": [container(started=True, state=state)],
        }
    }


def container(**fields: Any) -> Object:
    """A container status."""
    return {"name": "main", "ready": False, "restartCount": 0, "image": "registry.example/agent:1.0"} | fields


def waiting(reason: str, message: str = "", restarts: int = 0, last: Object | None = None) -> Object:
    """A container that waits, for good or bad reason."""
    status = container(state={"waiting": {"reason": reason, "message": message}}, restartCount=restarts)
    if last:
        status["lastState"] = {"terminated": last}
    return {"status": {"phase": "Pending" if not restarts else "Running", "containerStatuses": [status]}}


def failed(reason: str, message: str = "") -> Object:
    """A pod that is Failed as a whole."""
    return {"status": {"phase": "Failed", "reason": reason, "message": message}}


def deleted(seconds_ago: float, grace: int = 30) -> Object:
    """A pod that has been deleted and is still there."""
    ends: datetime = NOW - timedelta(seconds=seconds_ago - grace)
    moment = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"metadata": {"deletionTimestamp": moment, "deletionGracePeriodSeconds": grace}}


def unschedulable(message: str) -> Object:
    """What the scheduler writes when it finds no node."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {"status": {"conditions": [condition]}}
