"""A small blocking JSON client for the tests, on nothing but ``http.client``.

The tests judge kubectl-ds, so they must not see the cluster through the code of kubectl-ds. Every call has a
timeout: a control plane that is going down may leave a request unanswered for minutes. A connection serves one
request at a time and waits idle for the next one, of whichever thread: the client is safe to share, and threads
that end leave no connection behind.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode, urlsplit

from .resources import BY_KIND, BY_PLURAL, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from typing_extensions import Self

Object = dict[str, Any]
"""A Kubernetes object, or a part of one, as plain JSON."""

Objects = list[Object]
Connections = list[http.client.HTTPSConnection]

PatchType = Literal["merge", "strategic", "json"]
CONTENT_TYPES: Mapping[str, str] = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}


class ApiError(Exception):
    """The API server refused: the HTTP status, and ``reason`` and ``message`` of its Status object."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


class Client:
    """Requests to one API server as one user."""

    def __init__(self, server: str, authority: str, token: str, timeout: float = 30.0) -> None:
        """``authority`` is the PEM text of the certificates that may sign for the server."""
        self._host = urlsplit(server).netloc
        self._tls = ssl.create_default_context(cadata=authority)
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._timeout = timeout
        self._lock = threading.Lock()
        self._idle: Connections = []

    def close(self) -> None:
        """Close the connections that are idle."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, resource: str, name: str, namespace: str | None = None) -> Object:
        """One object; ``resource`` is the plural, such as ``daemonsets``."""
        found: Object = self.request("GET", path(BY_PLURAL[resource], namespace, name))
        return found

    def find(self, resource: str, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None when there is none of this name."""
        try:
            return self.get(resource, name, namespace)
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def list(
        self, resource: str, namespace: str | None = None, labels: str | None = None, fields: str | None = None
    ) -> Objects:
        """The objects of one namespace, or of all; ``labels`` and ``fields`` are selectors as kubectl takes them."""
        return self.list_with_version(resource, namespace, labels, fields)[0]

    def list_with_version(
        self, resource: str, namespace: str | None = None, labels: str | None = None, fields: str | None = None
    ) -> tuple[Objects, str]:
        """The same, with the resourceVersion from which a watch goes on."""
        query = {"labelSelector": labels, "fieldSelector": fields}
        found = self.request("GET", path(BY_PLURAL[resource], namespace), query=query)
        return found["items"] or [], found["metadata"]["resourceVersion"]

    def create(self, obj: Object, namespace: str | None = None) -> Object:
        """Create the object; its own namespace wins over the argument, and ``default`` is the last resort."""
        created: Object = self.request("POST", path(BY_KIND[obj["kind"]], _namespace_of(obj, namespace)), obj)
        return created

    def apply(self, obj: Object, namespace: str | None = None) -> Object:
        """Create the object, or merge it over the one that is there."""
        try:
            return self.create(obj, namespace)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
        resource = BY_KIND[obj["kind"]]
        return self.patch(resource.plural, obj["metadata"]["name"], obj, _namespace_of(obj, namespace))

    def update(self, obj: Object, subresource: str | None = None) -> Object:
        """Replace the object as it was read (PUT); ``kind`` must be in it."""
        metadata = obj["metadata"]
        target = path(BY_KIND[obj["kind"]], metadata.get("namespace"), metadata["name"], subresource)
        updated: Object = self.request("PUT", target, obj)
        return updated

    def patch(
        self,
        resource: str,
        name: str,
        body: Object | Objects,
        namespace: str | None = None,
        patch_type: PatchType = "merge",
        subresource: str | None = None,
    ) -> Object:
        """Change an object; a JSON patch is a list of operations, the others are partial objects."""
        target = path(BY_PLURAL[resource], namespace, name, subresource)
        patched: Object = self.request("PATCH", target, body, content_type=CONTENT_TYPES[patch_type])
        return patched

    def delete(
        self,
        resource: str,
        name: str,
        namespace: str | None = None,
        grace: int | None = None,
        propagation: str | None = None,
        uid: str | None = None,
    ) -> None:
        """Delete an object, only the one with ``uid`` if that is given; one that is not there is no error."""
        preconditions = {"uid": uid} if uid else None
        options = _delete_options(grace, propagation) | ({"preconditions": preconditions} if preconditions else {})
        try:
            self.request("DELETE", path(BY_PLURAL[resource], namespace, name), options)
        except ApiError as error:
            if error.status != 404:
                raise

    def delete_all(
        self, resource: str, namespace: str | None = None, grace: int | None = None, labels: str | None = None
    ) -> None:
        """Delete the whole collection, of one namespace where the resource is namespaced."""
        target = path(BY_PLURAL[resource], namespace)
        self.request("DELETE", target, _delete_options(grace, "Background"), {"labelSelector": labels})

    def watch(
        self, resource: str, namespace: str | None = None, version: str | None = None, seconds: int = 60
    ) -> Watch:
        """The changes since ``version`` for at most ``seconds``; close it, or use it in a with statement."""
        query = urlencode({"watch": "1", "timeoutSeconds": seconds} | ({"resourceVersion": version} if version else {}))
        connection = self._connect(timeout=seconds + 10)
        return Watch(connection, f"{path(BY_PLURAL[resource], namespace)}?{query}", self._headers)

    def request(
        self,
        method: str,
        target: str,
        body: Object | Objects | bytes | None = None,
        query: Mapping[str, str | None] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Any:
        """Any request: the decoded JSON answer, or the text of one that is not JSON, such as ``/readyz``."""
        given = {key: value for key, value in (query or {}).items() if value is not None}
        address = f"{target}?{urlencode(given)}" if given else target
        headers = self._headers | {"Accept": accept} | ({"Content-Type": content_type} if body is not None else {})
        data = json.dumps(body).encode() if body is not None and not isinstance(body, bytes) else body
        response, answer = self._exchange(method, address, data, headers)
        is_json = (response.getheader("Content-Type") or "").startswith("application/json")
        decoded = json.loads(answer) if is_json else answer.decode(errors="replace")
        if response.status >= 400:
            raise _api_error(response.status, decoded)
        return decoded

    def _exchange(
        self, method: str, address: str, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send and receive; once more when the server had closed the idle connection that we kept."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        connection = kept or self._connect(self._timeout)
        try:
            connection.request(method, address, data, headers)
            response = connection.getresponse()
            answer = response.read()
        except BaseException as error:
            connection.close()
            if kept is None or not isinstance(error, (ConnectionError, ssl.SSLEOFError)):
                raise
        else:
            with self._lock:
                self._idle.append(connection)
            return response, answer
        return self._exchange(method, address, data, headers)

    def _connect(self, timeout: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._host, context=self._tls, timeout=timeout)


class Watch:
    """One watch request: iterate for (type, object), close from any thread."""

    def __init__(self, connection: http.client.HTTPSConnection, address: str, headers: Mapping[str, str]) -> None:
        self._connection = connection
        self._response: http.client.HTTPResponse | None = None
        try:
            connection.connect()
            self._socket = connection.sock
            connection.request("GET", address, headers=dict(headers))
            self._response = connection.getresponse()
            if self._response.status >= 400:
                raise _api_error(self._response.status, json.loads(self._response.read()))
        except BaseException:
            self._release()
            raise

    def __iter__(self) -> Iterator[tuple[str, Object]]:
        """The changes, until the server ends the watch or someone calls ``interrupt``."""
        assert self._response is not None
        rest = b""
        while True:
            try:
                piece = self._response.read1(1 << 20)
            except (OSError, http.client.HTTPException):
                return
            if not piece:
                return
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise _api_error(event["object"].get("code", 0), event["object"])
                yield event["type"], event["object"]

    def interrupt(self) -> None:
        """End the iteration in whichever thread it runs; that thread still has to close the watch."""
        try:
            # The method of the plain socket: the TLS one would pull the session from under the reading thread.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return  # already closed at the other end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        if self._response is not None:
            self._response.close()
        self._connection.close()


def path(
    resource: Resource, namespace: str | None = None, name: str | None = None, subresource: str | None = None
) -> str:
    """The URL path of a collection, an object or its subresource."""
    parts = [resource.prefix]
    if namespace and resource.namespaced:
        parts += ["namespaces", namespace]
    parts.append(resource.plural)
    return "/".join(parts + [part for part in (name, subresource) if part])


def _namespace_of(obj: Object, namespace: str | None) -> str:
    found: str = obj["metadata"].get("namespace") or namespace or "default"
    return found


def _delete_options(grace: int | None, propagation: str | None) -> Object:
    options: Object = {"kind": "DeleteOptions", "apiVersion": "v1"}
    if grace is not None:
        options["gracePeriodSeconds"] = grace
    if propagation:
        options["propagationPolicy"] = propagation
    return options


def _api_error(status: int, answer: Any) -> ApiError:
    if isinstance(answer, dict):
        return ApiError(status, answer.get("reason", ""), answer.get("message", ""))
    return ApiError(status, http.client.responses.get(status, ""), str(answer))
