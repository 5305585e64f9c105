"""A list as values: in one piece, decoded as it arrives; page by page where that does not last.

One piece costs the server least, which computes every page anew. But it must be over within one request, and a
conversation that breaks off has brought nothing: then pages, of which each may be asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.reads import Read
from kubectl_ds.errors import ApiError, CaptureError, ConnectionFailed
from kubectl_ds.model.stream import ListDecoder
from kubectl_ds.model.value import Value

NewDecoder = Callable[[], ListDecoder]


def read_list(client: LiveClient, read: Read, new_decoder: NewDecoder) -> tuple[Value, ...]:
    """All values of a list; begun anew, once, when it grew too old between two pages.

    Raises:
        ApiError: the server refused.
        ConnectionFailed: no answer, or none that can be understood.
    """
    if client.connection.timeout is None:  # the user's limit is for one request, be it as short as a page
        values = _in_one_piece(client, read, new_decoder)
        if values is not None:
            return values
    try:
        return _in_pages(client, read, new_decoder)
    except ApiError as error:
        if error.status != 410:
            raise
        return _in_pages(client, read, new_decoder)


def incomprehensible(server: str, error: CaptureError) -> ConnectionFailed:
    """What to say of an answer that is no JSON, or not the JSON of Kubernetes."""
    return ConnectionFailed(
        f"the server {server} answered with something that cannot be understood: {error.message}",
        hint="try again; if it stays so, look at what lies between us",
        reference="invalid-json",
    )


def _in_one_piece(client: LiveClient, read: Read, new_decoder: NewDecoder) -> tuple[Value, ...] | None:
    """All values; None when it broke off, or was not the whole list."""
    values: list[Value] = []
    decoder = new_decoder()
    begun = False

    def take(chunks: Iterator[bytes]) -> None:
        nonlocal begun
        begun = True
        for chunk in chunks:
            values.extend(decoder.feed(chunk))

    try:
        client.stream(read.path, read.query, take)
        rest, metadata = decoder.finish()
    except CaptureError as error:
        raise incomprehensible(client.server, error) from error
    except ConnectionFailed as error:
        if not begun or error.reference != "broken":
            raise
        return None
    return None if metadata.continue_ else (*values, *rest)


def _in_pages(client: LiveClient, read: Read, new_decoder: NewDecoder) -> tuple[Value, ...]:
    values: list[Value] = []
    token = ""
    while True:
        decoder = new_decoder()
        try:
            values += decoder.feed(client.page(read.path, read.query, token))
            rest, metadata = decoder.finish()
        except CaptureError as error:
            raise incomprehensible(client.server, error) from error
        values += rest
        token = client.continuation(read.path, token, metadata)
        if not token:
            return tuple(values)
