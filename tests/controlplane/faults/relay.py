"""A proxy on loopback in front of the real API server: it passes on what is asked, and what it does to the answers.

What the API server said once it says again: nothing changes in the cluster meanwhile.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from kubectl_ds.cluster.exchange import Pairs
from tests.cluster.server import AUTHORITY, Arrived, Server, reply

PASSED_ON = ("accept", "authorization", "content-type")


@dataclass(frozen=True)
class Whole:
    """What the API server answered."""

    status: int
    headers: Pairs
    """What it is, and when it was said: by that clock all ages are judged."""
    body: bytes

    def wire(self, *headers: tuple[str, str], chunked: bool = False) -> bytes:
        """On the wire, with these headers added."""
        return reply(self.status, self.body, *self.headers, *headers, chunked=chunked, json=False)

    def holding(self, body: bytes) -> Whole:
        """The same, with another body."""
        return Whole(self.status, self.headers, body)


Answer = bytes | Iterable[bytes] | None
Harm = Callable[[Whole, Arrived], Answer]
"""What becomes of an answer; None hangs up."""


class Relay:
    """The API server as the network lets it be seen; ``harm`` may be set between two runs."""

    def __init__(self, kubeconfig: Path) -> None:
        given = yaml.safe_load(kubeconfig.read_text())
        self._user = given["users"][0]["user"]
        self._context = given["contexts"][0]["context"]
        cluster = given["clusters"][0]["cluster"]
        self._upstream = urlsplit(cluster["server"])
        self._tls = ssl.create_default_context(cadata=_pem(cluster["certificate-authority-data"]))
        self._known: dict[tuple[str, str, str], Whole] = {}
        self._lock = threading.Lock()
        self._times: Counter[str] = Counter()
        self.harm: Harm | None = None
        self.only_first = False
        """Whether only the first answer to each request is harmed."""
        self.about = ""
        """What the path of a request must hold for its answer to be harmed."""

    def begin(self, harm: Harm | None, *, only_first: bool = False, about: str = "") -> None:
        """Do this to the answers from now on."""
        self.harm, self.only_first, self.about = harm, only_first, about
        self._times.clear()

    def answer(self, arrived: Arrived) -> Answer:
        """The bytes for a request."""
        whole = self._ask(arrived)
        path = urlsplit(arrived.target).path
        self._times[arrived.target] += 1
        harmless = self.only_first and self._times[arrived.target] > 1
        if self.harm is None or harmless or self.about not in path:
            return whole.wire()
        return self.harm(whole, arrived)

    def kubeconfig(self, folder: Path, server: str) -> Path:
        """A kubeconfig that leads here, as the same user and in the same namespace."""
        path = folder / f"config-{server.rpartition(':')[2].strip('/')}"
        content: dict[str, Any] = {
            "current-context": "c",
            "clusters": [{"name": "plane", "cluster": {"server": server, "certificate-authority": str(AUTHORITY)}}],
            "users": [{"name": self._context["user"], "user": self._user}],
            "contexts": [{"name": "c", "context": self._context}],
        }
        path.write_text(json.dumps(content))
        return path

    def _ask(self, arrived: Arrived) -> Whole:
        key = (arrived.method, arrived.target, arrived.header("Accept"))
        with self._lock:
            if key not in self._known:
                assert arrived.method == "GET", "commands that read do not change anything"
                asked = http.client.HTTPSConnection(self._upstream.netloc, context=self._tls, timeout=30)
                headers = {name: value for name, value in arrived.headers if name.lower() in PASSED_ON}
                asked.request("GET", arrived.target, headers=headers)
                answer = asked.getresponse()
                kept = tuple((name, answer.getheader(name, "")) for name in ("Content-Type", "Date"))
                self._known[key] = Whole(answer.status, kept, answer.read())
                asked.close()
            return self._known[key]


def server(relay: Relay, certificate: str = "server") -> Server:
    """The relay on a socket."""
    return Server(relay.answer, certificate=certificate)


def _pem(data: str) -> str:
    import base64

    return base64.b64decode(data).decode()
