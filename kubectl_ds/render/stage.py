"""A staged rollout in words: its plan, and each thing that happens, a line at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from kubectl_ds.engine.stage.events import NodeCause, Outcome, StageEvent, Told
from kubectl_ds.engine.stage.plan import Wave
from kubectl_ds.engine.stage.state import Phase
from kubectl_ds.engine.stage.steps import Why
from kubectl_ds.render.ages import human_duration
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.rows import counted
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import sentence

_MOST_GROUPS = 3
_STOPPED = {
    Outcome.FAILED: "stopped: the new revision fails; nothing more is replaced, and the strategy is kept",
    Outcome.STALLED: "stopped: nothing moves; nothing more is replaced, and the strategy is kept",
    Outcome.INTERRUPTED: "interrupted; nothing more is replaced, and the strategy is kept",
    Outcome.DELETED: "somebody has deleted it; there is nothing left to roll out",
    Outcome.TEMPLATE_CHANGED: "somebody has changed the template meanwhile; nothing more is replaced, and the strategy "
    "is kept",
    Outcome.STRATEGY_CHANGED: "somebody has set another update strategy meanwhile, so its controller replaces pods by "
    "itself now; the staged rollout ends here",
    Outcome.STATE_CHANGED: "somebody else has gone on with this rollout; nothing more is done here",
}


def plan_text(name: str, waves: Sequence[Wave], limit: int, theme: Theme) -> str:
    """The waves, one a line."""
    total = sum(len(wave.nodes) for wave in waves)
    at_most = f"at most {limit} without an available pod at a time"
    lines = [f"{name}: {counted(total, 'node')} in {counted(len(waves), 'wave')}, {at_most}"]
    width = max((len(clean(wave.name)) for wave in waves), default=0)
    sizes = len(str(max((len(wave.nodes) for wave in waves), default=0)))
    done = 0
    for number, wave in enumerate(waves, 1):
        done += len(wave.nodes)
        head = f"{number:>3}  {clean(wave.name):<{width}}  {len(wave.nodes):>{sizes}}  "
        most = 6 if theme.width is not None else len(wave.nodes)
        first, *more = fold_text(head + clean(fold_names(wave.nodes, most)), theme.width, len(head))
        lines += [first, *more]
    return theme.finish("\n".join(lines) + "\n")


def event_text(name: str, event: StageEvent, theme: Theme) -> str:
    """The line, or lines, of one event; empty where there is nothing to say."""
    lines = list(_lines(name, event, theme))
    folded = [part for line in lines for part in fold_text(line, theme.width, 4)]
    return theme.finish("".join(f"{line}\n" for line in folded))


def _lines(name: str, event: StageEvent, theme: Theme) -> Iterator[str]:
    at = _place(event)
    nodes = clean(fold_names(event.nodes))
    undoing = event.phase is Phase.UNDOING
    count = f"{event.updated} of {event.wanted} {'back' if undoing else 'updated'}"
    if event.told in (Told.BEGUN, Told.RESUMED):
        went = "begins" if event.told is Told.BEGUN else f"goes on at {at}"
        yield f"{name}: {went}; {count}, at most {event.limit} down at a time"
    elif event.told is Told.WAVE:
        yield theme.bold(f"{at}") + f" ({clean(event.name)}): {counted(len(event.nodes), 'node')}: {nodes}"
    elif event.told is Told.REPLACING:
        yield f"{at}: {nodes}: pod {clean(event.pod)} is deleted"
    elif event.told is Told.UPDATED:
        yield f"{at}: {nodes}: {'its pod of before' if undoing else 'the new pod'} is available; {count}"
    elif event.told is Told.AHEAD:
        yield f"{at}: {nodes}: ahead of plan, its new pod is available; {count}"
    elif event.told is Told.ASIDE:
        yield f"{theme.yellow('!')} {at}: {nodes} is set aside{_because(event.causes, event.at)}"
    elif event.told is Told.BACK:
        yield f"{at}: {nodes} is there again"
    elif event.told is Told.FAILING:
        yield f"{theme.red('✗')} {at}: {nodes}: the new pod fails{_because(event.causes, event.at)}"
    elif event.told is Told.WAITING:
        yield from _waiting(at, event)
    elif event.told is Told.GATE:
        verdict = "agrees" if event.exit_code == 0 else f"does not agree (exit code {event.exit_code})"
        yield f"{at}: the gate {verdict}: {clean(event.gate)}"
    elif event.told is Told.FAILED:
        yield from _failed(at, event, theme)
    elif event.told is Told.UNDOING:
        yield f"{at}: going back: nodes with a new pod get the old template again"
    else:
        yield from _ended(name, event, theme)


def _waiting(at: str, event: StageEvent) -> Iterator[str]:
    nodes = clean(fold_names(event.nodes))
    if event.why is Why.SOAK and event.until is not None:
        left = max(event.until - event.at, timedelta(seconds=1))
        yield f"{at}: all available; soaking for another {human_duration(left)}"
    elif event.why is Why.BUDGET:
        yield f"{at}: waiting: {event.down} of at most {event.limit} are down already: {nodes}"
    elif event.why is Why.EVICTION:
        yield f"{at}: waiting: a disruption budget protects the pods of {nodes}"
    elif event.why is Why.NODES:
        yield f"{at}: waiting: {nodes} set aside, and no other node so far that proves anything"
    elif event.why is Why.PODS:
        yield f"{at}: waiting for the pods of {nodes}"
        yield from (f"    {line}" for line in _grouped(event.causes, event.at))
    elif event.why is Why.CONTROLLER:
        yield f"{at}: waiting for the controller to see the template"


def _failed(at: str, event: StageEvent, theme: Theme) -> Iterator[str]:
    if event.gate:
        yield f"{theme.red('✗')} {at}: a gate does not agree: {clean(event.gate)} (exit code {event.exit_code})"
        return
    many = counted(len(event.nodes), "node")
    yield f"{theme.red('✗')} {at}: {many} without a good pod: {clean(fold_names(event.nodes))}"
    yield from (f"    {line}" for line in _grouped(event.causes, event.at))


def _ended(name: str, event: StageEvent, theme: Theme) -> Iterator[str]:
    if event.outcome in (Outcome.COMPLETE, Outcome.UNDONE):
        verb = "staged" if event.outcome is Outcome.COMPLETE else "undone"
        count = f"{event.updated} of {counted(event.wanted, 'node')} {'updated' if verb == 'staged' else 'back'}"
        yield f"daemonset.apps/{name} {verb}: {count}, strategy restored"
    elif event.outcome is not None:
        yield f"daemonset.apps/{name} {_STOPPED[event.outcome]}"
    if event.aside:
        yield f"{theme.yellow('!')} set aside: {clean(fold_names([each.node for each in event.aside]))}"
        yield from (f"    {line}" for line in _grouped(event.aside, event.at))


def _place(event: StageEvent) -> str:
    return "undo" if event.phase is Phase.UNDOING else f"wave {event.wave} of {event.waves}"


def _because(causes: Sequence[NodeCause], now: datetime) -> str:
    cause = causes[0].cause if causes else None
    return f": {clean(cause.code)}: {sentence(cause, now)}" if cause is not None else ""


def _grouped(causes: Iterable[NodeCause], now: datetime) -> Iterator[str]:
    """Nodes with the same cause together, the most first."""
    groups: dict[str, list[NodeCause]] = {}
    for each in causes:
        if each.cause is not None:
            groups.setdefault(each.cause.code, []).append(each)
    ordered = sorted(groups.values(), key=lambda group: -len(group))
    for group in ordered[:_MOST_GROUPS]:
        yield f"{clean(fold_names([each.node for each in group]))}{_because(group, now)}"
    left = sum(len(group) for group in ordered[_MOST_GROUPS:])
    if left:
        yield f"and {left} more"
