"""Change a DaemonSet by a narrow patch that holds only if nobody else changed its spec in between."""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ds.cluster.client import Answer, LiveClient, object_path
from kubectl_ds.cluster.writes import FIELD_MANAGER
from kubectl_ds.errors import ApiError
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_item
from kubectl_ds.model.kinds import DAEMON_SETS

STRATEGIC = "application/strategic-merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_CONFLICT = 409
_UNPROCESSABLE = 422
_TRIES = 5
"""The controller writes the status all the time, which is no change that matters here."""


def patch_daemon_set(client: LiveClient, daemon_set: DaemonSet, body: dict[str, Any], *, dry_run: bool) -> Answer:
    """Apply a strategic merge patch to the spec of ``daemon_set`` as it was read; the answer is what it is now.

    Raises:
        ApiError: the server refuses it, or the DaemonSet's spec has changed since it was read (409).
    """
    path = object_path(DAEMON_SETS.path(daemon_set.namespace), daemon_set.name)
    params = (("fieldManager", FIELD_MANAGER), *((("dryRun", "All"),) if dry_run else ()))
    for left in reversed(range(_TRIES)):
        guard = {"resourceVersion": _unchanged(client, daemon_set, path)}
        guarded = {**body, "metadata": {**body.get("metadata", {}), **guard}}
        try:
            return client.patch(path, msgspec.json.encode(guarded), STRATEGIC, params)
        except ApiError as error:
            if error.status != _CONFLICT or not left:
                raise
    raise AssertionError("the last try returns or raises")


def patch_as_read(
    client: LiveClient, daemon_set: DaemonSet, operations: list[dict[str, Any]], *, dry_run: bool
) -> Answer:
    """Apply a JSON patch whose tests say what it rests on; the answer is what the DaemonSet is now.

    The controller writes the status all the time, and disturbs no test of anything else.

    Raises:
        ApiError: the server refuses the change itself, or a test failed: somebody has changed it since (409).
    """
    path = object_path(DAEMON_SETS.path(daemon_set.namespace), daemon_set.name)
    params = (("fieldManager", FIELD_MANAGER), *((("dryRun", "All"),) if dry_run else ()))
    try:
        return client.patch(path, msgspec.json.encode(operations), _JSON_PATCH, params)
    except ApiError as error:
        if error.status == _UNPROCESSABLE and not error.causes:  # of a failed test the server says no more than that
            raise _changed_meanwhile(daemon_set) from error
        raise


def _unchanged(client: LiveClient, daemon_set: DaemonSet, path: str) -> str:
    """The resourceVersion of the DaemonSet now, if it is still the one that was read."""
    now = decode_item(DAEMON_SETS, client.get_raw(path))
    assert isinstance(now, DaemonSet)
    read = daemon_set.metadata
    if (now.metadata.uid, now.metadata.generation) != (read.uid, read.generation):
        raise _changed_meanwhile(daemon_set)
    return now.metadata.resource_version


def _changed_meanwhile(daemon_set: DaemonSet) -> ApiError:
    return ApiError(
        f'daemonsets.apps "{daemon_set.name}" has been changed by somebody else since it was read',
        status=_CONFLICT,
        reason="Conflict",
        hint="Run the command again, so that it looks at what is there now.",
    )
