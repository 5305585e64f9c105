"""The live cluster as a source of snapshots: lists decoded as they arrive.

What RBAC denies becomes a gap, so that the answer can say what it does not know; only the DaemonSets themselves must
be readable. It decides nothing about what it reads.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.cluster.listing import incomprehensible, read_list
from kubectl_ds.cluster.reads import Read, daemon_set_read, further_reads
from kubectl_ds.cluster.source import OTHERS, Query, gap, knows_whole_nodes
from kubectl_ds.errors import ApiError, CaptureError, NotFound, Unauthorized
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_item
from kubectl_ds.model.node_outline import NodeOutlineDecoder
from kubectl_ds.model.pod_outline import PodOutlineDecoder
from kubectl_ds.model.snapshot import Gap, Snapshot, Source
from kubectl_ds.model.stream import DecodeItems, ListDecoder
from kubectl_ds.model.value import Value


class LiveSource:
    """Reads what a query needs, and nothing more."""

    def __init__(self, client: LiveClient) -> None:
        self.client = client

    @property
    def default_namespace(self) -> str | None:
        """The namespace of the context, or of ``--namespace``."""
        return self.client.connection.namespace

    def snapshot(self, query: Query) -> Snapshot:
        """Everything that ``query`` asks for; ages are judged by the server's clock.

        Raises:
            NotFound: a DaemonSet that was named, or the namespace, does not exist.
            ApiError: the DaemonSets themselves could not be read.
            ConnectionFailed: the API server could not be reached.
            ConfigError: credentials cannot be had.
        """
        found: dict[str, tuple[Value, ...]] = {}
        gaps: list[Gap] = []
        daemon_sets: tuple[DaemonSet, ...] = ()
        if query.reads(kinds.DAEMON_SETS):
            daemon_sets = self._daemon_sets(query)
            found[kinds.DAEMON_SETS.field] = daemon_sets
        controllers = frozenset(each.metadata.uid for each in daemon_sets) if query.outlines else None
        for read in further_reads(query, daemon_sets):
            values, missed = self._try(read, controllers)
            found[read.kind.field] = found.get(read.kind.field, ()) + values
            gaps += missed
        version = self._version(query)
        fields: dict[str, Any] = dict(found)
        return Snapshot(
            now=self._now(),
            source=self._source(version),
            gaps=tuple(dict.fromkeys(gaps)),
            whole_nodes=query.whole_nodes and knows_whole_nodes(gaps),
            **fields,
        )

    def close(self) -> None:
        """Close the connections that are open."""
        self.client.close()

    def _daemon_sets(self, query: Query) -> tuple[DaemonSet, ...]:
        if query.names and query.namespace is not None:
            daemon_sets = self._named(query, query.namespace)
        else:
            wanted = frozenset(query.names)
            values = self._list(daemon_set_read(query))
            daemon_sets = tuple(
                value for value in values if isinstance(value, DaemonSet) and (not wanted or value.name in wanted)
            )
            self._expect_all(query, daemon_sets)
        return tuple(sorted(daemon_sets, key=lambda each: (each.namespace, each.name)))

    def _named(self, query: Query, namespace: str) -> tuple[DaemonSet, ...]:
        collection = kinds.DAEMON_SETS.path(namespace)
        daemon_sets: list[DaemonSet] = []
        for name in dict.fromkeys(query.names):
            try:
                value = decode_item(kinds.DAEMON_SETS, self.client.get_raw(object_path(collection, name)))
            except NotFound as error:
                if query.optional:
                    continue
                error.hint = self._hint(namespace, name)
                raise
            except CaptureError as error:
                raise incomprehensible(self.client.server, error) from error
            if isinstance(value, DaemonSet):
                daemon_sets.append(value)
        return tuple(daemon_sets)

    def _expect_all(self, query: Query, daemon_sets: tuple[DaemonSet, ...]) -> None:
        """Names that nobody bears are an error, and so is a namespace that does not exist."""
        if query.optional:
            return
        there = {daemon_set.name for daemon_set in daemon_sets}
        for name in query.names:
            if name not in there:
                raise NotFound(
                    f'daemonsets.apps "{name}" not found',
                    status=404,
                    reason="NotFound",
                    hint=self._hint(None, name),
                    name=name,
                )
        if not daemon_sets and query.namespace is not None:
            from kubectl_ds.cluster.hints import expect_namespace

            expect_namespace(self.client, query.namespace)

    def _hint(self, namespace: str | None, name: str) -> str:
        from kubectl_ds.cluster.hints import not_found_hint

        return not_found_hint(self.client, namespace, name)

    def _try(self, read: Read, controllers: frozenset[str] | None) -> tuple[tuple[Value, ...], tuple[Gap, ...]]:
        try:
            return self._list(read, controllers), ()
        except Unauthorized:
            raise
        except ApiError as error:
            parts = [self._try(instead, controllers) for instead in read.fallback]
            values = tuple(value for part, _ in parts for value in part)
            gaps = tuple(each for _, missed in parts for each in missed)
            where = OTHERS if parts and not gaps else read.namespace
            return values, (gap(read.kind, where, error.message), *gaps)

    def _list(self, read: Read, controllers: frozenset[str] | None = None) -> tuple[Value, ...]:
        """All of a list; outlines, and of pods those of ``controllers`` alone, when these are given."""
        decode: DecodeItems | None = None
        if controllers is not None and read.kind is kinds.PODS:
            decode = PodOutlineDecoder(controllers)
        elif controllers is not None and read.kind is kinds.NODES:
            decode = NodeOutlineDecoder()
        return read_list(self.client, read, lambda: ListDecoder(read.kind, decode))

    def _version(self, query: Query) -> str | None:
        if not query.version:
            return None
        try:
            return self.client.version()
        except Unauthorized:
            raise
        except ApiError:
            return None  # system:public-info-viewer may have been taken away; nothing depends on it

    def _now(self) -> datetime:
        return self.client.server_time or datetime.now(timezone.utc)

    def _source(self, version: str | None) -> Source:
        connection = self.client.connection
        return Source(type="live", context=connection.context or None, server=connection.server, version=version)
