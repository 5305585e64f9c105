"""The cluster as the filters see it: nodes with their pods, nominated pods, storage objects by name.

Mirrors the scheduler's ``Snapshot`` and ``SharedLister`` (pkg/scheduler/backend/cache, 1.37): pods that have succeeded
or failed are not in it, nor are those on nodes that do not exist; pods that are being deleted are. Everything is built
when it is first asked for. It must not know what the filters make of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from kubectl_ds.engine.fit.rules import rules_of
from kubectl_ds.engine.fit.volume_pool import VolumePool
from kubectl_ds.engine.node_info import NodeInfo, PodInfo, pod_info, pod_key
from kubectl_ds.engine.requests import held_requests
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import Namespace
from kubectl_ds.model.snapshot import Gap, Snapshot
from kubectl_ds.model.storage import (
    CSIDriver,
    CSINode,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    VolumeAttachment,
)

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_CLASS_BETA = "storageclass.beta.kubernetes.io/is-default-class"
_TERMINAL = frozenset({"Succeeded", "Failed"})
_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
_NO_VOLUMES = VolumePool(())


class SharedLister:
    """All that filters may ask about a cluster."""

    def __init__(self, snapshot: Snapshot):
        """Look at a snapshot, which is what was read."""
        self.snapshot = snapshot
        self.rules = rules_of(snapshot.source.version)
        self._base: SharedLister | None = None
        self._gone: Mapping[str, str] = {}
        self._come: Mapping[str, tuple[Pod, ...]] = {}
        self._node_infos: dict[str, NodeInfo] = {}

    def changed(self, gone: Mapping[str, str], come: Iterable[Pod]) -> SharedLister:
        """The same cluster without some pods and with others; what has been found out and still holds is shared.

        Args:
            gone: the nodes of pods that count as gone, by the keys (``pod_key``) of these pods.
            come: pods that count as bound to the node that they name.
        """
        other = SharedLister(self.snapshot)
        other._base = self
        other._gone = gone
        by_node: defaultdict[str, list[Pod]] = defaultdict(list)
        for pod in come:
            by_node[pod.spec.node_name].append(pod)
        other._come = {name: tuple(pods) for name, pods in by_node.items()}
        return other

    @cached_property
    def pods_gap(self) -> Gap | None:
        """Why some pods may be unknown; pods of any namespace may be anywhere."""
        for gap in self.snapshot.gaps:
            if gap.denied and gap.resource == "pods":
                return gap
        return None

    def node_info(self, name: str) -> NodeInfo | None:
        """The node of this name with its pods; None when there is no such node."""
        known = self._node_infos.get(name)
        if known is None:
            node = self.snapshot.nodes_by_name.get(name)
            if node is None:
                return None
            known = self._node_infos[name] = self._build(node)
        return known

    def node_infos(self) -> Iterator[NodeInfo]:
        """All nodes with their pods."""
        for node in self.snapshot.nodes:
            known = self.node_info(node.name)
            if known is not None:
                yield known

    @cached_property
    def nominated(self) -> Mapping[str, tuple[PodInfo, ...]]:
        """Waiting pods by the node that is being cleared for them (``Nominator``)."""
        if self._base is not None:
            known = self._base.nominated
            return {name: tuple(pod for pod in pods if pod.key not in self._gone) for name, pods in known.items()}
        found: defaultdict[str, list[PodInfo]] = defaultdict(list)
        for pod in self.snapshot.pods:
            name = pod.status.nominated_node_name
            if name and not pod.bound and not pod.terminal:
                found[name].append(self._pod_info(pod))
        return {name: tuple(pods) for name, pods in found.items()}

    @cached_property
    def claim_users(self) -> Mapping[tuple[str, str], tuple[Pod, ...]]:
        """Pods on nodes by the (namespace, name) of claims that they name (``PodPVCKeys``)."""
        users: defaultdict[tuple[str, str], list[Pod]] = defaultdict(list)
        for pod, _ in self._assigned():
            for volume in pod.spec.volumes:
                if volume.persistent_volume_claim is not None:
                    users[pod.namespace, volume.persistent_volume_claim.claim_name].append(pod)
        return {key: tuple(pods) for key, pods in users.items()}

    @cached_property
    def pods_by_labels(self) -> tuple[tuple[str, Mapping[str, str], tuple[tuple[Pod, Node], ...]], ...]:
        """Pods on nodes, those of one namespace with equal labels together."""
        groups: defaultdict[tuple[str, tuple[tuple[str, str], ...]], list[tuple[Pod, Node]]] = defaultdict(list)
        nodes = self.snapshot.nodes_by_name
        for name, pods in self._by_node.items():
            node = nodes[name]
            for pod in pods:
                metadata = pod.metadata
                groups[metadata.namespace, tuple(metadata.labels.items())].append((pod, node))
        return tuple((key[0], dict(key[1]), tuple(pods)) for key, pods in groups.items())

    @cached_property
    def pods_with_anti_affinity(self) -> tuple[tuple[Pod, Node], ...]:
        """Pods on nodes that have required anti-affinity of their own (``PodsWithRequiredAntiAffinity``)."""
        nodes = self.snapshot.nodes_by_name
        if self._base is None:
            return tuple((pod, nodes[pod.spec.node_name]) for pod in self._placed[1])
        stay = (each for each in self._base.pods_with_anti_affinity if pod_key(each[0]) not in self._gone)
        come = ((pod, nodes[name]) for name, pods in self._come.items() if name in nodes for pod in pods)
        return (*stay, *(each for each in come if _keeps_others_away(each[0])))

    @cached_property
    def namespaces(self) -> Mapping[str, Namespace]:
        """Namespaces by name."""
        return self.snapshot.namespaces_by_name

    @cached_property
    def claims(self) -> Mapping[tuple[str, str], PersistentVolumeClaim]:
        """Claims by namespace and name."""
        return {(claim.metadata.namespace, claim.metadata.name): claim for claim in self.snapshot.claims}

    @cached_property
    def volumes(self) -> Mapping[str, PersistentVolume]:
        """Persistent volumes by name."""
        return {volume.metadata.name: volume for volume in self.snapshot.volumes}

    @cached_property
    def volumes_by_class(self) -> Mapping[str, VolumePool]:
        """Persistent volumes by the name of their storage class, sorted by their own name."""
        found: defaultdict[str, list[PersistentVolume]] = defaultdict(list)
        for volume in sorted(self.snapshot.volumes, key=lambda each: each.metadata.name):
            found[volume_class(volume)].append(volume)
        return {name: VolumePool(volumes) for name, volumes in found.items()}

    def volumes_for(self, claim: PersistentVolumeClaim) -> VolumePool:
        """The persistent volumes of the class that a claim asks for."""
        return self.volumes_by_class.get(claim_class(claim), _NO_VOLUMES)

    @cached_property
    def storage_classes(self) -> Mapping[str, StorageClass]:
        """Storage classes by name."""
        return {each.metadata.name: each for each in self.snapshot.storage_classes}

    @cached_property
    def default_class(self) -> str | None:
        """The class that a claim without one gets: the newest default (``GetDefaultClass``, pkg/volume/util)."""
        defaults = [
            each
            for each in self.snapshot.storage_classes
            if "true"
            in (each.metadata.annotations.get(_DEFAULT_CLASS), each.metadata.annotations.get(_DEFAULT_CLASS_BETA))
        ]
        if not defaults:
            return None
        defaults.sort(key=lambda each: each.metadata.name)
        return max(defaults, key=_created).metadata.name

    @cached_property
    def csi_nodes(self) -> Mapping[str, CSINode]:
        """CSINodes by the name of their node."""
        return {each.metadata.name: each for each in self.snapshot.csi_nodes}

    @cached_property
    def csi_drivers(self) -> Mapping[str, CSIDriver]:
        """CSIDrivers by name."""
        return {each.metadata.name: each for each in self.snapshot.csi_drivers}

    @cached_property
    def attachments(self) -> Mapping[str, tuple[VolumeAttachment, ...]]:
        """VolumeAttachments by the name of their node."""
        found: defaultdict[str, list[VolumeAttachment]] = defaultdict(list)
        for each in self.snapshot.volume_attachments:
            found[each.spec.node_name].append(each)
        return {name: tuple(attachments) for name, attachments in found.items()}

    def _build(self, node: Node) -> NodeInfo:
        if self._base is None:
            return NodeInfo(node, map(self._pod_info, self._by_node.get(node.name, ())))
        known, come = self._base.node_info(node.name), self._come.get(node.name, ())
        pods = known.pods if known is not None else []
        stay = [pod for pod in pods if pod.key not in self._gone]
        if known is not None and len(stay) == len(pods) and not come:
            return known
        return NodeInfo(node, [*stay, *map(self._pod_info, come)])

    def _pod_info(self, pod: Pod) -> PodInfo:
        return pod_info(pod, held_requests(pod, self.rules.resize_by_pod))

    @cached_property
    def _by_node(self) -> dict[str, list[Pod]]:
        """The pods that are on nodes, by the name of their node."""
        return self._placed[0] if self._base is None else self._base._by_node | self._by_changed_node()

    @cached_property
    def _placed(self) -> tuple[dict[str, list[Pod]], list[Pod]]:
        """The pods that are on nodes, by node; and those of them that keep others away. One pass: there are many."""
        found: dict[str, list[Pod]] = {name: [] for name in self.snapshot.nodes_by_name}
        apart: list[Pod] = []
        for pod in self.snapshot.pods:
            spec = pod.spec
            pods = found.get(spec.node_name)
            if pods is not None and pod.status.phase not in _TERMINAL:
                pods.append(pod)
                if spec.affinity is not None and _keeps_others_away(pod):
                    apart.append(pod)
        return found, apart

    def _by_changed_node(self) -> dict[str, list[Pod]]:
        known = self._base._by_node if self._base is not None else {}
        return {
            name: [*(pod for pod in known[name] if pod_key(pod) not in self._gone), *self._come.get(name, ())]
            for name in {*self._gone.values(), *self._come}
            if name in known
        }

    def _assigned(self) -> Iterator[tuple[Pod, Node]]:
        nodes = self.snapshot.nodes_by_name
        for name, pods in self._by_node.items():
            node = nodes[name]
            for pod in pods:
                yield pod, node


def _keeps_others_away(pod: Pod) -> bool:
    affinity = pod.spec.affinity
    terms = affinity.pod_anti_affinity if affinity is not None else None
    return terms is not None and bool(terms.required_during_scheduling_ignored_during_execution)


def claim_class(claim: PersistentVolumeClaim) -> str:
    """The name of the class that a claim asks for, empty for none (``GetPersistentVolumeClaimClass``)."""
    annotated = claim.metadata.annotations.get(_CLASS_ANNOTATION)
    return annotated if annotated is not None else claim.spec.storage_class_name or ""


def volume_class(volume: PersistentVolume) -> str:
    """The name of the class of a volume, empty for none (``GetPersistentVolumeClass``)."""
    annotated = volume.metadata.annotations.get(_CLASS_ANNOTATION)
    return annotated if annotated is not None else volume.spec.storage_class_name


def _created(storage_class: StorageClass) -> float:
    created = storage_class.metadata.creation_timestamp
    return created.timestamp() if created is not None else 0.0
