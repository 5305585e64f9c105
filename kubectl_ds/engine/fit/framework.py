"""Ask here whether a pod fits a node, and what preemption would do about it.

Named after the scheduler's framework (pkg/scheduler/framework, 1.37). The pod is pinned to the one node that is asked
about, as DaemonSet pods are; the same pod without its pin may be asked about for node after node, and is prepared once.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_ds.engine.decision import Preemption
from kubectl_ds.engine.fit.affinity_terms import AffinityIndex
from kubectl_ds.engine.fit.cycle import Cycle
from kubectl_ds.engine.fit.node_affinity import refuse_absent_node
from kubectl_ds.engine.fit.plugin import Refusals
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.fit.storage_lister import StorageLister
from kubectl_ds.engine.node_info import pod_key
from kubectl_ds.engine.preemption import preempt
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot

_MOST_CYCLES = 512


class ClusterView:
    """A snapshot, ready to be asked about; what it finds out it remembers."""

    def __init__(self, snapshot: Snapshot) -> None:
        cluster = SharedLister(snapshot)
        self._look_at(cluster, AffinityIndex(cluster))

    def _look_at(self, cluster: SharedLister, index: AffinityIndex) -> None:
        self._cluster = cluster
        self._index = index
        self._cycles: dict[int, Cycle] = {}

    @property
    def storage(self) -> StorageLister:
        """Its claims, volumes and what belongs to them."""
        return self._cluster.storage

    def refusals(self, pod: Pod, node_name: str) -> Refusals:
        """Everything for which the scheduler refuses ``pod`` on this node, first refusal first; empty when it fits.

        Args:
            pod: as the API server stores it, live or foretold. Its own pin may be left out, and should be when many
                nodes are asked about: then pass the same object each time.
            node_name: the pod's target node.
        """
        cycle = self._cycle(pod)
        node = self._cluster.node_info(node_name)
        if node is None:
            return (*cycle.everywhere, refuse_absent_node(node_name))
        return cycle.refusals(node)

    def looks_across_nodes(self, pod: Pod) -> bool:
        """Whether pods on other nodes than its own can change what refuses the pod."""
        return any(each.across_nodes for each in self._cycle(pod).filters)

    def preempt(self, pod: Pod, node_name: str, refusals: Refusals) -> Preemption:
        """Whom the scheduler would evict from the node for ``pod``, or why that does not help.

        Args:
            pod: as given to ``refusals``.
            node_name: the pod's target node.
            refusals: what ``refusals`` answered.
        """
        return preempt(self._cycle(pod), self._cluster, self._cluster.node_info(node_name), refusals)

    def without(self, pods: Iterable[Pod]) -> ClusterView:
        """The same cluster with these pods gone, as when a DaemonSet's own are replaced."""
        return self.changed(gone=pods)

    def changed(self, *, gone: Iterable[Pod] = (), come: Iterable[Pod] = ()) -> ClusterView:
        """The same cluster with some pods gone, and with others on the nodes that they name.

        What waits and is let in is both: gone as it was, and come as it is then.
        """
        view = object.__new__(ClusterView)
        cluster = self._cluster.changed({pod_key(pod): pod.spec.node_name for pod in gone}, come)
        view._look_at(cluster, AffinityIndex(cluster, self._index))
        return view

    def _cycle(self, pod: Pod) -> Cycle:
        known = self._cycles.get(id(pod))
        if known is None:
            if len(self._cycles) >= _MOST_CYCLES:
                self._cycles.clear()
            known = self._cycles[id(pod)] = Cycle(pod, self._cluster, self._index)
        return known
