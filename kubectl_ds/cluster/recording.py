"""From the bytes of a capture, or of plain Lists, to items by kind; nothing is decoded further than its kind.

Taken are our own capture documents, ``v1 List`` and ``<Kind>List`` documents and single objects, in JSON or YAML, one
or several in a file, gzipped or not, also in the UTF-16 that PowerShell writes. What is none of these is refused with
the place and with what to do next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import msgspec

from kubectl_ds.cluster.source import gap
from kubectl_ds.errors import CaptureError
from kubectl_ds.model.decode import type_meta
from kubectl_ds.model.kinds import BY_KIND, BY_RESOURCE, Kind
from kubectl_ds.model.snapshot import Gap, Source
from kubectl_ds.model.value import Value

API_VERSION = "kubectl-ds/v1"
KIND = "Capture"
LARGEST = 4 << 30
"""Bytes that a gzipped file may unpack to."""
LARGEST_YAML = 32 << 20
"""Bytes of YAML: libyaml reads about 2 MB a second."""
RECORD_AGAIN = (
    "record it again: kubectl ds capture FILE, or kubectl get nodes,pods,ds,controllerrevisions,events -A -o json"
)
_LEGACY_GROUPS = {"DaemonSet": "extensions", "Event": "events.k8s.io"}
"""Groups in which a kind used to live, or lives as well."""
_TIMES = frozenset(
    {
        b"creationTimestamp",
        b"lastTransitionTime",
        b"lastHeartbeatTime",
        b"lastProbeTime",
        b"startedAt",
        b"finishedAt",
        b"firstTimestamp",
        b"lastTimestamp",
        b"eventTime",
        b"lastObservedTime",
    }
)
"""Fields that hold a moment at which the cluster is known to have existed."""
_TIME = re.compile(rb'"\s*:\s*"(2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z"')
_JSON = re.compile(rb"\s*\{")
_BYTE = re.compile(r"\(byte (\d+)\)")


class RecordedSource(Value, frozen=True):
    """Where a capture came from."""

    context: str | None = None
    server: str | None = None
    version: str | None = None


class Denied(Value, frozen=True):
    """A read that was denied when the capture was made."""

    resource: str = ""
    namespace: str | None = None
    error: str = ""


class _Document(Value, frozen=True):
    """What any of the documents may hold."""

    api_version: str = ""
    kind: str = ""
    items: tuple[msgspec.Raw, ...] | None = None
    captured_at: datetime | None = None
    source: RecordedSource | None = None
    denied: tuple[Denied, ...] | None = None


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Recording:
    """What a file holds."""

    name: str
    items: dict[Kind, list[msgspec.Raw]] = field(repr=False)
    now: datetime
    """The moment of the capture, or the newest moment in any item of a plain List."""
    source: Source
    denied: tuple[Gap, ...] = ()
    plain: bool = True
    """Whether it is a plain List, which is taken at its word."""


def read_recording(name: str, data: bytes) -> Recording:
    """What the bytes of a file hold; ``name`` is for messages.

    Raises:
        CaptureError: they are no capture and no List, or are cut short.
    """
    text = _text(name, data)
    documents = list(_json_documents(name, text) if _JSON.match(text) else _yaml_documents(name, text))
    captures = [document for document in documents if document.kind == KIND]
    if captures and len(documents) > 1:
        raise CaptureError(
            f"{name} holds {len(documents)} documents, one of them a capture",
            hint="give one capture alone",
            reference="capture-several",
        )
    if captures:
        return _capture(name, captures[0])
    items: dict[Kind, list[msgspec.Raw]] = {}
    newest = b""
    for document in documents:
        newest = max(newest, _sort(name, document, items))
    now = _moment(newest)
    return Recording(name, items, now, Source(type="capture", captured_at=now))


def known_kind(api_version: str, kind: str) -> Kind | None:
    """The row of a kind, whatever its version, when it is of the group that Kubernetes has it in."""
    row = BY_KIND.get(kind)
    if row is None:
        return None
    group = api_version.rpartition("/")[0]
    return row if not api_version or group == row.group or _LEGACY_GROUPS.get(kind) == group else None


def _capture(name: str, document: _Document) -> Recording:
    if document.api_version != API_VERSION:
        raise CaptureError(
            f'{name} is a capture of version "{document.api_version}", and this program knows {API_VERSION}',
            hint="a newer kubectl-ds made it: pipx upgrade kubectl-ds",
            reference="capture-version",
        )
    items: dict[Kind, list[msgspec.Raw]] = {}
    newest = _sort(name, document, items)
    now = document.captured_at or _moment(newest)
    recorded = document.source or RecordedSource()
    source = Source("capture", recorded.context, recorded.server, recorded.version, now)
    denied = tuple(_gap(each) for each in document.denied or ())
    return Recording(name, items, now, source, denied, plain=False)


def _gap(denied: Denied) -> Gap:
    kind = BY_RESOURCE.get(denied.resource)
    if kind is None:
        return Gap(denied.resource, denied.namespace, denied.error)
    return gap(kind, denied.namespace, denied.error)


def _sort(name: str, document: _Document, items: dict[Kind, list[msgspec.Raw]]) -> bytes:
    """Put the items of a document where they belong; the newest moment among them."""
    if document.items is None and not document.kind.endswith("List") and document.kind != KIND:
        raise CaptureError(
            f"{name} holds a {document.kind or 'document without a kind'}, not a capture or a List",
            hint=RECORD_AGAIN,
            reference="capture-kind",
        )
    of_list = document.kind.removesuffix("List")
    newest = b""
    for item in document.items or ():
        meta = type_meta(item)
        kind = known_kind(meta.api_version or document.api_version, meta.kind or of_list)
        if kind is not None:
            items.setdefault(kind, []).append(item)
        newest = max(newest, newest_time(item))
    return newest


def newest_time(item: bytes | msgspec.Raw) -> bytes:
    """The newest moment at which the object is known to have existed, as RFC 3339 without ``Z``; empty if none."""
    data = bytes(item)
    newest = b""
    for match in _TIME.finditer(data):
        moment = match.group(1)
        if moment > newest and data[data.rfind(b'"', 0, match.start()) + 1 : match.start()] in _TIMES:
            newest = moment
    return newest


def _moment(newest: bytes) -> datetime:
    return msgspec.convert(f"{newest.decode()}Z", datetime) if newest else _EPOCH


def _text(name: str, data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(name, data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise _unreadable(name, f"UTF-16 that is broken at byte {error.start}") from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise CaptureError(f"{name} is empty", hint=RECORD_AGAIN, reference="capture-empty")
    if b"\0" in data[:4096]:
        raise _unreadable(name, "binary data")
    return data


def _unpacked(name: str, data: bytes) -> bytes:
    import zlib

    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(data, LARGEST)
    except zlib.error as error:
        raise _unreadable(name, "gzip that is damaged") from error
    if unpacker.unconsumed_tail:
        raise _unreadable(name, f"gzip that unpacks to more than {LARGEST >> 30} GiB")
    if not unpacker.eof:
        raise _unreadable(name, f"gzip that is cut short after {len(data)} bytes")
    return unpacked


def _unreadable(name: str, what: str) -> CaptureError:
    return CaptureError(
        f"{name} holds {what}, not a capture or a List", hint=RECORD_AGAIN, reference="capture-unreadable"
    )


def _json_documents(name: str, text: bytes) -> Iterator[_Document]:
    """One document, or several that were written one after the other."""
    offset = 0
    while text[offset:].strip():
        try:
            document, length = _first_document(text[offset:])
        except msgspec.ValidationError as error:
            raise CaptureError(f"{name} is no capture and no List: {error}", hint=RECORD_AGAIN) from error
        except msgspec.DecodeError as error:
            raise _broken(name, text, offset, error) from error
        yield document
        offset += length


def _first_document(text: bytes) -> tuple[_Document, int]:
    """The first of the documents, and how many bytes it takes."""
    try:
        return _document(text), len(text)
    except msgspec.DecodeError as error:
        end = _end_of_first(error)
        if end is None:
            raise
    return _document(text[:end]), end


def _document(text: bytes) -> _Document:
    """The document; an object that is no list is a list of itself."""
    document = msgspec.json.decode(text, type=_Document)
    if document.items is None and known_kind(document.api_version, document.kind) is not None:
        return msgspec.structs.replace(document, kind="List", items=(msgspec.Raw(text),))
    return document


def _end_of_first(error: msgspec.DecodeError) -> int | None:
    """Where the first document ends, when what follows is what the decoder complains of."""
    found = _BYTE.search(str(error))
    # the decoder counts the first byte that it did not expect as read
    return int(found.group(1)) - 1 if found and "trailing characters" in str(error) else None


def _broken(name: str, text: bytes, offset: int, error: msgspec.DecodeError) -> CaptureError:
    found = _BYTE.search(str(error))
    cut = found is None
    at = len(text) if found is None else offset + int(found.group(1))
    line = text.count(b"\n", 0, at) + 1
    problem = "is cut short: it ends" if cut else f"is not valid JSON ({_reason(error)})"
    return CaptureError(f"{name} {problem} at byte {at}, line {line}", hint=RECORD_AGAIN, reference="capture-truncated")


def _reason(error: msgspec.DecodeError) -> str:
    return _BYTE.sub("", str(error)).removeprefix("JSON is malformed: ").strip()


def _yaml_documents(name: str, text: bytes) -> Iterator[_Document]:
    from kubectl_ds.cluster.documents import Malformed, load_documents

    if len(text) > LARGEST_YAML:
        raise CaptureError(
            f"{name} holds {len(text) >> 20} MiB of YAML, which would take minutes to read",
            hint="record it with -o json instead of -o yaml",
            reference="capture-yaml-size",
        )
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise _unreadable(name, f"binary data at byte {error.start}") from error
    try:
        for data in load_documents(decoded):
            if data is not None:
                yield _yaml_document(name, data, len(text))
    except Malformed as error:
        raise CaptureError(
            f"{name} is neither JSON nor YAML: line {error.line}, column {error.column}: {error.problem}",
            hint=RECORD_AGAIN,
            reference="capture-unreadable",
        ) from error


def _yaml_document(name: str, data: Any, size: int) -> _Document:
    from kubectl_ds.cluster.documents import expands_beyond

    if not isinstance(data, dict):
        raise _unreadable(name, "text")
    if expands_beyond(data, 10 * size + 1000):
        raise _unreadable(name, "YAML that repeats itself without end")
    try:
        return _document(msgspec.json.encode(data))
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise CaptureError(f"{name} is no capture and no List: {error}", hint=RECORD_AGAIN) from error
