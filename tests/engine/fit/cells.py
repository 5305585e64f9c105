"""Tiny builders of one cell, a pod and the node it is pinned to, with the cluster around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubectl_ds.engine.decision import Preemption
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.fit.plugin import Refusals
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.kinds import BY_KIND
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap, Snapshot, Source
from tests.engine.values import NOW

Object = dict[str, Any]

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
NEWEST = "v1.37.2"


def node(name: str = "n1", labels: Mapping[str, str] | None = None, **fields: Any) -> Object:
    """A roomy node; ``taints`` and ``unschedulable`` go into its spec, everything else is its allocatable."""
    spec = {key: fields.pop(key) for key in ("taints", "unschedulable") if key in fields}
    status = fields.pop("status", None)
    allocatable = {"cpu": "4", "memory": "8Gi", "pods": "110"} | {
        key.replace("__", "/").replace("_", "-"): str(amount) for key, amount in fields.items()
    }
    return {
        "kind": "Node",
        "metadata": {"name": name, "labels": {HOSTNAME: name} | dict(labels or {})},
        "spec": spec,
        "status": {"allocatable": allocatable} if status is None else status,
    }


def pod(
    name: str = "new",
    on: str | None = None,
    labels: Mapping[str, str] | None = None,
    namespace: str = "ns",
    status: Object | None = None,
    metadata: Object | None = None,
    cpu: str | None = None,
    memory: str | None = None,
    **spec: Any,
) -> Object:
    """A pod with one container; ``on`` binds it to a node, where it runs; further keywords are its spec."""
    requests = {key: amount for key, amount in (("cpu", cpu), ("memory", memory)) if amount is not None}
    container: Object = {"name": "main", "resources": {"requests": requests}}
    if "ports" in spec:
        container["ports"] = spec.pop("ports")
    bound: Object = {"nodeName": on} if on else {}
    running: Object = {"phase": "Running", "startTime": "2026-11-23T11:00:00Z"} if on else {"phase": "Pending"}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": dict(labels or {})}
        | (metadata or {}),
        "spec": {"containers": [container]} | bound | spec,
        "status": running | (status or {}),
    }


def port(number: int, protocol: str = "TCP", address: str = "") -> Object:
    """A container port that is a host port."""
    return {"containerPort": number, "hostPort": number, "protocol": protocol, "hostIP": address}


def term(selector: Object | None = None, key: str = HOSTNAME, **fields: Any) -> Object:
    """A term of affinity between pods."""
    return {"topologyKey": key, **({"labelSelector": selector} if selector is not None else {}), **fields}


def affinity(*terms: Object) -> Object:
    """Required affinity to other pods."""
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}}


def anti_affinity(*terms: Object) -> Object:
    """Required anti-affinity to other pods."""
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}}


def app(value: str) -> Object:
    """A selector of pods of this app."""
    return {"matchLabels": {"app": value}}


def snapshot(*objects: Object, version: str | None = NEWEST, denied: tuple[str, ...] = ()) -> Snapshot:
    """The snapshot of these objects; of ``denied`` resources nothing could be read."""
    fields: dict[str, list[Any]] = {}
    for plain in objects:
        kind = BY_KIND[plain["kind"]]
        fields.setdefault(kind.field, []).append(from_builtins(kind.value, plain))
    gaps = tuple(Gap(resource=resource, namespace=None, error="forbidden") for resource in denied)
    values: dict[str, Any] = {name: tuple(found) for name, found in fields.items()}
    return Snapshot(now=NOW, source=Source(type="capture", version=version), gaps=gaps, **values)


def pod_value(plain: Object) -> Pod:
    """A pod as the engine sees it."""
    return from_builtins(Pod, plain)


def refusals(
    asked: Object, *others: Object, on: str = "n1", version: str | None = NEWEST, denied: tuple[str, ...] = ()
) -> Refusals:
    """What keeps ``asked`` off the node, in a cluster of these others."""
    view = ClusterView(snapshot(*others, version=version, denied=denied))
    return view.refusals(pod_value(asked), on)


def codes(
    asked: Object, *others: Object, on: str = "n1", version: str | None = NEWEST, denied: tuple[str, ...] = ()
) -> list[str]:
    """The filters that refuse, first refusal first, each named once."""
    found = refusals(asked, *others, on=on, version=version, denied=denied)
    return list(dict.fromkeys(each.cause.code for each in found))


def preemption(
    asked: Object, *others: Object, on: str = "n1", version: str | None = NEWEST, denied: tuple[str, ...] = ()
) -> Preemption:
    """What preemption would do about it."""
    view = ClusterView(snapshot(*others, version=version, denied=denied))
    value = pod_value(asked)
    return view.preempt(value, on, view.refusals(value, on))


def victims(asked: Object, *others: Object, version: str | None = NEWEST) -> set[str]:
    """The names of those who would be evicted from ``n1``."""
    return {victim.name for victim in preemption(asked, *others, version=version).victims}
