"""What the nodes have in common on which something fails, and those where it works do not: "all 7 are arm64".

Only what tells the two apart is a pattern; without a node where it works there is nothing to tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ds.model.node import Node
from kubectl_ds.model.value import Value

_LEAST = 2
"""A single node has everything in common with itself."""
_MOST = 3
_FIRST = (
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "node.kubernetes.io/windows-build",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
)
"""Labels by which a reader knows a kind of node, in the order in which they say most."""
_DEPRECATED = "beta.kubernetes.io/"


class NodePattern(Value, frozen=True):
    """A label, or a word of the kubelet about its machine, that all nodes have where it fails."""

    key: str
    """A label, or ``kubeletVersion``, ``containerRuntimeVersion`` or ``osImage`` of ``status.nodeInfo``."""
    value: str
    nodes: int
    """On how many it fails; all of them have it."""
    working: int
    """On how many it works; none of them has it."""


def node_patterns(failing: Sequence[Node], working: Sequence[Node]) -> tuple[NodePattern, ...]:
    """What tells the failing nodes from the others, what says most first; at most three."""
    if len(failing) < _LEAST or not working:
        return ()
    shared = set.intersection(*(set(_marks(node)) for node in failing))
    elsewhere = {mark for node in working for mark in _marks(node)}
    found = sorted(shared - elsewhere, key=lambda mark: (_rank(mark[0]), mark))[:_MOST]
    return tuple(NodePattern(key=key, value=value, nodes=len(failing), working=len(working)) for key, value in found)


def _marks(node: Node) -> Iterable[tuple[str, str]]:
    info = node.status.node_info
    yield from (each for each in node.labels.items() if not each[0].startswith(_DEPRECATED))
    yield "kubeletVersion", info.kubelet_version
    yield "containerRuntimeVersion", info.container_runtime_version
    yield "osImage", info.os_image


def _rank(key: str) -> int:
    return _FIRST.index(key) if key in _FIRST else len(_FIRST)
