"""What is told of a staged rollout as it goes on, as values: screens and documents are made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum

from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.stage.cells import Cell, Standing
from kubectl_ds.engine.stage.state import Phase
from kubectl_ds.engine.stage.steps import Why
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.value import Value


class Told(str, Enum):
    """What is told."""

    BEGUN = "begun"
    RESUMED = "resumed"
    WAVE = "wave"
    """A wave begins."""
    REPLACING = "replacing"
    """A pod is deleted."""
    UPDATED = "updated"
    """A node has an available pod of the new revision."""
    AHEAD = "ahead"
    """A node of a later wave, or of none, has a pod of the new revision: it was new, or its old pod went by itself."""
    ASIDE = "aside"
    """A node is down, and set aside."""
    BACK = "back"
    """A node that was set aside is there again."""
    FAILING = "failing"
    """The new pod of a node fails."""
    WAITING = "waiting"
    GATE = "gate"
    FAILED = "failed"
    """It cannot go on like this."""
    UNDOING = "undoing"
    ENDED = "ended"


class Outcome(str, Enum):
    """How a run ends."""

    COMPLETE = "complete"
    UNDONE = "undone"
    FAILED = "failed"
    """The revision fails; everything stays as it is."""
    STALLED = "stalled"
    """Nothing moves; everything stays as it is."""
    INTERRUPTED = "interrupted"
    DELETED = "deleted"
    """Somebody has deleted the DaemonSet."""
    TEMPLATE_CHANGED = "template-changed"
    STRATEGY_CHANGED = "strategy-changed"
    STATE_CHANGED = "state-changed"


class NodeCause(Value, frozen=True):
    """Why a node is not well."""

    node: str
    cause: Cause | None


class StageEvent(Value, frozen=True):
    """One thing that happened."""

    told: Told
    at: datetime
    phase: Phase
    wave: int
    """The present one, from 1."""
    waves: int
    name: str
    """The wave's."""
    updated: int
    """Nodes with an available pod of the new revision."""
    wanted: int
    """Nodes that the DaemonSet wants a pod on."""
    down: int
    """Nodes without an available pod."""
    limit: int
    """How many may be."""
    nodes: tuple[str, ...] = ()
    causes: tuple[NodeCause, ...] = ()
    pod: str = ""
    why: Why | None = None
    until: datetime | None = None
    gate: str = ""
    exit_code: int | None = None
    outcome: Outcome | None = None
    aside: tuple[NodeCause, ...] = ()
    """At the end: nodes that were set aside and have no new pod."""


def node_changes(
    before: Mapping[str, Cell | None], after: Mapping[str, Cell], reached: Collection[str]
) -> Iterator[tuple[Told, NodeCause]]:
    """What has become of nodes between two looks, in natural order.

    Args:
        before: the nodes that have changed, as they were; None for one that was not there.
        after: all nodes.
        reached: those whose turn it is, or was.
    """
    for name in sorted(before, key=natural_key):
        cell, old = after.get(name), before[name]
        if cell is None or (old is not None and old.standing is cell.standing):
            continue
        told = _told(cell, old.standing if old is not None else None)
        if told is Told.UPDATED and name not in reached:
            told = Told.AHEAD
        if told is not None:
            yield told, NodeCause(node=name, cause=cell.cause if told is not Told.UPDATED else None)


def causes_of(cells: Iterable[Cell]) -> tuple[NodeCause, ...]:
    """Why each of these nodes is not well."""
    return tuple(NodeCause(node=cell.node, cause=cell.cause) for cell in cells)


def _told(cell: Cell, before: Standing | None) -> Told | None:
    if cell.standing is Standing.ASIDE:
        return Told.ASIDE
    if cell.standing is Standing.FAILING:
        return Told.FAILING
    if before is Standing.ASIDE:
        return Told.BACK
    return Told.UPDATED if cell.standing is Standing.READY and before is not None else None
