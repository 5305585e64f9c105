"""NodeResourcesFit: what the pod asks for must be free on the node, and the node must take one more pod.

Mirrors ``Fit.Filter`` and ``fitsRequest`` (pkg/scheduler/framework/plugins/noderesources, 1.37; up to 1.33 asking for
more than the node's allocatable was not told apart). An extended resource that dynamic resource allocation would
provide through a DeviceClass with ``extendedResourceName`` is judged as a plain one.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import ResourceEvidence
from kubectl_ds.engine.fit.plugin import Filter, Refusals, cannot_tell, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo, pod_name
from kubectl_ds.engine.requests import Requests, pod_requests
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.quantity import in_words
from kubectl_ds.model.snapshot import Gap

NAME = "NodeResourcesFit"
DEVICE_CLASS_PREFIX = "deviceclass.resource.kubernetes.io/"
"""Resources of this prefix are given out by dynamic resource allocation alone."""

_FIRST = ("cpu", "memory", "ephemeral-storage")
_MOST_HOLDERS = 3


class NodeResourcesFit(Filter):
    """What a pod asks for."""

    def __init__(self, requests: Requests, excess_is_unresolvable: bool, gap: Gap | None) -> None:
        names = [name for name in _FIRST if name in requests] + sorted(name for name in requests if name not in _FIRST)
        self._requests = tuple((name, requests[name]) for name in names if requests[name] > 0)
        self._excess_is_unresolvable = excess_is_unresolvable
        self._gap = gap

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node where something does not suffice: one refusal each, the number of pods first."""
        free = node.free
        crowded = len(node.pods) + 1 > node.allowed_pods
        for name, amount in self._requests:
            if amount > free.get(name, 0):
                break
        else:
            if not crowded:
                return (cannot_tell(NAME, self._gap),) if self._gap is not None else ()
        short = [(name, amount) for name, amount in self._requests if amount > free.get(name, 0)]
        unresolvable = self._excess_is_unresolvable and any(
            amount > node.allocatable.get(name, 0) for name, amount in short
        )
        evidence = [_pods_evidence(node)] if crowded else []
        evidence += [_evidence(node, name, amount) for name, amount in short]
        return tuple(refuse(NAME, each, Fault.CAPACITY, unresolvable=unresolvable) for each in evidence)


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter:
    """Every pod takes up room, if only its own place."""
    requests = {name: amount for name, amount in pod_requests(pod).items() if not name.startswith(DEVICE_CLASS_PREFIX)}
    return NodeResourcesFit(requests, cluster.rules.excess_is_unresolvable, cluster.pods_gap)


def _pods_evidence(node: NodeInfo) -> ResourceEvidence:
    held = len(node.pods)
    return ResourceEvidence(
        name="pods",
        requested="1",
        free=str(node.allowed_pods - held),
        allocatable=str(node.allowed_pods),
        short=str(held + 1 - node.allowed_pods),
        pods=held,
    )


def _evidence(node: NodeInfo, name: str, requested: int) -> ResourceEvidence:
    free = node.free.get(name, 0)
    holders = [(amount, pod_name(pod.pod)) for pod in node.pods if (amount := pod.requests.get(name, 0)) > 0]
    holders.sort(key=lambda holder: (-holder[0], holder[1]))
    return ResourceEvidence(
        name=name,
        requested=in_words(name, requested),
        free=in_words(name, free),
        allocatable=in_words(name, node.allocatable.get(name, 0)),
        short=in_words(name, requested - free),
        pods=len(holders),
        largest=tuple((holder, in_words(name, amount)) for amount, holder in holders[:_MOST_HOLDERS]),
    )
