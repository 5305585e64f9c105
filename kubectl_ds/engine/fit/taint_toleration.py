"""TaintToleration: a pod must tolerate every NoSchedule and NoExecute taint of its node.

Mirrors ``TaintToleration.Filter`` and ``FindMatchingUntoleratedTaint`` (pkg/scheduler/framework/plugins/tainttoleration
1.37). Upstream names the first such taint, here are all of them.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import TaintEvidence
from kubectl_ds.engine.fit.plugin import Filter, Refusals, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.taint import NO_EXECUTE, NO_SCHEDULE, Taint, Toleration, untolerated

NAME = "TaintToleration"
_KEEPS_OUT = frozenset({NO_SCHEDULE, NO_EXECUTE})


class TaintToleration(Filter):
    """The tolerations of a pod; nodes with the same taints share one answer."""

    def __init__(self, tolerations: tuple[Toleration, ...]) -> None:
        self._tolerations = tolerations
        self._known: dict[tuple[Taint, ...], Refusals] = {}

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node with taints that are not tolerated, one refusal a taint."""
        taints = node.node.spec.taints
        if not taints:
            return ()
        known = self._known.get(taints)
        if known is None:
            known = self._known[taints] = tuple(
                refuse(
                    NAME,
                    TaintEvidence(key=taint.key, value=taint.value, effect=taint.effect),
                    Fault.POLICY,
                    unresolvable=True,
                )
                for taint in untolerated(taints, self._tolerations, _KEEPS_OUT)
            )
        return known


def tolerates_taints(pod: Pod, node: Node) -> bool:
    """Whether no taint of the node keeps the pod out."""
    return not untolerated(node.spec.taints, pod.spec.tolerations, _KEEPS_OUT)


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter:
    """Every pod may meet a taint."""
    return TaintToleration(pod.spec.tolerations)
