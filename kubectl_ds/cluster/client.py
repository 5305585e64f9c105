"""The API server's verbs in raw bytes: get, list page by page, create, patch, delete, watch, discover.

It knows paths and lists, and no kind of object. All it knows of the network is a ``Send``.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec

from kubectl_ds.cluster.connect import connect
from kubectl_ds.cluster.connection import Connection, ConnectionOptions
from kubectl_ds.cluster.exchange import JSON, Pairs, Reply, Request, Response, Send
from kubectl_ds.cluster.http1 import parse_date
from kubectl_ds.cluster.log import Log
from kubectl_ds.cluster.retry import PATIENCE, Patience, Take, exchange
from kubectl_ds.cluster.status import failure, failure_of
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.errors import ApiError, ConnectionFailed
from kubectl_ds.model.decode import ListMeta, decode_generic
from kubectl_ds.model.value import Value

if TYPE_CHECKING:
    from kubectl_ds.cluster.discovery import Discovery, Resource

T = TypeVar("T")

PAGE = 500
"""Items of one page of a list, as kubectl asks for them."""


class Answer(msgspec.Struct, frozen=True):
    """What came of a change."""

    body: bytes
    """The object as the server has it now."""
    warnings: tuple[str, ...] = ()
    """The texts of ``Warning`` headers."""


class _ListHead(Value, frozen=True):
    metadata: ListMeta = ListMeta()


class _Version(Value, frozen=True):
    git_version: str = ""


class WatchLine(Value, frozen=True):
    """One line of a watch, as it comes."""

    type: str = ""
    object: msgspec.Raw = msgspec.Raw()


class WatchEvent(msgspec.Struct, frozen=True):
    """One change."""

    type: str
    """``ADDED``, ``MODIFIED``, ``DELETED`` or ``BOOKMARK``."""
    object: bytes


class LiveClient:
    """The verbs of one API server, as one user."""

    def __init__(
        self,
        send: Send,
        connection: Connection | None = None,
        *,
        patience: Patience | None = None,
        page: int = PAGE,
        close: Callable[[], None] | None = None,
    ) -> None:
        self.connection = connection or Connection(server="")
        """How the server is reached, and what there is to warn of."""
        self.server_time: datetime | None = None
        """The server's clock at its latest answer; seconds are its smallest step."""
        self._send = send
        self._patience = patience or Patience(seconds=self.connection.timeout or PATIENCE)
        self._page = page
        self._close = close
        self._version: str | None = None
        self._discovery: Discovery | None = None

    @classmethod
    def connect(
        cls,
        options: ConnectionOptions | None = None,
        environ: Mapping[str, str] | None = None,
        log: Log | None = None,
    ) -> LiveClient:
        """A client of the server that the flags and the kubeconfig name; nothing is opened before the first request.

        Raises:
            ConfigError: they name none, or contradict each other.
        """
        connection = connect(options, environ)
        transport = HttpTransport(connection, log=log, environ=environ)
        return cls(transport.send, connection, close=transport.close)

    @property
    def server(self) -> str:
        """The server's URL."""
        return self.connection.server

    def close(self) -> None:
        """Close the connections that are open."""
        if self._close is not None:
            self._close()

    def get_raw(self, path: str, query: Pairs = (), accept: str = JSON) -> bytes:
        """The body of a GET.

        Raises:
            ApiError: the server refused.
            ConnectionFailed: no answer, or none of the type that was asked for.
        """
        reply = self._ask(Request("GET", path, query, (("Accept", accept),)))
        self._expect_json(reply, accept)
        return reply.body

    def page(self, path: str, query: Pairs = (), token: str = "", accept: str = JSON, size: int | None = None) -> bytes:
        """One page of a list: the first, or the one that ``token`` goes on with.

        Always consistent, for no resourceVersion is sent.

        Raises:
            ApiError: the server refused; 410 when the list grew too old since its first page.
        """
        following = (("continue", token),) if token else ()
        items = self._page if size is None else size
        limit = (("limit", str(items)),) if items else ()
        return self.get_raw(path, (*query, *limit, *following), accept)

    def stream(self, path: str, query: Pairs, take: Callable[[Iterator[bytes]], None]) -> None:
        """A list in one piece, given to ``take`` as it arrives; nothing is repeated once that has begun.

        Raises:
            ApiError: the server refused.
            ConnectionFailed: no answer, none of the type that was asked for, or it broke off.
        """

        def read(response: Response) -> None:
            self._expect_json(response, JSON)
            take(response.chunks())

        self._ask(Request("GET", path, query, (("Accept", JSON),)), read)

    def pages(self, path: str, query: Pairs = (), accept: str = JSON, size: int | None = None) -> Iterator[bytes]:
        """A list, page by page as they arrive, each of ``size`` items; 0 asks for all at once.

        Raises:
            ApiError: the server refused; 410 when the list grew too old between two pages.
        """
        token = ""
        while True:
            body = self.page(path, query, token, accept, size)
            yield body
            token = self.continuation(path, token, self._decoded(body, _ListHead).metadata)
            if not token:
                return

    def continuation(self, path: str, token: str, metadata: ListMeta) -> str:
        """The token of the page after this one; empty after the last.

        Raises:
            ConnectionFailed: the server hands out the same page for ever.
        """
        if token and metadata.continue_ == token:
            raise ConnectionFailed(
                f"the server {self.server} repeats a page of {path} for ever", hint="try again", reference="paging"
            )
        return metadata.continue_

    def list_raw(self, path: str, query: Pairs = (), accept: str = JSON, size: int | None = None) -> tuple[bytes, ...]:
        """All pages of a list; begun anew, once, when it grew too old on the way.

        Raises:
            ApiError: the server refused.
        """
        try:
            return tuple(self.pages(path, query, accept, size))
        except ApiError as error:
            if error.status != 410:
                raise
            return tuple(self.pages(path, query, accept, size))

    def create(self, path: str, body: bytes, content_type: str = JSON, params: Pairs = ()) -> Answer:
        """POST an object to its collection; never repeated.

        Raises:
            ApiError: the server refused.
        """
        return self._change("POST", path, body, content_type, params)

    def patch(self, path: str, body: bytes, content_type: str, params: Pairs = ()) -> Answer:
        """PATCH an object; ``content_type`` says which kind of patch it is.

        Raises:
            ApiError: the server refused.
        """
        return self._change("PATCH", path, body, content_type, params)

    def delete(self, path: str, body: bytes = b"", params: Pairs = ()) -> Answer:
        """DELETE an object; ``body`` is a ``v1.DeleteOptions``.

        Raises:
            ApiError: the server refused.
        """
        return self._change("DELETE", path, body or None, JSON, params)

    def watch(
        self,
        path: str,
        query: Pairs = (),
        accept: str = JSON,
        limit: float | None = None,
        opened: Callable[[], None] = lambda: None,
    ) -> Iterator[WatchEvent]:
        """The changes of a collection as they come, until the server ends it; ``watch.changes`` goes on after that.

        ``opened`` is told when the server has agreed to it.

        Raises:
            ApiError: the server refused, or sent an error (410 when the resourceVersion is too old).
            ConnectionFailed: the conversation broke off, or lasted longer than ``limit`` seconds.
        """
        gc.enable()  # whoever watches stays; short runs do without
        request = Request("GET", path, (*query, ("watch", "true")), (("Accept", accept),), streaming=True, limit=limit)
        with self._send(request) as response:
            if response.status >= 400:
                raise failure(Reply(response.status, response.headers, response.read()))
            opened()
            for line in _lines(response.chunks()):
                event = self._decoded(line, WatchLine)
                if event.type == "ERROR":
                    raise failure_of(500, bytes(event.object))
                yield WatchEvent(event.type, bytes(event.object))

    def discover(self, api_version: str, kind: str) -> Resource:
        """Where objects of this kind live, and whether they live in namespaces; asked for once, then remembered.

        Raises:
            NotFound: the server does not serve it; the hint names the versions that it does serve.
        """
        return self._discover().find(api_version, kind)

    def resources(self) -> tuple[Resource, ...]:
        """Every kind that the server serves, in every version."""
        return self._discover().every()

    def _discover(self) -> Discovery:
        if self._discovery is None:
            from kubectl_ds.cluster.discovery import Discovery

            self._discovery = Discovery(self.get_raw)
        return self._discovery

    def version(self) -> str:
        """The server's gitVersion, asked for once.

        Raises:
            ApiError: the server refused.
        """
        if self._version is None:
            self._version = self._decoded(self.get_raw("/version"), _Version).git_version
        return self._version

    def _change(self, method: str, path: str, body: bytes | None, content_type: str, params: Pairs) -> Answer:
        headers: Pairs = (("Accept", JSON), *((("Content-Type", content_type),) if body is not None else ()))
        reply = self._ask(Request(method, path, params, headers, body))
        return Answer(reply.body, tuple(_warning_text(value) for value in reply.every("Warning")))

    def _ask(self, request: Request, take: Take | None = None) -> Reply:
        reply = exchange(self._send, request, self._patience, take)
        self._look_at_clock(reply)
        if reply.status >= 400:
            raise failure(reply)
        return reply

    def _look_at_clock(self, reply: Reply) -> None:
        self.server_time = parse_date(reply.header("Date")) or self.server_time

    def _expect_json(self, reply: Reply | Response, accept: str) -> None:
        kind = reply.header("Content-Type").partition(";")[0].strip()
        if accept.startswith(JSON) and kind not in (JSON, ""):
            raise ConnectionFailed(
                f'the server {self.server} answered with "{kind}" instead of JSON',
                hint="is this the address of a Kubernetes API server, or is a login page in between?",
                reference="not-kubernetes",
            )

    def plain(self, body: bytes) -> Any:
        """What the server said as plain dicts and lists.

        Raises:
            ConnectionFailed: it cannot be understood.
        """
        try:
            return decode_generic(body)
        except msgspec.DecodeError as error:
            raise self._incomprehensible(error) from error

    def _decoded(self, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            raise self._incomprehensible(error) from error

    def _incomprehensible(self, error: msgspec.DecodeError) -> ConnectionFailed:
        return ConnectionFailed(
            f"the server {self.server} answered with JSON that cannot be understood: {error}",
            hint="try again; if it stays so, look at what lies between us",
            reference="invalid-json",
        )


def object_path(collection: str, name: str) -> str:
    """The path of one object; a name cannot lead elsewhere."""
    return f"{collection}/{quote(name, safe='')}"


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from filter(None, lines)
    if rest.strip():
        yield rest


def _warning_text(value: str) -> str:
    """The text of a ``Warning: 299 - "text"`` header (upstream ``net.ParseWarningHeader``)."""
    _, quoted, rest = value.partition('"')
    if not quoted:
        return value
    text, escaped = "", False
    for character in rest:
        if escaped or character not in '\\"':
            text += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            break
    return text
