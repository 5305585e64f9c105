"""URLs: kubectl's tries and words, a limit, and no way from https back to http."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from kubectl_ds.cluster.download import _Redirects, download
from kubectl_ds.cluster.inputs import InputError


class Web(http.server.ThreadingHTTPServer):
    """A web server that answers from a list, one entry for each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, bytes, str]] = []
        """Status, body and Location; the last one is repeated."""
        self.asked: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/a.yaml"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        code, body, location = self.server.answers[min(len(self.server.asked), len(self.server.answers)) - 1]
        self.send_response(code, HTTPStatus(code).phrase)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A web server on loopback, and no proxy."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Web()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def get(web: Web, *answers: tuple[int, bytes, str], limit: int = 1000) -> tuple[bytes, list[float]]:
    web.answers = list(answers)
    slept: list[float] = []
    return download(web.url, limit, sleep=slept.append), slept


def test_a_manifest_is_fetched_without_credentials(web: Web) -> None:
    assert get(web, (200, b"kind: A", "")) == (b"kind: A", [])
    ((path, headers),) = web.asked
    assert path == "/a.yaml"
    assert headers["User-Agent"].startswith("kubectl-ds/")
    assert not {"Authorization", "Cookie"} & set(headers)


def test_no_more_than_the_limit_is_read(web: Web) -> None:
    assert get(web, (200, b"x" * 100, ""), limit=10)[0] == b"x" * 10


def test_a_redirect_is_followed(web: Web) -> None:
    assert get(web, (302, b"", "/b.yaml"), (200, b"b", ""))[0] == b"b"
    assert [path for path, _ in web.asked] == ["/a.yaml", "/b.yaml"]


def test_a_failing_server_is_asked_three_times(web: Web) -> None:
    assert get(web, (503, b"", ""), (500, b"", ""), (200, b"c", "")) == (b"c", [1.0, 1.0])
    web.asked.clear()
    with pytest.raises(InputError, match="server reported 503 Service Unavailable, status code=503"):
        get(web, (503, b"", ""))
    assert len(web.asked) == 3


def test_what_is_not_there_is_asked_for_once(web: Web) -> None:
    with pytest.raises(InputError) as raised:
        get(web, (404, b"", ""))
    assert raised.value.message == (f'unable to read URL "{web.url}", server reported 404 Not Found, status code=404')
    assert len(web.asked) == 1


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r'unable to read URL "http://127\.0\.0\.1:1/": Connection refused'):
        download("http://127.0.0.1:1/", 10, sleep=lambda _: None)


@pytest.mark.parametrize("url", ["http://", "http://[x/", "http://a b/"])
def test_a_url_that_is_none_is_an_error(url: str) -> None:
    with pytest.raises(InputError, match="unable to read URL"):
        download(url, 10, sleep=lambda _: None)


def test_the_way_from_https_to_http_is_not_taken() -> None:
    import urllib.request

    request = urllib.request.Request("https://x.example/a.yaml")
    with pytest.raises(InputError, match="is not encrypted"):
        _Redirects().redirect_request(request, None, 302, "Found", {}, "http://x.example/a.yaml")
