"""NodePorts: no other pod on the node may hold one of the pod's host ports.

Mirrors ``NodePorts.Filter`` and ``fitsPorts`` (pkg/scheduler/framework/plugins/nodeports, 1.37): protocol and host IP
count, and 0.0.0.0 clashes with every address.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import PortEvidence
from kubectl_ds.engine.fit.plugin import Filter, Refusals, cannot_tell, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo, PortKey, host_ports, pod_name
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap

NAME = "NodePorts"


class NodePorts(Filter):
    """The host ports that a pod wants."""

    def __init__(self, wanted: tuple[tuple[PortKey, str], ...], gap: Gap | None) -> None:
        self._wanted = wanted
        self._keys = frozenset(key for key, _ in wanted)
        self._gap = gap

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node where a port is taken, one refusal a port."""
        if not node.used_ports.keys().isdisjoint(self._keys):
            refusals = []
            for key, address in self._wanted:
                holder = node.port_holder(key, address)
                if holder is not None:
                    evidence = PortEvidence(
                        host_port=key[1], protocol=key[0], host_ip=address, holder=pod_name(holder.pod)
                    )
                    refusals.append(refuse(NAME, evidence, Fault.CAPACITY))
            if refusals:
                return tuple(refusals)
        return (cannot_tell(NAME, self._gap),) if self._gap is not None else ()


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | None:
    """Nothing to do for a pod without host ports."""
    wanted = tuple(dict.fromkeys(host_ports(pod)))
    return NodePorts(wanted, cluster.pods_gap) if wanted else None
