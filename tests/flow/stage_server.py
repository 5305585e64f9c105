"""An API server, a DaemonSet controller and kubelets in memory: as much of them as a staged rollout of thousands of
nodes touches, behind the seam of the transport, so that its requests can be counted in seconds.
"""

from __future__ import annotations

import copy
import itertools
import json
import queue
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from kubectl_ds.cluster.exchange import Request, Response
from tests.cluster.fakes import body, ok, status
from tests.controlplane.objects import daemon_set, node

Object = dict[str, Any]
NAMESPACE = "logging"
_READY_AT = "2026-11-23T09:00:00Z"
_HEADERS = (("Content-Type", "application/json"), ("Date", "Mon, 23 Nov 2026 10:00:00 GMT"))


class StageServer:
    """One DaemonSet, on as many nodes as are wanted; pods are ready as soon as they are made."""

    def __init__(self, nodes: int, **fields: Any) -> None:
        self.requests: Counter[str] = Counter()
        """How often each method was asked of each kind of object; watches count as ``WATCH``."""
        self.most_down = 0
        """The most nodes without a pod at any time, as each pod takes a moment to come back."""
        self._versions = itertools.count(100)
        self._names = itertools.count(1)
        self._watchers: dict[str, list[queue.SimpleQueue[Object]]] = {}
        made = daemon_set("agent", NAMESPACE, **fields)
        made["metadata"] |= {
            "uid": "ds-uid",
            "generation": 1,
            "annotations": {"deprecated.daemonset.template.generation": "1"},
        }
        made["status"] = {"observedGeneration": 1, "desiredNumberScheduled": nodes}
        self.objects: dict[str, dict[str, Object]] = {
            "daemonsets": {"agent": made},
            "nodes": {f"n{number}": node(f"n{number}") for number in range(1, nodes + 1)},
            "pods": {},
            "controllerrevisions": {},
            "leases": {},
        }
        for each in (*self.objects["nodes"].values(), made):
            each["metadata"]["resourceVersion"] = str(next(self._versions))
        self._remember()
        for name in self.objects["nodes"]:
            self._make_pod(name)
        self._coming: list[str] = []
        self._old = 0
        """Pods of another template than the present one."""

    @property
    def daemon_set(self) -> Object:
        """As it is now."""
        return self.objects["daemonsets"]["agent"]

    def send(self, request: Request) -> Response:
        """Answer one request."""
        parts = [unquote(part) for part in request.path.split("/")]
        kind, name = (parts[-1], "") if parts[-1] in self.objects else (parts[-2], parts[-1])
        query = dict(request.query)
        verb = "WATCH" if query.get("watch") else request.method
        self.requests[f"{verb} {kind if kind in self.objects else parts[-1]}"] += 1
        if "reviews" in request.path:
            return ok({"status": {"allowed": True, "userInfo": {"username": "joe"}}})
        if verb == "WATCH":
            return Response(200, self._stream(kind), _HEADERS)
        there = self.objects[kind]
        if verb == "GET" and not name:
            return ok({"metadata": {"resourceVersion": str(next(self._versions))}, "items": list(there.values())})
        if verb == "POST":
            created = json.loads(request.body or b"")
            created["metadata"] |= {"uid": f"uid-{next(self._names)}"}
            return ok(self._put(kind, created))
        if name not in there:
            return status(404, "NotFound", f'{kind} "{name}" not found')
        if verb == "PATCH":
            return self._patch(kind, there[name], request)
        if verb == "DELETE":
            self._delete(kind, name)
            return ok({"kind": "Status", "status": "Success"})
        return ok(there[name])

    def _patch(self, kind: str, found: Object, request: Request) -> Response:
        changes = json.loads(request.body or b"")
        changed = copy.deepcopy(found)
        if isinstance(changes, list):
            for operation in changes:
                if not _applied(changed, operation):
                    return status(422, "Invalid", "the server rejected our request due to an error in our request")
        else:
            _merge(changed, changes)
        if ("dryRun", "All") in request.query:
            return ok(changed)
        if kind == "daemonsets" and changed["spec"] != found["spec"]:
            changed["metadata"]["generation"] += 1
            changed["status"]["observedGeneration"] = changed["metadata"]["generation"]
        answer = ok(self._put(kind, changed))
        if kind == "daemonsets" and self._remember():
            self._old = len(self.objects["pods"])
        return answer

    def _put(self, kind: str, changed: Object) -> Object:
        there = self.objects[kind]
        name = changed["metadata"]["name"]
        changed["metadata"]["resourceVersion"] = str(next(self._versions))
        self._tell(kind, "MODIFIED" if name in there else "ADDED", changed)
        there[name] = changed
        return changed

    def _delete(self, kind: str, name: str) -> None:
        gone = self.objects[kind].pop(name)
        gone["metadata"]["resourceVersion"] = str(next(self._versions))
        self._tell(kind, "DELETED", gone)
        if kind == "pods":
            self._old -= gone["metadata"]["labels"]["controller-revision-hash"] != self._hash
            self._coming.append(gone["spec"]["nodeName"])
            self.most_down = max(self.most_down, len(self._coming))
            if len(self._coming) >= self._patience:
                for place in self._coming:
                    self._make_pod(place)
                self._coming.clear()

    @property
    def _patience(self) -> int:
        """How many pods are gone before the controller makes new ones: as many as the rollout may take at a time."""
        state = json.loads(self.daemon_set["metadata"]["annotations"]["kubectl-ds/stage"])
        left = self._old
        wave: int = sum(each["size"] for each in state["waves"][: state["wave"] + 1])
        due = wave - (len(self.objects["nodes"]) - left - len(self._coming))
        return min(int(state["strategy"]["rollingUpdate"]["maxUnavailable"]), max(1, due))

    @property
    def _hash(self) -> str:
        return f"r{len(self.objects['controllerrevisions'])}"

    def _remember(self) -> bool:
        """Make the revision of the present template; False when it is there."""
        template = self.daemon_set["spec"]["template"]
        revisions = self.objects["controllerrevisions"]
        if any(each["data"]["spec"]["template"] == template for each in revisions.values()):
            return False
        number = len(revisions) + 1
        name = f"agent-r{number}"
        revisions[name] = {
            "metadata": _owned(name) | {"labels": {"controller-revision-hash": f"r{number}"}},
            "data": {"spec": {"template": copy.deepcopy(template)}},
            "revision": number,
        }
        return True

    def _make_pod(self, place: str) -> None:
        number = next(self._names)
        metadata = _owned(f"agent-{number}") | {"uid": f"pod-{number}", "creationTimestamp": _READY_AT}
        metadata["labels"] = {"app": "agent", "controller-revision-hash": self._hash}
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": _READY_AT}
        made = {
            "metadata": metadata,
            "spec": {"nodeName": place},
            "status": {"phase": "Running", "conditions": [ready]},
        }
        self._put("pods", made)

    def _tell(self, kind: str, type_: str, found: Object) -> None:
        for watcher in self._watchers.get(kind, ()):
            watcher.put({"type": type_, "object": copy.deepcopy(found)})

    def _stream(self, kind: str) -> Iterator[bytes]:
        """What is there, a bookmark, and every change."""
        mine: queue.SimpleQueue[Object] = queue.SimpleQueue()
        self._watchers.setdefault(kind, []).append(mine)
        for found in list(self.objects[kind].values()):
            yield body({"type": "ADDED", "object": found}) + b"\n"
        end = {"annotations": {"k8s.io/initial-events-end": "true"}, "resourceVersion": str(next(self._versions))}
        yield body({"type": "BOOKMARK", "object": {"metadata": end}}) + b"\n"
        while True:
            yield body(mine.get()) + b"\n"


def _owned(name: str) -> Object:
    owner = {"kind": "DaemonSet", "name": "agent", "uid": "ds-uid", "controller": True}
    return {"name": name, "namespace": NAMESPACE, "ownerReferences": [owner]}


def _merge(found: Object, changes: Object) -> None:
    """A merge patch; containers go by their names."""
    for key, value in changes.items():
        if key == "containers":
            by_name = {each["name"]: each for each in found[key]}
            for each in value:
                by_name[each["name"]] |= each
        elif isinstance(value, dict) and isinstance(found.get(key), dict):
            _merge(found[key], value)
        else:
            found[key] = value


def _applied(found: Any, operation: Object) -> bool:
    """One operation of a JSON patch; False for a test that fails."""
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    for part in path:
        found = found[part]
    if operation["op"] == "test":
        return bool(found.get(last) == operation["value"])
    if operation["op"] == "remove":
        del found[last]
    else:
        found[last] = operation["value"]
    return True
