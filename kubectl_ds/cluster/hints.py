"""What somebody may have meant who named a DaemonSet or a namespace that is not there.

Asked only after the fact; whatever may not be read simply yields no hint.
"""

from __future__ import annotations

import msgspec

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.cluster.exchange import Pairs
from kubectl_ds.cluster.names import name_hint, similar_names
from kubectl_ds.errors import ApiError, DsError, NotFound
from kubectl_ds.model import kinds
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.value import Value

_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class _Name(Value, frozen=True):
    name: str = ""
    namespace: str = ""


class _Named(Value, frozen=True):
    metadata: _Name = _Name()


class _Names(Value, frozen=True):
    items: tuple[_Named, ...] | None = None


def not_found_hint(client: LiveClient, namespace: str | None, name: str) -> str:
    """Namespaces in which one of that name exists, else similar names in this one; empty when none is known."""
    here = _names(client, kinds.DAEMON_SETS, namespace)
    elsewhere = (
        _names(client, kinds.DAEMON_SETS, None, (("fieldSelector", f"metadata.name={name}"),)) if namespace else ()
    )
    return name_hint(
        namespace,
        name,
        names_here=sorted({each.name for each in here}),
        namespaces=sorted({each.namespace for each in elsewhere}),
    )


def expect_namespace(client: LiveClient, namespace: str) -> None:
    """Raise when the namespace is known not to exist.

    Raises:
        NotFound: it does not exist; the hint holds similar names.
    """
    try:
        client.get_raw(object_path(kinds.NAMESPACES.path(), namespace))
    except NotFound as error:
        close = similar_names(namespace, [each.name for each in _names(client, kinds.NAMESPACES, None)])
        error.hint = f"did you mean {' or '.join(close)}?" if close else "kubectl get namespaces lists those there are"
        raise
    except ApiError:
        return  # it may not be read: nothing is known


def _names(client: LiveClient, kind: Kind, namespace: str | None, query: Pairs = ()) -> tuple[_Name, ...]:
    try:
        pages = client.list_raw(kind.path(namespace), query, _METADATA_ONLY)
        return tuple(each.metadata for page in pages for each in msgspec.json.decode(page, type=_Names).items or ())
    except (DsError, msgspec.DecodeError):
        return ()
