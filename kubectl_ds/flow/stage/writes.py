"""The two kinds of change that a staged rollout makes: a guarded patch of its DaemonSet, and the deletion of one pod.

Either may be sent twice without harm: the patch holds only on what was read, the deletion only for the one pod that was
meant. So a conversation that breaks off is tried again, for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import msgspec

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.cluster.writes import FIELD_MANAGER
from kubectl_ds.engine.stage.patches import Operations
from kubectl_ds.errors import ApiError, ConnectionFailed, NotFound
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.pod import Pod

T = TypeVar("T")

_JSON_PATCH = "application/json-patch+json"
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between tries at a server that does not answer; about a minute in all."""
_PASSING = frozenset({429, 500, 502, 503, 504})
_CONFLICT = 409
_UNPROCESSABLE = 422


class Deletion(str, Enum):
    """What came of asking for a pod to go."""

    ASKED = "asked"
    GONE = "gone"
    """It is not there any more, or another pod bears its name."""
    PROTECTED = "protected"
    """A disruption budget does not let it go now."""


class Writer:
    """Makes changes to one DaemonSet and its pods."""

    def __init__(self, client: LiveClient, pause: Callable[[float], None]) -> None:
        self._client = client
        self._pause = pause

    def patch(self, daemon_set: DaemonSet, operations: Operations) -> bytes | None:
        """The DaemonSet as it is after the patch; None when it was not as the patch expects.

        Raises:
            ApiError: the server refuses the change itself.
            ConnectionFailed: the server has not answered for a minute.
        """
        path = object_path(kinds.DAEMON_SETS.path(daemon_set.namespace), daemon_set.name)
        body = msgspec.json.encode(operations)
        try:
            return self._insist(
                lambda: self._client.patch(path, body, _JSON_PATCH, (("fieldManager", FIELD_MANAGER),)).body
            )
        except NotFound:
            return None
        except ApiError as error:
            if error.status == _CONFLICT or (error.status == _UNPROCESSABLE and not error.causes):
                return None  # a test in the patch failed, of which the API server says no more than that
            raise

    def delete(self, pod: Pod) -> Deletion:
        """Have this very pod deleted.

        Raises:
            ApiError: the server refuses.
            ConnectionFailed: the server has not answered for a minute.
        """
        body = msgspec.json.encode({"apiVersion": "v1", "kind": "DeleteOptions", **_only(pod)})
        path = object_path(kinds.PODS.path(pod.namespace), pod.name)
        try:
            self._insist(lambda: self._client.delete(path, body))
        except ApiError as error:
            return _gone(error)
        return Deletion.ASKED

    def evict(self, pod: Pod) -> Deletion:
        """Have this very pod evicted, as far as disruption budgets let it go.

        Raises:
            ApiError: the server refuses for good.
            ConnectionFailed: the server has not answered for a minute.
        """
        body = msgspec.json.encode(
            {
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": {"name": pod.name, "namespace": pod.namespace},
                "deleteOptions": _only(pod),
            }
        )
        path = f"{object_path(kinds.PODS.path(pod.namespace), pod.name)}/eviction"
        try:
            self._insist(lambda: self._client.create(path, body), bears=frozenset({429}))
        except ApiError as error:
            return Deletion.PROTECTED if error.status == 429 else _gone(error)
        return Deletion.ASKED

    def _insist(self, change: Callable[[], T], bears: frozenset[int] = frozenset()) -> T:
        """Try again what failed in passing; ``bears`` are refusals that the caller wants to hear at once."""
        for pause in _PAUSES:
            try:
                return change()
            except ConnectionFailed:
                self._pause(pause)
            except ApiError as error:
                if error.status not in _PASSING - bears:
                    raise
                self._pause(pause)
        return change()


def _only(pod: Pod) -> dict[str, dict[str, str]]:
    return {"preconditions": {"uid": pod.metadata.uid}}


def _gone(error: ApiError) -> Deletion:
    if error.status in (404, _CONFLICT):
        return Deletion.GONE
    raise error
