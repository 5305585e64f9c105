"""An API server that is a table in memory, behind the transport's seam; and the smallest objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.connection import Connection
from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.cluster.retry import Patience

Object = dict[str, Any]
NOW = "Mon, 23 Nov 2026 10:00:00 GMT"
DATED = (("Content-Type", "application/json"), ("Date", NOW))
Handler = Callable[[Request], Response]


def body(data: object) -> bytes:
    """JSON."""
    return json.dumps(data).encode()


def ok(data: object) -> Response:
    """200."""
    return Response(200, body(data), DATED)


def status(code: int, reason: str, message: str, **more: Any) -> Response:
    """A ``v1.Status`` that is a failure."""
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason} | more
    return Response(code, body(told | {"message": message}), DATED)


def client(handler: Handler, namespace: str = "default", page: int = 500) -> LiveClient:
    """A client whose network is ``handler``; it never waits."""
    connection = Connection(server="https://fake:6443", context="test", namespace=namespace)
    return LiveClient(handler, connection, patience=Patience(sleep=lambda _: None), page=page)


class Table:
    """Collections by path; ``requests`` holds what was asked. A value that is a Response is the answer itself."""

    def __init__(self) -> None:
        self.collections: dict[str, Any] = {}
        self.requests: list[Request] = []

    def put(self, path: str, items: Iterable[Object] | Response) -> Table:
        """Let a collection hold these."""
        self.collections[path] = items if isinstance(items, Response) else list(items)
        return self

    def __call__(self, request: Request) -> Response:
        """Answer as an API server does."""
        self.requests.append(request)
        found = self.collections.get(request.path)
        if isinstance(found, Response):
            return Response(found.status, found.read(), found.headers)
        if found is not None:
            return ok({"metadata": {"resourceVersion": "1"}, "items": _selected(found, request)})
        collection, _, name = request.path.rpartition("/")
        held = self.collections.get(collection)
        for item in held if isinstance(held, list) else ():
            if item["metadata"]["name"] == name:
                return ok(item)
        if name in _COLLECTIONS:
            return ok({"metadata": {}, "items": []})
        kind = collection.rpartition("/")[2]
        qualified = f"{kind}.apps" if "/apis/apps/" in collection else kind
        return status(404, "NotFound", f'{qualified} "{name}" not found', details={"kind": kind, "name": name})

    def asked(self, path: str) -> list[dict[str, str]]:
        """The query parameters of every request for this path."""
        return [dict(request.query) for request in self.requests if request.path == path]


def _selected(items: Iterable[Object], request: Request) -> list[Object]:
    """Field selectors on names and namespaces only; labels are the server's business."""
    fields = dict(request.query).get("fieldSelector", "")
    wanted = [pair.partition("=")[::2] for pair in fields.split(",") if pair.startswith("metadata.name=")]
    return [item for item in items if all(item["metadata"]["name"] == name for _, name in wanted)]


_COLLECTIONS = frozenset(
    {
        "daemonsets",
        "nodes",
        "pods",
        "controllerrevisions",
        "events",
        "namespaces",
        "limitranges",
        "resourcequotas",
        "serviceaccounts",
        "priorityclasses",
        "poddisruptionbudgets",
        "runtimeclasses",
        "persistentvolumeclaims",
        "persistentvolumes",
        "storageclasses",
        "csinodes",
        "csidrivers",
        "volumeattachments",
    }
)


def daemon_set(name: str = "fluentd", namespace: str = "logging", **labels: str) -> Object:
    """A DaemonSet as a server lists it."""
    chosen = labels or {"app": name}
    return {
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": chosen},
        "spec": {"selector": {"matchLabels": chosen}, "template": {"metadata": {"labels": chosen}}},
    }


def named(name: str, namespace: str = "", **fields: Any) -> Object:
    """Any object."""
    return {"metadata": {"name": name, **({"namespace": namespace} if namespace else {})}, **fields}
