"""Which proxy stands between us and a server: the kubeconfig's, else the environment's, minus NO_PROXY.

Mirrors ``httpproxy.FromEnvironment`` and its ``useProxy`` (golang.org/x/net v0.5x), which kubectl uses.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from kubectl_ds.errors import ConfigError


class Proxy(msgspec.Struct, frozen=True):
    """A plain HTTP proxy."""

    host: str
    port: int
    authorization: str = ""
    """The value of ``Proxy-Authorization``; empty for none."""

    def __repr__(self) -> str:
        """Without its credentials."""
        return f"Proxy({self.host!r}, {self.port})"


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
    return _parse(found if "://" in found else f"http://{found}", name.upper())


def _parse(url: str, origin: str) -> Proxy:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if host is None or parts.scheme != "http":
        raise ConfigError(
            f'the proxy of {origin} is not supported: its URL begins with "{parts.scheme}://"'
            if host
            else f"the proxy of {origin} is no URL",
            hint="only proxies of the form http://host:port are supported",
            reference="unsupported-proxy",
        )
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(host, port or 80, authorization)


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
