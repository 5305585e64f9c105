"""One DaemonSet with all that decides about it, kept up to date by one watch for each kind; nothing is asked twice.

Whoever may not watch a kind gets a gap in its place, as in a snapshot that is read. The clock is the server's.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from queue import Empty, SimpleQueue
from typing import Any

from kubectl_ds.cluster.client import LiveClient, WatchEvent
from kubectl_ds.cluster.reads import Read, daemon_set_read, further_reads
from kubectl_ds.cluster.source import Query, gap
from kubectl_ds.cluster.watch import DELETED, SYNCED, changes
from kubectl_ds.errors import ApiError, CaptureError, ConnectionFailed, DsError
from kubectl_ds.flow.read import DECIDING
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_item
from kubectl_ds.model.snapshot import Gap, Snapshot, Source
from kubectl_ds.model.value import Value

GATHER = 0.2
"""Seconds for which changes are gathered: a status update comes with the pod that it counts."""
TICK = 1.0
"""Seconds after which a picture is given though nothing has changed: time itself changes some answers."""


class Deleted(DsError):
    """The DaemonSet that was observed has been deleted."""


@dataclass(frozen=True)
class Picture:
    """Everything as of one moment."""

    snapshot: Snapshot
    changed: bool
    """Whether anything has changed since the picture before."""


@dataclass(frozen=True)
class _Told:
    """What one watch has to say."""

    read: Read
    event: WatchEvent | None = None
    error: DsError | None = None


def observe(client: LiveClient, daemon_set: DaemonSet, deadline: float | None) -> Iterator[Picture]:
    """Pictures of a DaemonSet and what belongs to it, as things change, and once a second in between.

    Args:
        client: where it is.
        daemon_set: as it was read.
        deadline: by ``time.monotonic``; None for none.

    Raises:
        Deleted: somebody deletes it.
        ApiError: the DaemonSet itself may not be watched.
        ConnectionFailed: the server cannot be reached any more.
    """
    observer = _Observer(client, daemon_set, deadline)
    try:
        yield from observer.pictures()
    finally:
        observer.stop()


def watch_daemon_set(client: LiveClient, daemon_set: DaemonSet, deadline: float | None) -> Iterator[DaemonSet]:
    """The DaemonSet alone, as it is and at every change, until the deadline.

    Raises:
        Deleted: somebody deletes it.
        ApiError: it may not be watched.
        ConnectionFailed: the server cannot be reached any more.
    """
    read = daemon_set_read(Query((kinds.DAEMON_SETS,), daemon_set.namespace, (daemon_set.name,)))
    seen = False
    for event in changes(client, read.path, read.query, deadline=deadline):
        if event.type == DELETED or (event.type == SYNCED and not seen):
            raise _deleted()
        if event.type != SYNCED:
            seen = True
            value = _decoded(read, event.object)
            if value.metadata.uid != daemon_set.metadata.uid:
                raise _deleted()
            yield value


class _Observer:
    def __init__(self, client: LiveClient, daemon_set: DaemonSet, deadline: float | None) -> None:
        self._client = client
        self._deadline = deadline
        self._ahead = (client.server_time or _local()) - _local()
        self._told: SimpleQueue[_Told] = SimpleQueue()
        self._stopped = threading.Event()
        self._uid = daemon_set.metadata.uid
        self._reads = _reads(daemon_set)
        self._values: dict[str, dict[str, Value]] = {read.kind.field: {} for read in self._reads}
        """By the field of the snapshot and by key."""
        self._gaps: list[Gap] = []
        self._awaited = set(self._reads)
        """Watches that have not told yet all that is there."""

    def pictures(self) -> Iterator[Picture]:
        for read in self._reads:
            threading.Thread(target=self._pump, args=(read,), daemon=True, name=f"watch-{read.kind.resource}").start()
        while True:
            changed = self._gather()
            if not self._awaited:
                yield Picture(self._snapshot(), changed)
            if self._left() <= 0:
                return

    def stop(self) -> None:
        """Let the watches end with their next event."""
        self._stopped.set()

    def _pump(self, read: Read) -> None:
        try:
            for event in changes(self._client, read.path, read.query, deadline=self._deadline):
                if self._stopped.is_set():
                    return
                self._told.put(_Told(read, event))
        except DsError as error:
            self._told.put(_Told(read, error=error))

    def _gather(self) -> bool:
        """Take in what has changed: wait for the first change, then a moment for those that come with it."""
        changed = False
        until = time.monotonic() + min(TICK, max(self._left(), 0.0))
        while (wait := until - time.monotonic()) > 0 or not self._told.empty():
            try:
                told = self._told.get(timeout=max(wait, 0.0))
            except Empty:
                break
            self._take(told)
            if not changed and not self._awaited:
                until = min(until, time.monotonic() + GATHER)
            changed = True
        return changed

    def _take(self, told: _Told) -> None:
        read = told.read
        if told.error is not None:
            self._awaited.discard(read)
            if read.kind is kinds.DAEMON_SETS or not isinstance(told.error, ApiError):
                raise told.error
            self._gaps.append(gap(read.kind, read.namespace, told.error.message))
        elif told.event is not None and told.event.type == SYNCED:
            self._awaited.discard(read)
            if read.kind is kinds.DAEMON_SETS and not self._values[read.kind.field]:
                raise _deleted()
        elif told.event is not None:
            self._keep(read, told.event)

    def _keep(self, read: Read, event: WatchEvent) -> None:
        value = _decoded(read, event.object)
        key = f"{value.metadata.namespace}/{value.metadata.name}"
        if event.type == DELETED:
            if read.kind is kinds.DAEMON_SETS:
                raise _deleted()
            self._values[read.kind.field].pop(key, None)
        elif read.kind is kinds.DAEMON_SETS and value.metadata.uid != self._uid:
            raise _deleted()
        else:
            self._values[read.kind.field][key] = value

    def _snapshot(self) -> Snapshot:
        fields: dict[str, Any] = {field: tuple(values.values()) for field, values in self._values.items()}
        connection = self._client.connection
        return Snapshot(
            now=_local() + self._ahead,
            source=Source(type="live", context=connection.context or None, server=connection.server),
            gaps=tuple(self._gaps),
            whole_nodes=False,
            **fields,
        )

    def _left(self) -> float:
        return float("inf") if self._deadline is None else self._deadline - time.monotonic()


def _reads(daemon_set: DaemonSet) -> Sequence[Read]:
    """The DaemonSet, its pods and revisions, the nodes, and what the controller says of it; no events of pods."""
    query = Query(DECIDING, daemon_set.namespace, (daemon_set.name,))
    others = further_reads(query, (daemon_set,))
    of_pods = "involvedObject.kind=Pod"
    return (daemon_set_read(query), *(read for read in others if not read.fields.startswith(of_pods)))


def _decoded(read: Read, body: bytes) -> Any:
    try:
        return decode_item(read.kind, body)
    except CaptureError as error:
        raise ConnectionFailed(f"the server sent something that cannot be understood: {error.message}") from error


def _deleted() -> Deleted:
    """In kubectl's words (``RolloutStatusOptions.Run``, kubectl v0.37)."""
    return Deleted("object has been deleted")


def _local() -> datetime:
    return datetime.now(timezone.utc)
