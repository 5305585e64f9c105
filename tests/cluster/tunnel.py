"""Proxies on loopback that keep what they were asked for: CONNECT, in clear or over TLS, and SOCKS5."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from types import TracebackType

from .server import CERTIFICATES


class Tunnel:
    """Use it in a with statement; ``heads`` holds what it was asked for, in order."""

    def __init__(self, to: int = 0, certificate: str = "", socks: bool = False, password: str = "") -> None:
        """``to`` is a port of loopback at which every way ends, whatever name was asked for.

        ``certificate`` lets clients speak TLS with the proxy itself; ``socks`` makes it one of SOCKS5, which wants
        this ``password`` if there is one.
        """
        self.heads: list[str] = []
        self._to = to
        self._socks = socks
        self._password = password
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(CERTIFICATES / f"{certificate}.crt", CERTIFICATES / f"{certificate}.key")
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Tunnel:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in list(self._threads):
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(accepted,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, accepted: socket.socket) -> None:
        with accepted, contextlib.suppress(OSError):
            accepted.settimeout(5)
            client = self._tls.wrap_socket(accepted, server_side=True) if self._tls else accepted
            with client:
                self._carry(client, self._asked_by_socks(client) if self._socks else self._asked(client))

    def _asked(self, client: socket.socket) -> tuple[str, int]:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += _exactly(client, 1)
        self.heads.append(head.decode())
        host, _, port = head.split()[1].decode().rpartition(":")
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return host.strip("[]"), int(port)

    def _asked_by_socks(self, client: socket.socket) -> tuple[str, int]:
        """RFC 1928, with the passwords of RFC 1929."""
        _, methods = _exactly(client, 2)
        offered = _exactly(client, methods)
        wanted = 2 if self._password else 0
        client.sendall(bytes((5, wanted if wanted in offered else 255)))
        if self._password:
            _, length = _exactly(client, 2)
            user = _exactly(client, length)
            given = _exactly(client, _exactly(client, 1)[0])
            self.heads.append(f"{user.decode()}:{given.decode()}")
            client.sendall(bytes((1, 0 if given.decode() == self._password else 1)))
        _, _, _, kind = _exactly(client, 4)
        if kind == 3:
            host = _exactly(client, _exactly(client, 1)[0]).decode()
        else:
            family = socket.AF_INET if kind == 1 else socket.AF_INET6
            host = socket.inet_ntop(family, _exactly(client, 4 if kind == 1 else 16))
        port = int.from_bytes(_exactly(client, 2), "big")
        self.heads.append(f"SOCKS {host}:{port}")
        client.sendall(bytes((5, 0, 0, 1, 0, 0, 0, 0, 0, 0)))
        return host, port

    def _carry(self, client: socket.socket, asked: tuple[str, int]) -> None:
        with socket.create_connection(("127.0.0.1", self._to) if self._to else asked, 5) as server:
            ends = {client: server, server: client}
            while not self._stopped.is_set():
                ready = [client] if isinstance(client, ssl.SSLSocket) and client.pending() else []
                for end in ready or select.select(list(ends), [], [], 0.2)[0]:
                    data = end.recv(65536)
                    if not data:
                        return
                    ends[end].sendall(data)


def _exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        if not piece:
            raise ConnectionError("the client has gone")
        data += piece
    return data
