"""A request and its answer to the last byte, repeated where that can do no harm and may help.

Repeated are reads only: after a conversation that broke off, and after 429 and 5xx with ``Retry-After``, as client-go
does (``withRetry``, rest v0.37), but within a deadline. Clock, sleep and jitter are handed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from kubectl_ds.cluster.exchange import Reply, Request, Response, Send
from kubectl_ds.errors import ConnectionFailed

Take = Callable[[Response], None]
"""Reads a body as it arrives."""
PATIENCE = 60.0
"""Seconds for all attempts at one request, when the user sets no limit."""


def _jitter() -> float:
    import random

    return random.random()


class Patience(msgspec.Struct, frozen=True):
    """How long and how often to try again."""

    attempts: int = 5
    seconds: float = PATIENCE
    """For all attempts together; a wait that would last beyond it is not begun."""
    first_pause: float = 0.1
    """Seconds after a broken conversation; doubled each time."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = _jitter
    """From 0 to 1."""


def exchange(send: Send, request: Request, patience: Patience, take: Take | None = None) -> Reply:
    """The answer, read to its end, whatever its status.

    ``take`` is given what succeeds in place of the reply's body; once it has begun, nothing is repeated.

    Raises:
        ConnectionFailed: none came, however often it was asked for.
    """
    end = patience.clock() + patience.seconds
    for attempt in range(patience.attempts):
        last = attempt + 1 == patience.attempts or not request.idempotent
        try:
            with send(request) as response:
                if take is not None and response.status < 400:
                    last = True
                    take(response)
                    return Reply(response.status, response.headers, b"")
                reply = Reply(response.status, response.headers, response.read())
        except ConnectionFailed as error:
            pause = patience.first_pause * 2**attempt * (1 + patience.jitter())
            if last or error.reference != "broken" or patience.clock() + pause > end:
                raise
        else:
            wait = _wait(reply)
            if last or wait is None:
                return reply
            pause = wait + patience.first_pause * patience.jitter()
            if patience.clock() + pause > end:
                return reply
        patience.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _wait(reply: Reply) -> float | None:
    """Seconds of ``Retry-After``, when the answer is one after which to try again."""
    value = reply.header("Retry-After")
    if (reply.status == 429 or reply.status >= 500) and value.isdecimal():
        return float(value)
    return None
