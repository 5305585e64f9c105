"""Answers read from bytes that come in any pieces: as the standard library reads them, or not at all."""

from __future__ import annotations

import http.client
import io
from datetime import datetime, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_ds.cluster.http1 import HttpAnswer, NotHttp, parse_date

PLAIN = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=8)


class Wire:
    """Bytes that come in pieces of these sizes, over and over."""

    def __init__(self, data: bytes, sizes: tuple[int, ...] = (1 << 20,)) -> None:
        self.rest = data
        self._sizes = sizes
        self._turn = 0

    def receive(self, most: int) -> bytes:
        """As ``socket.recv``."""
        size = min(most, self._sizes[self._turn % len(self._sizes)])
        self._turn += 1
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece


def read(data: bytes, method: str = "GET", sizes: tuple[int, ...] = (1 << 20,)) -> tuple[HttpAnswer, bytes]:
    """The answer and its body."""
    answer = HttpAnswer(Wire(data, sizes).receive, method)
    return answer, b"".join(answer.pieces(at_once=False))


class _Socket:
    """All that the standard library wants of one."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """An answer and its body, framed in one of the two ways."""
    body = draw(st.binary(max_size=300))
    headers = draw(st.lists(st.tuples(PLAIN, PLAIN), max_size=4))
    lines = [f"X-{key}: {value}" for key, value in headers]
    head = f"HTTP/1.1 {draw(st.integers(200, 599).filter(lambda code: code not in (204, 304)))} Some words"
    if draw(st.booleans()):
        lines.append(f"Content-Length: {len(body)}")
        framed = body
    else:
        lines.append("Transfer-Encoding: chunked")
        size = draw(st.integers(1, 90))
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        framed = b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: x\r\n\r\n"
    before = draw(st.sampled_from(["", "HTTP/1.1 100 Continue\r\n\r\n"]))
    return (before + "\r\n".join([head, *lines, "", ""])).encode() + framed, body


@settings(deadline=None, max_examples=100)
@given(answers(), st.lists(st.integers(1, 50), min_size=1, max_size=4).map(tuple))
def test_an_answer_in_pieces_is_what_the_standard_library_makes_of_it(
    drawn: tuple[bytes, bytes], sizes: tuple[int, ...]
) -> None:
    data, body = drawn
    theirs = http.client.HTTPResponse(_Socket(data), method="GET")  # type: ignore[arg-type]
    theirs.begin()
    ours, read_body = read(data, sizes=sizes)
    assert (ours.status, ours.reason, list(ours.headers)) == (theirs.status, theirs.reason, theirs.getheaders())
    assert read_body == theirs.read() == body
    assert ours.complete and ours.keeps_alive


@settings(deadline=None, max_examples=60)
@given(answers(), st.data())
def test_half_an_answer_is_never_an_answer(drawn: tuple[bytes, bytes], data: st.DataObject) -> None:
    whole, _ = drawn
    with pytest.raises(EOFError):
        read(whole[: data.draw(st.integers(0, len(whole) - 1))])


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\x00\x02\x02\x50",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * (1 << 21),
    ],
)
def test_what_is_no_http_is_an_error(data: bytes) -> None:
    with pytest.raises(NotHttp):
        read(data, sizes=(1 << 16,))


@pytest.mark.parametrize(
    ("method", "head"),
    [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9"),
        ("GET", "HTTP/1.1 204 No Content"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9"),
        ("CONNECT", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"),
    ],
)
def test_some_answers_have_no_body_whatever_their_headers_say(method: str, head: str) -> None:
    answer, body = read(f"{head}\r\n\r\nrest".encode(), method)
    assert body == b"" and answer.complete


def test_of_what_follows_a_tunnel_nothing_is_swallowed() -> None:
    wire = Wire(b"HTTP/1.1 200 OK\r\n\r\nhello")
    HttpAnswer(wire.receive, "CONNECT", step=1)
    assert wire.rest == b"hello"


def test_a_failure_may_end_where_the_server_hangs_up_and_a_success_may_not() -> None:
    answer, body = read(b"HTTP/1.1 502 Bad Gateway\r\n\r\nsorry")
    assert body == b"sorry" and not answer.keeps_alive
    with pytest.raises(EOFError):
        read(b"HTTP/1.1 200 OK\r\n\r\nhalf a list")


@pytest.mark.parametrize("head", ["HTTP/1.0 200 OK", "HTTP/1.1 200 OK\r\nConnection: Close"])
def test_a_server_that_hangs_up_says_so(head: str) -> None:
    assert not read(f"{head}\r\nContent-Length: 0\r\n\r\n".encode())[0].keeps_alive


def test_a_folded_header_is_one_line() -> None:
    assert read(b"HTTP/1.1 200 OK\r\nWarning: a\r\n  b\r\nContent-Length: 0\r\n\r\n")[0].header("warning") == "a b"


def test_pieces_that_are_wanted_at_once_come_as_they_arrive() -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    assert list(HttpAnswer(Wire(data).receive, "GET").pieces(at_once=True)) == [b"a", b"b"]
    assert list(HttpAnswer(Wire(data).receive, "GET").pieces(at_once=False)) == [b"ab"]


def test_the_clock_of_the_server() -> None:
    now = datetime(2026, 2, 28, 23, 59, 7, tzinfo=timezone.utc)
    assert parse_date(format_datetime(now, usegmt=True)) == now
    for wrong in ("", "yesterday", "Mon, 31 Feb 2026 10:00:00 GMT", "Mon, 23 Nov 2026 10:00:00 +0200"):
        assert parse_date(wrong) is None
