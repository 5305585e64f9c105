"""A node with the pods on it, as the scheduler keeps the two together: what is free, which ports are taken.

Mirrors ``NodeInfo``, ``PodInfo`` and ``HostPortInfo`` (pkg/scheduler/framework and k8s.io/kube-scheduler/framework,
1.37), with their oddities: ports are a set, so removing one of two pods that share a port frees it. It must not know
which filters look at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from kubectl_ds.engine.requests import Requests, is_counted
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Container, Pod
from kubectl_ds.model.quantity import scheduler_units

ANY_ADDRESS = "0.0.0.0"
"""The host IP of a port that names none."""

_NONE: tuple[Requests, int] = ({}, 0)

PortKey = tuple[str, int]
"""Protocol and host port."""


class PodInfo(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A pod on a node, with what it holds there; there are many, so the garbage collector leaves them alone."""

    pod: Pod
    key: str
    """Which pod it is."""
    priority: int
    requests: Requests
    ports: tuple[tuple[PortKey, str], ...]
    """(protocol and port, host IP) of every port taken on the host."""


class NodeInfo:
    """A node and its pods. Only a clone may be changed: originals are shared."""

    __slots__ = ("allocatable", "allowed_pods", "free", "labels", "name", "node", "pods", "used_ports")

    def __init__(self, node: Node, pods: Iterable[PodInfo] = ()) -> None:
        self.node = node
        self.name = node.name
        self.labels = node.metadata.labels
        self.allocatable: Requests = allocatable_of(node)
        self.allowed_pods = scheduler_units("pods", _allocatable(node).get("pods", "0"))
        """How many pods the node takes; a node that does not say takes none."""
        self.free: dict[str, int] = dict(self.allocatable)
        """Allocatable less what is held, negative where more is held than there is."""
        self.used_ports: dict[PortKey, dict[str, PodInfo]] = {}
        """By protocol and port: the host IPs that are taken, and of those who hold each the first by name."""
        self.pods: list[PodInfo] = list(pods)
        self._take(self.pods)

    def clone(self) -> NodeInfo:
        """A copy that may be changed (``NodeInfo.Snapshot``)."""
        copy = object.__new__(NodeInfo)
        copy.node = self.node
        copy.name = self.name
        copy.labels = self.labels
        copy.allocatable = self.allocatable
        copy.allowed_pods = self.allowed_pods
        copy.free = dict(self.free)
        copy.used_ports = {key: dict(takers) for key, takers in self.used_ports.items()}
        copy.pods = list(self.pods)
        return copy

    def add_pod(self, pod: PodInfo) -> None:
        """Count a pod in (``NodeInfo.AddPodInfo``)."""
        self.pods.append(pod)
        self._take((pod,))

    def remove_pod(self, pod: PodInfo) -> None:
        """Count a pod out (``NodeInfo.RemovePod``); its ports are free then, whoever else has them too."""
        self.remove_pods((pod,))

    def remove_pods(self, pods: Collection[PodInfo]) -> None:
        """Count several pods out, one after the other."""
        gone = {pod.key for pod in pods}
        self.pods = [each for each in self.pods if each.key not in gone]
        free = self.free
        for pod in pods:
            for name, amount in pod.requests.items():
                free[name] = free.get(name, 0) + amount
            for key, address in pod.ports:
                takers = self.used_ports.get(key, {})
                takers.pop(address, None)
                if not takers:
                    self.used_ports.pop(key, None)

    def _take(self, pods: Iterable[PodInfo]) -> None:
        alike: dict[int, tuple[Requests, int]] = {}
        for pod in pods:
            requests = pod.requests
            alike[id(requests)] = requests, alike.get(id(requests), _NONE)[1] + 1
            for key, address in pod.ports:
                takers = self.used_ports.setdefault(key, {})
                holder = takers.get(address)
                takers[address] = pod if holder is None else min(holder, pod, key=_by_name)
        free = self.free
        for requests, count in alike.values():
            for name, amount in requests.items():
                free[name] = free.get(name, 0) - amount * count

    def port_holder(self, key: PortKey, address: str) -> PodInfo | None:
        """Who holds a port that would clash on this host IP (``HostPortInfo.CheckConflict``)."""
        takers = self.used_ports.get(key)
        if not takers:
            return None
        if address == ANY_ADDRESS:
            return min(takers.values(), key=_by_name)
        return takers.get(ANY_ADDRESS) or takers.get(address)


def pod_info(pod: Pod, requests: Requests) -> PodInfo:
    """A pod with what it holds of its node."""
    return PodInfo(pod, pod_key(pod), pod.spec.effective_priority, requests, host_ports(pod))


def pod_key(pod: Pod) -> str:
    """What tells pods apart: the uid, or namespace and name of one that has none yet."""
    return pod.metadata.uid or f"{pod.metadata.namespace}/{pod.metadata.name}"


def pod_name(pod: Pod) -> str:
    """``namespace/name``, as evidence names a pod."""
    return f"{pod.metadata.namespace}/{pod.metadata.name}"


def host_ports(pod: Pod) -> tuple[tuple[PortKey, str], ...]:
    """The host ports of containers and sidecars (``GetHostPorts``), with the IP that they are taken on."""
    spec = pod.spec
    taken: tuple[tuple[PortKey, str], ...] = ()
    for container in spec.init_containers:
        if container.ports and container.restart_policy == "Always":
            taken += _ports(container)
    for container in spec.containers:
        if container.ports:
            taken += _ports(container)
    return taken


def allocatable_of(node: Node) -> dict[str, int]:
    """What a node has to give to pods, in the scheduler's units, number of pods aside."""
    return {name: scheduler_units(name, amount) for name, amount in _allocatable(node).items() if is_counted(name)}


def _by_name(pod: PodInfo) -> tuple[str, str]:
    return (pod.pod.metadata.namespace, pod.pod.metadata.name)


def _ports(container: Container) -> tuple[tuple[PortKey, str], ...]:
    return tuple(
        [
            ((port.protocol or "TCP", port.host_port), port.host_ip or ANY_ADDRESS)
            for port in container.ports
            if port.host_port > 0
        ]
    )


def _allocatable(node: Node) -> dict[str, str]:
    # SetDefaults_NodeStatus: a node that reports only its capacity may give all of it
    return node.status.allocatable or node.status.capacity
