"""Following an update: how it stands at every change, from one watch for each kind.

A pod that waits for the scheduler is judged by all that is on its node. That is read once, as soon as nothing has
changed for a moment, and not again before something changes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.source import Query, Source
from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.rollout import RolloutStatus, rollout_status
from kubectl_ds.errors import NotFound
from kubectl_ds.flow.observe import observe
from kubectl_ds.flow.read import anybody_waits, read_decisions
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot

_IDLE = 9
"""Where nothing has changed, looking again takes at most a tenth of the time; where something has, at most half."""


def follow_rollout(
    client: LiveClient,
    source: Source,
    daemon_set: DaemonSet,
    deadline: float | None,
    progress_deadline: timedelta | None = None,
) -> Iterator[tuple[RolloutStatus, bool]]:
    """How the update stands, and whether anything has changed since the last time; now and then where nothing has.

    Args:
        client: where it is.
        source: the same place, for what is read once.
        daemon_set: as it was read.
        deadline: by ``time.monotonic``; None for none.
        progress_deadline: without progress for so long, nothing counts as on its way.

    Raises:
        Deleted: somebody deletes it.
        ApiError: it may not be watched.
        ConnectionFailed: the server cannot be reached any more.
    """
    whole: Snapshot | None = None
    pending, rested = False, (0.0, 0.0)
    for picture in observe(client, daemon_set, deadline):
        snapshot = picture.snapshot
        pending = pending or picture.changed
        began = time.monotonic()
        if began < rested[0] or (not pending and began < rested[1]):
            continue
        if pending:
            whole = None
        elif whole is None and anybody_waits(snapshot):
            whole = _whole(source, daemon_set) or snapshot
            pending = True
        if whole is not None:
            snapshot = replace(whole, now=snapshot.now)
        status = rollout_status(cover_one(snapshot, snapshot.daemon_sets[0]), progress_deadline)
        ended = time.monotonic()
        rested = ended + (ended - began), ended + _IDLE * (ended - began)
        yield status, pending
        pending = False


def _whole(source: Source, daemon_set: DaemonSet) -> Snapshot | None:
    """Everything on the nodes; None where the DaemonSet has gone, which its watch will tell."""
    try:
        return read_decisions(source, Query((), daemon_set.namespace, (daemon_set.name,)))
    except NotFound:
        return None
