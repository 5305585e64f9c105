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
from kubectl_ds.cluster.log import Log
from kubectl_ds.cluster.proxy import choose_proxy
from kubectl_ds.cluster.timeouts import duration_text
from kubectl_ds.cluster.tls import make_context
from kubectl_ds.cluster.wire import Deadline, Wire, explain, unpacked
from kubectl_ds.errors import ConfigError, ConnectionFailed

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
        self._credentials = credentials or Credentials(connection.identity, warn=log.warn if log is not None else None)
        self._log = log
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._prefix = parts.path
        self._authority = parts.netloc
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._proxy = choose_proxy(
            connection.proxy, parts.scheme, self._host, self._port, os.environ if environ is None else environ
        )
        self._tls: ssl.SSLContext | None = None
        self._idle: list[Wire] = []
        self._closed = False

    def send(self, request: Request) -> Response:
        """Ask, and return the answer with its body still to be read.

        Raises:
            ConnectionFailed: no answer, or none that makes sense.
            ConfigError: credentials cannot be had.
        """
        limits = [seconds for seconds in (self._connection.timeout, request.limit) if seconds is not None]
        deadline = Deadline(min(limits, default=None))
        request = self._addressed(request)
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
        """Close the connections that are idle, and each of the others as soon as its answer is over."""
        self._closed = True
        self._forget()

    def _addressed(self, request: Request) -> Request:
        """With the server's prefix, and with the time that it has, which upstream's ``rest.Request`` tells it, too."""
        limit = self._connection.timeout
        query = (*request.query, ("timeout", duration_text(limit))) if limit else request.query
        return msgspec.structs.replace(request, path=self._prefix + request.path, query=query)

    def _send_once(self, request: Request, deadline: Deadline) -> Response:
        headers = self._headers(request)
        wire, answer = self._told(request, headers, deadline)
        done = False

        def finish() -> None:
            nonlocal done
            if not done:
                done = True
                self._keep(wire, answer)

        return Response(answer.status, self._body(request, answer, finish), answer.headers, finish)

    def _told(self, request: Request, headers: Pairs, deadline: Deadline) -> tuple[Wire, HttpAnswer]:
        """Ask, and write a log of it."""
        log = self._log
        if log is None:
            return self._converse(request, headers, deadline)
        url = f"{self._origin}{request.target}"
        log.request(request.method, url, headers)
        started = time.monotonic()
        status = ""
        answered: Pairs = ()
        try:
            wire, answer = self._converse(request, headers, deadline)
            status, answered = f"{answer.status} {answer.reason}", answer.headers
        finally:
            log.response(request.method, url, status, answered, time.monotonic() - started)
        return wire, answer

    def _converse(self, request: Request, headers: Pairs, deadline: Deadline) -> tuple[Wire, HttpAnswer]:
        target = request.target
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
        name = tls.server_name or self._host
        wire = Wire(self._host, self._port, self._tls, name, self._proxy, self._authority)
        wire.open(deadline)
        return wire, False

    def _keep(self, wire: Wire, answer: HttpAnswer) -> None:
        if answer.complete and answer.keeps_alive and len(self._idle) < _KEPT:
            self._idle.append(wire)
        else:
            wire.close()
        if self._closed:  # another thread has closed us while this one still had its answer
            self._forget()

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

        target = urlsplit(urljoin(f"{self._origin}{request.target}", location))
        if f"{target.scheme}://{target.netloc}" != self._origin or not request.idempotent:
            raise ConnectionFailed(
                f"the server {self._authority} redirects to {target.scheme}://{target.netloc}, which is not followed",
                hint="credentials go to the server of the kubeconfig alone; put the right URL there",
                reference="redirect",
            )
        path = f"{target.path}?{target.query}" if target.query else target.path
        return msgspec.structs.replace(request, path=path, query=())
