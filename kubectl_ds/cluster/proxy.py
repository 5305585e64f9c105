"""Which proxy stands between us and a server: the kubeconfig's, else the environment's, minus NO_PROXY.

Mirrors ``parseProxyURL`` (k8s.io/client-go/tools/clientcmd v0.37) for the kubeconfig, and ``httpproxy.FromEnvironment``
with its ``useProxy`` (golang.org/x/net v0.5x) for the environment.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from kubectl_ds.cluster.server_url import without_password
from kubectl_ds.errors import ConfigError

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""The kinds of proxies that are spoken to, and where they listen unless it is said."""


class Proxy(msgspec.Struct, frozen=True):
    """A proxy."""

    host: str
    port: int
    scheme: str = "http"
    """``https`` is one that is itself spoken to over TLS."""
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Without its credentials."""
        return f"Proxy({self.scheme!r}, {self.host!r}, {self.port})"

    @property
    def socks(self) -> bool:
        """Whether it speaks SOCKS5, and not HTTP."""
        return self.scheme.startswith("socks5")

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def authorization(self) -> str:
        """The value of ``Proxy-Authorization``; empty for none."""
        if self.socks or not (self.username or self.password):
            return ""
        return f"Basic {base64.b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


def choose_proxy(configured: str, scheme: str, host: str, port: int, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for a server, or None for the direct way.

    Raises:
        ConfigError: the proxy's URL is none, or of a kind that is not supported.
    """
    if configured:
        return _parse(configured, "the kubeconfig")
    name = f"{scheme}_proxy"
    found = environ.get(name.upper()) or environ.get(name)
    if not found or _bypasses(environ.get("NO_PROXY") or environ.get("no_proxy") or "", host, port):
        return None
    parts = _split(found)
    return _parse(found if parts is not None and parts.netloc else f"http://{found}", name.upper())


def proxy_problem(url: str) -> str:
    """What upstream says is wrong with a ``proxy-url``; empty when nothing is."""
    parts = _split(url)
    if parts is None or (not parts.scheme and ":" in url.partition("/")[0]):
        return f"could not parse: {without_password(url)}"
    if parts.scheme not in ("http", "https", "socks5"):
        return f'unsupported scheme "{parts.scheme}", must be http, https, or socks5'
    return ""


def _parse(url: str, origin: str) -> Proxy:
    parts = _split(url)
    if parts is None or not parts.hostname or parts.scheme not in _PORTS:
        raise ConfigError(
            f"the proxy of {origin} cannot be used: "
            + (f'its URL begins with "{parts.scheme}://"' if parts and parts.hostname else "it is no URL"),
            hint="proxies are written as http://host:port, https://host:port or socks5://host:port",
            reference="unsupported-proxy",
        )
    return Proxy(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        parts.scheme,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def _bypasses(rules: str, host: str, port: int) -> bool:
    import ipaddress

    host = host.lower()
    try:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address | None = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    for rule in (each.strip().lower() for each in rules.split(",")):
        if rule == "*":
            return True
        if not rule:
            continue
        if "/" in rule:
            if address is not None and _within(address, rule):
                return True
            continue
        name, rule_port = _split_port(rule)
        if rule_port and rule_port != str(port):
            continue
        if address is not None:
            if _same(address, name):
                return True
        elif _matches(host, name):
            return True
    return False


def _within(address: object, rule: str) -> bool:
    import ipaddress

    try:
        return address in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False


def _same(address: object, name: str) -> bool:
    import ipaddress

    try:
        return address == ipaddress.ip_address(name)
    except ValueError:
        return False


def _split_port(rule: str) -> tuple[str, str]:
    if rule.startswith("["):
        name, _, port = rule[1:].partition("]")
        return name, port.removeprefix(":")
    if rule.count(":") == 1:
        name, _, port = rule.partition(":")
        return name, port
    return rule, ""


def _matches(host: str, name: str) -> bool:
    """``.a.b`` and ``*.a.b`` are for what lies below a.b; ``a.b`` is for itself as well."""
    name = name.removeprefix("*") if name.startswith("*.") else name
    if not name:
        return False
    if name.startswith("."):
        return host.endswith(name)
    return host == name or host.endswith(f".{name}")
