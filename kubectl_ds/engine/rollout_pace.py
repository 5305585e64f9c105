"""When an update began, when it last came on, and how long it may still take at the pace so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from kubectl_ds.engine.field_managers import TEMPLATE, field_managers
from kubectl_ds.engine.revisions import CurrentRevision, hash_of
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.value import Value


class Estimate(Value, frozen=True):
    """How long the rest may take."""

    since: datetime
    """When the update began."""
    done: int
    """Nodes that have had their turn since, and are available."""
    remaining: int
    seconds_left: int


def began(daemon_set: DaemonSet, revision: CurrentRevision, revisions: Iterable[ControllerRevision]) -> datetime | None:
    """When the template was last changed; None where neither the managers nor the revision tell.

    A revision that an undo went back to keeps its old time, so that whoever changed the template is asked first.
    """
    changed = [each.time for each in field_managers(daemon_set) if TEMPLATE in each.owns and each.time is not None]
    made = [
        each.metadata.creation_timestamp
        for each in revisions
        if hash_of(each) == revision.hash and each.metadata.creation_timestamp is not None
    ]
    return max([*changed, *made], default=None)


def last_progress(began_at: datetime | None, current: Sequence[Pod]) -> datetime | None:
    """When a pod of the current revision was last created or became ready; else when the update began."""
    moments = [began_at, *(pod.metadata.creation_timestamp for pod in current)]
    for pod in current:
        ready = pod.condition("Ready")
        if ready is not None and ready.status == "True":
            moments.append(ready.last_transition_time)
    return max((each for each in moments if each is not None), default=None)


def estimate(began_at: datetime | None, available: Sequence[Pod], remaining: int, now: datetime) -> Estimate | None:
    """The time left if the rest takes as long as those took that are available; None before the first of them.

    What has passed since the last of them does not count: that is no pace, but a stand-still.
    """
    if began_at is None or not remaining:
        return None
    since = [
        pod for pod in available if pod.metadata.creation_timestamp and pod.metadata.creation_timestamp >= began_at
    ]
    ready = [each.last_transition_time for pod in since if (each := pod.condition("Ready")) is not None]
    elapsed = (max((each for each in ready if each is not None), default=now) - began_at).total_seconds()
    if not since or elapsed <= 0:
        return None
    return Estimate(
        since=began_at,
        done=len(since),
        remaining=remaining,
        seconds_left=max(1, round(elapsed / len(since) * remaining)),
    )
