"""The few words of SOCKS5 (RFC 1928, passwords by RFC 1929) that open a way through such a proxy.

Names are left to the proxy to resolve, as Go's transport does. It knows a socket, and nothing of HTTP.
"""

from __future__ import annotations

import socket

_REFUSALS = (
    "it failed",
    "its rules do not allow this",
    "the network cannot be reached",
    "the host cannot be reached",
    "the connection was refused",
    "the time to live has expired",
    "it does not know the command",
    "it does not know this kind of address",
)
"""By the reply's number, from 1 on."""


def open_way(proxy: socket.socket, host: str, port: int, username: str, password: str) -> None:
    """Let what is sent to the proxy from now on go to ``host``.

    Raises:
        ConnectionRefusedError: the proxy does not want to; the text begins with ``proxy:``.
        OSError: it hung up, or does not speak SOCKS5.
    """
    methods = b"\x00\x02" if username or password else b"\x00"
    proxy.sendall(bytes((5, len(methods))) + methods)
    version, method = _exactly(proxy, 2)
    if version != 5:
        raise ConnectionRefusedError("proxy: it does not speak SOCKS5")
    if method == 2:
        _sign_in(proxy, username.encode(), password.encode())
    elif method != 0:
        raise ConnectionRefusedError("proxy: it wants another way to sign in")
    proxy.sendall(b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big"))
    _, reply, _, kind = _exactly(proxy, 4)
    if reply != 0:
        raise ConnectionRefusedError(f"proxy: {_REFUSALS[reply - 1] if reply <= len(_REFUSALS) else 'it failed'}")
    _exactly(proxy, {1: 4, 4: 16}.get(kind) or _exactly(proxy, 1)[0])
    _exactly(proxy, 2)


def _sign_in(proxy: socket.socket, username: bytes, password: bytes) -> None:
    proxy.sendall(bytes((1, len(username))) + username + bytes((len(password),)) + password)
    if _exactly(proxy, 2)[1] != 0:
        raise ConnectionRefusedError("proxy: it does not take the name and the password")


def _address(host: str) -> bytes:
    for kind, family in ((1, socket.AF_INET), (4, socket.AF_INET6)):
        try:
            return bytes((kind,)) + socket.inet_pton(family, host)
        except OSError:
            continue
    name = host.encode("idna")
    return bytes((3, len(name))) + name


def _exactly(proxy: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = proxy.recv(size - len(data))
        if not piece:
            raise ConnectionResetError("the proxy hung up")
        data += piece
    return data
