"""NodeUnschedulable: a cordoned node takes only pods that tolerate being unschedulable.

Mirrors ``NodeUnschedulable.Filter`` (pkg/scheduler/framework/plugins/nodeunschedulable, 1.37). Every DaemonSet pod has
that toleration.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import TaintEvidence
from kubectl_ds.engine.fit.plugin import Filter, Refusals, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.taint import NO_SCHEDULE, Taint

NAME = "NodeUnschedulable"
_CORDONED = Taint(key="node.kubernetes.io/unschedulable", effect=NO_SCHEDULE)


class NodeUnschedulable(Filter):
    """A pod that does not tolerate a cordoned node."""

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a cordoned node."""
        if not node.node.spec.unschedulable:
            return ()
        evidence = TaintEvidence(key=_CORDONED.key, value=_CORDONED.value, effect=_CORDONED.effect)
        return (refuse(NAME, evidence, Fault.POLICY, unresolvable=True),)


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | None:
    """Nothing to do for a pod that tolerates it."""
    if any(toleration.tolerates(_CORDONED) for toleration in pod.spec.tolerations):
        return None
    return NodeUnschedulable()
