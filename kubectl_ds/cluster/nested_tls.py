"""TLS within TLS: what a proxy that is itself spoken to over TLS needs, and ``ssl`` cannot do on a socket."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

_PIECE = 1 << 16
Step = Callable[[], Any]


class NestedTls:
    """All that a wire wants of a socket, on a conversation that is encrypted already."""

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, server_name: str) -> None:
        """Shakes hands.

        Raises:
            OSError: it could not be done.
        """
        self._outer = outer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._inner = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._until_done(self._inner.do_handshake)

    def settimeout(self, seconds: float | None) -> None:
        """How long the network may be silent."""
        self._outer.settimeout(seconds)

    def fileno(self) -> int:
        """The descriptor beneath."""
        return self._outer.fileno()

    def pending(self) -> int:
        """Bytes that can be had without the network."""
        return self._inner.pending() + self._incoming.pending + self._outer.pending()

    def sendall(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            OSError: the conversation broke off.
        """
        view = memoryview(data)
        while view:
            view = view[self._write(view) :]

    def recv(self, size: int) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            OSError: the conversation broke off.
        """
        try:
            return bytes(self._until_done(lambda: self._inner.read(size)))
        except ssl.SSLZeroReturnError:
            return b""

    def close(self) -> None:
        """Hang up."""
        self._outer.close()

    def _write(self, data: memoryview) -> int:
        return int(self._until_done(lambda: self._inner.write(data)))

    def _until_done(self, step: Step) -> Any:
        """Take a step of the inner conversation, and carry what it says and wants to hear."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                heard = self._outer.recv(_PIECE)
                if heard:
                    self._incoming.write(heard)
                else:
                    self._incoming.write_eof()
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._outer.sendall(self._outgoing.read())
