"""The transport against a real socket: what it sends, what it makes of what comes, and how it ends waiting."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from kubectl_ds import __version__
from kubectl_ds.cluster import wire
from kubectl_ds.cluster.connection import Connection, Identity
from kubectl_ds.cluster.exchange import Request
from kubectl_ds.cluster.log import Log, masked
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.errors import ConfigError, ConnectionFailed

from .server import Arrived, Server, reply
from .talk import GET, TRUSTED, read, transport


def test_a_request_carries_its_query_encoded_and_says_who_asks() -> None:
    with Server() as server, transport(server) as opened:
        assert read(opened) == b"{}"
    (arrived,) = server.requests
    assert arrived.target == "/api/v1/nodes?limit=500&labelSelector=app%3Dx%2Ctier%20in%20%28a%2Cb%29"
    assert arrived.header("User-Agent") == f"kubectl-ds/{__version__}"
    assert arrived.header("Host") == f"127.0.0.1:{server.port}"
    assert arrived.header("Accept-Encoding") == "gzip"


def test_the_path_prefix_of_the_server_goes_before_every_path() -> None:
    with Server() as server, transport(f"{server.url}/k8s/clusters/c-1") as opened:
        read(opened)
    assert server.requests[0].target.startswith("/k8s/clusters/c-1/api/v1/nodes?")


def test_one_connection_serves_one_request_after_the_other() -> None:
    with Server() as server, transport(server) as opened:
        for _ in range(3):
            read(opened)
    assert [arrived.connection for arrived in server.requests] == [1, 1, 1]


def test_a_kept_connection_that_the_server_has_closed_is_replaced_in_silence() -> None:
    with Server(lambda _: reply(200, b"{}", ("Connection", "close"))) as server, transport(server) as opened:
        assert [read(opened), read(opened)] == [b"{}", b"{}"]
    assert [arrived.connection for arrived in server.requests] == [1, 2]


def test_a_change_is_never_sent_twice() -> None:
    with Server(lambda _: None) as server, transport(server) as opened, pytest.raises(ConnectionFailed) as caught:
        opened.send(Request("POST", "/api/v1/namespaces", body=b"{}"))
    assert caught.value.reference == "broken"
    assert len(server.requests) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_gzip_is_taken_off_as_it_arrives(chunked: bool) -> None:
    text = b'{"a": "' + b"x" * 300_000 + b'"}'
    packed = reply(200, gzip.compress(text), ("Content-Encoding", "gzip"), chunked=chunked)
    with Server(lambda _: packed) as server, transport(server) as opened:
        assert read(opened) == text
        assert read(opened) == text
    assert {arrived.connection for arrived in server.requests} == {1}


def test_compression_is_not_asked_for_when_switched_off() -> None:
    with Server() as server, transport(server, compression=False) as opened:
        read(opened)
    assert server.requests[0].header("Accept-Encoding") == ""


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (reply(200, b"1" * 1000)[:-500], "broken"),
        (reply(200, b"1" * 1000, chunked=True)[:-500], "broken"),
        (reply(200, gzip.compress(bytes(range(256)) * 90)[:-20], ("Content-Encoding", "gzip")), "broken"),
        (reply(200, b"no gzip at all", ("Content-Encoding", "gzip")), "broken"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not-http"),
        (b"HTTP/1.1 200 OK\r\n", "broken"),
        (None, "broken"),
    ],
    ids=["cut", "cut in chunks", "cut gzip", "false gzip", "no HTTP", "half a head", "nothing"],
)
def test_half_an_answer_is_an_error_and_never_an_answer(answer: bytes | None, reference: str) -> None:
    with (
        Server(lambda _: answer, hang_up=True) as server,
        transport(server, timeout=5.0) as opened,
        pytest.raises(ConnectionFailed) as caught,
    ):
        read(opened)
    assert caught.value.reference == reference
    assert f"127.0.0.1:{server.port}" in caught.value.message
    assert caught.value.hint


def test_a_server_that_never_answers_costs_no_more_than_the_request_timeout() -> None:
    def silent(arrived: Arrived) -> bytes | None:
        server.stopped.wait(10)
        return None

    with Server(silent) as server, transport(server, timeout=0.3) as opened:
        started = time.monotonic()
        with pytest.raises(ConnectionFailed, match=r"did not answer within 0\.3 s") as caught:
            read(opened)
        assert time.monotonic() - started < 2
    assert caught.value.reference == "timeout"


def test_bytes_that_trickle_do_not_stretch_the_request_timeout() -> None:
    def trickle() -> Iterator[bytes]:
        yield reply(200, b" " * 1000)[:-1000]
        while not server.stopped.wait(0.05):
            yield b" "

    with Server(lambda _: trickle()) as server, transport(server, timeout=0.4) as opened:
        started = time.monotonic()
        with pytest.raises(ConnectionFailed) as caught:
            read(opened)
        assert time.monotonic() - started < 2
    assert caught.value.reference == "timeout"


def test_a_drip_without_end_is_no_answer_even_where_no_limit_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENCE_TIMEOUT", 0.4)

    def drip() -> Iterator[bytes]:
        yield reply(200, b" " * 100_000)[:-100_000]
        while not server.stopped.wait(0.02):
            yield b" "

    with Server(lambda _: drip()) as server, transport(server) as opened, pytest.raises(ConnectionFailed) as caught:
        read(opened)
    assert caught.value.reference == "timeout"


def test_a_watch_may_be_silent_for_longer_than_other_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENCE_TIMEOUT", 0.2)

    def slow() -> Iterator[bytes]:
        yield reply(200, b"")[: -len("Content-Length: 0\r\n\r\n")] + b"Transfer-Encoding: chunked\r\n\r\n"
        yield b"3\r\none\r\n"
        server.stopped.wait(0.5)
        yield b"3\r\ntwo\r\n0\r\n\r\n"

    with (
        Server(lambda _: slow()) as server,
        transport(server) as opened,
        opened.send(replace(GET, streaming=True)) as response,
    ):
        assert list(response.chunks()) == [b"one", b"two"]
        with pytest.raises(ConnectionFailed, match="did not answer"):
            read(opened)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with transport(f"http://127.0.0.1:{port}") as opened, pytest.raises(ConnectionFailed) as caught:
        read(opened)
    assert caught.value.message == f"the server 127.0.0.1:{port} refused the connection"
    assert "right host and port" in caught.value.hint


def test_a_name_that_cannot_be_resolved() -> None:
    with transport("https://api.invalid:6443", tls=TRUSTED) as opened, pytest.raises(ConnectionFailed) as caught:
        read(opened)
    assert caught.value.reference == "dns"
    assert "the server api.invalid:6443 has a name that cannot be resolved" in caught.value.message


def test_an_ipv6_address() -> None:
    try:
        server = Server(host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server, transport(server) as opened:
        read(opened)
    assert server.requests[0].header("Host") == f"[::1]:{server.port}"


# credentials


def test_a_token_goes_over_https_and_never_over_http() -> None:
    identity = Identity(token="s3cret")
    with Server(certificate="server") as server, transport(server, tls=TRUSTED, identity=identity) as opened:
        read(opened)
    assert server.requests[0].header("Authorization") == "Bearer s3cret"
    with Server() as server, transport(server, identity=identity) as opened:
        read(opened)
    assert server.requests[0].header("Authorization") == ""


def test_impersonation_goes_with_every_request() -> None:
    headers = (("Impersonate-User", "joe"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"))
    with Server() as server, transport(server, impersonation=headers) as opened:
        read(opened)
    assert server.requests[0].header("Impersonate-User") == "joe"
    assert server.requests[0].header("Impersonate-Group") == "a, b"


def test_a_line_break_in_a_header_is_refused_without_showing_it() -> None:
    with (
        transport("http://127.0.0.1:1", impersonation=(("Impersonate-User", "joe\r\nX: s3cret"),)) as opened,
        pytest.raises(ConfigError) as caught,
    ):
        read(opened)
    assert "Impersonate-User" in caught.value.message
    assert "s3cret" not in caught.value.message


def test_a_rotated_token_file_is_read_again_after_a_401(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old\n")

    def answer(arrived: Arrived) -> bytes:
        path.write_text("new\n")
        return reply(200 if arrived.header("Authorization") == "Bearer new" else 401)

    identity = Identity(token_file=str(path))
    with (
        Server(answer, certificate="server") as server,
        transport(server, tls=TRUSTED, identity=identity) as opened,
        opened.send(GET) as response,
    ):
        assert response.status == 200
    assert [arrived.header("Authorization") for arrived in server.requests] == ["Bearer old", "Bearer new"]


def test_a_401_is_final_when_nothing_can_be_fetched_anew() -> None:
    identity = Identity(token="old")
    with (
        Server(lambda _: reply(401), certificate="server") as server,
        transport(server, tls=TRUSTED, identity=identity) as opened,
        opened.send(GET) as response,
    ):
        assert response.status == 401
    assert len(server.requests) == 1


# redirects


def test_a_redirect_within_the_server_is_followed() -> None:
    def answer(arrived: Arrived) -> bytes:
        return reply(200, b'"there"') if "/there" in arrived.target else reply(307, b"", ("Location", "/there?a=b"))

    with Server(answer) as server, transport(server) as opened:
        assert read(opened) == b'"there"'
    assert server.requests[1].target == "/there?a=b"


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:{port}/x", "http://elsewhere.example/x", "//elsewhere.example/x"]
)
def test_a_redirect_to_another_host_port_or_scheme_is_not_followed(location: str) -> None:
    with Server() as other:
        target = location.format(port=other.port)
        with (
            Server(lambda _: reply(302, b"", ("Location", target)), certificate="server") as server,
            transport(server, tls=TRUSTED, identity=Identity(token="s3cret")) as opened,
            pytest.raises(ConnectionFailed) as caught,
        ):
            read(opened)
        assert other.requests == []
    assert caught.value.reference == "redirect"
    assert "which is not followed" in caught.value.message


def test_a_circle_of_redirects_ends() -> None:
    with (
        Server(lambda _: reply(302, b"", ("Location", "/again"))) as server,
        transport(server) as opened,
        pytest.raises(ConnectionFailed, match="in a circle"),
    ):
        read(opened)
    assert len(server.requests) < 10


# what is told


@pytest.mark.parametrize(
    ("verbosity", "words"),
    [
        (5, ()),
        (6, ('"Response" verb="GET" url="$URL" status="200 Something" milliseconds=',)),
        (
            7,
            ('"Request" verb="GET" url="$URL" headers=<', "\tAuthorization: Bearer <masked>", '"Response" status="200'),
        ),
        (8, ('"Request" verb="GET" url="$URL" headers=<', "headers=<\n\tContent-Length: 2\n", " > milliseconds=")),
        (9, ('"Request" curlCommand=<\n\tcurl -v -XGET  -H "', '-H "Authorization: Bearer <masked>"', "'$URL'\n >")),
    ],
)
def test_a_log_tells_as_much_as_was_asked_for_and_no_secret(verbosity: int, words: tuple[str, ...]) -> None:
    lines: list[str] = []
    with Server(certificate="server") as server:
        connection = Connection(server.url, tls=TRUSTED, identity=Identity(token="s3cret"))
        opened = HttpTransport(connection, log=Log(verbosity, lines.append), environ={})
        read(opened, Request("GET", "/version"))
        opened.close()
    everything = "\n".join(lines).replace(f"{server.url}/version", "$URL")
    assert "s3cret" not in everything
    assert bool(lines) is bool(words)
    for each in words:
        assert each in everything


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("Authorization", "Bearer abc", "Bearer <masked>"),
        ("authorization", "Basic abc", "Basic <masked>"),
        ("Authorization", "abc", "<masked>"),
        ("Proxy-Authorization", "Basic abc", "Basic <masked>"),
        ("Accept", "application/json", "application/json"),
    ],
)
def test_masking(key: str, value: str, shown: str) -> None:
    assert masked(key, value) == shown
