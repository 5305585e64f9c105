"""The loop of a staged rollout: look, decide, do one thing, tell it, and wait for something to change.

All decisions are the engine's (``kubectl_ds/engine/stage/steps.py``); what is in memory here and not in the cluster is
only which wave's gates have agreed. So a run may die at any request, and another one goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any

from msgspec.structs import replace

from kubectl_ds.engine.revisions import template_of
from kubectl_ds.engine.stage import patches
from kubectl_ds.engine.stage.cells import Cell, Standing
from kubectl_ds.engine.stage.events import NodeCause, Outcome, StageEvent, Told, causes_of, node_changes
from kubectl_ds.engine.stage.state import OnFailure, Phase, StageState, digest
from kubectl_ds.engine.stage.steps import (
    AskGates,
    Enter,
    Failed,
    Fails,
    Finish,
    Foreign,
    Meet,
    Replace,
    Step,
    View,
    Wait,
    Why,
    limit_of,
    next_step,
)
from kubectl_ds.errors import DsError
from kubectl_ds.flow.stage.gates import Facts, facts_of
from kubectl_ds.flow.stage.hold import Hold
from kubectl_ds.flow.stage.world import TICK, World
from kubectl_ds.flow.stage.writes import Deletion, Writer
from kubectl_ds.model.daemonset import DaemonSet

_FOREIGN = {
    Foreign.DELETED: Outcome.DELETED,
    Foreign.STRATEGY: Outcome.STRATEGY_CHANGED,
    Foreign.TEMPLATE: Outcome.TEMPLATE_CHANGED,
    Foreign.STATE: Outcome.STATE_CHANGED,
}


_PATIENCE = timedelta(seconds=TICK)
"""After so long it is decided anew, whatever has come: deadlines and soaks come without an event."""


LONG = timedelta(seconds=30)
"""Without any change for so long, it is worth a word that pods are waited for."""


class Answer(str, Enum):
    """What to do about a failure, as somebody who was asked has it."""

    UNDO = "undo"
    PAUSE = "pause"
    RETRY = "retry"


@dataclass(frozen=True)
class Means:
    """What the driver needs of the world besides the cluster."""

    tell: Callable[[StageEvent], None]
    gates: tuple[str, ...]
    """Commands; all must agree."""
    run_gate: Callable[[str, Facts], int]
    """Runs one, and returns its exit code."""
    ask: Callable[[StageEvent], Answer]
    """What to do about the failure that has just been told."""
    explain: Callable[[tuple[str, ...]], Iterable[NodeCause]]
    """Why these nodes are not well, by all that can be read."""


class Driver:
    """Drives one staged rollout to its end, whichever."""

    def __init__(self, world: World, writer: Writer, hold: Hold, means: Means) -> None:
        self._world = world
        self._writer = writer
        self._hold = hold
        self._means = means
        self._gated = False
        self._reach: tuple[int, frozenset[str]] = (-1, frozenset())
        """The nodes whose turn it is, or was, and the wave of which that is true."""
        self._waiting: tuple[object, ...] = ()
        """The wait that was told last."""

    def run(self, first: Told, undo: bool = False) -> Outcome:
        """From where it stands to its end.

        Args:
            first: what is told first.
            undo: whether to go back rather than on.

        Raises:
            DsError: the cluster refuses something, or somebody else has taken over.
        """
        try:
            outcome = self._driven(first, undo=undo)
        except KeyboardInterrupt:
            self._tell(Told.ENDED, outcome=Outcome.INTERRUPTED)
            raise
        self._tell(Told.ENDED, outcome=outcome, aside=self._left_aside())
        return outcome

    def _driven(self, first: Told, *, undo: bool) -> Outcome:
        self._world.start()
        self._tell(first)
        while undo and self._world.state.phase is Phase.ROLLING and self._world.daemon_set is not None:
            self._go_back()
        if self._world.state.phase is Phase.ROLLING:
            self._tell(Told.WAVE, nodes=self._wave_nodes)
        while True:
            self._notice()
            outcome = self._do(next_step(self._view))
            if outcome is not None:
                return outcome

    @property
    def _view(self) -> View:
        return self._world.view(gated=self._gated)

    @property
    def _wave_nodes(self) -> tuple[str, ...]:
        state = self._world.state
        return state.waves[state.wave].nodes if state.waves else ()

    def _do(self, step: Step) -> Outcome | None:
        """One step; the outcome, when it was the last."""
        if isinstance(step, Wait):
            self._wait(step)
            return None
        self._waiting = ()
        if isinstance(step, Replace):
            self._replace(step.cells)
        elif isinstance(step, Enter):
            self._enter(step.wave)
        elif isinstance(step, AskGates):
            return self._ask_gates()
        elif isinstance(step, Failed):
            return self._fail(step)
        elif isinstance(step, Meet):
            return self._meet(step.what)
        elif isinstance(step, Finish):
            undone = self._world.state.phase is Phase.UNDOING
            if self._write(patches.finish, self._world.state, patches.is_finished):
                return Outcome.UNDONE if undone else Outcome.COMPLETE
        return None

    def _wait(self, wait: Wait) -> None:
        self._tell_wait(wait)
        began = self._world.now()
        while True:
            self._world.wait()
            if self._world.look() or self._world.now() >= began + _PATIENCE:
                return

    def _tell_wait(self, wait: Wait) -> None:
        """Say what is waited for, once; of pods on their way only when that takes long, and then why."""
        reason = (wait.why, wait.nodes, wait.until if wait.why is Why.SOAK else None)
        for_pods = wait.why is Why.PODS
        if reason == self._waiting or (for_pods and self._world.now() < self._world.quiet_since + LONG):
            return
        self._waiting = reason
        causes = tuple(self._means.explain(wait.nodes)) if for_pods else ()
        self._tell(Told.WAITING, why=wait.why, nodes=wait.nodes, until=wait.until, causes=causes)

    def _replace(self, cells: tuple[Cell, ...]) -> None:
        evict = self._world.state.terms.evict
        for cell in cells:
            if cell.pod is None:
                continue
            self._hold.expect()
            self._tell(Told.REPLACING, nodes=(cell.node,), pod=cell.pod.name)
            done = self._writer.evict(cell.pod) if evict else self._writer.delete(cell.pod)
            if done is Deletion.PROTECTED:
                self._world.refused(cell)
            else:
                self._world.asked(cell)

    def _enter(self, wave: int) -> None:
        if self._write(patches.go_on, replace(self._world.state, wave=wave), patches.is_written):
            self._gated = False
            self._tell(Told.WAVE, nodes=self._wave_nodes)

    def _ask_gates(self) -> Outcome | None:
        facts = self._facts()
        for command in self._means.gates:
            code = self._means.run_gate(command, facts)
            self._tell(Told.GATE, gate=command, exit_code=code, nodes=facts.nodes)
            if code:
                self._tell(Told.FAILED, gate=command, exit_code=code)
                return self._after_failure(Told.FAILED, gate=command, exit_code=code)
        self._gated = True
        self._world.catch_up()
        return None

    def _facts(self) -> Facts:
        view = self._view
        daemon_set = view.daemon_set or DaemonSet()
        return facts_of(
            view.state,
            view.cells,
            namespace=daemon_set.namespace,
            name=daemon_set.name,
            revision=self._world.current_hash,
        )

    def _fail(self, step: Failed) -> Outcome | None:
        names = tuple(cell.node for cell in step.cells)
        causes = tuple(self._means.explain(names)) or causes_of(step.cells)
        if step.how is Fails.STALLED:
            self._tell(Told.FAILED, nodes=names, causes=causes, why=None)
            return Outcome.STALLED
        self._tell(Told.FAILED, nodes=names, causes=causes)
        return self._after_failure(Told.FAILED, nodes=names, causes=causes)

    def _after_failure(self, told: Told, **facts: Any) -> Outcome | None:
        """Go back, or stop where we are, as was asked for or is answered now."""
        wanted = self._world.state.terms.on_failure
        if wanted is OnFailure.ASK:
            answer = self._means.ask(self._event(told, **facts))
            self._world.catch_up()
        else:
            answer = Answer(wanted.value)
        if answer is Answer.UNDO:
            self._go_back()
            return None
        return Outcome.FAILED if answer is Answer.PAUSE else None

    def _go_back(self) -> None:
        """Put the old template in place; from then on the engine has the new pods replaced."""
        state = self._world.state
        revision = self._world.revision(state.previous) if state.previous else None
        if revision is None:
            raise DsError(
                f"the revision {state.previous or 'before'} is not there any more, so nothing can be undone; "
                "everything stays as it is",
                hint="put the old template back by hand, and go on: kubectl ds rollout stage … --resume --adopt",
                reference="no-way-back",
            )
        template = template_of(bytes(revision.data))
        back = replace(state, phase=Phase.UNDOING, template=digest(template))
        if self._write(partial(patches.go_back, template=template), back, patches.is_written):
            self._world.forget()
            self._tell(Told.UNDOING)

    def _meet(self, what: Foreign) -> Outcome | None:
        """What somebody else has done is respected; only a state that was merely taken off is written again."""
        daemon_set, state = self._world.daemon_set, self._world.state
        if what is Foreign.STATE and daemon_set is not None and not self._world.staged:
            self._write(patches.go_on, state, patches.is_written)
            return None
        if what is Foreign.STRATEGY and daemon_set is not None and self._world.staged:
            self._write(patches.forget, state, patches.is_forgotten)
        return _FOREIGN[what]

    def _write(
        self,
        operations: Callable[[DaemonSet, StageState], patches.Operations],
        state: StageState,
        is_there: Callable[[DaemonSet, StageState], bool],
    ) -> bool:
        """Change the DaemonSet; False when it is not as it was, and has been read anew.

        ``is_there`` tells our own change, whose answer was lost, from somebody else's.
        """
        daemon_set = self._world.daemon_set
        if daemon_set is None:
            return False
        self._hold.expect()
        body = self._writer.patch(daemon_set, operations(daemon_set, state))
        if body is None:
            differs, now = self._world.reread(), self._world.daemon_set
            if now is None or not is_there(now, state):
                self._expect_reason(daemon_set, differs=differs)
                return False
            body = bytes(now.raw)
        self._world.wrote(state, body)
        return True

    def _expect_reason(self, daemon_set: DaemonSet, *, differs: bool) -> None:
        """A change is refused because something has changed, or we would try it for ever."""
        if not differs:
            raise DsError(
                f"the server refuses the change of {daemon_set.name} as if it had been changed by somebody else, "
                "which it has not",
                hint="look at the webhooks that see DaemonSets; everything stays as it is",
                reference="conflict",
            )

    def _notice(self) -> None:
        """Tell what has become of nodes."""
        self._world.look()
        changed = self._world.changes()
        if not changed:
            return
        for told, about in node_changes(changed, self._world.cells, self._reached()):
            causes = (about,) if about.cause is not None else ()
            self._tell(told, nodes=(about.node,), causes=causes)

    def _reached(self) -> frozenset[str]:
        """Nodes whose turn it is, or was; going back, every node's."""
        state = self._world.state
        if state.phase is Phase.UNDOING:
            return frozenset(self._world.cells)
        if self._reach[0] != state.wave:
            waves = state.waves[: state.wave + 1]
            self._reach = (state.wave, frozenset(node for wave in waves for node in wave.nodes))
        return self._reach[1]

    def _left_aside(self) -> tuple[NodeCause, ...]:
        aside = (cell for cell in self._world.cells.values() if cell.standing is Standing.ASIDE)
        return causes_of(aside)

    def _tell(self, told: Told, **facts: Any) -> None:
        self._means.tell(self._event(told, **facts))

    def _event(self, told: Told, **facts: Any) -> StageEvent:
        view = self._view
        state, at = view.state, view.state.wave
        moment: datetime = view.now
        return StageEvent(
            told=told,
            at=moment,
            phase=state.phase,
            wave=at + 1,
            waves=len(state.waves),
            name=state.waves[at].name if state.waves else "",
            updated=view.tally.updated,
            wanted=view.tally.wanted,
            down=len(view.tally.down),
            limit=limit_of(view),
            **facts,
        )
