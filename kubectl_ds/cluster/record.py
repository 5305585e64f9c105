"""A capture: one redacted file with all that the other commands read, so that it can be looked at elsewhere.

DaemonSets and their revisions are kept whole but for what ``redaction`` takes out. Of everything else only those
fields are written that the model knows: what no answer leans on cannot leak. One line holds one object, sorted, so
that two captures of one cluster can be compared. Secrets and ConfigMaps are never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.recording import API_VERSION, KIND
from kubectl_ds.cluster.redaction import Redactor, known_annotations, without_last_words
from kubectl_ds.cluster.source import Query
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.model.kinds import Kind
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.value import Value

Object = dict[str, Any]


def write_capture(
    source: LiveSource,
    *,
    namespace: str | None = None,
    names: tuple[str, ...] = (),
    selector: str = "",
    compress: bool = False,
    last_words: bool = False,
) -> bytes:
    """Read what all commands need about these DaemonSets, and the bytes of the capture; gzipped on request.

    ``last_words`` keeps what containers said when they ended: it may be the end of a log, with anything in it.

    Raises:
        NotFound: a DaemonSet that was named, or the namespace, does not exist.
        ApiError: the DaemonSets themselves may not be read; other denials are recorded in the capture.
        ConnectionFailed: the API server could not be reached.
    """
    query = Query(kinds.ALL, namespace, names, selector, whole_nodes=True, preemptions=True, version=True)
    data = capture_bytes(source.snapshot(query), last_words=last_words)
    if not compress:
        return data
    import gzip

    return gzip.compress(data, mtime=0)


def capture_bytes(snapshot: Snapshot, *, last_words: bool = False) -> bytes:
    """The capture that holds this snapshot."""
    head = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "capturedAt": snapshot.now,
        "source": {
            "context": snapshot.source.context,
            "server": snapshot.source.server,
            "version": snapshot.source.version,
        },
        "denied": [
            {"resource": gap.resource, "namespace": gap.namespace, "error": gap.error, "affects": gap.affects}
            for gap in snapshot.gaps
            if gap.denied
        ],
    }
    items = b",\n".join(msgspec.json.encode(item) for item in _items(snapshot, last_words))
    return msgspec.json.encode(head)[:-1] + b',"items":[\n' + items + b"\n]}\n"


def sparse(value: Any) -> Any:
    """Plain data that decodes to the same value, without the fields that are as they are by default."""
    if isinstance(value, msgspec.Struct):
        pairs = ((encoded, getattr(value, name), default) for name, encoded, default in _fields(type(value)))
        return {encoded: sparse(held) for encoded, held, default in pairs if held != default}
    if isinstance(value, (tuple, list)):
        return [sparse(each) for each in value]
    if isinstance(value, dict):
        return {key: sparse(value[key]) for key in sorted(value)}
    return value


def _items(snapshot: Snapshot, last_words: bool) -> Iterator[Object]:
    redactor = Redactor()
    revisions = [_revision(redactor, each) for each in sorted(snapshot.revisions, key=_by_owner)]
    for kind in kinds.ALL:
        if kind is kinds.DAEMON_SETS:
            yield from (_daemon_set(redactor, each) for each in sorted(snapshot.daemon_sets, key=_by_name))
        elif kind is kinds.REVISIONS:
            yield from revisions
        else:
            items = (_projected(kind, each) for each in sorted(getattr(snapshot, kind.field), key=_by_name))
            yield from items if last_words or kind is not kinds.PODS else map(without_last_words, items)


def _daemon_set(redactor: Redactor, daemon_set: DaemonSet) -> Object:
    whole = decode_generic(bytes(daemon_set.raw))
    return {"apiVersion": kinds.DAEMON_SETS.api, "kind": kinds.DAEMON_SETS.kind, **redactor.daemon_set(whole)}


def _revision(redactor: Redactor, revision: ControllerRevision) -> Object:
    kind = kinds.REVISIONS
    data = bytes(revision.data)
    whole = {"apiVersion": kind.api, "kind": kind.kind, **sparse(revision), "data": decode_generic(data or b"null")}
    owner = revision.metadata.controller
    return redactor.revision(whole, owner.name if owner else "")


def _projected(kind: Kind, value: Value) -> Object:
    data: Object = {"apiVersion": kind.api, "kind": kind.kind, **sparse(value)}
    metadata = {key: held for key, held in data.get("metadata", {}).items() if key != "resourceVersion"}
    annotations = known_annotations(metadata.pop("annotations", {}))
    if annotations:
        metadata["annotations"] = annotations
    return {**data, "metadata": metadata}


def _by_name(value: Any) -> tuple[str, str]:
    return value.metadata.namespace, value.metadata.name


def _by_owner(revision: ControllerRevision) -> tuple[str, str, int, str]:
    owner = revision.metadata.controller
    return revision.metadata.namespace, owner.name if owner else "", revision.revision, revision.metadata.name


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, Any], ...]:
    """(name, name in JSON, default) of each field."""
    return tuple(
        (
            field.name,
            field.encode_name,
            field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default,
        )
        for field in msgspec.structs.fields(kind)
    )
