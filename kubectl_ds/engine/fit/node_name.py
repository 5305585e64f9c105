"""NodeName: a pod that names its node fits no other.

Mirrors ``NodeName.Filter`` (pkg/scheduler/framework/plugins/nodename, 1.37, where it comes before NodeUnschedulable;
up to 1.36 after it). The scheduler is never asked about such a pod, because it counts as bound.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import NodeNameEvidence
from kubectl_ds.engine.fit.plugin import Filter, Refusals, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.model.pod import Pod

NAME = "NodeName"


class NodeName(Filter):
    """The one node that the pod names."""

    def __init__(self, node_name: str) -> None:
        self._node_name = node_name

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse every other node."""
        if node.name == self._node_name:
            return ()
        return (refuse(NAME, NodeNameEvidence(node_name=self._node_name), Fault.POLICY, unresolvable=True),)


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | None:
    """Nothing to do for a pod that names no node."""
    return NodeName(pod.spec.node_name) if pod.spec.node_name else None
