"""What a rule looks at: one DaemonSet as a value and as it was written, with its place and what is around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from kubectl_ds.engine.eligibility import Controller
from kubectl_ds.manifest.documents import Document
from kubectl_ds.manifest.edit import Edit, Path, Put, Rename
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_generic, from_builtins
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import PodSpec
from kubectl_ds.model.policy import Namespace
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.taint import Taint

_PERCENT = re.compile(r"(\d+)%")

MANIFEST = "manifest"
"""The type of a snapshot's source that is files alone."""


@dataclass(frozen=True)
class Part:
    """A mapping somewhere in a manifest, and the path that leads to it; anything else counts as empty."""

    path: str
    data: dict[str, Any]
    steps: Path = ()
    """The same path as keys and indices."""

    def step(self, key: str) -> Path:
        """The keys and indices that lead to a member."""
        return (*self.steps, key)

    def at(self, key: str) -> str:
        """The path of a member."""
        if "." in key or "/" in key:
            return f"{self.path}[{key}]"
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether the member is there and not null."""
        return self.data.get(key) is not None

    def value(self, key: str) -> Any:
        """The member as it is; None when it is not there."""
        return self.data.get(key)

    def text(self, key: str) -> str:
        """The member, if it is a text."""
        found = self.data.get(key)
        return found if isinstance(found, str) else ""

    def number(self, key: str, default: int) -> int:
        """The member, if it is a whole number."""
        found = self.data.get(key)
        return found if isinstance(found, int) and not isinstance(found, bool) else default

    def true(self, key: str) -> bool:
        """Whether the member is true."""
        return self.data.get(key) is True

    def part(self, key: str) -> Part:
        """The mapping in a member."""
        found = self.data.get(key)
        return Part(self.at(key), found if isinstance(found, dict) else {}, self.step(key))

    def parts(self, key: str) -> tuple[Part, ...]:
        """The mappings in a list."""
        found = self.data.get(key)
        items = found if isinstance(found, list) else []
        return tuple(
            Part(f"{self.at(key)}[{i}]", each, (*self.step(key), i))
            for i, each in enumerate(items)
            if isinstance(each, dict)
        )

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts in a list."""
        found = self.data.get(key)
        return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()


@dataclass(frozen=True)
class Mount:
    """A folder or file of the node, mounted in a container."""

    host_path: str
    """Without a slash at its end; ``/`` is the root."""
    volume: Part
    container: Part
    read_only: bool


@dataclass(frozen=True)
class NodeLabel:
    """A label by which a DaemonSet picks nodes."""

    key: str
    path: str
    holder: Part
    """The node selector, or a requirement of required affinity."""

    def renamed(self, key: str) -> tuple[Edit, ...]:
        """The change that asks for another label of the same value; none where that is asked for already."""
        if self.holder.text("operator"):
            return (Put(self.holder.step("key"), key),)
        return () if self.holder.has(key) else (Rename(self.holder.step(self.key), key),)


@dataclass(frozen=True)
class Subject:
    """One DaemonSet under review."""

    daemon_set: DaemonSet
    root: Part
    """The whole object as it was written, or as the server holds it."""
    snapshot: Snapshot
    """What is around it: a cluster, a capture, or the other documents of the same files."""
    document: Document | None = None
    """Where it was written; None for an object of a cluster or a capture."""

    @property
    def key(self) -> str:
        """``namespace/name``."""
        return self.daemon_set.key

    @property
    def pod_spec(self) -> PodSpec:
        """The template's pod spec as a value."""
        return self.daemon_set.spec.template.spec

    @cached_property
    def spec(self) -> Part:
        """``spec``."""
        return self.root.part("spec")

    @cached_property
    def template(self) -> Part:
        """``spec.template``."""
        return self.spec.part("template")

    @cached_property
    def pod(self) -> Part:
        """``spec.template.spec``."""
        return self.template.part("spec")

    @cached_property
    def containers(self) -> tuple[Part, ...]:
        """The containers, without init containers."""
        return self.pod.parts("containers")

    @cached_property
    def running(self) -> tuple[Part, ...]:
        """Containers that run as long as the pod: sidecars among the init containers, then the containers."""
        sidecars = tuple(each for each in self.pod.parts("initContainers") if each.text("restartPolicy") == "Always")
        return (*sidecars, *self.containers)

    @cached_property
    def every_container(self) -> tuple[Part, ...]:
        """Init containers, then containers."""
        return (*self.pod.parts("initContainers"), *self.containers)

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """What of the node is mounted into containers."""
        paths = {each.text("name"): each for each in self.pod.parts("volumes") if each.part("hostPath").has("path")}
        return tuple(
            Mount(host_path(volume), volume, container, mount.true("readOnly"))
            for container in self.every_container
            for mount in container.parts("volumeMounts")
            if (volume := paths.get(mount.text("name"))) is not None
        )

    @property
    def rolling(self) -> bool:
        """Whether a changed template rolls out by itself."""
        return self.daemon_set.spec.update_strategy.type == "RollingUpdate"

    @property
    def surges(self) -> bool:
        """Whether new pods start beside the old ones."""
        return self.rolling and self.daemon_set.spec.update_strategy.max_surge not in (0, "0", "0%")

    @property
    def critical(self) -> bool:
        """Whether it says by its priority class that nodes or the cluster do not work without it."""
        return self.pod_spec.priority_class_name in ("system-node-critical", "system-cluster-critical")

    @cached_property
    def network_plugin(self) -> bool:
        """Whether it installs what makes a node's pod network work."""
        return any(each.host_path in ("/etc/cni/net.d", "/etc/cni", "/opt/cni/bin") for each in self.mounts)

    @cached_property
    def storage_plugin(self) -> bool:
        """Whether it registers a CSI driver or a device plug-in with the kubelet."""
        folders = ("/var/lib/kubelet/plugins", "/var/lib/kubelet/plugins_registry", "/var/lib/kubelet/device-plugins")
        return any(each.host_path.startswith(folders) for each in self.mounts)

    @cached_property
    def node_labels(self) -> tuple[NodeLabel, ...]:
        """The labels by which it picks nodes: of the node selector, then of required affinity."""
        selector = self.pod.part("nodeSelector")
        found = [NodeLabel(key, selector.at(key), selector) for key in selector.data]
        affinity = self.pod.part("affinity").part("nodeAffinity").part("requiredDuringSchedulingIgnoredDuringExecution")
        for term in affinity.parts("nodeSelectorTerms"):
            found += [NodeLabel(each.text("key"), each.at("key"), each) for each in term.parts("matchExpressions")]
        return tuple(found)

    @property
    def alone(self) -> bool:
        """Whether nothing is around it but files, so that what is absent may well exist in the cluster."""
        return self.snapshot.source.type == MANIFEST

    @property
    def namespace(self) -> Namespace | None:
        """Its namespace, where that is known."""
        return self.snapshot.namespaces_by_name.get(self.daemon_set.namespace)

    @cached_property
    def eligible(self) -> tuple[Node, ...]:
        """The nodes on which it should run, by the controller's rule; none when no node is known."""
        return eligible_nodes(self.snapshot, self.daemon_set)

    def tolerates(self, key: str, effect: str, value: str = "") -> bool:
        """Whether its pods tolerate a taint, the controller's own tolerations included."""
        taint = Taint(key=key, value=value, effect=effect)
        return any(each.tolerates(taint) for each in Controller(self.daemon_set).tolerations)

    def knows(self, kind: Kind) -> bool:
        """Whether objects of this kind were read; a List or a file without any tells nothing of the cluster's."""
        if self.snapshot.denied(kind.resource, self.daemon_set.namespace) is not None:
            return False
        return bool(getattr(self.snapshot, kind.field)) or self.snapshot.source.type == "live"

    def neighbours(self) -> Iterator[DaemonSet]:
        """The other DaemonSets around it."""
        for each in self.snapshot.daemon_sets:
            if each.key != self.key:
                yield each


def eligible_nodes(snapshot: Snapshot, daemon_set: DaemonSet) -> tuple[Node, ...]:
    """The nodes on which a DaemonSet should run."""
    controller = Controller(daemon_set)
    return tuple(node for node in snapshot.nodes if controller.eligibility(node).should_run)


def resolved(amount: int | str, total: int) -> int | None:
    """A count, or a percentage of ``total`` rounded up as the controller does; None when it is neither."""
    if isinstance(amount, int):
        return amount
    percent = _PERCENT.fullmatch(amount)
    return -(-int(percent[1]) * total // 100) if percent else None


def host_path(volume: Part) -> str:
    """The folder of the node behind a volume; empty when there is none."""
    path = volume.part("hostPath").text("path")
    return path.rstrip("/") or path[:1]


def nodes_of(count: int) -> str:
    """``1 node``, ``3 nodes``."""
    return f"{count} node{'s' if count != 1 else ''}"


def from_cluster(daemon_set: DaemonSet, snapshot: Snapshot) -> Subject:
    """A DaemonSet as the server, or a capture, holds it."""
    raw = bytes(daemon_set.raw)
    data = decode_generic(raw) if raw else {}
    return Subject(daemon_set, Part("", data if isinstance(data, dict) else {}), snapshot)


def value_of(document: Document, namespace: str) -> DaemonSet:
    """The DaemonSet of a document, in its namespace or in this one.

    Raises:
        msgspec.ValidationError: a field has a type that no server takes.
    """
    data = {**document.data, "metadata": {**document.metadata, "namespace": document.namespace or namespace}}
    return msgspec.structs.replace(from_builtins(DaemonSet, data), raw=msgspec.Raw(msgspec.json.encode(data)))
