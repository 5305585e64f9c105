"""Read what decisions lean on, and no more: whole nodes only when a pod waits for one.

Most questions are answered by the DaemonSets' own pods. Only a waiting pod needs to know what else is on its node, and
which claims, volumes and budgets there are; then everything is read anew, so that the answer is of one time.
"""

from __future__ import annotations

from dataclasses import replace

from kubectl_ds.cluster.source import Query, Source
from kubectl_ds.model import kinds
from kubectl_ds.model.snapshot import Snapshot

DECIDING = (kinds.DAEMON_SETS, kinds.NODES, kinds.PODS, kinds.REVISIONS, kinds.EVENTS)
"""What every decision leans on."""

SCHEDULING = (
    kinds.NAMESPACES,
    kinds.PRIORITY_CLASSES,
    kinds.DISRUPTION_BUDGETS,
    kinds.CLAIMS,
    kinds.VOLUMES,
    kinds.STORAGE_CLASSES,
    kinds.CSI_NODES,
    kinds.CSI_DRIVERS,
    kinds.VOLUME_ATTACHMENTS,
)
"""What the scheduler's filters and preemption lean on besides."""


def read_decisions(source: Source, query: Query) -> Snapshot:
    """The snapshot on which the DaemonSets of ``query`` can be decided; its kinds are completed here."""
    narrow = replace(query, kinds=tuple(dict.fromkeys((*query.kinds, *DECIDING))))
    snapshot = source.snapshot(narrow)
    if not anybody_waits(snapshot):
        return snapshot
    return source.snapshot(_whole(narrow))


def read_preemptions(source: Source, query: Query) -> Snapshot:
    """The snapshot that tells who evicted whom: all pods at once, for either side may be anybody's."""
    wanted = replace(query, kinds=tuple(dict.fromkeys((*query.kinds, *DECIDING))), preemptions=True)
    return source.snapshot(_whole(wanted))


def _whole(query: Query) -> Query:
    """Whole nodes, and the server's version, because the scheduler's rules differ between versions."""
    every = tuple(dict.fromkeys((*query.kinds, *SCHEDULING)))
    return replace(query, kinds=every, whole_nodes=True, outlines=False, version=True)


def anybody_waits(snapshot: Snapshot) -> bool:
    """Whether a pod of the DaemonSets is not bound yet, so that whole nodes matter."""
    return any(
        not pod.bound and not pod.terminal
        for daemon_set in snapshot.daemon_sets
        for pod in snapshot.pods_by_owner.get(daemon_set.metadata.uid, ())
    )
