"""What may become of an answer on its way, one function each."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.cluster.server import Arrived, Reset, reply

from .relay import Answer, Harm, Whole

LOGIN = b"<html><body>Please log in</body></html>"


def status(code: int, reason: str, message: str, *headers: tuple[str, str]) -> bytes:
    """A failure, as the API server tells it."""
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    return reply(code, json.dumps(told | {"message": message}).encode(), *headers)


def hang_up(whole: Whole, arrived: Arrived) -> Answer:
    """Nothing at all."""
    return None


def reset(whole: Whole, arrived: Arrived) -> Answer:
    """A TCP reset in place of an answer."""
    return _then_reset(b"")


def half_a_head(whole: Whole, arrived: Arrived) -> Answer:
    """The head breaks off."""
    return _then_hang_up(whole.wire()[:40])


def half_a_body(whole: Whole, arrived: Arrived) -> Answer:
    """The body breaks off where it is half there."""
    return _then_hang_up(whole.wire()[: -len(whole.body) // 2])


def half_a_body_and_a_reset(whole: Whole, arrived: Arrived) -> Answer:
    """The same, by a TCP reset."""
    return _then_reset(whole.wire()[: -len(whole.body) // 2])


def half_a_chunk(whole: Whole, arrived: Arrived) -> Answer:
    """A chunked body that breaks off."""
    return _then_hang_up(whole.wire(chunked=True)[: -len(whole.body) // 2])


def no_end(whole: Whole, arrived: Arrived) -> Answer:
    """A body of unknown length that breaks off."""
    head = whole.wire().partition(b"\r\n\r\n")[0]
    endless = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length"))
    return _then_hang_up(endless + b"\r\n\r\n" + whole.body[: len(whole.body) // 2])


def truncated_gzip(whole: Whole, arrived: Arrived) -> Answer:
    """Gzip without its end, in a body that is whole."""
    return whole.holding(gzip.compress(whole.body)[:-12]).wire(("Content-Encoding", "gzip"))


def damaged_gzip(whole: Whole, arrived: Arrived) -> Answer:
    """Said to be gzip, and is not."""
    return whole.wire(("Content-Encoding", "gzip"))


def too_many_requests(whole: Whole, arrived: Arrived) -> Answer:
    """429, and when to come again."""
    return status(429, "TooManyRequests", "too many requests, please try again later", ("Retry-After", "0"))


def unavailable(whole: Whole, arrived: Arrived) -> Answer:
    """503, and when to come again."""
    return status(503, "ServiceUnavailable", "apiserver is shutting down", ("Retry-After", "0"))


def internal_error(whole: Whole, arrived: Arrived) -> Answer:
    """500, for good."""
    return status(500, "InternalError", "etcdserver: request is broken")


def gateway_timeout(whole: Whole, arrived: Arrived) -> Answer:
    """504 by a load balancer, with a page of its own."""
    return reply(504, LOGIN, ("Content-Type", "text/html"), json=False)


def bad_gateway(whole: Whole, arrived: Arrived) -> Answer:
    """502 by a load balancer."""
    return reply(502, b"", ("Content-Type", "text/html"), json=False)


def a_login_page(whole: Whole, arrived: Arrived) -> Answer:
    """A success that is a page for people."""
    return reply(200, LOGIN, ("Content-Type", "text/html"), json=False)


def a_login_page_that_says_it_is_json(whole: Whole, arrived: Arrived) -> Answer:
    """The same, as the content type has it not."""
    return reply(200, LOGIN)


def invalid_json(whole: Whole, arrived: Arrived) -> Answer:
    """A body of the right length with a hole in its middle."""
    middle = len(whole.body) // 2
    return whole.holding(whole.body[:middle] + b"\x00\xff}" + whole.body[middle + 3 :]).wire()


def nothing_in_it(whole: Whole, arrived: Arrived) -> Answer:
    """A success without a body."""
    return whole.holding(b"").wire()


def no_http(whole: Whole, arrived: Arrived) -> Answer:
    """Something that is not HTTP."""
    return _then_hang_up(b"SSH-2.0-OpenSSH_9.6\r\n")


def too_old(whole: Whole, arrived: Arrived) -> Answer:
    """410 for every page but the first, as when etcd has been compacted meanwhile."""
    if "continue" in parse_qs(urlsplit(arrived.target).query):
        return status(410, "Expired", "The provided continue parameter is too old")
    return whole.wire()


def slow_bytes(whole: Whole, arrived: Arrived) -> Answer:
    """Everything, in pieces, with pauses."""
    text = whole.wire()
    return _slowly(text, len(text) // 8 + 1, 0.01)


def an_endless_drip(whole: Whole, arrived: Arrived) -> Answer:
    """One byte after the other, more slowly than anybody would wait for."""
    return _slowly(whole.wire(), 1, 0.05)


def huge_objects(whole: Whole, arrived: Arrived) -> Answer:
    """The first object as big as an object can be."""
    try:
        document = json.loads(whole.body)
    except ValueError:
        return whole.wire()
    first = next(iter(document.get("items") or (document,)))
    for each in first.get("metadata", {}).get("managedFields", ())[:1]:
        each["fieldsV1"] = {"f:metadata": {"x" * 1_500_000: {}}}
    return whole.holding(json.dumps(document).encode()).wire()


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and what is to come of it."""

    harm: Harm
    heals: bool
    """Whether asking again brings the right answer, when it went wrong only once."""
    harmless: bool = False
    """Whether the answer is right however often it happens."""
    words: str = ""
    """What is said, in part, when it happens every time."""


FAULTS: dict[str, Fault] = {
    "hung up on": Fault(hang_up, True, words="broke off the conversation"),
    "reset": Fault(reset, True, words="broke off the conversation"),
    "half a head": Fault(half_a_head, True, words="broke off the conversation"),
    "half a body": Fault(half_a_body, True, words="broke off the conversation"),
    "half a body and a reset": Fault(half_a_body_and_a_reset, True, words="broke off the conversation"),
    "half a chunk": Fault(half_a_chunk, True, words="broke off the conversation"),
    "no end": Fault(no_end, True, words="broke off the conversation"),
    "truncated gzip": Fault(truncated_gzip, True, words="broke off the conversation"),
    "damaged gzip": Fault(damaged_gzip, True, words="broke off the conversation"),
    "429": Fault(too_many_requests, True, words="too many requests"),
    "503": Fault(unavailable, True, words="apiserver is shutting down"),
    "500": Fault(internal_error, False, words="etcdserver: request is broken"),
    "502": Fault(bad_gateway, False, words="502"),
    "504": Fault(gateway_timeout, False, words="504"),
    "a login page": Fault(a_login_page, False, words='answered with "text/html"'),
    "a login page that says it is JSON": Fault(a_login_page_that_says_it_is_json, False, words="cannot be understood"),
    "invalid JSON": Fault(invalid_json, False, words="cannot be understood"),
    "nothing in it": Fault(nothing_in_it, False, words="cannot be understood"),
    "no HTTP": Fault(no_http, False, words="does not answer in HTTP"),
    "410 between pages": Fault(too_old, True, harmless=True),
    "slow bytes": Fault(slow_bytes, True, harmless=True),
    "huge objects": Fault(huge_objects, True, harmless=True),
}
"""Faults of a conversation; those of the way to the server are tests of their own."""


def _then_hang_up(start: bytes) -> Iterator[bytes]:
    yield start
    raise ConnectionAbortedError("as the fault wants it")


def _then_reset(start: bytes) -> Iterator[bytes]:
    if start:
        yield start
    raise Reset


def _slowly(text: bytes, size: int, pause: float) -> Iterator[bytes]:
    for at in range(0, len(text), size):
        yield text[at : at + size]
        time.sleep(pause)
