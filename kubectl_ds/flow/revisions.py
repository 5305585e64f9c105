"""Read DaemonSets with the revisions that they control, from a cluster or a capture alike."""

from __future__ import annotations

from dataclasses import replace

from kubectl_ds.cluster.source import Query, Source
from kubectl_ds.engine.revisions import controlled_history
from kubectl_ds.errors import DsError
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.snapshot import Snapshot


def read_revisions(source: Source, query: Query, *, pods: bool = False) -> Snapshot:
    """The DaemonSets of ``query`` with their revisions, and on request their pods.

    Raises:
        NotFound: a DaemonSet that was named does not exist.
        ApiError: the DaemonSets themselves could not be read.
    """
    wanted = (kinds.DAEMON_SETS, kinds.REVISIONS, *((kinds.PODS,) if pods else ()))
    return source.snapshot(replace(query, kinds=wanted))


def history_of(snapshot: Snapshot, daemon_set: DaemonSet) -> tuple[ControllerRevision, ...]:
    """The revisions that the DaemonSet controls, lowest number first.

    Raises:
        DsError: they could not be read; in kubectl's words (``daemonSetHistory``, kubectl v0.37).
    """
    gap = snapshot.denied("controllerrevisions", daemon_set.namespace)
    if gap is not None:
        raise DsError(f"unable to find history controlled by DaemonSet {daemon_set.name}: {gap.error}")
    return controlled_history(daemon_set, snapshot.revisions)
