"""The outline of a node of which nothing is wrong: its name, labels, taints, and that it is ready.

What a node has and holds matters to a pod that waits, and its other conditions when they are bad; then it is decoded
whole. What nodes have in common is held once.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from kubectl_ds.model.decode import decode_items
from kubectl_ds.model.kinds import NODES
from kubectl_ds.model.meta import Condition, ObjectMeta
from kubectl_ds.model.node import Node, NodeSpec, NodeStatus
from kubectl_ds.model.value import Value

_READY = "Ready"


class _Meta(Value, frozen=True):
    name: str = ""
    uid: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = {}


class _Status(Value, frozen=True):
    conditions: tuple[Condition, ...] = ()


class _Outline(Value, frozen=True):
    metadata: _Meta = _Meta()
    spec: NodeSpec = NodeSpec()
    status: _Status = _Status()


class NodeOutlineDecoder:
    """Decodes nodes: of those of which nothing is wrong the outline, the others whole."""

    def __init__(self) -> None:
        self._outlines = msgspec.json.Decoder(tuple[_Outline, ...])
        self._texts: dict[str, str] = {}
        self._specs: dict[NodeSpec, NodeSpec] = {}
        self._statuses: dict[Condition, NodeStatus] = {}

    def __call__(self, array: bytes) -> tuple[Value, ...]:
        """The nodes of a JSON array.

        Raises:
            msgspec.DecodeError: it is no JSON array.
            CaptureError: an item cannot be understood; names the item and the field.
        """
        try:
            nodes = [self._node(each) for each in self._outlines.decode(array)]
        except msgspec.ValidationError:
            return decode_items(NODES, array)
        if None in nodes:
            whole = decode_items(NODES, array)
            return tuple(node or each for node, each in zip(nodes, whole, strict=True))
        return tuple(node for node in nodes if node is not None)

    def _node(self, outline: _Outline) -> Node | None:
        """The node in outline; None when more may be asked of it."""
        ready = _ready_alone(outline.status.conditions)
        metadata = outline.metadata
        if ready is None or metadata.deletion_timestamp is not None:
            return None
        share = self._texts.setdefault
        return Node(
            metadata=ObjectMeta(
                name=metadata.name,
                uid=metadata.uid,
                creation_timestamp=metadata.creation_timestamp,
                labels={key: share(value, value) for key, value in metadata.labels.items()},
            ),
            spec=self._specs.setdefault(outline.spec, outline.spec),
            status=self._status(ready),
        )

    def _status(self, ready: Condition) -> NodeStatus:
        status = self._statuses.get(ready)
        if status is None:
            status = self._statuses[ready] = NodeStatus(conditions=(ready,))
        return status


def _ready_alone(conditions: tuple[Condition, ...]) -> Condition | None:
    """The condition by which the node is ready, when all others are False."""
    ready = None
    for condition in conditions:
        if condition.type == _READY and condition.status == "True" and ready is None:
            ready = condition
        elif condition.status != "False" or condition.type == _READY:
            return None
    return ready
