"""The cluster as the filters see it: nodes with their pods, pods by what they carry, nominated pods, storage.

Mirrors the scheduler's ``Snapshot`` and ``SharedLister`` (pkg/scheduler/backend/cache, 1.37): pods that have succeeded
or failed are not in it, nor are those on nodes that do not exist; pods that are being deleted are. Everything is built
when it is first asked for. It must not know what the filters make of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from kubectl_ds.engine.fit.rules import rules_of
from kubectl_ds.engine.fit.selectors import Selector
from kubectl_ds.engine.fit.storage_lister import StorageLister
from kubectl_ds.engine.node_info import NodeInfo, PodInfo, pod_info, pod_key
from kubectl_ds.engine.requests import held_requests
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import Namespace
from kubectl_ds.model.snapshot import Gap, Snapshot

_TERMINAL = frozenset({"Succeeded", "Failed"})


class SharedLister:
    """All that filters may ask about a cluster."""

    def __init__(self, snapshot: Snapshot, base: SharedLister | None = None):
        """Look at a snapshot, which is what was read; ``base`` is the cluster that a changed one is made from."""
        self.snapshot = snapshot
        self.rules = rules_of(snapshot.source.version)
        self.storage: StorageLister = base.storage if base is not None else StorageLister(snapshot)
        self.left: tuple[Pod, ...] = ()
        """Pods that were on nodes of the cluster that this one is made from, and are gone."""
        self.came: tuple[Pod, ...] = ()
        """Pods that are on nodes, and were not in the cluster that this one is made from."""
        self._base = base
        self._gone: Mapping[str, str] = {}
        self._node_infos: dict[str, NodeInfo] = {}
        self._labelled: dict[str, dict[str, list[Pod]]] = {}

    def changed(self, gone: Mapping[str, str], come: Iterable[Pod]) -> SharedLister:
        """The same cluster without some pods and with others; what has been found out and still holds is shared.

        Args:
            gone: the nodes of pods that count as gone, by the keys (``pod_key``) of these pods.
            come: pods that count as bound to the node that they name.
        """
        other = SharedLister(self.snapshot, self)
        other._gone = gone
        known = self._by_node
        other.left = tuple(pod for name in {*gone.values()} for pod in known.get(name, ()) if pod_key(pod) in gone)
        other.came = tuple(pod for pod in come if pod.spec.node_name in known)
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
    def claim_users(self) -> Mapping[tuple[str, str], Sequence[Pod]]:
        """Pods on nodes by the (namespace, name) of claims that they name (``PodPVCKeys``)."""
        if self._base is None:
            found: defaultdict[tuple[str, str], list[Pod]] = defaultdict(list)
            for pod in self.pods:
                for key in _claim_keys(pod):
                    found[key].append(pod)
            return dict(found)
        users = dict(self._base.claim_users)
        for key in {key for pod in (*self.left, *self.came) for key in _claim_keys(pod)}:
            stay = (pod for pod in users.pop(key, ()) if pod_key(pod) not in self._gone)
            pods = [*stay, *(pod for pod in self.came if key in _claim_keys(pod))]
            if pods:
                users[key] = pods
        return users

    @property
    def pods(self) -> Iterator[Pod]:
        """All pods on nodes."""
        return chain.from_iterable(self._by_node.values())

    def pods_selected(self, selector: Selector) -> Iterator[Pod]:
        """Pods on nodes that a selector takes, whatever their namespace."""
        narrow = selector.narrow
        pods = self.pods if narrow is None else self._with_label(*narrow)
        return (pod for pod in pods if selector.matches(pod.metadata.labels))

    def _with_label(self, key: str, values: Collection[str]) -> Iterator[Pod]:
        """Pods on nodes whose label of this key has one of these values."""
        if self._base is not None:
            stay = (pod for pod in self._base._with_label(key, values) if pod_key(pod) not in self._gone)
            return chain(stay, (pod for pod in self.came if pod.metadata.labels.get(key) in values))
        known = self._labelled.get(key)
        if known is None:
            groups: defaultdict[str, list[Pod]] = defaultdict(list)
            for pod in self.pods:
                value = pod.metadata.labels.get(key)
                if value is not None:
                    groups[value].append(pod)
            known = self._labelled[key] = dict(groups)
        return chain.from_iterable(known.get(value, ()) for value in values)

    @property
    def pods_with_anti_affinity(self) -> Iterator[Pod]:
        """Pods on nodes that have required anti-affinity of their own (``PodsWithRequiredAntiAffinity``)."""
        return (pod for pod in self.pods if pod.spec.affinity is not None and pod.required_anti_affinity)

    @cached_property
    def namespaces(self) -> Mapping[str, Namespace]:
        """Namespaces by name."""
        return self.snapshot.namespaces_by_name

    def _build(self, node: Node) -> NodeInfo:
        if self._base is None:
            return NodeInfo(node, map(self._pod_info, self._by_node.get(node.name, ())))
        known = self._base.node_info(node.name)
        if known is None or node.name not in self._touched:
            return known or NodeInfo(node)
        stay = (pod for pod in known.pods if pod.key not in self._gone)
        return NodeInfo(node, (*stay, *map(self._pod_info, self._came_by_node.get(node.name, ()))))

    def _pod_info(self, pod: Pod) -> PodInfo:
        return pod_info(pod, held_requests(pod, self.rules.resize_by_pod))

    @cached_property
    def _by_node(self) -> Mapping[str, list[Pod]]:
        """The pods that are on nodes, by the name of their node."""
        if self._base is None:
            return self._placed()
        known = self._base._by_node
        changed = {name: [pod for pod in known[name] if pod_key(pod) not in self._gone] for name in self._touched}
        for name, pods in self._came_by_node.items():
            changed[name] += pods
        return {**known, **changed}

    def _placed(self) -> Mapping[str, list[Pod]]:
        found: dict[str, list[Pod]] = {name: [] for name in self.snapshot.nodes_by_name}
        for pod in self.snapshot.pods:
            pods = found.get(pod.spec.node_name)
            if pods is not None and pod.status.phase not in _TERMINAL:
                pods.append(pod)
        return found

    @cached_property
    def _touched(self) -> frozenset[str]:
        """The nodes on which something is changed."""
        return frozenset(pod.spec.node_name for pod in (*self.left, *self.came))

    @cached_property
    def _came_by_node(self) -> Mapping[str, list[Pod]]:
        found: defaultdict[str, list[Pod]] = defaultdict(list)
        for pod in self.came:
            found[pod.spec.node_name].append(pod)
        return found


def _claim_keys(pod: Pod) -> list[tuple[str, str]]:
    """The claims that a pod names."""
    return [
        (pod.metadata.namespace, volume.persistent_volume_claim.claim_name)
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim is not None
    ]
