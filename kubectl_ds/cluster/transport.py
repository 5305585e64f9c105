"""The one way out to an API server: connections kept alive, credentials and impersonation added, answers unpacked.

It repeats nothing but what can do no harm: a request that met a connection which the server had closed meanwhile, and
one that was answered 401 when credentials can be fetched anew. Other retries belong to ``retry``.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from kubectl_ds import __version__
from kubectl_ds.cluster.connection import Connection
from kubectl_ds.cluster.credentials import Credentials
from kubectl_ds.cluster.exchange import Pairs, Request, Response
from kubectl_ds.cluster.http1 import HttpAnswer, NotHttp
from kubectl_ds.cluster.proxy import choose_proxy
from kubectl_ds.cluster.tls import make_context
from kubectl_ds.cluster.wire import Deadline, Wire, explain, unpacked
from kubectl_ds.errors import ConfigError, ConnectionFailed

Log = Callable[[int, str], None]
"""Told what happens: the level at which kubectl would tell it (``-v``), and a line without secrets."""
_REDIRECTS = 5
_KEPT = 8
"""Idle connections that are kept."""


class HttpTransport:
    """``send`` is a ``Send``; it may be called from several threads."""

    def __init__(
        self,
        connection: Connection,
        credentials: Credentials | None = None,
        log: Log | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        parts = urlsplit(connection.server)
        self._connection = connection
        self._credentials = credentials or Credentials(connection.identity)
        self._log = log
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._prefix = parts.path
        self._authority = parts.netloc
        self._proxy = choose_proxy(
            connection.proxy, parts.scheme, self._host, self._port, os.environ if environ is None else environ
        )
        self._tls: ssl.SSLContext | None = None
        self._idle: list[Wire] = []

    def send(self, request: Request) -> Response:
        """Ask, and return the answer with its body still to be read.

        Raises:
            ConnectionFailed: no answer, or none that makes sense.
            ConfigError: credentials cannot be had.
        """
        limits = [seconds for seconds in (self._connection.timeout, request.limit) if seconds is not None]
        deadline = Deadline(min(limits, default=None))
        response = self._send_once(request, deadline)
        if response.status == 401 and self._credentials.renew():
            response.close()
            self._forget()
            response = self._send_once(request, deadline)
        for _ in range(_REDIRECTS):
            location = response.header("Location")
            if response.status not in (301, 302, 303, 307, 308) or not location:
                return response
            response.close()
            request = self._redirected(request, location)
            response = self._send_once(request, deadline)
        response.close()
        raise ConnectionFailed(
            f"the server {self._authority} redirects in a circle",
            hint="look at the server's URL in the kubeconfig",
            reference="redirect",
        )

    def close(self) -> None:
        """Close the connections that are idle."""
        self._forget()

    def _send_once(self, request: Request, deadline: Deadline) -> Response:
        headers = self._headers(request)
        started = time.monotonic()
        wire, answer = self._converse(request, headers, deadline)
        if self._log is not None:
            self._tell(request, headers, answer, time.monotonic() - started)
        done = False

        def finish() -> None:
            nonlocal done
            if not done:
                done = True
                self._keep(wire, answer)

        return Response(answer.status, self._body(request, answer, finish), answer.headers, finish)

    def _converse(self, request: Request, headers: Pairs, deadline: Deadline) -> tuple[Wire, HttpAnswer]:
        target = self._prefix + request.target
        while True:
            wire, reused = self._take(deadline)
            proxy = wire.through_proxy
            url = f"http://{self._authority}{target}" if proxy else target
            given = (
                (*headers, ("Proxy-Authorization", proxy.authorization)) if proxy and proxy.authorization else headers
            )
            try:
                wire.send(request.method, url, given, request.body, deadline)
                return wire, wire.receive(request.method, patient=request.streaming)
            except (OSError, EOFError, NotHttp) as error:
                wire.close()
                if reused and request.idempotent and not isinstance(error, TimeoutError):
                    continue
                raise explain(error, wire.name, timeout=deadline.seconds) from error

    def _body(self, request: Request, answer: HttpAnswer, finish: Callable[[], None]) -> Iterator[bytes]:
        raw = answer.pieces(at_once=request.streaming)
        packed = (answer.header("Content-Encoding")).lower() == "gzip"
        try:
            yield from unpacked(raw) if packed else raw
        except (OSError, EOFError, NotHttp) as error:
            raise explain(error, self._authority, timeout=self._connection.timeout) from error
        finally:
            finish()

    def _take(self, deadline: Deadline) -> tuple[Wire, bool]:
        while (wire := self._pop()) is not None:
            if wire.alive:
                return wire, True
            wire.close()
        tls = self._connection.tls
        if self._secure and self._tls is None:
            self._tls = make_context(tls, self._credentials.certificate())
        wire = Wire(self._host, self._port, self._tls, tls.server_name or self._host, self._proxy)
        wire.open(deadline)
        return wire, False

    def _keep(self, wire: Wire, answer: HttpAnswer) -> None:
        if answer.complete and answer.keeps_alive and len(self._idle) < _KEPT:
            self._idle.append(wire)
        else:
            wire.close()

    def _forget(self) -> None:
        """After new credentials, a new handshake too: a plugin may have handed out a certificate."""
        self._tls = None
        while (wire := self._pop()) is not None:
            wire.close()

    def _pop(self) -> Wire | None:
        try:
            return self._idle.pop()
        except IndexError:  # empty, or another thread was quicker
            return None

    def _headers(self, request: Request) -> Pairs:
        headers = [("Host", self._authority), ("User-Agent", f"kubectl-ds/{__version__}")]
        headers += request.headers
        if self._connection.compression and not request.streaming:
            headers.append(("Accept-Encoding", "gzip"))
        else:
            headers.append(("Accept-Encoding", "identity"))
        if request.body is not None:
            headers.append(("Content-Length", str(len(request.body))))
        if self._secure:
            authorization = self._credentials.authorization()
            if authorization:
                headers.append(("Authorization", authorization))
        headers += self._connection.impersonation
        for key, value in headers:
            if "\r" in value or "\n" in value or "\0" in value:
                raise ConfigError(
                    f"the value for the header {key} holds a line break",
                    hint="look for it in the flags and in the kubeconfig",
                    reference="invalid-header",
                )
        return tuple(headers)

    def _redirected(self, request: Request, location: str) -> Request:
        """The same request at another path of the same server; to no other host, port or scheme do we go."""
        from urllib.parse import urljoin

        target = urlsplit(urljoin(f"{self._connection.server}{request.target}", location))
        same = (target.scheme, target.netloc) == (urlsplit(self._connection.server).scheme, self._authority)
        if not same or not request.idempotent or not target.path.startswith(self._prefix):
            raise ConnectionFailed(
                f"the server {self._authority} redirects to {target.scheme}://{target.netloc}, which is not followed",
                hint="credentials go to the server of the kubeconfig alone; put the right URL there",
                reference="redirect",
            )
        path = target.path.removeprefix(self._prefix)
        return msgspec.structs.replace(request, path=f"{path}?{target.query}" if target.query else path, query=())

    def _tell(self, request: Request, headers: Pairs, answer: HttpAnswer, seconds: float) -> None:
        if self._log is None:
            return
        url = f"{self._connection.server}{request.target}"
        status = f"{answer.status} {answer.reason}"
        self._log(
            6, f'"Response" verb="{request.method}" url="{url}" status="{status}" milliseconds={seconds * 1000:.0f}'
        )
        for key, value in headers:
            self._log(7, f"> {key}: {masked(key, value)}")
        for key, value in answer.headers:
            self._log(8, f"< {key}: {value}")
        shown = " ".join(f"-H '{key}: {masked(key, value)}'" for key, value in headers)
        self._log(9, f"curl -v -X{request.method} {shown} '{url}'")


def masked(key: str, value: str) -> str:
    """A header's value as a log may show it (upstream ``maskValue``, client-go transport v0.37)."""
    if key.lower() not in ("authorization", "proxy-authorization"):
        return value
    scheme = value.partition(" ")[0]
    return f"{scheme} <masked>" if scheme.lower() in ("bearer", "basic", "negotiate") else "<masked>"
