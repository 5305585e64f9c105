"""One connection to one server: dialled, spoken over and timed; what breaks it is told in words.

It knows HTTP/1.1 and sockets, and nothing of Kubernetes. Every wait for the network has an end.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_ds.cluster.exchange import Pairs
from kubectl_ds.cluster.http1 import HttpAnswer, NotHttp
from kubectl_ds.cluster.proxy import Proxy
from kubectl_ds.errors import ConnectionFailed

if TYPE_CHECKING:
    from kubectl_ds.cluster.nested_tls import NestedTls

CONNECT_TIMEOUT = 10.0
"""Seconds for TCP and TLS together."""
SILENCE_TIMEOUT = 60.0
"""Seconds without a byte in the middle of an answer, or before it: the API server's own limit is 60."""
SLOWEST = 1024
"""Bytes that must come within such a time: a drip is no answer, and would otherwise never end."""


class Deadline:
    """When a request must be over; no limit when ``seconds`` is None."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def remaining(self, limit: float | None) -> float | None:
        """Seconds that may still pass, at most ``limit``; None for no limit at all.

        Raises:
            TimeoutError: none are left.
        """
        if self._end is None:
            return limit
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        return left if limit is None else min(left, limit)

    def within(self, limit: float) -> float:
        """The shorter of this deadline as it was set and ``limit``."""
        return limit if self.seconds is None else min(self.seconds, limit)


class Wire:
    """A connection that can carry one request after the other."""

    def __init__(
        self, host: str, port: int, tls: ssl.SSLContext | None, server_name: str, proxy: Proxy | None, name: str
    ) -> None:
        """``tls`` None is plain text; ``server_name`` is what the certificate must carry; ``name`` is for messages."""
        self.name = name
        self._host = host
        self._port = port
        self._tls = tls
        self._server_name = server_name
        self._proxy = proxy
        self._socket: socket.socket | NestedTls | None = None
        self._deadline = Deadline(None)
        self._silence: float | None = SILENCE_TIMEOUT
        self._since, self._come = 0.0, 0
        """When the pace was last looked at, and how many bytes have come since."""

    @property
    def through_proxy(self) -> Proxy | None:
        """The proxy to which plain requests must name the whole URL."""
        return self._proxy if self._tls is None and self._proxy is not None and not self._proxy.socks else None

    @property
    def alive(self) -> bool:
        """Whether it is open and the server has not hung up meanwhile."""
        if self._socket is None:
            return False
        import selectors

        held = 0 if type(self._socket) is socket.socket else self._socket.pending()  # type: ignore[union-attr]
        if held:
            return False
        with selectors.DefaultSelector() as selector:  # unlike select(), it takes descriptors above 1023
            selector.register(self._socket, selectors.EVENT_READ)
            return not selector.select(0)

    def open(self, deadline: Deadline) -> None:
        """Dial, through the proxy if there is one, and shake hands.

        Raises:
            ConnectionFailed: it could not be done; the message says what happened and the hint what to look at.
        """
        via = self._proxy.address if self._proxy else ""
        try:
            address = (self._proxy.host, self._proxy.port) if self._proxy else (self._host or "localhost", self._port)
            dialled = socket.create_connection(address, deadline.remaining(CONNECT_TIMEOUT))
            self._socket = dialled
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            dialled.settimeout(deadline.remaining(CONNECT_TIMEOUT))
            if self._proxy is not None:
                self._pass(dialled, self._proxy, deadline)
                via = ""
            if self._tls is not None:
                self._socket.settimeout(deadline.remaining(CONNECT_TIMEOUT))
                self._socket = _secured(self._socket, self._tls, self._server_name)
        except (OSError, EOFError, UnicodeError, NotHttp) as error:
            self.close()
            limit = deadline.within(CONNECT_TIMEOUT)
            raise explain(error, self.name, connecting=True, timeout=limit, proxy=via) from error

    def send(self, method: str, target: str, headers: Pairs, body: bytes | None, deadline: Deadline) -> None:
        """Send one request.

        Raises:
            OSError: the connection broke.
        """
        sock = self._socket
        if sock is None:
            raise ConnectionResetError("not connected")
        lines = [f"{method} {target} HTTP/1.1", *(f"{key}: {value}" for key, value in headers), "", ""]
        self._deadline = deadline
        self._since, self._come = time.monotonic(), 0
        sock.settimeout(deadline.remaining(SILENCE_TIMEOUT))
        try:
            sock.sendall("\r\n".join(lines).encode("utf-8") + (body or b""))
        except ConnectionError:
            sock.recv(1)  # the server may have said why before it hung up: TLS 1.3 refuses a certificate this late
            raise

    def receive(self, method: str, *, patient: bool) -> HttpAnswer:
        """Read the head of the answer; ``patient`` allows any silence after it.

        Raises:
            OSError, EOFError, NotHttp: the connection broke, or what came is no HTTP.
        """
        self._silence = SILENCE_TIMEOUT
        answer = HttpAnswer(self.read, method)
        if patient:
            self._silence = None
        return answer

    def read(self, most: int) -> bytes:
        """What the socket has, in the time that is left."""
        if self._socket is None:
            raise ConnectionResetError("not connected")
        self._socket.settimeout(self._deadline.remaining(self._silence))
        data = self._socket.recv(most)
        self._come += len(data)
        if self._silence is not None and time.monotonic() - self._since > self._silence:
            if self._come < SLOWEST:
                raise TimeoutError("a drip")
            self._since, self._come = time.monotonic(), 0
        return data

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _pass(self, dialled: socket.socket, proxy: Proxy, deadline: Deadline) -> None:
        """Get past the proxy, if it is one that has to be asked to let us through."""
        if proxy.socks:
            from kubectl_ds.cluster.socks import open_way

            open_way(dialled, self._host, self._port, proxy.username, proxy.password)
            return
        if proxy.scheme == "https":  # upstream trusts for it what is trusted for the server
            self._socket = _secured(dialled, self._tls or ssl.create_default_context(), proxy.host)
        if self._tls is not None:
            self._tunnel(proxy, deadline)

    def _tunnel(self, proxy: Proxy, deadline: Deadline) -> None:
        target = f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"
        headers: Pairs = (("Host", target),)
        if proxy.authorization:
            headers += (("Proxy-Authorization", proxy.authorization),)
        self.send("CONNECT", target, headers, None, deadline)
        answer = HttpAnswer(self.read, "CONNECT", step=1)  # nothing of what follows its head may be swallowed
        if answer.status != 200:
            raise ConnectionRefusedError(f"proxy: it answers {answer.status} {answer.reason}")


def _secured(plain: socket.socket | NestedTls, context: ssl.SSLContext, server_name: str) -> ssl.SSLSocket | NestedTls:
    """The same conversation, encrypted; within another one when it is encrypted already."""
    if isinstance(plain, ssl.SSLSocket):
        from kubectl_ds.cluster.nested_tls import NestedTls

        return NestedTls(plain, context, server_name)
    assert isinstance(plain, socket.socket)
    return context.wrap_socket(plain, server_hostname=server_name)


def unpacked(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Gzip taken off, piece by piece.

    Raises:
        EOFError: it is no gzip, or broke off.
    """
    import zlib

    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    for piece in packed:
        try:
            data = unpacker.decompress(piece)
        except zlib.error as error:
            raise EOFError("damaged gzip") from error
        if data:
            yield data
    if not unpacker.eof:
        raise EOFError("truncated gzip")


_CERTIFICATE = {
    9: ("tls-not-yet-valid", "its certificate is not valid yet", "compare the clocks of this machine and the server"),
    10: ("tls-expired", "its certificate has expired", "renew the server's certificate, or look at this clock"),
    62: (
        "tls-hostname",
        "its certificate is for another name",
        "use a server name that the certificate carries, or give --tls-server-name",
    ),
    64: (
        "tls-hostname",
        "its certificate is for another address",
        "use a server name that the certificate carries, or give --tls-server-name",
    ),
}
_UNKNOWN_AUTHORITY = (
    "tls-unknown-authority",
    "its certificate is signed by an unknown authority",
    "look at certificate-authority-data of the cluster in the kubeconfig, or give --certificate-authority",
)
_X509 = {
    "tls-unknown-authority": "certificate signed by unknown authority",
    "tls-expired": "certificate has expired or is not yet valid: {server} has one that has expired",
    "tls-not-yet-valid": "certificate has expired or is not yet valid: {server} has one that is not valid yet",
    "tls-hostname": "certificate is not valid for what was asked of {server}: {detail}",
}
"""How Go begins to say the same, by our reference."""


def explain(
    error: BaseException, server: str, *, connecting: bool = False, timeout: float | None = None, proxy: str = ""
) -> ConnectionFailed:
    """What happened to the conversation with ``server``, in words; ``proxy`` is the one that was on the way."""
    reference, problem, hint = _diagnosis(error, connecting=connecting, timeout=timeout)
    whom = f"the proxy {proxy}" if proxy else f"the server {server}"
    line = f"Unable to connect to the server: {whom} {problem}"
    if isinstance(error, ssl.SSLCertVerificationError):
        words = _X509[reference].format(server=server, detail=error.verify_message.strip())
        line = f"Unable to connect to the server: tls: failed to verify certificate: x509: {words}"
    elif reference == "refused" and not proxy:
        line = f"The connection to the server {server} was refused - did you specify the right host or port?"
    return ConnectionFailed(f"{whom} {problem}", hint=hint, reference=reference, line=line)


def _diagnosis(error: BaseException, *, connecting: bool, timeout: float | None) -> tuple[str, str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        reference, problem, hint = _CERTIFICATE.get(error.verify_code, _UNKNOWN_AUTHORITY)
        return reference, f"cannot be trusted: {problem} ({error.verify_message.strip()})", hint
    if isinstance(error, ssl.SSLError) and not isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        reason = (error.reason or str(error)).replace("_", " ").lower()
        if "certificate" in reason or "unknown ca" in reason:
            return "tls-refused", f"refused our client certificate: {reason}", "look at the user in the kubeconfig"
        return (
            "tls-failed",
            f"does not speak TLS with us: {reason}",
            "does the server's URL need http:// or another port?",
        )
    if isinstance(error, socket.gaierror):
        return (
            "dns",
            f"has a name that cannot be resolved: {error.strerror or error}",
            "look at the server's URL in the kubeconfig, at VPN and DNS",
        )
    if isinstance(error, TimeoutError):
        waited = f" within {timeout or SILENCE_TIMEOUT:g} s"
        return (
            "timeout",
            f"did not answer{waited}",
            "is it reachable from here (VPN, firewall)? --request-timeout sets how long to wait",
        )
    if isinstance(error, ConnectionRefusedError):
        if str(error).startswith("proxy:"):
            problem = f"does not let us through:{str(error).partition(':')[2]}"
            return "proxy-refused", problem, "look at proxy-url, HTTPS_PROXY and NO_PROXY"
        return "refused", "refused the connection", "is this the right host and port, and is the API server running?"
    if isinstance(error, NotHttp):
        return "not-http", "does not answer in HTTP", "is this the address of a Kubernetes API server?"
    if isinstance(error, (ConnectionError, EOFError, ssl.SSLError)):
        if connecting:
            return "broken", "closed the connection while it was being made", "try again; is a proxy or VPN in between?"
        return "broken", "broke off the conversation", "try again; if it stays so, look at what lies between us"
    strerror = getattr(error, "strerror", None)
    return "unreachable", f"cannot be reached: {strerror or type(error).__name__}", "is the network up (VPN, firewall)?"
