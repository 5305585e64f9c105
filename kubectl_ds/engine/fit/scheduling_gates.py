"""SchedulingGates: a pod with gates is not even queued.

Mirrors ``SchedulingGates.PreEnqueue`` (pkg/scheduler/framework/plugins/schedulinggates, 1.37).
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import GateEvidence
from kubectl_ds.engine.fit.plugin import Refusals, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.model.pod import Pod

NAME = "SchedulingGates"


def pre_filter(pod: Pod, cluster: SharedLister) -> Refusals | None:
    """Refuse a pod with scheduling gates, everywhere."""
    gates = tuple(gate.name for gate in pod.spec.scheduling_gates)
    if not gates:
        return None
    return (refuse(NAME, GateEvidence(gates=gates), Fault.POLICY, unresolvable=True, pre_filter=True),)
