"""The events of a DaemonSet's pods, collapsed: the same thing on forty nodes is one thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.event import Event
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Snapshot

_VARYING = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b\d+(\.\d+)?(ms|s|m)\b")
_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class EventGroup:
    """Events of one kind."""

    type: str
    """``Normal`` or ``Warning``."""
    reason: str
    times: int
    """How often, over all pods."""
    nodes: tuple[str, ...]
    """Target nodes of the pods that are still there, in natural order."""
    gone: int
    """Pods among them that no longer exist."""
    last_seen: datetime | None
    message: str
    """Of the latest event."""


def collapse_pod_events(snapshot: Snapshot, daemon_set: DaemonSet) -> tuple[EventGroup, ...]:
    """What happened to the pods of ``daemon_set``: warnings first, then the latest first."""
    pods = {pod.metadata.uid: pod for pod in snapshot.pods_by_owner.get(daemon_set.metadata.uid, ())}
    collected: dict[tuple[str, str, str], list[Event]] = {}
    for event in _events_of(snapshot, daemon_set, pods):
        pod = pods.get(event.involved_object.uid)
        key = (event.type, event.reason, _alike(event, pod.target_node if pod is not None else ""))
        collected.setdefault(key, []).append(event)
    groups = [_group(events, pods) for events in collected.values()]
    return tuple(
        sorted(
            groups, key=lambda each: (each.type != "Warning", -(each.last_seen or _LONG_AGO).timestamp(), each.reason)
        )
    )


def _events_of(snapshot: Snapshot, daemon_set: DaemonSet, pods: dict[str, Pod]) -> Iterator[Event]:
    """Events about pods that are there, and about those whose name says that they were."""
    name = re.compile(re.escape(daemon_set.name) + r"-[bcdfghjklmnpqrstvwxz2456789]{5}")
    for event in snapshot.events:
        about = event.involved_object
        if about.kind == "Pod" and about.namespace == daemon_set.namespace:
            known = about.uid in snapshot.pods_by_uid
            if about.uid in pods or (not known and name.fullmatch(about.name)):
                yield event


def _alike(event: Event, node: str) -> str:
    """The message without what differs from pod to pod: its name, its node, uids, durations."""
    message = event.message.replace(event.involved_object.name, "…")
    if node:
        message = re.sub(rf"(?<![\w.-]){re.escape(node)}(?![\w-])", "…", message)
    return _VARYING.sub("…", message)


def _group(events: list[Event], pods: dict[str, Pod]) -> EventGroup:
    latest = max(events, key=lambda event: event.last_seen or _LONG_AGO)
    uids = {event.involved_object.uid for event in events}
    nodes = {pods[uid].target_node for uid in uids if uid in pods}
    return EventGroup(
        type=latest.type,
        reason=latest.reason,
        times=sum(event.times for event in events),
        nodes=tuple(sorted(nodes, key=natural_key)),
        gone=sum(uid not in pods for uid in uids),
        last_seen=latest.last_seen,
        message=latest.message,
    )
