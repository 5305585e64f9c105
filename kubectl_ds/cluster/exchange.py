"""One request and its answer, as values: the seam at which a test puts a function in place of the network.

``Send`` is all that the client knows of the network. Nothing here opens anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from urllib.parse import quote

import msgspec

Pairs = tuple[tuple[str, str], ...]
JSON = "application/json"


class Request(msgspec.Struct, frozen=True):
    """What is asked of the API server."""

    method: str
    path: str
    """From the root of the API, such as ``/api/v1/nodes``; the server's own prefix is not in it."""
    query: Pairs = ()
    headers: Pairs = ()
    """Beside those that the transport adds: host, user agent, credentials, impersonation."""
    body: bytes | None = None
    streaming: bool = False
    """Whether the answer has no end that is worth waiting for (a watch): read as it comes, silence allowed."""
    limit: float | None = None
    """Seconds after which to hang up, however much has come; None for what the connection allows."""

    @property
    def idempotent(self) -> bool:
        """Whether sending it twice does no harm."""
        return self.method in ("GET", "HEAD")

    @property
    def target(self) -> str:
        """Path and query, encoded."""
        if not self.query:
            return self.path
        encoded = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in self.query)
        return f"{self.path}?{encoded}"


class Response:
    """What the API server answers: the head at once, the body as it arrives."""

    def __init__(
        self,
        status: int,
        body: bytes | Iterable[bytes] = b"",
        headers: Pairs = (),
        close: Callable[[], None] | None = None,
    ) -> None:
        self.status = status
        self.headers = headers
        self._body = body
        self._close = close

    def header(self, name: str) -> str:
        """The first value of this header, in any spelling; empty when there is none."""
        return next(iter(self.every(name)), "")

    def every(self, name: str) -> tuple[str, ...]:
        """All values of this header."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces, unpacked.

        Raises:
            ConnectionFailed: the conversation broke off before the end.
        """
        if isinstance(self._body, bytes):
            yield self._body
        else:
            yield from self._body

    def read(self) -> bytes:
        """The whole body."""
        return self._body if isinstance(self._body, bytes) else b"".join(self._body)

    def close(self) -> None:
        """Let go of the connection; what was not read of the body is lost."""
        if self._close is not None:
            self._close()

    def __enter__(self) -> Response:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


Send = Callable[[Request], Response]
"""From request to response: the network, or a test's stand-in for it."""


class Reply(msgspec.Struct, frozen=True):
    """An answer that has been read to its end."""

    status: int
    headers: Pairs
    body: bytes

    def header(self, name: str) -> str:
        """The first value of this header, in any spelling; empty when there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    def every(self, name: str) -> tuple[str, ...]:
        """All values of this header."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)
