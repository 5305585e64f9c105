"""What a staged rollout does next: one pure function from what the cluster holds to one step.

Nothing is remembered that the cluster does not hold, but whose gates have agreed in this run and what has been asked
for and not been seen yet. So a run that was killed anywhere is taken up by asking the same question again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from kubectl_ds.engine.rollout_budget import ON_DELETE, limits
from kubectl_ds.engine.stage.cells import Cell, Standing
from kubectl_ds.engine.stage.state import Phase, StageState, digest_of
from kubectl_ds.model.daemonset import DaemonSet, DaemonSetSpec
from kubectl_ds.model.meta import natural_key

_UNSETTLED = frozenset({Standing.GONE, Standing.COMING})
"""Standings that a wave waits for, within their time; how many nodes may fail is another question."""


class Why(str, Enum):
    """What is waited for."""

    CONTROLLER = "controller"
    """It has not seen the new template yet."""
    PODS = "pods"
    """Pods on their way, or going away."""
    BUDGET = "budget"
    """As many nodes as may be without an available pod are without one, and none of them is on its way."""
    EVICTION = "eviction"
    """A disruption budget."""
    NODES = "nodes"
    """All nodes so far are down, so that nothing has been proved."""
    SOAK = "soak"


@dataclass(frozen=True)
class Wait:
    """Nothing is to be done until something changes."""

    why: Why
    nodes: tuple[str, ...] = ()
    until: datetime | None = None
    """When to look again though nothing has changed."""


@dataclass(frozen=True)
class Replace:
    """Delete exactly these pods."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class AskGates:
    """Every node of the wave has the new pod, for long enough: have the gates judge it."""


@dataclass(frozen=True)
class Enter:
    """Write down that the next wave begins."""

    wave: int


class Fails(str, Enum):
    """What went wrong."""

    REVISION = "revision"
    """It fails on more nodes than may be."""
    STALLED = "stalled"
    """Nothing moves, which is not the revision's fault."""


@dataclass(frozen=True)
class Failed:
    """It cannot go on like this."""

    how: Fails
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Finish:
    """Put the strategy back and take the annotation off."""


class Foreign(str, Enum):
    """What somebody else has done."""

    DELETED = "deleted"
    STRATEGY = "strategy"
    """They have set another strategy, under which the controller replaces pods by itself."""
    TEMPLATE = "template"
    STATE = "state"
    """They have taken the annotation off, or written another."""


@dataclass(frozen=True)
class Meet:
    """Somebody else has changed what the rollout rests on."""

    what: Foreign


Step = Wait | Replace | AskGates | Enter | Failed | Finish | Meet


@dataclass(frozen=True)
class Tally:
    """Nodes, counted."""

    wanted: int
    """Nodes that the DaemonSet wants a pod on."""
    updated: int
    """Nodes with an available pod of the revision that is rolled out."""
    down: tuple[Cell, ...]
    """Nodes that use up the budget."""


def tally(cells: Iterable[Cell]) -> Tally:
    """Count them."""
    wanted = updated = 0
    down: list[Cell] = []
    for cell in cells:
        updated += cell.standing is Standing.READY
        if cell.counts:
            wanted += 1
            if not cell.available:
                down.append(cell)
    return Tally(wanted, updated, tuple(down))


@dataclass(frozen=True)
class View:
    """What is known."""

    now: datetime
    state: StageState
    daemon_set: DaemonSet | None
    """As it is now; None when it is gone, or another one bears its name."""
    intact: bool
    """Whether its annotation holds what this run has read or written."""
    known: bool
    """Whether the controller has seen the template, and its revision has been read."""
    cells: Mapping[str, Cell]
    """By the names of all nodes."""
    tally: Tally
    """Of the same."""
    quiet_since: datetime
    """When something was last done, or seen to change."""
    gated: bool = False
    """Whether the gates of the present wave have agreed."""
    refused: frozenset[str] = frozenset()
    """Uids of pods that a disruption budget protects at present."""


def next_step(view: View) -> Step:
    """What is to be done now."""
    foreign = _foreign(view)
    if foreign is not None:
        return Meet(foreign)
    if not view.known:
        return _patient(view, Wait(Why.CONTROLLER))
    return _Wave(view).step()


def limit_of(view: View) -> int:
    """How many nodes may be without an available pod at a time, by the saved strategy."""
    return limit(view.state, view.tally.wanted)


def limit(state: StageState, wanted: int) -> int:
    """The same, for so many nodes; 0 for a strategy that surges, under which none may be."""
    return limits(DaemonSet(spec=DaemonSetSpec(update_strategy=state.update_strategy)), wanted)[1]


def _foreign(view: View) -> Foreign | None:
    daemon_set = view.daemon_set
    if daemon_set is None or daemon_set.metadata.deletion_timestamp is not None:
        return Foreign.DELETED
    if daemon_set.spec.update_strategy.type != ON_DELETE:
        return Foreign.STRATEGY
    if digest_of(daemon_set) != view.state.template:
        return Foreign.TEMPLATE
    return None if view.intact else Foreign.STATE


class _Wave:
    """The present wave: in undoing, all nodes at once."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._terms = view.state.terms
        self._rolling = view.state.phase is Phase.ROLLING
        self._members = tuple(self._of_wave())
        unsettled = [cell for cell in view.cells.values() if cell.standing in _UNSETTLED]
        self._late = {cell.node for cell in unsettled if self._is_late(cell)}
        self._moving = [cell for cell in unsettled if cell.node not in self._late]

    def step(self) -> Step:
        """What is to be done now."""
        failing = tuple(self._failing())
        if self._rolling and len(failing) > self._terms.max_failures:
            return Failed(Fails.REVISION, _sorted(failing))
        replaceable = tuple(cell for cell in self._members if cell.standing is Standing.OLD)
        chosen = tuple(self._chosen(replaceable))
        if chosen:
            return Replace(chosen)
        unsettled = [cell for cell in self._members if cell.standing in _UNSETTLED and cell.node not in self._late]
        if replaceable or unsettled:
            return _patient(self._view, self._waiting(unsettled, replaceable))
        return self._over() if self._rolling else Finish()

    def _of_wave(self) -> Iterator[Cell]:
        """The nodes that the present wave updates, with those of the waves before it; undoing, the last one first."""
        cells = self._view.cells
        if self._rolling:
            for wave in self._view.state.waves[: self._view.state.wave + 1]:
                yield from (cells[node] for node in wave.nodes if node in cells)
            return
        place = {node: at for at, node in enumerate(node for wave in self._view.state.waves for node in wave.nodes)}
        yield from sorted(
            (cell for cell in cells.values() if cell.standing is not Standing.ABSENT),
            key=lambda cell: (-place.get(cell.node, len(place)), natural_key(cell.node)),
        )

    def _is_late(self, cell: Cell) -> bool:
        """Whether the node has been without a ready pod for too long, minReadySeconds not counted."""
        deadline = self._deadline(cell)
        return deadline is not None and deadline <= self._view.now

    def _deadline(self, cell: Cell) -> datetime | None:
        if cell.since is None or cell.until is not None:
            return None
        return cell.since + timedelta(seconds=self._terms.progress_seconds)

    def _failing(self) -> Iterator[Cell]:
        """What counts against the revision: any new pod that fails or is late, a missing one where this rollout was."""
        reached = {cell.node for cell in self._members} if self._late else frozenset()
        for cell in self._view.cells.values():
            late = cell.node in self._late and (cell.standing is Standing.COMING or cell.node in reached)
            if cell.standing is Standing.FAILING or late:
                yield cell

    def _chosen(self, replaceable: Iterable[Cell]) -> Iterator[Cell]:
        """Old pods that are not available cost nothing; of the others, as many as the budget has room for."""
        room = limit_of(self._view) - len(self._view.tally.down)
        for cell in replaceable:
            if cell.pod is None or cell.pod.metadata.uid in self._view.refused:
                continue
            if cell.available and room <= 0:
                continue
            room -= cell.available
            yield cell

    def _waiting(self, unsettled: Iterable[Cell], replaceable: Iterable[Cell]) -> Wait:
        if self._moving:
            looks = [each for cell in self._moving for each in (cell.until, self._deadline(cell)) if each is not None]
            return Wait(Why.PODS, _names(unsettled) or _names(self._moving), min(looks, default=None))
        refused = [cell for cell in replaceable if cell.pod and cell.pod.metadata.uid in self._view.refused]
        if refused:
            return Wait(Why.EVICTION, _names(refused))
        return Wait(Why.BUDGET, _names(self._view.tally.down))

    def _over(self) -> Step:
        """Every node of the wave has its new pod, or cannot have one."""
        state = self._view.state
        ready = [cell for cell in self._members if cell.standing is Standing.READY]
        if not ready:
            failing = [cell for cell in self._members if cell.standing is Standing.FAILING or cell.node in self._late]
            if failing:
                return Failed(Fails.REVISION, _sorted(failing))
            down = [cell for cell in self._members if cell.standing is Standing.ASIDE]
            if down:
                return _patient(self._view, Wait(Why.NODES, _names(down)))
        end = self._soaked(ready)
        if self._terms.soak_seconds and end > self._view.now:
            return Wait(Why.SOAK, until=end)
        if self._terms.gates and not self._view.gated:
            return AskGates()
        return Enter(state.wave + 1) if state.wave + 1 < len(state.waves) else Finish()

    def _soaked(self, ready: Iterable[Cell]) -> datetime:
        """When all of them will have been available for long enough."""
        min_ready = self._view.daemon_set.spec.min_ready_seconds if self._view.daemon_set else 0
        last = max((cell.since for cell in ready if cell.since is not None), default=self._view.now)
        return last + timedelta(seconds=self._terms.soak_seconds + min_ready)


def _patient(view: View, wait: Wait) -> Step:
    """The wait, or the end of patience where nothing has moved for too long and nobody can be blamed."""
    if wait.why not in (Why.CONTROLLER, Why.BUDGET, Why.EVICTION, Why.NODES):
        return wait
    end = view.quiet_since + timedelta(seconds=view.state.terms.progress_seconds)
    if view.now >= end:
        return Failed(Fails.STALLED, _sorted(view.tally.down))
    return Wait(wait.why, wait.nodes, min([end, *([wait.until] if wait.until else [])]))


def _names(cells: Iterable[Cell]) -> tuple[str, ...]:
    return tuple(cell.node for cell in _sorted(cells))


def _sorted(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    return tuple(sorted(cells, key=_by_name))


def _by_name(cell: Cell) -> tuple[tuple[int, int | str], ...]:
    return natural_key(cell.node)
