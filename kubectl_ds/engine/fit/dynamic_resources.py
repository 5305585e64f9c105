"""DynamicResources: recognised, never computed; a pod with resource claims gets no verdict instead of a wrong one.

Mirrors where ``DynamicResources`` (pkg/scheduler/framework/plugins/dynamicresources, 1.37) stands: after
InterPodAffinity, the last filter of the default order but NodeDeclaredFeatures.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Cause, Fault
from kubectl_ds.engine.evidence import ClaimEvidence
from kubectl_ds.engine.fit.node_resources_fit import DEVICE_CLASS_PREFIX
from kubectl_ds.engine.fit.plugin import Filter, Refusal, Refusals
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.engine.requests import pod_requests
from kubectl_ds.model.pod import Pod

NAME = "DynamicResources"


class DynamicResources(Filter):
    """A pod with dynamic resource claims."""

    def __init__(self, claims: tuple[str, ...]) -> None:
        cause = Cause(code=NAME, evidence=ClaimEvidence(claims=claims), fault=Fault.POD)
        self._unknown = (Refusal(cause=cause, unresolvable=True, unknown=True),)

    def filter(self, node: NodeInfo) -> Refusals:
        """Nobody here can tell."""
        return self._unknown


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | None:
    """Nothing to do for a pod without claims, and without resources that stand for a device class."""
    claims = tuple(claim.name for claim in pod.spec.resource_claims)
    claims += tuple(sorted(name for name in pod_requests(pod) if name.startswith(DEVICE_CLASS_PREFIX)))
    return DynamicResources(claims) if claims else None
