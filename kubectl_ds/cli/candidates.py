"""Names that complete a word: one request each, or none where the kubeconfig or a capture has them.

Only names are asked for, as the server's table or as metadata; nothing is decoded that is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from kubectl_ds.cli.session import Session
from kubectl_ds.model import kinds
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.value import Value

if TYPE_CHECKING:
    from kubectl_ds.cluster.kubeconfig import Kubeconfig

Source = Callable[[Session, Sequence[str]], Iterable[str]]
"""From the session and the arguments before the cursor to names."""

_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


class _Metadata(Value, frozen=True):
    name: str = ""


class _Named(Value, frozen=True):
    metadata: _Metadata = _Metadata()


class _List(Value, frozen=True):
    items: tuple[_Named, ...] = ()


class _Row(Value, frozen=True):
    cells: tuple[str | int | None, ...] = ()


class _Column(Value, frozen=True):
    name: str = ""


class _Table(Value, frozen=True):
    column_definitions: tuple[_Column, ...] = ()
    rows: tuple[_Row, ...] = ()


def daemon_sets(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """DaemonSets of the namespace that was given."""
    return _names(session, kinds.DAEMON_SETS, session.namespace)


def nodes(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """All nodes."""
    return _names(session, kinds.NODES, None)


def priority_classes(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """All PriorityClasses."""
    return _names(session, kinds.PRIORITY_CLASSES, None)


def service_accounts(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """The ServiceAccounts of the namespace that was given."""
    return _names(session, kinds.SERVICE_ACCOUNTS, session.namespace)


def namespaces(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """All namespaces; those that have DaemonSets, where a capture is read."""
    if session.offline:
        from kubectl_ds.cluster.source import Query

        found = session.source.snapshot(Query(kinds=(kinds.DAEMON_SETS,), namespace=None))
        return sorted({each.namespace for each in found.daemon_sets})
    return _names(session, kinds.NAMESPACES, None)


def revisions(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """The numbers of the revisions of the DaemonSet that was named, newest first."""
    import msgspec

    name = arguments[0].rpartition("/")[2]
    if session.offline:
        from kubectl_ds.cluster.source import Query

        query = Query(kinds=(kinds.DAEMON_SETS, kinds.REVISIONS), namespace=session.namespace, names=(name,))
        snapshot = session.source.snapshot(query)
        numbers = [each.revision for each in snapshot.revisions]
    else:
        body = session.client.get_raw(kinds.REVISIONS.path(session.namespace), accept=_TABLE)
        table = msgspec.json.decode(body, type=_Table)
        columns = [column.name for column in table.column_definitions]
        owner, number = columns.index("Controller"), columns.index("Revision")
        numbers = [int(row.cells[number] or 0) for row in table.rows if row.cells[owner] == f"daemonset.apps/{name}"]
    return [str(each) for each in sorted(set(numbers), reverse=True)]


def contexts(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """The contexts of the kubeconfig."""
    return sorted(_kubeconfig(session).contexts)


def clusters(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """The clusters of the kubeconfig."""
    return sorted(_kubeconfig(session).clusters)


def users(session: Session, arguments: Sequence[str]) -> Iterable[str]:
    """The users of the kubeconfig."""
    return sorted(_kubeconfig(session).users)


SOURCES: dict[str, Source] = {
    "NAME": daemon_sets,
    "NODE": nodes,
    "NAMESPACE": namespaces,
    "REVISION": revisions,
    "CLASS": priority_classes,
    "ACCOUNT": service_accounts,
    "CONTEXT": contexts,
    "CLUSTER": clusters,
    "USER": users,
}
"""By the metavar of the place."""


def _names(session: Session, kind: Kind, namespace: str | None) -> list[str]:
    if session.offline:
        from kubectl_ds.cluster.source import Query

        snapshot = session.source.snapshot(Query(kinds=(kind,), namespace=namespace))
        names = [each.name for each in getattr(snapshot, kind.field)]
    else:
        import msgspec

        bodies = session.client.pages(kind.path(namespace), accept=_METADATA)
        names = [each.metadata.name for body in bodies for each in msgspec.json.decode(body, type=_List).items]
    return sorted(set(names), key=natural_key)


def _kubeconfig(session: Session) -> Kubeconfig:
    from kubectl_ds.cluster.kubeconfig import read_kubeconfig

    return read_kubeconfig(session.invocation.text("kubeconfig"), session.terminal.environ)
