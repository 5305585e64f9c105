"""What ``describe`` adds to kubectl's own text: strategy, coverage by cause, and the pods' events collapsed."""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.engine.coverage import DaemonSetCoverage
from kubectl_ds.engine.pod_events import EventGroup
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.render.ages import age
from kubectl_ds.render.coverage import coverage_block, strategy_words
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.theme import Theme, clean

_MOST_GROUPS = 12


def describe_more(
    coverage: DaemonSetCoverage, events: tuple[EventGroup, ...], gaps: tuple[Gap, ...], now: datetime, theme: Theme
) -> str:
    """The sections that follow kubectl's."""
    revision = coverage.revision
    number = "<unknown>" if revision.number is None else str(revision.number)
    known = f"{number} (hash {clean(revision.hash)})" if revision.hash else number
    lines = [
        f"Update Strategy:  {strategy_words(coverage.daemon_set)}",
        f"Revision:         {known}",
        "Coverage:",
        *(f"  {line}".rstrip() for line in _coverage_lines(coverage, now, theme)),
        *gap_lines(gaps, theme),
        "Pod Events:" + ("" if events else "  <none>"),
    ]
    for group in events[:_MOST_GROUPS]:
        lines += _event_lines(group, now, theme)
    if len(events) > _MOST_GROUPS:
        lines.append(f"  and {len(events) - _MOST_GROUPS} more kinds of events")
    return theme.finish("\n".join(lines) + "\n")


def _coverage_lines(coverage: DaemonSetCoverage, now: datetime, theme: Theme) -> list[str]:
    narrower = Theme(theme.width - 2 if theme.width else None, theme.colour, theme.unicode)
    return coverage_block(coverage, now, narrower, with_namespace=False).rstrip("\n").split("\n")


def _event_lines(group: EventGroup, now: datetime, theme: Theme) -> list[str]:
    where = fold_names(group.nodes) if group.nodes else ""
    if group.gone:
        where += f"{' and ' if where else ''}{group.gone} pod{'s' if group.gone > 1 else ''} now gone"
    times = f"×{group.times}, last {age(group.last_seen, now)} ago"
    head = f"  {group.type:<7}  {clean(group.reason)}  {times}: {clean(where)}"
    message = clean(group.message.strip()).replace("\n", " ")
    if theme.width is None:
        return [f"{head}: {message}"]
    folded = [f"           {part}" for part in fold_text(message, theme.width - 11)]
    heads = fold_text(head.strip(), theme.width - 2)
    painted = [f"  {part}" for part in heads]
    if group.type == "Warning":
        painted = [theme.yellow(part) for part in painted]
    return [*painted, *(theme.dim(part) for part in folded)]
