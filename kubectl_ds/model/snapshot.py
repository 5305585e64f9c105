"""Everything that one answer leans on, read at one time, with the indexes that make it quick to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.event import Event
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import (
    LimitRange,
    Namespace,
    PodDisruptionBudget,
    PriorityClass,
    ResourceQuota,
    RuntimeClass,
    ServiceAccount,
)
from kubectl_ds.model.storage import (
    CSIDriver,
    CSINode,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Gap:
    """Something that could not be read, or was not there in a List, and what depends on it."""

    resource: str
    """The plural resource name, such as ``nodes``."""
    namespace: str | None
    """None for the whole cluster."""
    error: str
    affects: tuple[str, ...] = ()
    """Field or verdict names that cannot be trusted without it."""
    denied: bool = True
    """Whether the read failed; False when a List simply holds no such item, and is taken at its word."""


@dataclass(frozen=True)
class Source:
    """Where the values came from."""

    type: str
    """``live``, ``capture`` or ``manifest``."""
    context: str | None = None
    server: str | None = None
    version: str | None = None
    """The API server's gitVersion."""
    captured_at: datetime | None = None


@dataclass(frozen=True)
class Snapshot:
    """What was read. Absent kinds are empty; ``gaps`` says which of them could not be read."""

    now: datetime
    """The moment at which ages and minReadySeconds are judged."""
    source: Source
    nodes: tuple[Node, ...] = ()
    daemon_sets: tuple[DaemonSet, ...] = ()
    pods: tuple[Pod, ...] = ()
    revisions: tuple[ControllerRevision, ...] = ()
    events: tuple[Event, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    limit_ranges: tuple[LimitRange, ...] = ()
    quotas: tuple[ResourceQuota, ...] = ()
    priority_classes: tuple[PriorityClass, ...] = ()
    disruption_budgets: tuple[PodDisruptionBudget, ...] = ()
    runtime_classes: tuple[RuntimeClass, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    claims: tuple[PersistentVolumeClaim, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    storage_classes: tuple[StorageClass, ...] = ()
    csi_nodes: tuple[CSINode, ...] = ()
    csi_drivers: tuple[CSIDriver, ...] = ()
    volume_attachments: tuple[VolumeAttachment, ...] = ()
    gaps: tuple[Gap, ...] = ()
    whole_nodes: bool = True
    """Whether all pods on the nodes were read, with what belongs to them; False when only the DaemonSets' own were."""

    def denied(self, resource: str, namespace: str | None = None) -> Gap | None:
        """The gap that keeps ``resource`` of ``namespace`` from being known, if a read of it failed."""
        for gap in self.gaps:
            if gap.denied and gap.resource == resource and (gap.namespace is None or gap.namespace == namespace):
                return gap
        return None

    @cached_property
    def nodes_by_name(self) -> Mapping[str, Node]:
        """Nodes by their name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def pods_by_owner(self) -> Mapping[str, tuple[Pod, ...]]:
        """Pods by the uid of their controller."""
        return _group((pod.metadata.controller.uid, pod) for pod in self.pods if pod.metadata.controller is not None)

    @cached_property
    def pods_by_node(self) -> Mapping[str, tuple[Pod, ...]]:
        """Bound pods by the name of their node, terminal ones included."""
        return _group((pod.spec.node_name, pod) for pod in self.pods if pod.bound)

    @cached_property
    def waiting_by_node(self) -> Mapping[str, tuple[Pod, ...]]:
        """Pods that are on no node yet, by the node that they are pinned to."""
        return _group((pod.target_node, pod) for pod in self.pods if not pod.spec.node_name and not pod.terminal)

    def pods_named(self, names: Set[tuple[str, str]]) -> tuple[Pod, ...]:
        """The pods of these namespaces and names."""
        return tuple(pod for pod in self.pods if (pod.namespace, pod.name) in names) if names else ()

    @cached_property
    def pods_by_uid(self) -> Mapping[str, Pod]:
        """Pods by their uid."""
        return {pod.metadata.uid: pod for pod in self.pods}

    @cached_property
    def events_by_object(self) -> Mapping[str, tuple[Event, ...]]:
        """Events by the uid of the object that they are about, oldest first."""
        ordered = sorted(self.events, key=lambda event: event.last_seen.timestamp() if event.last_seen else 0.0)
        return _group((event.involved_object.uid, event) for event in ordered)

    @cached_property
    def revisions_by_owner(self) -> Mapping[str, tuple[ControllerRevision, ...]]:
        """ControllerRevisions by the uid of their controller, lowest number first."""
        ordered = sorted(self.revisions, key=lambda revision: (revision.revision, revision.metadata.name))
        return _group((each.metadata.controller.uid, each) for each in ordered if each.metadata.controller is not None)

    @cached_property
    def namespaces_by_name(self) -> Mapping[str, Namespace]:
        """Namespaces by their name."""
        return {namespace.metadata.name: namespace for namespace in self.namespaces}


def _group(pairs: Iterable[tuple[str, T]]) -> Mapping[str, tuple[T, ...]]:
    groups: defaultdict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}
