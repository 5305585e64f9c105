"""NodeDeclaredFeatures: a pod that needs a feature of the kubelet fits only nodes whose kubelet declares it.

Mirrors ``NodeDeclaredFeatures.Filter`` (pkg/scheduler/framework/plugins/nodedeclaredfeatures, on since 1.36, the last
filter) and ``AllFeatures`` (component-helpers/nodedeclaredfeatures v0.37): the three features that scheduling infers.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import FeatureEvidence
from kubectl_ds.engine.fit.plugin import Filter, Refusals, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.model.pod import Pod

NAME = "NodeDeclaredFeatures"


class NodeDeclaredFeatures(Filter):
    """The features that a pod needs."""

    def __init__(self, needed: tuple[str, ...]) -> None:
        self._needed = needed

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node that does not declare all of them."""
        missing = tuple(name for name in self._needed if name not in node.node.status.declared_features)
        return (refuse(NAME, FeatureEvidence(features=missing), Fault.NODE, unresolvable=True),) if missing else ()


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | None:
    """Nothing to do for a pod that needs none, or before 1.36."""
    needed = _needed(pod) if cluster.rules.nodes_declare_features else ()
    return NodeDeclaredFeatures(needed) if needed else None


def _needed(pod: Pod) -> tuple[str, ...]:
    containers = pod.spec.containers + pod.spec.init_containers
    needed = []
    if any(rule.action == "RestartAllContainers" for each in containers for rule in each.restart_policy_rules):
        needed.append("RestartAllContainersOnContainerExits")
    if pod.spec.host_network and pod.spec.host_users is False:
        needed.append("UserNamespacesHostNetworkSupport")
    if any(mount.bind_mount_options for each in containers for mount in each.volume_mounts):
        needed.append("VolumeBindMountOptions")
    return tuple(needed)
