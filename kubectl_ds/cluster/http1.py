"""Answers in HTTP/1.1 (RFC 9112): status, headers, and a body of which it is known whether it is whole.

The standard library reads headers as if they were mail, and to import that takes as long as to ask a server. This reads
what an API server, or a proxy before it, answers to one request. It knows no socket: bytes are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone

from kubectl_ds.cluster.exchange import Pairs

Receive = Callable[[int], bytes]
"""At most so many bytes, as soon as there are any; none at all after the last."""
_STEP = 1 << 16
"""Bytes that are asked for at once, and the size of a piece of a body."""
_LONGEST_LINE = 1 << 20
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class NotHttp(Exception):
    """What came is no HTTP/1.1."""


class HttpAnswer:
    """The answer to one request; its body is still to be read.

    ``receive`` raises OSError when the connection breaks, and so does everything here; EOFError says that the answer
    ended before its time.
    """

    def __init__(self, receive: Receive, method: str, *, step: int = _STEP) -> None:
        """Read the head. ``step`` 1 swallows nothing of what follows the answer.

        Raises:
            NotHttp: it is none.
            EOFError: the server hung up before it had said it.
        """
        self._receive = receive
        self._step = step
        self._held = b""
        """What has come and was not taken: from ``_at`` on."""
        self._at = 0
        version, self.status, self.reason = self._status_line()
        self.headers = self._read_headers()
        while 100 <= self.status < 200 and self.status != 101:
            version, self.status, self.reason = self._status_line()
            self.headers = self._read_headers()
        self.chunked = self.header("Transfer-Encoding").lower().endswith("chunked")
        self.keeps_alive = version == "HTTP/1.1" and self.header("Connection").lower() != "close"
        """Whether another request may follow on the same connection."""
        self._length = self._content_length()
        """Bytes of the body that are to come; None when the end is where the server hangs up."""
        if method == "HEAD" or self.status in (204, 304) or (method == "CONNECT" and self.status < 300):
            self.chunked, self._length = False, 0
        self.complete = self._length == 0
        """Whether the body has been read to its end."""

    def header(self, name: str) -> str:
        """The first value of this header, in any spelling; empty when there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    def pieces(self, *, at_once: bool) -> Iterator[bytes]:
        """The body as it arrives; ``at_once`` does not wait for a piece to be full.

        A success must say where it ends; that a server hung up there proves nothing.

        Raises:
            EOFError: the body broke off.
            NotHttp: a chunk of it is none.
        """
        held: list[bytes] = []
        size = 0
        for part in self._in_chunks() if self.chunked else self._by_length():
            if at_once:
                yield part
                continue
            held.append(part)
            size += len(part)
            if size >= _STEP:
                yield b"".join(held)
                held, size = [], 0
        self.complete = True
        if held:
            yield b"".join(held)

    def _by_length(self) -> Iterator[bytes]:
        while self._length != 0:
            part = self._take(self._step if self._length is None else self._length)
            if not part and self._length is None and self.status >= 300:
                self.keeps_alive = False
                return
            if not part:
                raise EOFError("the body broke off")
            if self._length is not None:
                self._length -= len(part)
            yield part

    def _in_chunks(self) -> Iterator[bytes]:
        while left := self._chunk_size():
            while left:
                part = self._take(left)
                if not part:
                    raise EOFError("a chunk broke off")
                left -= len(part)
                yield part
            if self._line():
                raise NotHttp("no line break after a chunk")
        while self._line():  # trailers
            continue

    def _chunk_size(self) -> int:
        digits = self._line().partition(b";")[0].strip()
        if not digits or digits.strip(b"0123456789abcdefABCDEF"):
            raise NotHttp("no size before a chunk")
        return int(digits, 16)

    def _status_line(self) -> tuple[str, int, str]:
        try:
            line = self._line().decode("latin-1")
        except EOFError as error:
            if self._held.startswith(b"HTTP/"[: len(self._held)]):
                raise
            raise NotHttp("no status line") from error
        version, _, rest = line.partition(" ")
        code, _, reason = rest.strip().partition(" ")
        if not version.startswith("HTTP/1.") or len(code) != 3 or not code.isdecimal():
            raise NotHttp("no status line")
        return version, int(code), reason.strip()

    def _read_headers(self) -> Pairs:
        headers: list[tuple[str, str]] = []
        while line := self._line():
            if line[:1] in b" \t" and headers:  # folded
                key, value = headers.pop()
                headers.append((key, f"{value} {line.strip().decode('latin-1')}"))
                continue
            key, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise NotHttp("no header")
            headers.append((key.strip(), value.strip()))
        return tuple(headers)

    def _content_length(self) -> int | None:
        text = self.header("Content-Length")
        if not text or self.chunked:
            return None
        if not (text.isascii() and text.isdecimal()):
            raise NotHttp("no length")
        return int(text)

    def _line(self) -> bytes:
        """Up to the next line break, without it."""
        while (end := self._held.find(b"\n", self._at)) < 0:
            self._held, self._at = self._held[self._at :], 0
            more = self._receive(self._step)
            if not more:
                raise EOFError("the answer broke off")
            if len(self._held) > _LONGEST_LINE:
                raise NotHttp("a line without end")
            self._held += more
        line = self._held[self._at : end]
        self._at = end + 1
        return line.removesuffix(b"\r")

    def _take(self, most: int) -> bytes:
        """At most so many bytes; none when there are no more."""
        if self._at == len(self._held):
            self._held, self._at = self._receive(self._step), 0
        part = self._held[self._at : self._at + most]
        self._at += len(part)
        return part


def parse_date(text: str) -> datetime | None:
    """The time of a ``Date`` header, such as ``Mon, 23 Nov 2026 10:00:00 GMT``; None when it is none."""
    parts = text.replace(":", " ").split()
    if len(parts) != 8 or parts[2] not in _MONTHS or parts[7] != "GMT":
        return None
    try:
        day, year, hour, minute, second = (int(parts[index]) for index in (1, 3, 4, 5, 6))
        return datetime(year, _MONTHS.index(parts[2]) + 1, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
