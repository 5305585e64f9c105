"""Which proxy is taken, and what goes through it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kubectl_ds.cluster.connection import Connection, Identity, Pem, Tls
from kubectl_ds.cluster.exchange import Request
from kubectl_ds.cluster.proxy import Proxy, choose_proxy
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.errors import ConfigError, ConnectionFailed

from .server import AUTHORITY, Server, reply
from .tunnel import Tunnel

ENV = {"HTTPS_PROXY": "http://proxy.example:3128", "HTTP_PROXY": "http://plain.example"}


@pytest.mark.parametrize(
    ("host", "environ", "expected"),
    [
        ("api.example", ENV, "proxy.example"),
        ("api.example", {"https_proxy": "lower.example:8080"}, "lower.example"),
        ("api.example", {}, None),
        ("api.example", ENV | {"NO_PROXY": "*"}, None),
        ("api.example", ENV | {"NO_PROXY": "example"}, None),
        ("api.example", ENV | {"NO_PROXY": ".example"}, None),
        ("api.example", ENV | {"NO_PROXY": "*.example"}, None),
        ("api.example", ENV | {"NO_PROXY": "other.example, api.example"}, None),
        ("api.example", ENV | {"no_proxy": "API.EXAMPLE"}, None),
        ("api.example", ENV | {"NO_PROXY": "api.example:6443"}, None),
        ("api.example", ENV | {"NO_PROXY": "api.example:443"}, "proxy.example"),
        ("api.example", ENV | {"NO_PROXY": ".api.example"}, "proxy.example"),
        ("api.example", ENV | {"NO_PROXY": "ample"}, "proxy.example"),
        ("10.1.2.3", ENV | {"NO_PROXY": "10.0.0.0/8"}, None),
        ("10.1.2.3", ENV | {"NO_PROXY": "10.1.2.3"}, None),
        ("10.1.2.3", ENV | {"NO_PROXY": "10.1.2"}, "proxy.example"),
        ("11.1.2.3", ENV | {"NO_PROXY": "10.0.0.0/8,nonsense/99"}, "proxy.example"),
        ("fd00::1", ENV | {"NO_PROXY": "[fd00::1]:6443"}, None),
        ("fd00::1", ENV | {"NO_PROXY": "fd00::/8"}, None),
        ("localhost", ENV, None),
        ("127.0.0.7", ENV, None),
        ("::1", ENV, None),
    ],
)
def test_the_environment_names_the_proxy_unless_no_proxy_exempts_the_host(
    host: str, environ: dict[str, str], expected: str | None
) -> None:
    proxy = choose_proxy("", "https", host, 6443, environ)
    assert (proxy.host if proxy else None) == expected


def test_the_kubeconfigs_proxy_wins_over_environment_and_no_proxy() -> None:
    proxy = choose_proxy("http://own.example", "https", "localhost", 6443, ENV | {"NO_PROXY": "*"})
    assert proxy == Proxy("own.example", 80)


def test_a_plain_server_has_a_proxy_of_its_own() -> None:
    proxy = choose_proxy("", "http", "api.example", 80, ENV)
    assert proxy is not None and proxy.host == "plain.example"


@pytest.mark.parametrize("url", ["ftp://proxy.example:1080", "socks4://proxy.example", "http://"])
def test_proxies_of_another_kind_are_refused_with_their_origin(url: str) -> None:
    with pytest.raises(ConfigError, match="the proxy of the kubeconfig"):
        choose_proxy(url, "https", "api.example", 443, {})


def test_a_password_of_a_proxy_is_sent_and_never_shown() -> None:
    proxy = choose_proxy("http://joe:s3%40cret@own.example", "https", "api.example", 443, {})
    assert proxy is not None
    assert proxy.authorization == "Basic am9lOnMzQGNyZXQ="
    assert "am9l" not in repr(proxy) and "cret" not in repr(Connection("https://x", proxy="http://a:s3cret@b"))


def test_https_goes_through_a_tunnel_that_sees_no_credentials() -> None:
    with Server(certificate="server") as server, Tunnel() as tunnel:
        connection = Connection(
            server.url,
            proxy=f"http://joe:pw@127.0.0.1:{tunnel.port}",
            tls=Tls(authority=Pem(path=str(AUTHORITY))),
            identity=Identity(token="s3cret"),
        )
        transport = HttpTransport(connection, environ={})
        with transport.send(Request("GET", "/version")) as response:
            assert response.read() == b"{}"
        transport.close()
    assert tunnel.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1")
    assert "Proxy-Authorization: Basic am9lOnB3" in tunnel.heads[0]
    assert "s3cret" not in tunnel.heads[0]
    assert server.requests[0].header("Authorization") == "Bearer s3cret"
    assert server.requests[0].header("Proxy-Authorization") == ""


def test_a_proxy_that_refuses_is_named_as_such() -> None:
    with Server(lambda _: reply(407)) as proxy:
        connection = Connection("https://api.example", proxy=proxy.url, tls=Tls(insecure=True))
        transport = HttpTransport(connection, environ={})
        with pytest.raises(ConnectionFailed, match="does not let us through: it answers 407") as caught:
            transport.send(Request("GET", "/version"))
        connection = replace(connection, proxy="http://127.0.0.1:1")
        with pytest.raises(ConnectionFailed, match=r"the proxy 127\.0\.0\.1:1 refused the connection"):
            HttpTransport(connection, environ={}).send(Request("GET", "/version"))
    assert "NO_PROXY" in caught.value.hint


def test_plain_requests_name_the_whole_url_to_the_proxy() -> None:
    with Server() as proxy:
        transport = HttpTransport(Connection("http://api.example/prefix", proxy=proxy.url), environ={})
        with transport.send(Request("GET", "/version")) as response:
            response.read()
        transport.close()
    assert proxy.requests[0].target == "http://api.example/prefix/version"
    assert proxy.requests[0].header("Host") == "api.example"


@pytest.mark.parametrize("kind", ["https", "socks5", "socks5 with a password"])
def test_one_connection_through_a_proxy_serves_one_request_after_the_other(kind: str) -> None:
    big = reply(200, b"x" * 300_000)
    with Server(lambda _: big, certificate="server") as server:
        secure, locked = kind == "https", kind.endswith("password")
        with Tunnel(server.port, "server" if secure else "", not secure, "pw" if locked else "") as tunnel:
            user = "joe:pw@" if locked else ""
            url = f"{kind.split()[0]}://{user}{'localhost' if secure else '127.0.0.1'}:{tunnel.port}"
            trust = Tls(authority=Pem(path=str(AUTHORITY)))
            transport = HttpTransport(Connection("https://api.example:6443", proxy=url, tls=trust), environ={})
            for _ in range(3):
                with transport.send(Request("GET", "/version")) as response:
                    assert response.read() == b"x" * 300_000
            transport.close()
    assert {arrived.connection for arrived in server.requests} == {1}
    assert "api.example:6443" in tunnel.heads[-1]


def test_a_proxy_that_speaks_no_socks_or_takes_no_password_is_named() -> None:
    with Tunnel(1, socks=True, password="right") as tunnel:
        for url, problem in (
            (f"socks5://joe:wrong@127.0.0.1:{tunnel.port}", "does not take the name and the password"),
            (f"socks5://127.0.0.1:{tunnel.port}", "wants another way to sign in"),
        ):
            transport = HttpTransport(Connection("https://api.example", proxy=url, tls=Tls(insecure=True)), environ={})
            with pytest.raises(ConnectionFailed, match=problem) as caught:
                transport.send(Request("GET", "/version"))
            assert caught.value.reference == "proxy-refused"
