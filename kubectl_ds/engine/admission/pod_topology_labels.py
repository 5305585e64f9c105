"""The zone and region of the node on a pod whose template names its node.

Mirrors ``Plugin.admitPod`` (plugin/pkg/admission/podtopologylabels, Kubernetes 1.37; on since 1.35). All other pods
get these labels later, when they are bound.
"""

from __future__ import annotations

import msgspec

from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod

PLUGIN = "PodTopologyLabels"
_LABELS = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


def admit(pod: Pod, node: Node | None, minor: int) -> Pod:
    """The pod with the labels of ``node``, if it is the one that its template names."""
    if minor < 35 or node is None or pod.spec.node_name != node.name:
        return pod
    labels = {key: node.labels[key] for key in _LABELS if key in node.labels}
    if not labels:
        return pod
    metadata = msgspec.structs.replace(pod.metadata, labels=pod.metadata.labels | labels)
    return msgspec.structs.replace(pod, metadata=metadata)
