"""Nodes, as far as a DaemonSet and the scheduler look at them."""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.model.meta import Condition, ObjectMeta, find_condition
from kubectl_ds.model.taint import Taint
from kubectl_ds.model.value import Value


class NodeSpec(Value, frozen=True):
    """What was decided about the node."""

    unschedulable: bool = False
    """Cordoned."""
    taints: tuple[Taint, ...] = ()


class ContainerImage(Value, frozen=True):
    """An image that the node's runtime holds."""

    names: tuple[str, ...] = ()


class AttachedVolume(Value, frozen=True):
    """A volume attached to the node."""

    name: str = ""


class NodeSystemInfo(Value, frozen=True):
    """What the kubelet says of its machine."""

    architecture: str = ""
    operating_system: str = ""
    kubelet_version: str = ""
    container_runtime_version: str = ""
    os_image: str = ""


class NodeStatus(Value, frozen=True):
    """What the kubelet and the node controller observed."""

    capacity: dict[str, str] = {}
    allocatable: dict[str, str] = {}
    conditions: tuple[Condition, ...] = ()
    node_info: NodeSystemInfo = NodeSystemInfo()
    volumes_attached: tuple[AttachedVolume, ...] = ()
    volumes_in_use: tuple[str, ...] = ()
    declared_features: tuple[str, ...] = ()
    """Feature gates that the kubelet says it has on (1.36 and newer)."""


class Node(Value, frozen=True):
    """A node."""

    metadata: ObjectMeta = ObjectMeta()
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def name(self) -> str:
        """The node's name."""
        return self.metadata.name

    @property
    def labels(self) -> dict[str, str]:
        """The node's labels."""
        return self.metadata.labels

    @property
    def ready(self) -> Condition | None:
        """The Ready condition; None before any kubelet has reported."""
        return find_condition(self.status.conditions, "Ready")

    @property
    def not_ready_since(self) -> datetime | None:
        """When Ready left True; None while it is True."""
        condition = self.ready
        return condition.last_transition_time if condition is not None and condition.status != "True" else None
