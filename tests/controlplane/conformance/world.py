"""The servers and proxies around the two programs, and one run of each."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from tests.cluster.issuer import issue
from tests.cluster.server import AUTHORITY, CERTIFICATES, Arrived, Server, reply
from tests.cluster.tunnel import Tunnel

from .case import Case

PROGRAM = Path(sys.executable).with_name("kubectl-ds")
UNLIKE = frozenset({"user-agent", "kubectl-command", "kubectl-session", "referer"})
"""Headers by which the programs say who they are and whence they come: a wanted difference, tested by itself."""
_NAMES = ("TLS", "PLAIN", "V6", "EXPIRED", "ELSEWHERE", "STRICT")
_PROXIES = ("TUNNEL", "SECURETUNNEL", "SOCKSTUNNEL", "LOCKEDTUNNEL")
_GROUPS = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_LOG_ENTRY = re.compile(r"^[IWE]\d{4} .*?(?:<\n(?:\t.*\n)* >.*)?\n", re.MULTILINE)
"""A line of klog's, and the block that it may open."""


@dataclass(frozen=True)
class Sent:
    """A request for DaemonSets, as far as two programs can be held against each other."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    certificate: str
    server_name: str


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    code: int
    out: str
    err: str
    sent: tuple[Sent, ...]
    """Requests for DaemonSets in the order of their arrival; an answer of 401 may be followed by another."""
    proxied: tuple[str, ...]
    """What proxies were asked for, each once."""


class World:
    """Everything that a case may lead to, for one program."""

    def __init__(self, opened: ExitStack) -> None:
        tls, plain, v6, expired, elsewhere, strict = self._servers = tuple(
            opened.enter_context(server)
            for server in (
                Server(_answer, certificate="server", take_certificate=True),
                Server(_answer),
                Server(_answer, certificate="server", host="::1"),
                Server(_answer, certificate="expired"),
                Server(_answer, certificate="elsewhere"),
                Server(_answer, certificate="server", ask_certificate=True),
            )
        )
        tunnel, secure, socks, locked = self._tunnels = tuple(
            opened.enter_context(each)
            for each in (
                Tunnel(tls.port),
                Tunnel(tls.port, certificate="server"),
                Tunnel(tls.port, socks=True),
                Tunnel(tls.port, socks=True, password="s3same"),
            )
        )
        issuer = opened.enter_context(Server(issue))
        with socket.create_server(("127.0.0.1", 0)) as free:
            dead = free.getsockname()[1]
        self.addresses = {
            **{f"${name}PORT": str(server.port) for name, server in zip(_NAMES, self._servers, strict=True)},
            **{f"${name}": str(tunnel.port) for name, tunnel in zip(_PROXIES, self._tunnels, strict=True)},
            "$ISSUERPORT": str(issuer.port),
            "$DEADPORT": str(dead),
        }
        """What differs from world to world."""
        self.words = {
            "$TLS": tls.url,
            "$PLAIN": plain.url,
            "$V6": v6.url,
            "$EXPIRED": expired.url,
            "$ELSEWHERE": elsewhere.url,
            "$STRICT": strict.url,
            "$HOSTPORT": f"127.0.0.1:{plain.port}",
            "$TLSPORT": str(tls.port),
            "$PORT": str(plain.port),
            "$DEAD": f"127.0.0.1:{dead}",
            "$PROXY": f"127.0.0.1:{tunnel.port}",
            "$SECUREPROXY": f"localhost:{secure.port}",
            "$SOCKS": f"127.0.0.1:{socks.port}",
            "$LOCKEDSOCKS": f"127.0.0.1:{locked.port}",
            "$ISSUER": issuer.url,
            "$CERTS": str(CERTIFICATES),
            "$AUTHORITY64": _base64(AUTHORITY),
            "$CLIENT64": _base64(CERTIFICATES / "client.crt"),
            "$KEY64": _base64(CERTIFICATES / "client.key"),
            "$CLIENTPEM": json.dumps((CERTIFICATES / "client.crt").read_text())[1:-1],
            "$KEYPEM": json.dumps((CERTIFICATES / "client.key").read_text())[1:-1],
        }

    def nameless(self, outcome: Outcome) -> Outcome:
        """The same with every address of this world as the word that stands for it."""
        return Outcome(*(self._nameless(getattr(outcome, each.name)) for each in fields(Outcome)))

    def _nameless(self, value: Any) -> Any:
        if isinstance(value, str):
            for word, port in self.addresses.items():
                value = value.replace(f":{port}", f":{word}")
            return value
        if isinstance(value, Sent):
            return Sent(*(self._nameless(getattr(value, each.name)) for each in fields(Sent)))
        return tuple(map(self._nameless, value)) if isinstance(value, tuple) else value

    def run(self, case: Case, program: str, *more: str, logged: bool = False) -> Outcome:
        """One run of one program, its files fresh; what is ``logged`` is kept where that matters."""
        with tempfile.TemporaryDirectory(prefix="conformance-") as name:
            folder = Path(name).resolve()
            words = {**self.words, "$FOLDER": str(folder)}
            files = {} if case.kubeconfig is None else {"config": case.kubeconfig}
            for path, content in {**files, **case.files}.items():
                _write(folder / path, _filled(content, words))
            environ = {
                "HOME": str(folder / "home"),
                "KUBECONFIG": str(folder / "config"),
                "PATH": os.environ["PATH"],
                "SSL_CERT_FILE": os.devnull,
                "SSL_CERT_DIR": "/nonexistent",
                **_filled(dict(case.environ), words),
            }
            verb = ("get", "ds") if program != str(PROGRAM) else ("get",)
            for server in self._servers:
                server.requests.clear()
            for tunnel in self._tunnels:
                tunnel.heads.clear()
            before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            done = subprocess.run(
                [program, *verb, *_filled(list(case.arguments), words), *more],
                env=environ,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60,
                check=False,
            )
            if program == str(PROGRAM):
                after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
                written = [str(path) for path in after if after[path] != before.get(path) and path.name != "written"]
                assert not written, "nothing is ever written beside the user's files"
            return Outcome(
                done.returncode,
                done.stdout.decode(),
                done.stderr.decode() if logged else _said(done.stderr.decode(), str(folder)),
                tuple(_sent(arrived) for server in self._servers for arrived in server.requests if _asks(arrived)),
                tuple(dict.fromkeys(head for tunnel in self._tunnels for head in map(_head, tunnel.heads))),
            )


class Worlds:
    """A world for each program, so that they run at the same time and never meet."""

    def __init__(self, opened: ExitStack, kubectl: str) -> None:
        self._kubectl = kubectl
        self._theirs, self._ours = World(opened), World(opened)
        self._threads = opened.enter_context(ThreadPoolExecutor(1))

    def both(self, case: Case) -> tuple[Outcome, Outcome]:
        """What kubectl does, and what we do; addresses are those of the case, not those of the day."""
        theirs = self._threads.submit(self._theirs.run, case, self._kubectl)
        ours = self._ours.run(case, str(PROGRAM))
        return self._theirs.nameless(theirs.result()), self._ours.nameless(ours)


@contextmanager
def worlds(kubectl: str) -> Iterator[Worlds]:
    """All servers up."""
    with ExitStack() as opened:
        yield Worlds(opened, kubectl)


def _answer(arrived: Arrived) -> bytes:
    """An API server with no DaemonSet; words in the path or the token make it do otherwise."""
    path = urlsplit(arrived.target).path
    token = arrived.header("Authorization").removeprefix("Bearer ")
    if token == "stale" or "/denied/" in path:
        return reply(401, _status(401, "Unauthorized", "Unauthorized"))
    if "/away/" in path:
        return reply(307, b"", ("Location", f"http://127.0.0.1:9{path.replace('/away/', '/')}"))
    if "/moved/" in path:
        return reply(307, b"", ("Location", arrived.target.replace("/moved/", "/")))
    if "/forbidden/" in path and path.endswith("daemonsets"):
        return reply(403, _status(403, "Forbidden", 'daemonsets.apps is forbidden: User "joe" cannot list'))
    if path.endswith("/api"):
        return reply(200, _json({"kind": "APIGroupDiscoveryList", "items": []}), ("Content-Type", _GROUPS), json=False)
    if path.endswith("/apis"):
        return reply(200, _json(_DISCOVERED), ("Content-Type", _GROUPS), json=False)
    return reply(200, _json({"kind": "DaemonSetList", "apiVersion": "apps/v1", "metadata": {}, "items": []}))


_DISCOVERED = {
    "kind": "APIGroupDiscoveryList",
    "apiVersion": "apidiscovery.k8s.io/v2",
    "items": [
        {
            "metadata": {"name": "apps"},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        {
                            "resource": "daemonsets",
                            "responseKind": {"group": "apps", "version": "v1", "kind": "DaemonSet"},
                            "scope": "Namespaced",
                            "singularResource": "daemonset",
                            "shortNames": ["ds"],
                            "verbs": ["get", "list"],
                        }
                    ],
                }
            ],
        }
    ],
}


def _status(code: int, reason: str, message: str) -> bytes:
    return _json(
        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}
    )


def _json(document: Any) -> bytes:
    return json.dumps(document).encode()


def _base64(path: Path) -> str:
    import base64

    return base64.b64encode(path.read_bytes()).decode()


def _filled(value: Any, words: dict[str, str]) -> Any:
    """The value with every word of ``words`` replaced, the longest first."""
    if isinstance(value, str):
        for word in sorted(words, key=len, reverse=True):
            value = value.replace(word, words[word])
        return value
    if isinstance(value, dict):
        return {_filled(key, words): _filled(each, words) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(each, words) for each in value]
    return value


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
        return
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    if isinstance(content, str) and content.startswith("#!"):
        path.chmod(0o755)


def _asks(arrived: Arrived) -> bool:
    return urlsplit(arrived.target).path.endswith("daemonsets")


def _sent(arrived: Arrived) -> Sent:
    parts = urlsplit(arrived.target)
    headers = sorted((key.lower(), _plain(value)) for key, value in arrived.headers if key.lower() not in UNLIKE)
    return Sent(
        arrived.method,
        f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.scheme else parts.path,
        tuple(sorted(parse_qsl(parts.query, keep_blank_values=True))),
        tuple(headers),
        arrived.certificate,
        arrived.server_name.lower(),  # the case of a name means nothing
    )


def _plain(value: str) -> str:
    """A header's value; what a plugin made hexadecimal is read again, and JSON stands in one form."""
    token = value.removeprefix("Bearer ")
    try:
        text = bytes.fromhex(token).decode() if len(token) > 7 else ""
    except ValueError:
        return value
    return json.dumps(json.loads(text), sort_keys=True) if text.startswith("{") else text or value


def _head(head: str) -> str:
    """A proxy's request without the name of the program."""
    return "\r\n".join(sorted(line for line in head.split("\r\n") if line and not line.startswith("User-Agent")))


def _said(text: str, folder: str) -> str:
    """What a program said on stderr, without the entries of a log and the name of its folder."""
    return _LOG_ENTRY.sub("", text.replace(folder, "$FOLDER"))
