"""Why nodes of a rollout are not well, by all that can be read: asked once, when it cannot go on."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.decide import Decider
from kubectl_ds.engine.stage.events import NodeCause
from kubectl_ds.errors import DsError
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.model.daemonset import DaemonSet


def explain(client: LiveClient, daemon_set: DaemonSet, nodes: Sequence[str]) -> tuple[NodeCause, ...]:
    """The first cause of each of ``nodes``; none at all where too little can be read."""
    query = Query(kinds=(), namespace=daemon_set.namespace, names=(daemon_set.name,))
    try:
        snapshot = read_decisions(LiveSource(client), query)
    except DsError:
        return ()
    decider = Decider(snapshot, snapshot.daemon_sets[0])
    known = snapshot.nodes_by_name
    decisions = [decider.decide(known[name]) for name in nodes if name in known]
    return tuple(NodeCause(node=each.node, cause=next(iter(each.causes), None)) for each in decisions)
