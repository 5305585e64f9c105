"""Nodes come, go down and come back: what the kubelet and the node lifecycle controller write about it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from .client import ApiError
from .events import Note, event
from .objects import node_conditions, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .client import Client

Object = dict[str, Any]

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
EFFECTS = ("NoSchedule", "NoExecute")


def create_node(client: Client, node: Object) -> Object:
    """Create the node with its status, as a kubelet registers itself: the API takes both in one POST."""
    return client.create(node)


def create_nodes(client: Client, nodes: Iterable[Object]) -> None:
    """Create many nodes, several at a time."""
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(client.create, nodes):
            pass


def mark_unreachable(client: Client, name: str) -> None:
    """No word from the kubelet: every condition becomes Unknown, and the unreachable taints follow."""
    now = timestamp(time.time())
    unknown = {
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
        "lastTransitionTime": now,
    }
    known = client.get("nodes", name)["status"].get("conditions", [])
    _patch_conditions(client, name, [{"type": condition["type"]} | unknown for condition in known])
    _set_lifecycle_taints(client, name, UNREACHABLE)
    _announce_not_ready(client, name)


def mark_not_ready(client: Client, name: str, reason: str | None = None, message: str | None = None) -> None:
    """The kubelet itself says that it is not ready."""
    _patch_conditions(client, name, node_conditions(False, reason, message))
    _set_lifecycle_taints(client, name, NOT_READY)
    _announce_not_ready(client, name)


def mark_ready(client: Client, name: str) -> None:
    """The kubelet is well again, and the taints go."""
    _patch_conditions(client, name, node_conditions(True))
    _set_lifecycle_taints(client, name, None)


def _patch_conditions(client: Client, name: str, conditions: list[Object]) -> None:
    body = {"status": {"conditions": conditions}}
    client.patch("nodes", name, body, patch_type="strategic", subresource="status")


def _set_lifecycle_taints(client: Client, name: str, key: str | None) -> None:
    """Replace the taints about the node's health by those of ``key``; all other taints stay."""
    added = timestamp(time.time())
    health = [{"key": key, "effect": effect, "timeAdded": added} for effect in EFFECTS] if key else []
    while True:
        node = client.get("nodes", name)
        others = [taint for taint in node["spec"].get("taints", []) if taint["key"] not in (NOT_READY, UNREACHABLE)]
        body = {
            "metadata": {"resourceVersion": node["metadata"]["resourceVersion"]},
            "spec": {"taints": others + health or None},
        }
        try:
            client.patch("nodes", name, body)
        except ApiError as error:
            if error.reason != "Conflict":
                raise
        else:
            return


def _announce_not_ready(client: Client, node: str) -> None:
    """What the node lifecycle controller does with a node that is not ready, and with its pods."""
    now = time.time()
    changed = Note("NodeNotReady", f"Node {node} status is now: NodeNotReady", warning=False)
    client.create(event(client.get("nodes", node), changed, "node-controller", "", now))
    condition = {"type": "Ready", "status": "False", "lastTransitionTime": timestamp(now)}
    body = {"status": {"conditions": [condition]}}
    for pod in client.list("pods", fields=f"spec.nodeName={node}"):
        ready = [known for known in pod["status"].get("conditions", []) if known["type"] == "Ready"]
        if ready and ready[0]["status"] == "True":
            metadata = pod["metadata"]
            client.patch("pods", metadata["name"], body, metadata["namespace"], "strategic", "status")
            client.create(event(pod, Note("NodeNotReady", "Node is not ready"), "node-controller", "", now))
