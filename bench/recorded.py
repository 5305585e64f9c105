"""A server of recorded bytes: what a real API server answered, multiplied, at next to no cost of its own.

A node, a DaemonSet with its revision and a pod are recorded as JSON and as the rows of a Table; names, uids and the
node's name are put in anew for each of as many as are wanted. All is made before the first request, so that answering
costs little more than sending. It speaks plain HTTP and pages as the original does.
``python -m bench.recorded RECORD NODES DAEMON_SETS`` prints its address.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from bench.population import daemon_set_name, node_name
from tests.controlplane.client import Client

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_NODE = 1
"""The number of the node whose objects are recorded."""
_BATCH = 32


@dataclass(frozen=True)
class Record:
    """The answers, each by the path of its collection: the one item that is multiplied."""

    answers: dict[str, Any]
    """By path, whole: version and discovery; the form of it that tells all at once under a name of its own."""
    items: dict[str, Any]
    """By resource."""
    rows: dict[str, Any]
    columns: dict[str, Any]


def record(client: Client) -> Record:
    """What a real server with the bench's population answers."""
    groups = client.request("GET", "/apis")["groups"]
    versions = [f"/apis/{each['groupVersion']}" for group in groups for each in group["versions"]]
    answers = {path: client.request("GET", path) for path in ("/version", "/api", "/apis", "/api/v1", *versions)}
    for path in ("/api", "/apis"):
        answers[f"{path} at once"] = client.request("GET", path, accept=DISCOVERY)
    paths = {
        "nodes": f"/api/v1/nodes?fieldSelector=metadata.name%3D{node_name(_NODE)}",
        "pods": f"/api/v1/pods?fieldSelector=spec.nodeName%3D{node_name(_NODE)}",
        "daemonsets": "/apis/apps/v1/daemonsets",
        "controllerrevisions": "/apis/apps/v1/controllerrevisions",
    }
    items = {name: _first(client.request("GET", path)["items"]) for name, path in paths.items()}
    tables = {name: client.request("GET", path, accept=TABLE) for name, path in paths.items()}
    rows = {name: _first([row | row["object"] for row in table["rows"]]) for name, table in tables.items()}
    stripped = {name: {key: row[key] for key in ("cells", "object")} for name, row in rows.items()}
    return Record(answers, items, stripped, {name: table["columnDefinitions"] for name, table in tables.items()})


def _first(items: list[Any]) -> Any:
    """The node, or what belongs to the first DaemonSet."""
    named = [item for item in items if item["metadata"]["name"].startswith(daemon_set_name(0))]
    return (named or items)[0]


class Stock:
    """Items by resource, made from the recorded one."""

    def __init__(self, recorded: Record, nodes: int, daemon_sets: int) -> None:
        self.recorded = recorded
        self._nodes = nodes
        self._daemon_sets = daemon_sets
        self._uid = recorded.items["daemonsets"]["metadata"]["uid"]
        self._made: dict[tuple[str, bool, str], tuple[bytes, ...]] = {}
        for resource in recorded.items:
            for table in (False, True):
                self.items(resource, table=table, only="")

    def items(self, resource: str, *, table: bool, only: str) -> tuple[bytes, ...]:
        """All of a resource; ``only`` is the name of the one DaemonSet whose pods are wanted."""
        key = (resource, table, only)
        if key not in self._made:
            self._made[key] = tuple(self._make(*key))
        return self._made[key]

    def _make(self, resource: str, table: bool, only: str) -> Iterator[bytes]:
        source = self.recorded.rows if table else self.recorded.items
        if resource not in source:
            return
        data = json.dumps(source[resource], separators=(",", ":"), ensure_ascii=False).encode()
        numbers = range(self._daemon_sets)
        chosen = [each for each in numbers if not only or daemon_set_name(each) == only]
        if resource == "nodes":
            make = self._maker(data, {node_name(_NODE): node_name})
            yield from map(make, range(self._nodes))
        elif resource == "pods":
            own = self.recorded.items["pods"]["metadata"]
            for daemon_set in chosen:
                of_set = self._of_daemon_set(data, daemon_set)
                replaced: dict[str, Callable[[int], str]] = {
                    own["uid"]: lambda number, one=daemon_set: _uid(own["uid"], one, number),  # type: ignore[misc]
                    f"-{_NODE:05x}": lambda number: f"-{number:05x}",
                    node_name(_NODE): node_name,
                }
                make = self._maker(of_set, replaced)
                yield from map(make, range(self._nodes))
        else:
            yield from (self._of_daemon_set(data, each) for each in chosen)

    def _of_daemon_set(self, data: bytes, number: int) -> bytes:
        uid = _uid(self._uid, number, 0).encode()
        data = data.replace(daemon_set_name(0).encode() + b'"', daemon_set_name(number).encode() + b'"')
        data = data.replace(daemon_set_name(0).encode() + b"-", daemon_set_name(number).encode() + b"-")
        return data.replace(self._uid.encode(), uid)

    def _maker(self, data: bytes, replaced: dict[str, Callable[[int], str]]) -> Callable[[int], bytes]:
        """From a number to the item, by joining what stands between the places that differ."""
        pattern = re.compile(b"(" + b"|".join(re.escape(each.encode()) for each in replaced) + b")")
        parts = pattern.split(data)
        slots = [(index, replaced[parts[index].decode()]) for index in range(1, len(parts), 2)]

        def make(number: int) -> bytes:
            known = {id(of): of(number).encode() for _, of in slots}
            for index, of in slots:
                parts[index] = known[id(of)]
            return b"".join(parts)

        return make


def _uid(pattern: str, daemon_set: int, number: int) -> str:
    return f"{daemon_set:04x}{number:04x}{pattern[8:]}"


class Handler(BaseHTTPRequestHandler):
    """Answers as the recorded server did."""

    protocol_version = "HTTP/1.1"
    stock: ClassVar[Stock]
    requests: ClassVar[int] = 0
    sent: ClassVar[int] = 0

    def do_GET(self) -> None:
        """One answer."""
        parts = urllib.parse.urlsplit(self.path)
        if parts.path == "/-/counters":
            counters = json.dumps({"requests": Handler.requests, "sent": Handler.sent}).encode()
            Handler.requests = Handler.sent = 0
            self._whole(counters)
            return
        Handler.requests += 1
        path = parts.path.rstrip("/")
        answers = self.stock.recorded.answers
        if f"{path} at once" in answers and "as=APIGroupDiscoveryList" in (self.headers.get("Accept") or ""):
            self._whole(json.dumps(answers[f"{path} at once"]).encode(), DISCOVERY)
            return
        if path in answers:
            self._whole(json.dumps(answers[path]).encode())
            return
        self._list(path, dict(urllib.parse.parse_qsl(parts.query)))

    def _list(self, path: str, query: dict[str, str]) -> None:
        resource = path.rpartition("/")[2]
        table = "as=Table" in (self.headers.get("Accept") or "")
        only = query.get("labelSelector", "").partition("=")[2]
        skip, limit = int(query.get("continue") or 0), int(query.get("limit") or 0)
        items = self.stock.items(resource, table=table, only=only)
        end = min(len(items), skip + limit) if limit else len(items)
        token = str(end) if end < len(items) else ""
        metadata = json.dumps({"resourceVersion": "1000000", **({"continue": token} if token else {})})
        kind = '"kind":"Table","apiVersion":"meta.k8s.io/v1"' if table else '"kind":"List","apiVersion":"v1"'
        head = f'{{{kind},"metadata":{metadata},'
        if table:
            head += f'"columnDefinitions":{json.dumps(self.stock.recorded.columns.get(resource, []))},'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk(f'{head}"{"rows" if table else "items"}":['.encode())
        for begin in range(skip, end, _BATCH):
            separator = b"," if begin > skip else b""
            self._chunk(separator + b",".join(items[begin : min(begin + _BATCH, end)]))
        self._chunk(b"]}\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        Handler.sent += len(data)
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _whole(self, data: bytes, content_type: str = "application/json") -> None:
        Handler.sent += len(data)
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def save(recorded: Record, path: Path) -> None:
    """Write it down."""
    path.write_text(json.dumps(asdict(recorded)))


def main() -> None:
    """Serve until the process is ended."""
    path, nodes, daemon_sets = sys.argv[1:]
    Handler.stock = Stock(Record(**json.loads(Path(path).read_text())), int(nodes), int(daemon_sets))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
