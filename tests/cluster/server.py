"""A server on loopback that records what arrives and answers with the very bytes that a test gives it.

It speaks to sockets, not to an HTTP library, so that it can break off in the middle, be silent, or answer nonsense.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = CERTIFICATES / "authority.crt"


@dataclass(frozen=True)
class Arrived:
    """A request as it arrived."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    """Counts connections from 1."""
    certificate: str
    """Common name of the client's certificate; empty without one."""
    server_name: str = ""
    """The name that the client asked for as it shook hands (SNI); empty without one."""

    def header(self, name: str) -> str:
        """The values of a header, joined; empty when it did not arrive."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())


class Reset(OSError):
    """Raised by the pieces of an answer to break the connection off by a TCP reset."""


Answer = Callable[[Arrived], "bytes | Iterable[bytes] | None"]
"""The bytes to write, at once or piece by piece; None hangs up without a word."""


def reply(
    status: int = 200, body: bytes = b"{}", *headers: tuple[str, str], chunked: bool = False, json: bool = True
) -> bytes:
    """The bytes of an ordinary answer."""
    given = [*headers, *([("Content-Type", "application/json")] if json else [])]
    given.append(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body))))
    head = f"HTTP/1.1 {status} Something\r\n" + "".join(f"{key}: {value}\r\n" for key, value in given) + "\r\n"
    if chunked:
        pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return head.encode() + body


class Server:
    """Use it in a with statement; ``requests`` holds what arrived, in order."""

    def __init__(
        self,
        answer: Answer = lambda _: reply(),
        certificate: str = "",
        host: str = "127.0.0.1",
        ask_certificate: bool = False,
        hang_up: bool = False,
        take_certificate: bool = False,
    ) -> None:
        """``certificate`` is the name of one in ``certificates``; without it the server speaks plain text.

        ``ask_certificate`` demands one of the client, ``take_certificate`` looks at one if there is one. ``hang_up``
        closes the connection after each answer, whatever the answer says.
        """
        self.requests: list[Arrived] = []
        self._answer = answer
        self._hang_up = hang_up
        self._tls = _context(certificate, ask_certificate, take_certificate) if certificate else None
        self._stopped = threading.Event()
        self._sockets: list[socket.socket] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        """Its address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def stopped(self) -> threading.Event:
        """Set when the test is over: an answer that waits waits for this."""
        return self._stopped

    def __enter__(self) -> Server:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in list(self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)

    def _accept(self) -> None:
        number = 0
        while not self._stopped.is_set():
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            self._sockets.append(accepted)
            thread = threading.Thread(target=self._serve, args=(accepted, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, accepted: socket.socket, number: int) -> None:
        try:
            with contextlib.suppress(OSError):
                talking = self._secured(accepted) if self._tls else accepted
                with talking, talking.makefile("rb") as stream:
                    self._converse(talking, stream, number)
        finally:
            accepted.close()

    def _secured(self, accepted: socket.socket) -> socket.socket:
        """Shake hands; after a refusal wait for the client to go, or a reset would swallow the alert."""
        assert self._tls is not None
        talking = self._tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        try:
            talking.do_handshake()
        except OSError:
            with talking, contextlib.suppress(OSError), socket.socket(fileno=os.dup(talking.fileno())) as plain:
                plain.shutdown(socket.SHUT_WR)
                plain.settimeout(5)
                while plain.recv(4096):
                    continue
            raise
        return talking

    def _converse(self, talking: socket.socket, stream: Any, number: int) -> None:
        if stream.peek(1)[:1] == b"\x16":  # a TLS handshake, answered as Go does
            talking.sendall(reply(400))
            return
        while line := stream.readline():
            method, target, _ = line.decode().split(" ", 2)
            headers = []
            while (header := stream.readline().strip()) != b"":
                key, _, value = header.decode().partition(": ")
                headers.append((key, value))
            length = next((int(value) for key, value in headers if key == "Content-Length"), 0)
            whose, asked = _common_name(talking), _ASKED.get(talking, "")
            arrived = Arrived(method, target, tuple(headers), stream.read(length), number, whose, asked)
            self.requests.append(arrived)
            answer = self._answer(arrived)
            if answer is None:
                return
            try:
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    talking.sendall(piece)
            except Reset:
                talking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            closes = isinstance(answer, bytes) and b"Connection: close" in answer.partition(b"\r\n\r\n")[0]
            if closes or self._hang_up:
                return


def _context(certificate: str, ask: bool, take: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{certificate}.crt", CERTIFICATES / f"{certificate}.key")
    context.sni_callback = _remember_name
    if ask or take:
        context.verify_mode = ssl.CERT_REQUIRED if ask else ssl.CERT_OPTIONAL
        context.load_verify_locations(AUTHORITY)
    return context


_ASKED: WeakKeyDictionary[Any, str] = WeakKeyDictionary()
"""The name that each client asked for, by the server's end of the conversation."""


def _remember_name(talking: Any, name: str | None, context: object) -> None:
    _ASKED[talking] = name or ""


def _common_name(talking: socket.socket) -> str:
    if not isinstance(talking, ssl.SSLSocket):
        return ""
    subject: Any = (talking.getpeercert() or {}).get("subject", ())
    return next((value for part in subject for key, value in part if key == "commonName"), "")
