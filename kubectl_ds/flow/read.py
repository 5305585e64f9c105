"""Read what decisions lean on, and no more: whole nodes only when a pod waits for one.

Most questions are answered by the DaemonSets' own pods. Only a waiting pod needs to know what else is on its node, and
which claims, volumes and budgets there are; then everything is read anew, so that the answer is of one time.
"""

from __future__ import annotations

from dataclasses import replace

from kubectl_ds.cluster.source import Query, Source
from kubectl_ds.engine.failed_create import REASON
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


ADMITTING = (
    kinds.LIMIT_RANGES,
    kinds.QUOTAS,
    kinds.SERVICE_ACCOUNTS,
    kinds.PRIORITY_CLASSES,
    kinds.RUNTIME_CLASSES,
)
"""What admission leans on besides."""


def read_decisions(source: Source, query: Query, *, closely: bool = False) -> Snapshot:
    """The snapshot on which the DaemonSets of ``query`` can be decided; its kinds are completed here.

    Args:
        source: where the state comes from.
        query: whose answer is wanted.
        closely: also read what the API server may refuse pods for beyond what it has said, where it refuses any.
    """
    narrow = replace(query, kinds=tuple(dict.fromkeys((*query.kinds, *DECIDING))))
    snapshot = source.snapshot(narrow)
    wanted = _whole(narrow) if anybody_waits(snapshot) else narrow
    if closely and any(event.reason == REASON for event in snapshot.events):
        wanted = replace(wanted, kinds=tuple(dict.fromkeys((*wanted.kinds, *ADMITTING))))
    return snapshot if wanted is narrow else source.snapshot(wanted)


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
