"""What DaemonSets share on a node: folders with several writers, host ports that several want.

DaemonSets count by their templates, whether or not their pods exist yet; all other pods as they are bound. A host port
serves one pod a node (``NodePorts``, Kubernetes 1.37), so a surge on one waits for ever (k#106417).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kubectl_ds.engine.node_info import ANY_ADDRESS, PortKey, host_ports
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.pod import Pod, PodSpec, Volume
from kubectl_ds.model.snapshot import Snapshot

_NO_FOLDERS = ("Socket", "CharDevice", "BlockDevice")
_OF_THE_KERNEL = ("/dev/", "/proc/", "/sys/")
_MEANT_TO_BE_SHARED = frozenset({"/run/xtables.lock"})
_NO_SURGE = (0, "0", "0%")


@dataclass(frozen=True)
class Neighbour:
    """Who else is there."""

    kind: str
    """``DaemonSet``, the kind of another owner, ``Node`` for static pods, ``Pod`` for pods of nobody."""
    name: str
    """``namespace/name``."""
    nodes: tuple[str, ...]
    """On which of the DaemonSet's nodes, in natural order."""


@dataclass(frozen=True)
class HostPathFinding:
    """A folder of the node into which somebody else writes as well."""

    path: str
    others: tuple[Neighbour, ...]
    """Those on most nodes first."""
    contains: bool
    """Whether one folder lies inside another's, and none is the very same."""


@dataclass(frozen=True)
class PortClash:
    """A host port that somebody else wants on the same nodes, or that a surge wants twice."""

    host_port: int
    protocol: str
    host_ip: str
    others: tuple[Neighbour, ...]
    surge: bool
    """Whether the DaemonSet is in its own way: a surge pod waits for the port of the pod that it is to replace."""


class Sharing:
    """Everything on the nodes that holds ports or writes into folders."""

    def __init__(self, snapshot: Snapshot, runs_on: Mapping[str, frozenset[str]]) -> None:
        """Prepare.

        Args:
            snapshot: with every DaemonSet and the pods on the nodes.
            runs_on: by ``namespace/name``: on which nodes each DaemonSet should run.
        """
        self._runs_on = runs_on
        uids = {each.metadata.uid for each in snapshot.daemon_sets}
        others = [pod for pod in snapshot.pods if pod.bound and not pod.terminal and _owner(pod) not in uids]
        self._paths: list[tuple[str, str, str, frozenset[str]]] = []
        """(path, kind, name, nodes)"""
        self._ports: list[tuple[PortKey, str, str, str, frozenset[str]]] = []
        """(protocol and port, address, kind, name, nodes)"""
        for daemon_set in snapshot.daemon_sets:
            self._add(daemon_set.spec.template.spec, "DaemonSet", daemon_set.key, runs_on[daemon_set.key])
        for pod in others:
            self._add(pod.spec, *_whose(pod), frozenset({pod.spec.node_name}))

    def _add(self, spec: PodSpec, kind: str, name: str, nodes: frozenset[str]) -> None:
        if nodes:
            self._paths += [(path, kind, name, nodes) for path in written(spec)]
            self._ports += [(key, address, kind, name, nodes) for key, address in _ports(spec)]

    def host_paths(self, own: DaemonSet) -> Iterator[HostPathFinding]:
        """The folders of ``own`` into which somebody else writes on the same nodes."""
        nodes = self._runs_on[own.key]
        for path in sorted(written(own.spec.template.spec)):
            near = [
                (other, kind, name, there & nodes)
                for other, kind, name, there in self._paths
                if _touches(path, other) and there & nodes and (kind, name) != ("DaemonSet", own.key)
            ]
            if near:
                others = _neighbours((kind, name, there) for _, kind, name, there in near)
                yield HostPathFinding(path, others, contains=all(other != path for other, *_ in near))

    def ports(self, own: DaemonSet) -> Iterator[PortClash]:
        """The host ports of ``own`` that somebody else wants on the same nodes."""
        nodes = self._runs_on[own.key]
        surges = (
            own.spec.update_strategy.type == "RollingUpdate" and own.spec.update_strategy.max_surge not in _NO_SURGE
        )
        for (protocol, port), address in sorted(_ports(own.spec.template.spec)):
            near = [
                (kind, name, there & nodes)
                for key, other, kind, name, there in self._ports
                if key == (protocol, port)
                and (address == other or ANY_ADDRESS in (address, other))
                and there & nodes
                and (kind, name) != ("DaemonSet", own.key)
            ]
            if near or (surges and nodes):
                yield PortClash(port, protocol, address, _neighbours(iter(near)), surge=surges)


def takes_of_nodes(daemon_set: DaemonSet) -> bool:
    """Whether its pods write into folders of their nodes, or take ports of them."""
    spec = daemon_set.spec.template.spec
    return bool(written(spec) or _ports(spec))


def written(spec: PodSpec) -> frozenset[str]:
    """Folders of the node that some container may write into, each mount's own folder where it has one.

    What is no folder is left out, and a folder of its own for each pod (subPathExpr).
    """
    mounts = [mount for container in (*spec.containers, *spec.init_containers) for mount in container.volume_mounts]
    paths = set()
    for volume in spec.volumes:
        root = _folder(volume)
        if root is not None:
            for mount in mounts:
                if mount.name == volume.name and not mount.read_only and not mount.sub_path_expr:
                    paths.add(f"{root}/{mount.sub_path.strip('/')}".rstrip("/") or "/")
    return frozenset(path for path in paths if path not in _MEANT_TO_BE_SHARED)


def _folder(volume: Volume) -> str | None:
    source = volume.host_path
    if source is None or source.type in _NO_FOLDERS:
        return None
    path = source.path.rstrip("/")
    return None if f"{path}/".startswith(_OF_THE_KERNEL) else path


def _touches(one: str, other: str) -> bool:
    """Whether they are the same, or one lies inside the other."""
    first, second = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return first.startswith(second) or second.startswith(first)


def _ports(spec: PodSpec) -> frozenset[tuple[PortKey, str]]:
    return frozenset(host_ports(Pod(spec=spec)))


def _neighbours(found: Iterator[tuple[str, str, frozenset[str]]]) -> tuple[Neighbour, ...]:
    nodes: dict[tuple[str, str], frozenset[str]] = {}
    for kind, name, there in found:
        nodes[kind, name] = nodes.get((kind, name), frozenset()) | there
    neighbours = [Neighbour(kind, name, tuple(sorted(there, key=natural_key))) for (kind, name), there in nodes.items()]
    return tuple(sorted(neighbours, key=lambda each: (-len(each.nodes), each.kind, natural_key(each.name))))


def _owner(pod: Pod) -> str:
    controller = pod.metadata.controller
    return controller.uid if controller is not None else ""


def _whose(pod: Pod) -> tuple[str, str]:
    """Kind and ``namespace/name`` of what the pod belongs to, so that the pods of one owner count as one."""
    controller = pod.metadata.controller
    if controller is None:
        return "Pod", f"{pod.namespace}/{pod.name}"
    if controller.kind == "Node":
        return "Node", f"{pod.namespace}/{pod.name.removesuffix(f'-{controller.name}')}"
    return controller.kind, f"{pod.namespace}/{controller.name}"
