"""From the plain objects that the control plane gets to the values of the engine: one set of builders for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

import msgspec

from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_item, from_builtins
from kubectl_ds.model.kinds import BY_KIND, DAEMON_SETS
from kubectl_ds.model.node import Node
from kubectl_ds.model.snapshot import Snapshot, Source

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)


def node_value(plain: Mapping[str, Any]) -> Node:
    """A node."""
    return from_builtins(Node, plain)


def daemon_set_value(plain: Mapping[str, Any]) -> DaemonSet:
    """A DaemonSet, with its bytes."""
    value = decode_item(DAEMON_SETS, msgspec.json.encode(plain))
    assert isinstance(value, DaemonSet)
    return value


def snapshot_of(items: Iterable[Mapping[str, Any]], now: datetime = NOW, **more: Any) -> Snapshot:
    """A snapshot of plain objects of any kind."""
    collected: dict[str, list[Any]] = {}
    for plain in items:
        kind = BY_KIND[plain["kind"]]
        collected.setdefault(kind.field, []).append(decode_item(kind, msgspec.json.encode(plain)))
    fields: dict[str, Any] = {"now": now, "source": Source(type="capture")}
    fields |= {name: tuple(values) for name, values in collected.items()}
    return Snapshot(**(fields | more))
