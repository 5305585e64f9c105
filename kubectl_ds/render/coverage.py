"""The coverage screen: the verdict first, then what is sick by cause, then one line for what is well."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from kubectl_ds.engine.coverage import CauseGroup, Counts, CoverageReport, DaemonSetCoverage
from kubectl_ds.engine.decision import COVERED, Decision, Verdict
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Gap
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import preemption_sentence, sentence

_STANDS_IN_THE_WAY = frozenset(
    {Verdict.NOT_READY, Verdict.FAILED, Verdict.BLOCKED, Verdict.PENDING, Verdict.MISSING, Verdict.UNKNOWN}
)
_WORTH_KNOWING = frozenset({Verdict.MISSCHEDULED, Verdict.TERMINATING})
_ON_ITS_WAY = frozenset({Verdict.STARTING, Verdict.SETTLING})
_COUNTER_WORDS = {"up_to_date": "up-to-date"}
_NARROW = 72
"""Below this many columns the sentence goes under its entry, not beside it."""


@dataclass(frozen=True)
class Entry:
    """One entry of the screen: what, how often, where, and what is to be said of it."""

    symbol: str
    count: int
    verdict: str
    code: str
    nodes: str
    lines: tuple[str, ...]


def coverage_text(report: CoverageReport, theme: Theme, *, with_namespace: bool) -> str:
    """The whole screen: a block per DaemonSet, then what could not be read."""
    blocks = [
        coverage_block(each, report.snapshot.now, theme, with_namespace=with_namespace) for each in report.daemon_sets
    ]
    denied = gap_lines(report.gaps, theme)
    if denied:
        blocks.append("\n".join(denied) + "\n")
    return theme.finish("\n".join(blocks))


def coverage_block(coverage: DaemonSetCoverage, now: datetime, theme: Theme, *, with_namespace: bool) -> str:
    """One DaemonSet: its headline, its entries, and where ``.status`` says otherwise."""
    entries = [_entry(group, now) for group in coverage.groups]
    lines = [*_headline(coverage, theme, with_namespace=with_namespace), ""]
    lines += _layout(entries, theme)
    lines += _status_lag(coverage, theme)
    if coverage.orphans:
        names = ", ".join(f"{clean(pod.name)} ({clean(pod.target_node) or 'no node'})" for pod in coverage.orphans[:3])
        more = f" +{len(coverage.orphans) - 3}" if len(coverage.orphans) > 3 else ""
        lines += _note(f"{len(coverage.orphans)} orphaned: their node does not exist: {names}{more}", theme)
    return "\n".join(lines) + "\n"


def headline(coverage: DaemonSetCoverage, *, with_namespace: bool) -> str:
    """The verdict on the whole DaemonSet in one sentence."""
    daemon_set = coverage.daemon_set
    name = clean(daemon_set.key if with_namespace else daemon_set.name)
    verdicts = coverage.verdicts
    total = len(coverage.decisions)
    if coverage.counts is None:
        available = coverage.reported.available
        desired = coverage.reported.desired
        return f"{name}: cannot tell; .status says {available} of {desired} available"
    if not total:
        return f"{name}: the cluster has no nodes"
    if verdicts.get(Verdict.EXCLUDED, 0) == total:
        return f"{name}: matches none of {total} nodes, all left out by design"
    gaps = sum(
        decision.verdict in _STANDS_IN_THE_WAY | {Verdict.TERMINATING} and bool(decision.eligibility.should_run)
        for decision in coverage.decisions
    )
    parts = [
        f"all {total} nodes covered" if coverage.covered == total else f"{coverage.covered} of {total} nodes covered",
        f"{gaps} should be and {'is' if gaps == 1 else 'are'} not" if gaps else "",
        _counted(sum(verdicts.get(each, 0) for each in _ON_ITS_WAY), "on the way"),
        _counted(verdicts.get(Verdict.MISSCHEDULED, 0), "where none should be"),
        _counted(verdicts.get(Verdict.EXCLUDED, 0), "left out by design"),
    ]
    return f"{name}: " + ", ".join(part for part in parts if part)


def gap_lines(gaps: tuple[Gap, ...], theme: Theme) -> list[str]:
    """What could not be read, and what depends on it."""
    lines = []
    for gap in gaps:
        if gap.denied:
            where = f" in {gap.namespace}" if gap.namespace else ""
            affected = f"; unknown without it: {', '.join(gap.affects)}" if gap.affects else ""
            text = clean(f"cannot read {gap.resource}{where}: {gap.error}{affected}")
            lines += _hang(theme.red("✗") + " ", 2, text, theme)
    return lines


def strategy_words(daemon_set: DaemonSet) -> str:
    """``RollingUpdate 10%``, ``RollingUpdate surge 1`` or ``OnDelete``."""
    strategy = daemon_set.spec.update_strategy
    if strategy.type != "RollingUpdate":
        return strategy.type
    if strategy.max_surge not in (0, "0", "0%"):
        return f"RollingUpdate surge {strategy.max_surge}"
    return f"RollingUpdate {strategy.max_unavailable}"


def _headline(coverage: DaemonSetCoverage, theme: Theme, *, with_namespace: bool) -> list[str]:
    text = headline(coverage, with_namespace=with_namespace)
    number = coverage.revision.number
    right = strategy_words(coverage.daemon_set) + (f", revision {number}" if number is not None else "")
    name, _, rest = text.partition(": ")
    healthy = all(decision.verdict in COVERED | {Verdict.EXCLUDED} for decision in coverage.decisions)
    painted = f"{theme.bold(name)}: {theme.green(rest) if healthy and coverage.counts else rest}"
    if theme.width is None:
        return [f"{painted}; {right}"]
    room = theme.width - len(text) - len(right)
    if room >= 2:
        return [painted + " " * room + theme.dim(right)]
    folded = fold_text(text, theme.width)
    return [painted, theme.dim(right)] if len(folded) == 1 else [*folded, theme.dim(right)]


def _entry(group: CauseGroup, now: datetime) -> Entry:
    cause = group.cause
    if group.verdict in _STANDS_IN_THE_WAY:
        symbol = "✗"
    elif group.verdict in _WORTH_KNOWING:
        symbol = "!"
    else:
        symbol = ""
    quiet = cause is None or group.verdict in (Verdict.OK,)
    return Entry(
        symbol=symbol,
        count=len(group.nodes),
        verdict=group.verdict.value,
        code="" if cause is None else clean(cause.code),
        nodes="" if quiet and not symbol else clean(fold_names(group.nodes)),
        lines=tuple(_sentences(group.decision, now)),
    )


def _sentences(decision: Decision, now: datetime) -> list[str]:
    """Every cause of a sick node; of an excluded one only what keeps it out first."""
    causes = decision.causes
    if decision.verdict is Verdict.MISSING and not causes:
        return ["no pod, and no event that says why; the controller has not created one yet"]
    if decision.verdict is Verdict.PENDING and not decision.scheduling:
        return ["the scheduler has not said anything yet"]
    lines = [sentence(causes[0], now)] if causes else []
    for cause in causes[1:]:
        text = sentence(cause, now)
        lines.append(text if cause.code in ("Misscheduled",) else f"{clean(cause.code)}: {text}")
    if decision.preemption is not None:
        lines.append(preemption_sentence(decision.preemption))
    return lines


def _layout(entries: list[Entry], theme: Theme) -> list[str]:
    """Columns: symbol and count, verdict, code, nodes, sentence; the sentence folds under its own column."""
    if not entries:
        return []
    counts = max(len(str(entry.count)) for entry in entries)
    verdicts = max(len(entry.verdict) for entry in entries)
    codes = max(len(entry.code) for entry in entries)
    nodes = max(len(entry.nodes) for entry in entries)
    lines = []
    for entry in entries:
        symbol = _painted_symbol(entry.symbol, theme)
        left = (
            f"{symbol} {entry.count:>{counts}} {_painted_verdict(entry, theme)}{' ' * (verdicts - len(entry.verdict))}"
        )
        used = 2 + counts + 1 + verdicts
        if theme.width is None:
            detail = "; ".join(entry.lines)
            lines.append("  ".join([left, f"{entry.code:<{codes}}", f"{entry.nodes:<{nodes}}", detail]).rstrip())
            continue
        head = f"{left}  {entry.code:<{codes}}  {entry.nodes:<{nodes}}"
        indent = used + 2 + codes + 2 + nodes + 2
        if theme.width - indent >= _NARROW // 2:
            lines += _beside(head, indent, entry.lines, theme)
        else:
            nodes_on_line = f"{left}  {entry.code}".rstrip() + (f"  {entry.nodes}" if entry.nodes else "")
            plain = used + 2 + len(entry.code) + 2 + len(entry.nodes)
            if plain <= theme.width:
                lines.append(nodes_on_line.rstrip())
            else:
                lines += [
                    f"{left}  {entry.code}".rstrip(),
                    *(f"    {part}" for part in fold_text(entry.nodes, theme.width - 4)),
                ]
            for text in entry.lines:
                lines += [f"    {theme.dim(part)}" for part in fold_text(text, theme.width - 4)]
    return lines


def _beside(head: str, indent: int, sentences: tuple[str, ...], theme: Theme) -> list[str]:
    width = None if theme.width is None else theme.width - indent
    parts = [part for text in sentences for part in fold_text(text, width)]
    if not parts:
        return [head.rstrip()]
    return [f"{head}  {theme.dim(parts[0])}", *(" " * indent + theme.dim(part) for part in parts[1:])]


def _status_lag(coverage: DaemonSetCoverage, theme: Theme) -> list[str]:
    """Where the controller's counters say something else than the objects do."""
    if coverage.predicted:
        return []
    lines = []
    daemon_set = coverage.daemon_set
    if coverage.counts is not None and coverage.counts != coverage.reported:
        differences = [
            f"{_COUNTER_WORDS.get(field.name, field.name)} {getattr(coverage.reported, field.name)}, "
            f"really {getattr(coverage.counts, field.name)}"
            for field in fields(Counts)
            if getattr(coverage.reported, field.name) != getattr(coverage.counts, field.name)
        ]
        lines += _note(f".status lags: it says {'; '.join(differences)}", theme)
    observed = daemon_set.status.observed_generation
    if daemon_set.metadata.generation > observed:
        lines += _note(
            f"the controller has not seen generation {daemon_set.metadata.generation} yet, only {observed}", theme
        )
    return lines


def _note(text: str, theme: Theme) -> list[str]:
    return _hang(theme.yellow("!") + " ", 2, text, theme)


def _hang(prefix: str, width: int, text: str, theme: Theme) -> list[str]:
    parts = fold_text(text, None if theme.width is None else theme.width - width)
    return [prefix + parts[0], *(" " * width + part for part in parts[1:])]


def _painted_symbol(symbol: str, theme: Theme) -> str:
    if symbol == "✗":
        return theme.red(symbol)
    return theme.yellow(symbol) if symbol else " "


def _painted_verdict(entry: Entry, theme: Theme) -> str:
    if entry.symbol == "✗":
        return theme.red(entry.verdict)
    if entry.symbol == "!" or entry.verdict in (Verdict.STARTING.value, Verdict.SETTLING.value, Verdict.OUTDATED.value):
        return theme.yellow(entry.verdict)
    return theme.green(entry.verdict) if entry.verdict == Verdict.OK.value else entry.verdict


def _counted(number: int, words: str) -> str:
    return f"{number} {words}" if number else ""
