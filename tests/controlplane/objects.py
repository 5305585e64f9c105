"""Tiny builders of Kubernetes objects: a test names only what it is about, the rest is sensible and still.

All return plain JSON. Without a namespace the object goes where it is created: ``Cluster.create`` puts it into the
test's own. ``merge`` changes whatever a builder has no argument for.
"""

from __future__ import annotations

import copy
import time
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Object = dict[str, Any]

IMAGE = "registry.example/agent:1.0"
KUBELET_VERSION = "v1.37.2"


def timestamp(seconds: float) -> str:
    """A time as the API writes it, in UTC and whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def node_address(name: str) -> str:
    """The internal address of the fake node of this name, always the same."""
    number = zlib.crc32(name.encode())
    return f"192.168.{(number >> 8) % 256}.{1 + number % 254}"


def merge(base: Object, changes: Mapping[str, Any]) -> Object:
    """A copy of ``base`` with ``changes`` laid over it: objects merge, None removes, all else replaces."""
    merged = copy.deepcopy(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def taint(key: str, effect: str = "NoSchedule", value: str | None = None) -> Object:
    """A taint of a node."""
    return {"key": key, "effect": effect} | ({"value": value} if value is not None else {})


def toleration(
    key: str | None = None, effect: str | None = None, value: str | None = None, seconds: int | None = None
) -> Object:
    """A toleration: Equal when a value is given, else Exists; without any argument it tolerates everything."""
    fields = {"key": key, "effect": effect, "value": value, "tolerationSeconds": seconds}
    operator = "Exists" if value is None else "Equal"
    return {"operator": operator} | {name: given for name, given in fields.items() if given is not None}


def node(
    name: str,
    cpu: str = "4",
    memory: str = "8Gi",
    pods: int = 110,
    labels: Mapping[str, str] | None = None,
    taints: Iterable[Object] = (),
    unschedulable: bool = False,
    ready: bool = True,
    extended: Mapping[str, str] | None = None,
    kubelet_version: str = KUBELET_VERSION,
    architecture: str = "amd64",
    system: str = "linux",
) -> Object:
    """A node with its status; create it by ``create_node``, because the API ignores the status of a POST."""
    amounts = {"cpu": cpu, "memory": memory, "pods": str(pods), "ephemeral-storage": "100Gi"} | dict(extended or {})
    own_labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": system, "kubernetes.io/arch": architecture}
    spec: Object = {"taints": list(taints)} if taints else {}
    if unschedulable:
        spec["unschedulable"] = True
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": own_labels | dict(labels or {})},
        "spec": spec,
        "status": {
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": node_conditions(ready),
            "addresses": [
                {"type": "InternalIP", "address": node_address(name)},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "architecture": architecture,
                "bootID": "",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.12.0",
                "kubeProxyVersion": "",
                "kubeletVersion": kubelet_version,
                "machineID": "",
                "operatingSystem": system,
                "osImage": "Debian GNU/Linux 13 (trixie)",
                "systemUUID": "",
            },
        },
    }


def node_conditions(ready: bool, reason: str | None = None, message: str | None = None) -> list[Object]:
    """The conditions that a kubelet reports."""
    now = timestamp(time.time())
    pressures = (
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    )
    not_ready = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady"
    rows = [(type_, "False", why, words) for type_, why, words in pressures]
    rows.append(
        ("Ready", "True", reason or "KubeletReady", message or "kubelet is posting ready status")
        if ready
        else ("Ready", "False", reason or "KubeletNotReady", message or not_ready)
    )
    times = {"lastHeartbeatTime": now, "lastTransitionTime": now}
    return [
        {"type": type_, "status": status, "reason": why, "message": words} | times for type_, status, why, words in rows
    ]


def container(
    name: str = "main",
    image: str = IMAGE,
    cpu: str | None = None,
    memory: str | None = None,
    host_port: int | None = None,
    requests: Mapping[str, str] | None = None,
    limits: Mapping[str, str] | None = None,
) -> Object:
    """A container; ``cpu`` and ``memory`` are requests, ``requests`` takes the other resources."""
    asked = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value is not None} | dict(
        requests or {}
    )
    made: Object = {"name": name, "image": image}
    resources = {key: dict(value) for key, value in (("requests", asked), ("limits", limits)) if value}
    if resources:
        made["resources"] = resources
    if host_port is not None:
        made["ports"] = [{"containerPort": host_port, "hostPort": host_port}]
    return made


def pod_spec(
    tolerations: Iterable[Object] = (),
    node_selector: Mapping[str, str] | None = None,
    affinity: Object | None = None,
    cpu: str | None = None,
    memory: str | None = None,
    requests: Mapping[str, str] | None = None,
    limits: Mapping[str, str] | None = None,
    host_port: int | None = None,
    host_network: bool = False,
    priority_class: str | None = None,
    image: str = IMAGE,
    volumes: Iterable[Object] = (),
    node_name: str | None = None,
    service_account: str | None = None,
) -> Object:
    """The spec of a pod with one container named ``main``."""
    spec: Object = {"containers": [container("main", image, cpu, memory, host_port, requests, limits)]}
    optional: Object = {
        "tolerations": list(tolerations),
        "nodeSelector": dict(node_selector or {}),
        "affinity": affinity,
        "hostNetwork": host_network,
        "priorityClassName": priority_class,
        "volumes": list(volumes),
        "nodeName": node_name,
        "serviceAccountName": service_account,
    }
    return spec | {key: value for key, value in optional.items() if value}


def daemon_set(
    name: str,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    selector: Object | None = None,
    strategy: str = "RollingUpdate",
    max_unavailable: int | str | None = None,
    max_surge: int | str | None = None,
    min_ready_seconds: int | None = None,
    revision_history_limit: int | None = None,
    annotations: Mapping[str, str] | None = None,
    template: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Object:
    """A DaemonSet; the keywords beyond its own are those of ``pod_spec``, ``template`` is merged over the result.

    With ``max_surge`` alone, maxUnavailable becomes 0: the API refuses both above zero.
    """
    own_labels = dict(labels or {"app": name})
    update: Object = {"type": strategy}
    if max_surge is not None and max_unavailable is None:
        max_unavailable = 0
    limits = {"maxUnavailable": max_unavailable, "maxSurge": max_surge}
    given = {key: value for key, value in limits.items() if value is not None}
    if given:
        update["rollingUpdate"] = given
    pods: Object = {"metadata": {"labels": own_labels}, "spec": pod_spec(**spec)}
    optional = {"minReadySeconds": min_ready_seconds, "revisionHistoryLimit": revision_history_limit}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": metadata(name, namespace, own_labels, annotations),
        "spec": {
            "selector": selector or {"matchLabels": own_labels},
            "updateStrategy": update,
            "template": merge(pods, template or {}),
        }
        | {key: value for key, value in optional.items() if value is not None},
    }


def pod(
    name: str,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **spec: Any,
) -> Object:
    """A bare pod; ``node_name`` binds it, the other keywords are those of ``pod_spec``."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(name, namespace, labels, annotations),
        "spec": pod_spec(**spec),
    }


def metadata(
    name: str,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Object:
    """Object metadata without empty fields."""
    optional = {"namespace": namespace, "labels": dict(labels or {}), "annotations": dict(annotations or {})}
    return {"name": name} | {key: value for key, value in optional.items() if value}
