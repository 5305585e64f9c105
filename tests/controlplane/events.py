"""The events that kubelets and the node lifecycle controller write, in the shape in which ``kubectl`` shows them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from .objects import timestamp

Object = dict[str, Any]

OLDEST = 3600
"""How long ago a repeated event may have come first, in seconds: events live for an hour."""


@dataclass(frozen=True)
class Note:
    """What an event says."""

    reason: str
    message: str
    warning: bool = True
    container: str | None = None
    count: int = 1
    """How often; the first time is then some minutes ago."""


def event(about: Object, note: Note, component: str, host: str, now: float) -> Object:
    """The event about a pod or a node; those about nodes live in the namespace ``default``."""
    metadata = about["metadata"]
    namespace = metadata.get("namespace", "default")
    involved = {
        "apiVersion": "v1",
        "kind": "Pod" if "containers" in about["spec"] else "Node",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata["resourceVersion"],
    }
    if "namespace" in metadata:
        involved["namespace"] = namespace
    if note.container:
        init = any(note.container == one["name"] for one in about["spec"].get("initContainers", []))
        involved["fieldPath"] = f"spec.{'initContainers' if init else 'containers'}{{{note.container}}}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.{secrets.token_hex(8)}", "namespace": namespace},
        "involvedObject": involved,
        "reason": note.reason,
        "message": note.message,
        "type": "Warning" if note.warning else "Normal",
        "count": note.count,
        "firstTimestamp": timestamp(now - min(OLDEST, 60 * (note.count - 1))),
        "lastTimestamp": timestamp(now),
        "source": {"component": component, "host": host},
        "reportingComponent": component,
        "reportingInstance": host,
    }
