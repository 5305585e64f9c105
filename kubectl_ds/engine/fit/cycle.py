"""One pod's way through all filters, in the scheduler's order: what it is refused for, on each node.

Mirrors ``RunPreFilterPlugins``, ``RunFilterPlugins``, ``RunFilterPluginsWithNominatedPods`` and ``addGENominatedPods``
(pkg/scheduler/framework/runtime, 1.37), with the plugins of ``getDefaultPlugins`` (pkg/scheduler/apis/config/v1).
The scheduler stops at the first refusal; here every filter has its say, and the first refusal is the scheduler's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kubectl_ds.engine.fit import (
    dynamic_resources,
    inter_pod_affinity,
    node_affinity,
    node_declared_features,
    node_name,
    node_ports,
    node_resources_fit,
    node_unschedulable,
    node_volume_limits,
    pod_topology_spread,
    scheduling_gates,
    taint_toleration,
    volume_binding,
    volume_restrictions,
    volume_zone,
)
from kubectl_ds.engine.fit.affinity_terms import AffinityIndex
from kubectl_ds.engine.fit.plugin import Filter, Refusals
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo, PodInfo, pod_key
from kubectl_ds.model.pod import Pod

_PreFilter = Callable[[Pod, SharedLister], Filter | Refusals | None]

_BEFORE_AFFINITY: tuple[_PreFilter, ...] = (
    scheduling_gates.pre_filter,
    node_name.pre_filter,
    node_unschedulable.pre_filter,
    taint_toleration.pre_filter,
    node_affinity.pre_filter,
    node_ports.pre_filter,
    node_resources_fit.pre_filter,
    volume_restrictions.pre_filter,
    node_volume_limits.pre_filter,
    volume_binding.pre_filter,
    volume_zone.pre_filter,
    pod_topology_spread.pre_filter,
)
_AFTER_AFFINITY: tuple[_PreFilter, ...] = (dynamic_resources.pre_filter, node_declared_features.pre_filter)


class Cycle:
    """A pod, and what every filter has learned of it."""

    def __init__(self, pod: Pod, cluster: SharedLister, index: AffinityIndex) -> None:
        self.pod = pod
        self._nominated = cluster.nominated
        found: list[Filter | Refusals | None] = [pre_filter(pod, cluster) for pre_filter in _BEFORE_AFFINITY]
        found.append(inter_pod_affinity.pre_filter(pod, cluster, index))
        found += [pre_filter(pod, cluster) for pre_filter in _AFTER_AFFINITY]
        self.filters: tuple[Filter, ...] = tuple(each for each in found if isinstance(each, Filter))
        """Those that have to look at nodes, in order."""
        self.everywhere: Refusals = tuple(refusal for each in found if isinstance(each, tuple) for refusal in each)
        """What refuses the pod whatever the node."""

    def refusals(self, node: NodeInfo) -> Refusals:
        """Every refusal of the node, those that hold everywhere first."""
        if node.name in self._nominated:
            return self.everywhere + run_with_nominated(self.filters, node, self.nominated_ahead(node))
        return self.everywhere + run(self.filters, node)

    def nominated_ahead(self, node: NodeInfo) -> tuple[PodInfo, ...]:
        """Other pods for which the node is being cleared, of at least this pod's priority and for its scheduler."""
        waiting = self._nominated.get(node.name, ())
        own, priority, scheduler = pod_key(self.pod), self.pod.spec.effective_priority, self.pod.spec.scheduler_name
        return tuple(
            pod
            for pod in waiting
            if pod.priority >= priority and pod.key != own and pod.pod.spec.scheduler_name == scheduler
        )


def run_with_nominated(filters: Sequence[Filter], node: NodeInfo, nominated: Sequence[PodInfo]) -> Refusals:
    """What refuses the node once nominated pods are on it, and if nothing does, what refuses it as it is."""
    if nominated:
        crowded = node.clone()
        clones = [each.clone() for each in filters]
        for pod in nominated:
            crowded.add_pod(pod)
            for each in clones:
                each.update(pod, crowded, 1)
        refusals = run(clones, crowded)
        if refusals:
            return refusals
    return run(filters, node)


def run(filters: Sequence[Filter], node: NodeInfo) -> Refusals:
    """What every filter says of the node."""
    refusals: Refusals = ()
    for each in filters:
        found = each.filter(node)
        if found:
            refusals += found
    return refusals
