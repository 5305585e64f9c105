"""Change a DaemonSet by a narrow patch that holds only if nobody else changed it in between."""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.kinds import DAEMON_SETS

FIELD_MANAGER = "kubectl-ds"
_STRATEGIC = "application/strategic-merge-patch+json"


def patch_daemon_set(client: LiveClient, daemon_set: DaemonSet, body: dict[str, Any], *, dry_run: bool) -> bytes:
    """Apply a strategic merge patch to ``daemon_set`` as it was read; returns the object as the server has it then.

    Raises:
        ApiError: the server refuses it; 409 when the DaemonSet has changed since it was read.
    """
    guarded = {
        **body,
        "metadata": {**body.get("metadata", {}), "resourceVersion": daemon_set.metadata.resource_version},
    }
    path = object_path(DAEMON_SETS.path(daemon_set.namespace), daemon_set.name)
    params = (("fieldManager", FIELD_MANAGER), *((("dryRun", "All"),) if dry_run else ()))
    return client.patch(path, msgspec.json.encode(guarded), _STRATEGIC, params).body
