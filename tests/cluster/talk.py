"""A transport to a server of the tests, and one request over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from kubectl_ds.cluster.connection import Connection, Pem, Tls
from kubectl_ds.cluster.exchange import Request
from kubectl_ds.cluster.transport import HttpTransport

from .server import AUTHORITY, Server

GET = Request("GET", "/api/v1/nodes", (("limit", "500"), ("labelSelector", "app=x,tier in (a,b)")))
TRUSTED = Tls(authority=Pem(path=str(AUTHORITY)))


@contextmanager
def transport(server: Server | str, environ: Mapping[str, str] | None = None, **fields: Any) -> Iterator[HttpTransport]:
    """A transport to this server; ``fields`` are those of ``Connection``."""
    url = server if isinstance(server, str) else server.url
    connection = replace(Connection(url), **fields)
    opened = HttpTransport(connection, environ=environ or {})
    try:
        yield opened
    finally:
        opened.close()


def read(opened: HttpTransport, request: Request = GET) -> bytes:
    """The body of the answer."""
    with opened.send(request) as response:
        return response.read()
