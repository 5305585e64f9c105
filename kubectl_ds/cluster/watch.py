"""Watching a collection for as long as it takes: every change told once, whatever becomes of the connection.

One ``LiveClient.watch`` ends with its connection, after some minutes at the latest, or when its resourceVersion has
grown too old. ``changes`` goes on where it ended, as ``Reflector`` does (client-go v0.37 tools/cache): by bookmarks it
knows where that is, and when the server no longer does, it reads everything anew and tells only what differs. It knows
no kind of object; of the bytes it reads who they are, in an object and in a Table alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from kubectl_ds.cluster.client import LiveClient, WatchEvent, WatchLine
from kubectl_ds.cluster.exchange import JSON, Pairs
from kubectl_ds.cluster.retry import Patience
from kubectl_ds.cluster.status import failure_of
from kubectl_ds.errors import ApiError, ConnectionFailed, DsError
from kubectl_ds.model.decode import ListMeta
from kubectl_ds.model.value import Value

_V = TypeVar("_V", bound=Value)

ADDED, MODIFIED, DELETED, BOOKMARK = "ADDED", "MODIFIED", "DELETED", "BOOKMARK"
SYNCED = "SYNCED"
"""Told once: all that was there at the start has been told; the event has no object."""

_LONGEST = 300.0
"""Seconds of one watch at least, twice as many at most, as in client-go (``minWatchTimeout``)."""
_GRACE = 15.0
"""Seconds after the end that the server was asked for, until the connection is taken for dead."""
_LONGEST_PAUSE = 10.0
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class _Metadata(Value, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    annotations: Mapping[str, str] | None = None


class _Object(Value, frozen=True):
    metadata: _Metadata = _Metadata()


class _Row(Value, frozen=True):
    object: _Object = _Object()


class _ObjectOrTable(Value, frozen=True):
    metadata: _Metadata = _Metadata()
    rows: tuple[_Row, ...] | None = None


class _Page(Value, frozen=True):
    metadata: ListMeta = ListMeta()
    items: tuple[msgspec.Raw, ...] | None = None
    column_definitions: msgspec.Raw = msgspec.Raw(b"null")
    rows: tuple[msgspec.Raw, ...] | None = None


def changes(
    client: LiveClient,
    path: str,
    query: Pairs = (),
    *,
    accept: str = JSON,
    listed: Iterable[bytes] | None = None,
    deadline: float | None = None,
    patience: Patience | None = None,
) -> Iterator[WatchEvent]:
    """What is in a collection, as ``ADDED``, then ``SYNCED``, then every change, until the deadline.

    An object that went while nobody could see it is told as ``DELETED`` with nothing but its metadata. Of Tables, the
    first event of each connection alone carries column definitions, as the server sends them.

    Args:
        client: where it is.
        path: of the collection.
        query: selectors.
        accept: what the objects come as; JSON of some form.
        listed: pages of the list that the caller has read already; then only what changed since is told.
        deadline: by the clock of ``patience``; None for none.
        patience: for how long a server that does not answer is tried again; client's own if None.

    Raises:
        ApiError: it may not be watched.
        ConnectionFailed: the server could not be reached, or has been silent for longer than patience lasts.
    """
    watcher = _Watcher(client, path, query, accept, deadline, patience or Patience())
    if listed is not None:
        watcher.begin_after(listed)
    return watcher.events()


def build_decoders() -> None:
    """Let msgspec learn every struct that a watch reads, before several threads read at once.

    It learns a struct when it first meets it, and two threads that do so at the same time crash the process (msgspec
    0.21).
    """
    for struct in (WatchLine, _ObjectOrTable, _Page):
        msgspec.json.Decoder(struct)
    failure_of(410, b"{}")


class _Watcher:
    def __init__(
        self, client: LiveClient, path: str, query: Pairs, accept: str, deadline: float | None, patience: Patience
    ) -> None:
        self._client = client
        self._path = path
        self._query = query
        self._accept = accept
        self._deadline = deadline
        self._patience = patience
        self._known: dict[tuple[str, str], tuple[str, str]] = {}
        """By namespace and name: the uid and resourceVersion that were told last."""
        self._version = ""
        """After which to go on; empty when all has to be read."""
        self._streams_lists = True
        """Whether the server sends what is there as events of a watch; servers before 1.34 rarely do."""
        self._synced = False
        self._heard = False
        """Whether the server has answered at all."""
        self._unheard_since: float | None = None
        """When the first failure was, of those since the server last answered."""
        self._failures = 0
        """In a row, with nothing new between them."""

    def begin_after(self, pages: Iterable[bytes]) -> None:
        """Take these as told."""
        for body in pages:
            page = _decoded(body, _Page)
            for item in _items(page):
                metadata = _metadata_of(item)
                self._known[metadata.namespace, metadata.name] = metadata.uid, metadata.resource_version
            self._version = self._version or page.metadata.resource_version
        self._synced = self._heard = True

    def events(self) -> Iterator[WatchEvent]:
        while self._left() > 0:
            began, version, failures = self._patience.clock(), self._version, self._failures
            try:
                yield from self._follow() if self._version else self._sync()
            except ApiError as error:
                self._bear(error)
            except ConnectionFailed as error:
                if self._left() <= 0:
                    return
                self._bear(error)
            else:
                if (version, failures) == (self._version, self._failures) and self._patience.clock() < began + 1:
                    self._failures += 1  # a server that hangs up at once is not asked again at once
            self._pause()

    def _left(self) -> float:
        return math.inf if self._deadline is None else self._deadline - self._patience.clock()

    def _bear(self, error: DsError) -> None:
        """Make ready to try again, or raise.

        Before the server has answered, only what ``exchange`` repeats is tried again; after that, whatever may pass.
        """
        refused = error.status if isinstance(error, ApiError) else None
        if refused in (400, 422) and self._asks_for_stream:
            self._streams_lists = False
            return
        if refused == 410:
            self._version = ""
        elif isinstance(error, ApiError) and not error.may_pass:
            raise error
        self._failures += 1
        now = self._patience.clock()
        if self._unheard_since is None:
            self._unheard_since = now
        tries_left = self._failures < self._patience.attempts
        if not self._heard:
            hopeless = not tries_left or (refused is None and error.reference != "broken")
        elif error.reference == "invalid-json":
            hopeless = not tries_left
        else:
            hopeless = now > self._unheard_since + self._patience.seconds
        if hopeless:
            raise error

    @property
    def _asks_for_stream(self) -> bool:
        return not self._version and self._streams_lists

    def _pause(self) -> None:
        if not self._failures:
            return
        pause = min(self._patience.first_pause * 2 ** min(self._failures - 1, 16), _LONGEST_PAUSE)
        self._patience.sleep(min(pause * (1 + self._patience.jitter()), max(self._left(), 0)))

    def _sync(self) -> Iterator[WatchEvent]:
        return self._watch_list() if self._streams_lists else self._list()

    def _watch_list(self) -> Iterator[WatchEvent]:
        """Mirrors ``Reflector.watchList``: what is there comes as events, and a bookmark says where that ends."""
        initial = (("sendInitialEvents", "true"), ("resourceVersionMatch", "NotOlderThan"))
        present: set[tuple[str, str]] = set()
        for event in self._watch(initial):
            metadata = _metadata_of(event.object)
            if event.type != BOOKMARK:
                (present.discard if event.type == DELETED else present.add)((metadata.namespace, metadata.name))
                yield from self._tell(event, metadata)
            elif not self._version and (metadata.annotations or {}).get(_INITIAL_EVENTS_END) == "true":
                yield from self._end_of_sync(present, metadata.resource_version)
            self._go_on_from(metadata)
        self._streams_lists = bool(self._version)

    def _list(self) -> Iterator[WatchEvent]:
        version = ""
        present: set[tuple[str, str]] = set()
        for body in self._client.list_raw(self._path, self._query, self._accept):
            page = _decoded(body, _Page)
            version = version or page.metadata.resource_version
            for item in _items(page):
                metadata = _metadata_of(item)
                present.add((metadata.namespace, metadata.name))
                yield from self._tell(WatchEvent(ADDED, item), metadata)
        yield from self._end_of_sync(present, version)

    def _end_of_sync(self, present: set[tuple[str, str]], version: str) -> Iterator[WatchEvent]:
        self._version = version
        self._answered()
        for key in [key for key in self._known if key not in present]:
            yield self._lost(key)
        if not self._synced:
            self._synced = True
            yield WatchEvent(SYNCED, b"")

    def _follow(self) -> Iterator[WatchEvent]:
        for event in self._watch((("resourceVersion", self._version),)):
            metadata = _metadata_of(event.object)
            if event.type != BOOKMARK:
                yield from self._tell(event, metadata)
            self._go_on_from(metadata)

    def _go_on_from(self, metadata: _Metadata) -> None:
        """Remember where a watch is to go on, unless all has to be read anyway."""
        if self._version and metadata.resource_version not in ("", self._version):
            self._version = metadata.resource_version
            self._failures = 0

    def _watch(self, more: Pairs) -> Iterator[WatchEvent]:
        left = self._left()
        seconds = min(_LONGEST * (1 + self._patience.jitter()), left)
        query = (*self._query, *more, ("allowWatchBookmarks", "true"), ("timeoutSeconds", str(math.ceil(seconds))))
        limit = min(seconds + _GRACE, left)
        return self._client.watch(self._path, query, self._accept, limit, self._answered)

    def _answered(self) -> None:
        self._heard, self._unheard_since = True, None

    def _tell(self, event: WatchEvent, metadata: _Metadata) -> Iterator[WatchEvent]:
        """The event, unless it was told before, under the name that it has for those who heard all others."""
        key, this = (metadata.namespace, metadata.name), (metadata.uid, metadata.resource_version)
        known = self._known.get(key)
        if event.type == DELETED:
            if known is not None and known[0] == metadata.uid:
                del self._known[key]
                self._failures = 0
                yield event
            return
        if known == this:
            return
        if known is not None and known[0] != metadata.uid:
            yield self._lost(key)
            known = None
        self._known[key] = this
        self._failures = 0
        yield WatchEvent(ADDED if known is None else MODIFIED, event.object)

    def _lost(self, key: tuple[str, str]) -> WatchEvent:
        uid, version = self._known.pop(key)
        metadata = _Metadata(namespace=key[0], name=key[1], uid=uid, resource_version=version)
        return WatchEvent(DELETED, msgspec.json.encode({"metadata": metadata}))


def _metadata_of(content: bytes) -> _Metadata:
    found = _decoded(content, _ObjectOrTable)
    return found.rows[0].object.metadata if found.rows else found.metadata


def _items(page: _Page) -> Iterator[bytes]:
    """The objects of a list; of a Table, a Table for each row."""
    for item in page.items or ():
        yield bytes(item)
    columns = bytes(page.column_definitions)
    for row in page.rows or ():
        head = b'{"kind":"Table","apiVersion":"meta.k8s.io/v1","columnDefinitions":'
        yield head + columns + b',"rows":[' + bytes(row) + b"]}"


def _decoded(body: bytes, kind: type[_V]) -> _V:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise ConnectionFailed(
            f"the server sent a change that cannot be understood: {error}",
            hint="try again; if it stays so, look at what lies between us",
            reference="invalid-json",
        ) from error
