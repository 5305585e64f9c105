"""What every scheduler filter has in common: what it learns of a pod once, and what it then says of one node.

Mirrors ``PreFilterPlugin``, ``FilterPlugin`` and ``PreFilterExtensions`` (k8s.io/kube-scheduler/framework, 1.37). Each
module beside this one holds a function ``pre_filter(pod, cluster)`` that answers with a ``Filter``, with refusals that
hold for every node, or with None when the plugin has nothing to do with the pod.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Cause, Fault
from kubectl_ds.engine.evidence import Evidence, UnknownEvidence
from kubectl_ds.engine.node_info import NodeInfo, PodInfo
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.model.value import Value


class Refusal(Value, frozen=True):
    """One thing for which the scheduler refuses a pod on a node."""

    cause: Cause
    unresolvable: bool = False
    """Whether upstream says UnschedulableAndUnresolvable (or an error), so that no preemption is tried for it."""
    pre_filter: bool = False
    """Whether it holds before any node is looked at."""
    unknown: bool = False
    """Whether nobody can know if this filter refuses, because of what could not be read."""


Refusals = tuple[Refusal, ...]


class Filter:
    """What a plugin has learned of a pod; it judges nodes by that."""

    across_nodes = False
    """Whether pods on other nodes than the one under test can change its answer."""

    def filter(self, node: NodeInfo) -> Refusals:
        """Every reason for which the plugin refuses the node, in the order in which it finds them."""
        raise NotImplementedError

    def update(self, pod: PodInfo, node: NodeInfo, delta: int) -> None:
        """Take in that a pod is now on (delta 1) or off (delta -1) the node; only on a clone."""

    def clone(self) -> Filter:
        """A copy that may be updated; most filters read the node alone and have nothing to copy."""
        return self


def refuse(
    code: str,
    evidence: Evidence,
    fault: Fault | None = None,
    *,
    unresolvable: bool = False,
    pre_filter: bool = False,
) -> Refusal:
    """A refusal with its cause."""
    return Refusal(
        cause=Cause(code=code, evidence=evidence, fault=fault), unresolvable=unresolvable, pre_filter=pre_filter
    )


def cannot_tell(code: str, gap: Gap) -> Refusal:
    """Whether this filter refuses depends on what could not be read."""
    evidence = UnknownEvidence(resource=gap.resource, error=gap.error)
    return Refusal(cause=Cause(code=code, evidence=evidence), unresolvable=True, unknown=True)
