"""NODE in the forms that kubectl takes, and what to say of one that does not exist."""

from __future__ import annotations

from kubectl_ds.errors import DsError, NotFound
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.snapshot import Snapshot


def node_name(argument: str) -> str:
    """The bare name: ``worker-1`` and ``node/worker-1`` are the same."""
    return argument.removeprefix("node/").removeprefix("nodes/")


def no_such_node(snapshot: Snapshot, node: str) -> DsError:
    """The error for a node of which the snapshot holds nothing."""
    gap = snapshot.denied("nodes")
    if gap is not None:
        return DsError(
            f"nothing is known of node {node}: {gap.error}",
            hint="It has no pod of this DaemonSet, and nodes are denied.",
        )
    from difflib import get_close_matches

    names = sorted(snapshot.nodes_by_name, key=natural_key)
    near = get_close_matches(node, names, n=3, cutoff=0.6)
    hint = f"Did you mean {', '.join(near)}?" if near else f"There are {len(names)} nodes: kubectl get nodes"
    return NotFound(f'nodes "{node}" not found', status=404, reason="NotFound", hint=hint)
