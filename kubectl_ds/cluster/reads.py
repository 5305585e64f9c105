"""What to ask the API server for, so that a query is answered with as little as possible. Pure: no request is made.

One DaemonSet needs its own namespace and selector; several in a namespace need the namespace; everything beyond the
DaemonSets' namespaces is read only when whole nodes matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_ds.cluster.exchange import Pairs
from kubectl_ds.cluster.source import Query
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.kinds import Kind

MANY_NAMESPACES = 4
"""DaemonSets in more namespaces than this are served by one list over all of them."""
PREEMPTED = ("Preempted", "Preempting")
"""Reasons of events on victims: the scheduler's and the kubelet's."""
_ON_WHOLE_NODES = frozenset({kinds.PODS, kinds.CLAIMS, kinds.DISRUPTION_BUDGETS, kinds.NAMESPACES})
"""Kinds of which other namespaces matter as soon as other pods on the nodes do."""


@dataclass(frozen=True)
class Read:
    """One list."""

    kind: Kind
    namespace: str | None = None
    """None for the whole cluster."""
    labels: str = ""
    fields: str = ""
    fallback: tuple[Read, ...] = ()
    """What to read instead when the whole cluster may not be read: the DaemonSets' own namespaces."""

    @property
    def path(self) -> str:
        """The collection's path."""
        return self.kind.path(self.namespace)

    @property
    def query(self) -> Pairs:
        """Its selectors as query parameters."""
        given = (("labelSelector", self.labels), ("fieldSelector", self.fields))
        return tuple((key, value) for key, value in given if value)


def daemon_set_read(query: Query) -> Read:
    """The list of the DaemonSets themselves."""
    fields = f"metadata.name={query.names[0]}" if len(query.names) == 1 else ""
    return Read(kinds.DAEMON_SETS, query.namespace, query.selector, fields)


def further_reads(query: Query, daemon_sets: tuple[DaemonSet, ...]) -> tuple[Read, ...]:
    """Everything else that the query needs, now that its DaemonSets are known."""
    wanted = (kind for kind in query.kinds if kind is not kinds.DAEMON_SETS)
    return tuple(read for kind in wanted for read in _reads_of(kind, query, daemon_sets))


def _reads_of(kind: Kind, query: Query, daemon_sets: tuple[DaemonSet, ...]) -> tuple[Read, ...]:
    if kind is kinds.NAMESPACES:
        return _namespace_reads(query, daemon_sets)
    namespaces = _namespaces(query, daemon_sets)
    if not kind.namespaced:
        return (Read(kind),)
    if query.whole_nodes and kind in _ON_WHOLE_NODES:
        return (Read(kind, fallback=tuple(Read(kind, namespace) for namespace in namespaces if namespace)),)
    only = daemon_sets[0] if len(daemon_sets) == 1 else None
    if kind in (kinds.PODS, kinds.REVISIONS) and only is not None and not only.spec.selector.empty:
        return (Read(kind, only.namespace, labels=str(only.spec.selector)),)
    if kind is kinds.EVENTS:
        elsewhere = _preemption_reads(namespaces) if query.preemptions else ()
        own = tuple(
            _event_read(namespace, about, only, without=PREEMPTED if elsewhere else ())
            for namespace in namespaces
            for about in ("DaemonSet", "Pod")
        )
        return own + elsewhere
    return tuple(Read(kind, namespace) for namespace in namespaces)


def _namespaces(query: Query, daemon_sets: tuple[DaemonSet, ...]) -> tuple[str | None, ...]:
    """Where the DaemonSets are; one None for the whole cluster."""
    known = {daemon_set.namespace for daemon_set in daemon_sets} | {*query.namespaces}
    found = sorted(known or {query.namespace or ""} - {""})
    return tuple(found) if len(found) <= MANY_NAMESPACES else (None,)


def _namespace_reads(query: Query, daemon_sets: tuple[DaemonSet, ...]) -> tuple[Read, ...]:
    namespaces = _namespaces(query, daemon_sets)
    each = tuple(Read(kinds.NAMESPACES, fields=f"metadata.name={name}") for name in namespaces if name)
    if query.whole_nodes or None in namespaces:
        return (Read(kinds.NAMESPACES, fallback=each),)
    return each


def _event_read(namespace: str | None, about: str, only: DaemonSet | None, without: tuple[str, ...] = ()) -> Read:
    name = f",involvedObject.name={only.name}" if only is not None and about == "DaemonSet" else ""
    others = "".join(f",reason!={reason}" for reason in without) if about == "Pod" else ""
    return Read(kinds.EVENTS, namespace, fields=f"involvedObject.kind={about}{name}{others}")


def _preemption_reads(namespaces: tuple[str | None, ...]) -> tuple[Read, ...]:
    """Events on victims wherever they are; none where the events of the whole cluster are read anyway."""
    if None in namespaces:
        return ()
    return tuple(
        Read(
            kinds.EVENTS,
            fields=f"reason={reason}",
            fallback=tuple(Read(kinds.EVENTS, namespace, fields=f"reason={reason}") for namespace in namespaces),
        )
        for reason in PREEMPTED
    )
