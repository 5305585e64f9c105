"""How an update stands, for a reader: the verdict in the first line, who holds it up, what lets it go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from kubectl_ds.engine.decision import Fault, Verdict
from kubectl_ds.engine.rollout import LaggardGroup, Phase, RolloutStatus
from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.engine.saved_strategy import PAUSED_ANNOTATION, SavedStrategy, is_staged, saved_strategy
from kubectl_ds.errors import DsError
from kubectl_ds.render.ages import human_duration
from kubectl_ds.render.coverage import strategy_words
from kubectl_ds.render.entries import Entry, entry_lines
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.rollout_words import WHOSE, budget_words
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import sentence

_COLOURED = {Phase.COMPLETE: Theme.green, Phase.FAILED: Theme.red, Phase.STUCK: Theme.red}
_QUIET = frozenset({Verdict.OUTDATED, Verdict.STARTING, Verdict.SETTLING, Verdict.OK})


def rollout_text(statuses: Sequence[RolloutStatus], theme: Theme, *, with_namespace: bool, again: str = "") -> str:
    """A block for each update; then what could not be read, and what to ask next."""
    blocks = [_block(each, theme, with_namespace=with_namespace) for each in statuses]
    gaps = tuple(dict.fromkeys(gap for each in statuses for gap in each.coverage.snapshot.gaps))
    denied = gap_lines(gaps, theme)
    if denied:
        blocks.append("\n".join(denied) + "\n")
    command = _next_command(statuses)
    if command and theme.width is not None:
        blocks.append(f"next: {command}{again}\n")
    return theme.finish("\n".join(blocks))


def rollout_line(status: RolloutStatus) -> str:
    """The whole verdict in one line, as it is told at every change off a terminal."""
    name = clean(status.coverage.daemon_set.name)
    return f"{name}: {_phase_word(status)}: {_far(status)}"


def bar_words(status: RolloutStatus) -> str:
    """What stands beside the bar: how far it is, how long it may take, what holds it up."""
    held = _held_up_by(status)
    parts = [_far(status)]
    if held is not None:
        code = held.cause.code if held.cause is not None else held.verdict.value
        parts.append(f"{len(held.nodes)} {held.verdict.value} ({clean(code)})")
    return "; ".join(parts)


def _block(status: RolloutStatus, theme: Theme, *, with_namespace: bool) -> str:
    lines = [*_headline(status, theme, with_namespace=with_namespace)]
    entries = [_entry(group, status.now) for group in status.laggards]
    if entries:
        lines += ["", *entry_lines(entries, theme)]
    lines += [""] if entries and theme.width is not None else []
    for text in _remarks(status):
        lines += _hang(f"{theme.yellow('!')} ", 2, text, theme)
    for number, cure in enumerate(status.cures):
        lines += _hang("  cure: " if not number else "    or: ", 8, clean(cure.change), theme)
        lines += [f"        {clean(cure.command)}"] if cure.command else []
    return "\n".join(lines) + "\n"


def _headline(status: RolloutStatus, theme: Theme, *, with_namespace: bool) -> Iterator[str]:
    daemon_set, number = status.coverage.daemon_set, status.coverage.revision.number
    name = clean(daemon_set.key if with_namespace else daemon_set.name)
    paint = _COLOURED.get(status.phase, Theme.yellow) if status.phase is not None else Theme.yellow
    right = strategy_words(daemon_set) + (f", revision {number}" if number is not None else "")
    plain = f"{name}: {_phase_word(status)}: {_far(status)}"
    first, *more = fold_text(plain, theme.width, 4)
    word = _phase_word(status)
    yield first.replace(f"{name}: {word}", f"{theme.bold(name)}: {paint(theme, word)}", 1)
    yield from more
    yield f"    {theme.dim(right)}"


def _phase_word(status: RolloutStatus) -> str:
    if status.phase is None:
        return "cannot tell"
    word = {Phase.WAITING_FOR_DELETE: "waiting for deletes", Phase.NO_NODES: "matches no node"}.get(status.phase)
    word = word or status.phase.value
    return f"{word}, {WHOSE[status.fault]}" if status.fault is not None else word


def _far(status: RolloutStatus) -> str:
    counts, reported = status.coverage.counts, status.coverage.reported
    if counts is None:
        return f".status says {reported.up_to_date} of {reported.desired} updated, {reported.available} available"
    if not counts.desired:
        total = len(status.coverage.decisions)
        return f"all {total} nodes are left out by design" if total else "the cluster has none"
    if status.phase is Phase.COMPLETE:
        return f"all {counts.desired} nodes are on the current revision and available"
    text = f"{counts.up_to_date} of {counts.desired} nodes updated, {counts.available} available"
    if status.estimate is not None:
        text += f", about {human_duration(timedelta(seconds=status.estimate.seconds_left))} left"
    return text


def _entry(group: LaggardGroup, now: datetime) -> Entry:
    quiet = group.verdict in _QUIET and group.fault is None
    details: list[tuple[str, str]] = []
    if group.cause is not None:
        example = f"e.g. {clean(group.nodes[0])}: " if len(group.nodes) > 1 and not quiet else ""
        details.append(("why", example + sentence(group.cause, now)))
    if group.fault is not None:
        details.append(("fault", _fault_words(group)))
    details += [
        (
            "pattern",
            f"all {each.nodes} have {clean(each.key)}={clean(each.value)}; none of the {each.working} where it works",
        )
        for each in group.patterns
    ]
    return Entry(
        symbol="" if quiet else "✗",
        count=len(group.nodes),
        word=group.verdict.value,
        subject=clean(group.cause.code) if group.cause is not None else "",
        where=clean(fold_names(group.nodes)),
        when="",
        details=tuple(details),
    )


def _fault_words(group: LaggardGroup) -> str:
    assert group.fault is not None
    if group.fault is Fault.REVISION:
        return "the revision's: new pods fail where old ones ran"
    if group.fault is Fault.NODE:
        return "the node's: it would fail with any revision"
    return WHOSE[group.fault]


def _remarks(status: RolloutStatus) -> Iterator[str]:
    """The budget and who eats it; what a pause has kept; who is ahead; what would unblock it."""
    budget, now = status.budget, status.now
    if status.phase is Phase.PAUSED:
        yield _paused_words(status)
    if is_staged(status.coverage.daemon_set):
        yield "a staged rollout holds it: its pods are deleted wave by wave"
    if status.phase is Phase.NO_NODES:
        yield from (
            f"{clean(fold_names(group.nodes))}: {sentence(group.cause, now)}"
            for group in status.coverage.groups
            if group.verdict is Verdict.EXCLUDED and group.cause is not None
        )
    if status.ahead:
        how = "paused" if status.phase is Phase.PAUSED else ON_DELETE
        yield f"{len(status.ahead)} ahead: {clean(fold_names(status.ahead))}: on the current revision although {how}"
    if budget is None or status.phase in (Phase.COMPLETE, Phase.NO_NODES, Phase.PAUSED):
        return
    if budget.old or budget.eaters:
        yield budget_words(budget, now, brief=True, coming=status.phase is Phase.PROGRESSING)
    if status.unblocked_at is not None:
        yield f"maxUnavailable {status.unblocked_at} is the smallest with which another node has its turn"
    if status.phase in (Phase.STUCK, Phase.FAILED) and status.progressed is not None:
        yield f"no progress for {human_duration(now - status.progressed)}"


def _paused_words(status: RolloutStatus) -> str:
    try:
        saved = saved_strategy(status.coverage.daemon_set)
    except DsError as error:
        return error.message
    assert saved is not None
    return f"paused{_by(saved)}: its strategy is kept in the annotation {PAUSED_ANNOTATION}"


def _by(saved: SavedStrategy) -> str:
    by = f" by {clean(saved.by)}" if saved.by else ""
    return by + (f" at {saved.at:%Y-%m-%dT%H:%M:%SZ}" if saved.at else "")


def _next_command(statuses: Sequence[RolloutStatus]) -> str:
    for status in statuses:
        held = _held_up_by(status)
        if held is not None and status.phase is not Phase.PROGRESSING:
            daemon_set = status.coverage.daemon_set
            return clean(f"kubectl ds why {daemon_set.name} {held.nodes[0]} -n {daemon_set.namespace}")
    return ""


def _held_up_by(status: RolloutStatus) -> LaggardGroup | None:
    """The first group that stands in the way, and does not only wait or come."""
    return next((each for each in status.laggards if each.verdict not in _QUIET or each.fault is not None), None)


def _hang(prefix: str, width: int, text: str, theme: Theme) -> list[str]:
    parts = fold_text(text, None if theme.width is None else theme.width - width)
    return [prefix + parts[0], *(" " * width + part for part in parts[1:])]
