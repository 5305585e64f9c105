"""A file in place of a cluster: captures and plain Lists answer the same queries, without a clock and a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from kubectl_ds.cluster.recording import RECORD_AGAIN, Recording, read_recording
from kubectl_ds.cluster.selectors import parse_selector
from kubectl_ds.cluster.source import OTHERS, Query, gap, knows_whole_nodes
from kubectl_ds.errors import CaptureError, NotFound
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_generic, decode_item, type_meta
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.snapshot import Gap, Snapshot
from kubectl_ds.model.value import Value

_OF_A_NAMESPACE = (kinds.SERVICE_ACCOUNTS, kinds.LIMIT_RANGES, kinds.QUOTAS)
"""Kinds that are recorded only of the namespaces of DaemonSets."""


class CaptureSource:
    """Answers queries from what was recorded; each kind is decoded when it is first asked for."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._values: dict[Kind, tuple[Value, ...]] = {}

    @classmethod
    def open(cls, path: Path) -> CaptureSource:
        """The capture in a file.

        Raises:
            CaptureError: there is no such file, or it is no capture.
        """
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise CaptureError(
                f"there is no file {path}", hint="look at the path after --from", reference="capture-missing"
            ) from error
        except IsADirectoryError as error:
            raise CaptureError(
                f"{path} is a directory", hint="give one file after --from", reference="capture-missing"
            ) from error
        except OSError as error:
            raise CaptureError(
                f"{path} cannot be read: {error.strerror or error}",
                hint=f"it must be a file that you may read: ls -l {path}",
                reference="capture-unreadable",
            ) from error
        return cls.parse(str(path), data)

    @classmethod
    def parse(cls, name: str, data: bytes) -> CaptureSource:
        """The capture in these bytes; ``name`` is for messages.

        Raises:
            CaptureError: they are no capture.
        """
        return cls(read_recording(name, data))

    @property
    def default_namespace(self) -> str | None:
        """All namespaces."""
        return None

    def snapshot(self, query: Query) -> Snapshot:
        """Everything that ``query`` asks for and the capture holds; ages are judged at its own moment.

        Raises:
            NotFound: a DaemonSet that was named is not in it.
            CaptureError: an item cannot be understood, or there are no DaemonSets at all.
            UsageError: the selector is none.
        """
        found: dict[str, Any] = {kind.field: self._of(kind) for kind in query.kinds if kind is not kinds.DAEMON_SETS}
        if query.reads(kinds.DAEMON_SETS):
            found[kinds.DAEMON_SETS.field] = self._daemon_sets(query)
        gaps = self._gaps(query, found.get(kinds.DAEMON_SETS.field, ()))
        return Snapshot(
            now=self.recording.now,
            source=self.recording.source,
            gaps=gaps,
            whole_nodes=knows_whole_nodes(gaps),
            **found,
        )

    def close(self) -> None:
        """Nothing is open."""

    def _daemon_sets(self, query: Query) -> tuple[DaemonSet, ...]:
        every = tuple(value for value in self._of(kinds.DAEMON_SETS) if isinstance(value, DaemonSet))
        if not every and not query.optional:
            raise CaptureError(
                f"there are no DaemonSets in {self.recording.name}",
                hint=RECORD_AGAIN,
                reference="capture-no-daemonsets",
            )
        selector = parse_selector(query.selector)
        here = [value for value in every if query.namespace in (None, value.namespace)]
        wanted = frozenset(query.names)
        if not query.optional:
            self._expect_all(query, every, here)
        return tuple(
            value
            for value in here
            if (not wanted or value.name in wanted) and (selector.empty or selector.matches(value.metadata.labels))
        )

    def _expect_all(self, query: Query, every: tuple[DaemonSet, ...], here: list[DaemonSet]) -> None:
        there = {value.name for value in here}
        for name in query.names:
            if name not in there:
                from kubectl_ds.cluster.names import name_hint

                raise NotFound(
                    f'daemonsets.apps "{name}" not found',
                    status=404,
                    reason="NotFound",
                    hint=name_hint(
                        query.namespace,
                        name,
                        names_here=sorted(there),
                        namespaces=sorted({value.namespace for value in every if value.name == name}),
                    ),
                    name=name,
                )

    def _of(self, kind: Kind) -> tuple[Value, ...]:
        """All of a kind, by namespace and name; of an object that occurs twice the later one."""
        if kind not in self._values:
            items = self.recording.items.get(kind, ())
            values = {_key(value): value for value in (_decoded(kind, item) for item in items)}
            self._values[kind] = tuple(values[key] for key in sorted(values))
        return self._values[kind]

    def _gaps(self, query: Query, daemon_sets: tuple[DaemonSet, ...]) -> tuple[Gap, ...]:
        """What was denied when it was recorded, as far as these DaemonSets depend on it; what a plain List lacks."""
        namespaces = {each.namespace for each in daemon_sets} | {query.namespace, None, OTHERS, *query.namespaces}
        if not self.recording.plain:
            asked = {kind.resource for kind in query.kinds}
            denied = tuple(
                each
                for each in self.recording.denied
                if each.resource in asked
                and (each.namespace in namespaces or (query.whole_nodes and each.resource == kinds.PODS.resource))
            )
            return denied + tuple(self._never_read(query))
        return tuple(
            gap(kind, None, f"the List holds no {kind.resource}", denied=False)
            for kind in query.kinds
            if not self.recording.items.get(kind)
        )

    def _never_read(self, query: Query) -> Iterator[Gap]:
        """What a capture lacks of a namespace without DaemonSets; one that was read has at least its own account."""
        for namespace in query.namespaces:
            inside = {_key(value)[0] for kind in _OF_A_NAMESPACE for value in self._of(kind)}
            if namespace not in inside:
                for kind in (each for each in _OF_A_NAMESPACE if query.reads(each)):
                    yield gap(kind, namespace, f"the capture holds nothing of namespace {namespace}")


def _key(value: Value) -> tuple[str, str]:
    metadata = getattr(value, "metadata")  # noqa: B009 - every kind has one, which their common base cannot say
    return metadata.namespace, metadata.name


def _decoded(kind: Kind, item: msgspec.Raw) -> Value:
    body = bytes(item)
    if kind in _TRANSLATED:
        older = _TRANSLATED[kind].get(type_meta(body).api_version)
        if older is not None:
            body = msgspec.json.encode(older(decode_generic(body)))
    return decode_item(kind, body)


def _older_event(data: dict[str, Any]) -> dict[str, Any]:
    """``events.k8s.io`` in the words of the core group (upstream ``Convert_v1_Event_To_core_Event``)."""
    renamed = {
        "regarding": "involvedObject",
        "note": "message",
        "deprecatedSource": "source",
        "deprecatedFirstTimestamp": "firstTimestamp",
        "deprecatedLastTimestamp": "lastTimestamp",
        "deprecatedCount": "count",
        "reportingController": "reportingComponent",
    }
    return {renamed.get(key, key): value for key, value in data.items()}


def _older_budget(data: dict[str, Any]) -> dict[str, Any]:
    """In policy/v1beta1 the empty selector selects nothing, in policy/v1 everything."""
    spec = data.get("spec")
    if isinstance(spec, dict) and spec.get("selector") == {}:
        return {**data, "spec": {key: value for key, value in spec.items() if key != "selector"}}
    return data


_TRANSLATED: dict[Kind, dict[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    kinds.EVENTS: {"events.k8s.io/v1": _older_event, "events.k8s.io/v1beta1": _older_event},
    kinds.DISRUPTION_BUDGETS: {"policy/v1beta1": _older_budget},
}
"""Versions whose fields mean something else."""
