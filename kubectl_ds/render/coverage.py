"""The coverage screen: the verdict first, then what is sick by cause, then one line for what is well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import zip_longest

from kubectl_ds.engine.coverage import CauseGroup, Counts, CoverageReport, DaemonSetCoverage
from kubectl_ds.engine.decision import COVERED, Decision, Fault, Verdict
from kubectl_ds.engine.evidence import MisscheduledEvidence
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.gaps import gap_lines, lacking_lines
from kubectl_ds.render.rollout_words import budget_words
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import other_scheduler, preemption_sentence, sentence

_STANDS_IN_THE_WAY = frozenset(
    {Verdict.NOT_READY, Verdict.FAILED, Verdict.BLOCKED, Verdict.PENDING, Verdict.MISSING, Verdict.UNKNOWN}
)
_ASKED_FIRST = (
    Verdict.BLOCKED,
    Verdict.MISSING,
    Verdict.PENDING,
    Verdict.FAILED,
    Verdict.NOT_READY,
    Verdict.MISSCHEDULED,
    Verdict.TERMINATING,
    Verdict.UNKNOWN,
)
"""Which verdict a reader wants explained first."""
_WORTH_KNOWING = frozenset({Verdict.MISSCHEDULED, Verdict.TERMINATING})
_NOT_COVERED = _STANDS_IN_THE_WAY - {Verdict.UNKNOWN} | {Verdict.TERMINATING}
_ON_ITS_WAY = frozenset({Verdict.STARTING, Verdict.SETTLING})
_COUNTER_WORDS = {"up_to_date": "up-to-date"}
_BESIDE = 60
"""With this many columns left beside the nodes, the sentence stands there; with fewer, under the cause."""
_UNDER = 36
"""With this many columns left under the cause, the sentence stands there; with fewer, further left."""
_NODES = 26
"""Columns for the names of nodes, unless one of them is longer."""
_INDENT = 4
"""Of what does not fit under its own column."""


@dataclass(frozen=True)
class Entry:
    """One entry of the screen: what, how often, where, and what is to be said of it."""

    symbol: str
    count: int
    verdict: str
    code: str
    nodes: str
    lines: tuple[str, ...]


def coverage_text(report: CoverageReport, theme: Theme, *, with_namespace: bool, again: str = "") -> str:
    """The whole screen: a block per DaemonSet, then what could not be read, then what to ask next.

    ``again`` holds the flags with which the next command reads from where this one has read.
    """
    blocks = [
        coverage_block(each, report.snapshot.now, theme, with_namespace=with_namespace) for each in report.daemon_sets
    ]
    causes = [cause for each in report.daemon_sets for group in each.groups for cause in group.decision.causes]
    denied = [*lacking_lines(report.gaps, causes, theme), *gap_lines(report.gaps, theme)]
    if denied:
        blocks.append("\n".join(denied) + "\n")
    command = next_command(report)
    if command and theme.width is not None:
        blocks.append(f"next: {command}{again}\n")
    return theme.finish("\n".join(blocks))


def coverage_block(coverage: DaemonSetCoverage, now: datetime, theme: Theme, *, with_namespace: bool) -> str:
    """One DaemonSet: its headline, its entries, and where ``.status`` says otherwise."""
    by_node = {decision.node: decision for decision in coverage.decisions}
    entries = [_entry(group, [by_node[node] for node in group.nodes], now) for group in coverage.groups]
    lines = [*_headline(coverage, theme, with_namespace=with_namespace), *([""] if entries else [])]
    lines += _layout(entries, theme)
    lines += _scheduler(coverage, theme)
    lines += _status_lag(coverage, theme)
    lines += _update(coverage, now, theme)
    if coverage.orphans:
        names = ", ".join(f"{clean(pod.name)} ({clean(pod.target_node) or 'no node'})" for pod in coverage.orphans[:3])
        more = f" +{len(coverage.orphans) - 3}" if len(coverage.orphans) > 3 else ""
        lines += _note(f"{len(coverage.orphans)} orphaned: their node does not exist: {names}{more}", theme)
    return "\n".join(lines) + "\n"


def next_command(report: CoverageReport) -> str:
    """The command that explains what is worst; empty when nothing is wrong, or nothing of it exists yet."""
    groups = [
        (_ASKED_FIRST.index(group.verdict), -len(group.nodes), number, group.nodes[0])
        for number, coverage in enumerate(report.daemon_sets)
        for group in coverage.groups
        if group.verdict in _ASKED_FIRST and not coverage.predicted
    ]
    if not groups:
        return ""
    *_, number, node = min(groups)
    daemon_set = report.daemon_sets[number].daemon_set
    return clean(f"kubectl ds why {daemon_set.name} {node} -n {daemon_set.namespace}")


def headline(coverage: DaemonSetCoverage, *, with_namespace: bool) -> str:
    """The verdict on the whole DaemonSet in one sentence."""
    daemon_set = coverage.daemon_set
    name = clean(daemon_set.key if with_namespace else daemon_set.name)
    verdicts = coverage.verdicts
    total = len(coverage.decisions)
    if coverage.counts is None:
        if coverage.predicted:
            return f"{name}: cannot tell: nodes cannot be read"
        available = coverage.reported.available
        desired = coverage.reported.desired
        return f"{name}: cannot tell; .status says {available} of {desired} available"
    if not total:
        return f"{name}: the cluster has no nodes"
    if verdicts.get(Verdict.EXCLUDED, 0) == total:
        return f"{name}: matches none of {total} nodes, all left out by design"
    if coverage.predicted:
        return f"{name}: " + _foretold(coverage, total)
    gaps = sum(verdicts.get(each, 0) for each in _NOT_COVERED)
    parts = [
        f"{_all(total)} covered" if coverage.covered == total else f"{coverage.covered} of {total} nodes covered",
        f"{gaps} should be and {'is' if gaps == 1 else 'are'} not" if gaps else "",
        _counted(verdicts.get(Verdict.UNKNOWN, 0), "unknown"),
        _counted(sum(verdicts.get(each, 0) for each in _ON_ITS_WAY), "on the way"),
        _counted(verdicts.get(Verdict.MISSCHEDULED, 0), "where none should be"),
        _counted(verdicts.get(Verdict.EXCLUDED, 0), "left out by design"),
    ]
    return f"{name}: " + ", ".join(part for part in parts if part)


def _all(total: int) -> str:
    return "the only node" if total == 1 else f"all {total} nodes"


def _foretold(coverage: DaemonSetCoverage, total: int) -> str:
    verdicts = coverage.verdicts
    runs = verdicts.get(Verdict.RUNS, 0) + verdicts.get(Verdict.PREEMPTS, 0)
    parts = [
        f"would run on {_all(total)}" if runs == total else f"would run on {runs} of {total} nodes",
        _counted(verdicts.get(Verdict.PREEMPTS, 0), "of them by evicting others"),
        _counted(verdicts.get(Verdict.BLOCKED, 0), "would wait for good"),
        _counted(verdicts.get(Verdict.UNKNOWN, 0), "unknown"),
        _counted(verdicts.get(Verdict.EXCLUDED, 0), "left out by design"),
    ]
    return ", ".join(part for part in parts if part)


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
    first, *more = fold_text(text, theme.width, _INDENT)
    if not more or not first.startswith(f"{name}: "):
        return [painted if not more else first, *more, *_indented((right,), _INDENT, theme, theme.width)]
    return [f"{theme.bold(name)}{first[len(name) :]}", *more, *_indented((right,), _INDENT, theme, theme.width)]


def _entry(group: CauseGroup, decisions: list[Decision], now: datetime) -> Entry:
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
        lines=tuple(_sentences(decisions, now)),
    )


def _sentences(decisions: list[Decision], now: datetime) -> list[str]:
    """What is to be said of nodes that share a verdict and its cause; of one of them where figures differ."""
    first = decisions[0]
    lines = _say(first, now)
    if lines and any(_differs(each, first) and _say(each, now) != lines for each in decisions[1:]):
        lines[0] = f"e.g. {clean(first.node)}: {lines[0]}"
    return lines


def _say(decision: Decision, now: datetime) -> list[str]:
    """Every cause of a sick node; of an excluded one only what keeps it out first."""
    causes = decision.causes
    if decision.verdict is Verdict.MISSING and not causes:
        return ["no pod, and no event that says why; the controller has not created one yet"]
    if decision.verdict is Verdict.PENDING and not decision.scheduling:
        return ["the scheduler has not said anything yet"]
    if decision.verdict is Verdict.EXCLUDED:
        return [sentence(causes[0], now)]
    lines = [sentence(causes[0], now)] if causes else []
    for cause in causes[1:]:
        text = sentence(cause, now)
        if isinstance(cause.evidence, MisscheduledEvidence):
            lines[-1] += f"; {text}"
        else:
            lines.append(f"{clean(cause.code)}: {text}")
    if decision.fault is Fault.REVISION:
        lines.append("the new revision fails where older ones ran")
    if decision.preemption is not None:
        lines.append(preemption_sentence(decision.preemption))
    return lines


def _differs(one: Decision, other: Decision) -> bool:
    """Whether there may be something else to say of one than of the other; quick, for there are many."""
    return one.preemption != other.preemption or [each.evidence for each in one.causes] != [
        each.evidence for each in other.causes
    ]


def _layout(entries: list[Entry], theme: Theme) -> list[str]:
    """Columns: symbol and count, verdict, cause, nodes, sentence; nodes and sentence fold under their own columns.

    Where the terminal is too narrow for that, the sentence goes under the cause, then the nodes as well.
    """
    if not entries:
        return []
    columns = _Columns.of(entries)
    if theme.width is None:
        return [columns.one_line(entry, theme) for entry in entries]
    beside = theme.width - columns.sentences
    under = theme.width - columns.causes
    if beside >= _BESIDE:
        place = columns.beside
    elif theme.width - columns.nodes >= columns.nodes_wide and under >= _UNDER:
        place = columns.under
    else:
        place = columns.stacked
    return [line for entry in entries for line in place(entry, theme, theme.width)]


@dataclass(frozen=True)
class _Columns:
    """Where the columns of one block begin, counted from 0, and three ways of setting an entry into them."""

    count_wide: int
    verdict_wide: int
    cause_wide: int
    nodes_wide: int
    longest: int
    """The longest list of nodes, unfolded."""

    @classmethod
    def of(cls, entries: list[Entry]) -> _Columns:
        longest = max(len(entry.nodes) for entry in entries)
        longest_name = max((len(part) for entry in entries for part in entry.nodes.split()), default=0)
        return cls(
            count_wide=max(len(str(entry.count)) for entry in entries),
            verdict_wide=max(len(entry.verdict) for entry in entries),
            cause_wide=max(len(entry.code) for entry in entries),
            nodes_wide=min(longest, max(longest_name, _NODES)),
            longest=longest,
        )

    @property
    def causes(self) -> int:
        return 2 + self.count_wide + 1 + self.verdict_wide + 2

    @property
    def nodes(self) -> int:
        return self.causes + self.cause_wide + 2

    @property
    def sentences(self) -> int:
        return self.nodes + self.nodes_wide + 2

    def left(self, entry: Entry, theme: Theme) -> str:
        """Symbol, count and verdict."""
        padding = " " * (self.verdict_wide - len(entry.verdict))
        symbol = _painted_symbol(entry.symbol, theme)
        return f"{symbol} {entry.count:>{self.count_wide}} {_painted_verdict(entry, theme)}{padding}  "

    def one_line(self, entry: Entry, theme: Theme) -> str:
        """Nothing is folded."""
        detail = "; ".join(entry.lines)
        cause = f"{entry.code:<{self.cause_wide}}"
        return f"{self.left(entry, theme)}{cause}  {entry.nodes:<{self.longest}}  {detail}".rstrip()

    def beside(self, entry: Entry, theme: Theme, width: int) -> Iterator[str]:
        """The sentence beside the nodes."""
        names = fold_text(entry.nodes, self.nodes_wide)
        words = [part for text in entry.lines for part in fold_text(text, width - self.sentences, 2)]
        head = f"{self.left(entry, theme)}{entry.code:<{self.cause_wide}}  "
        for name, word in zip_longest(names, words, fillvalue=""):
            yield f"{head}{name:<{self.nodes_wide}}  {theme.dim(word)}".rstrip()
            head = " " * self.nodes

    def under(self, entry: Entry, theme: Theme, width: int) -> Iterator[str]:
        """The sentence under the cause."""
        head = f"{self.left(entry, theme)}{entry.code:<{self.cause_wide}}  "
        for name in fold_text(entry.nodes, width - self.nodes):
            yield f"{head}{name}".rstrip()
            head = " " * self.nodes
        yield from _indented(entry.lines, self.causes, theme, width)

    def stacked(self, entry: Entry, theme: Theme, width: int) -> Iterator[str]:
        """The nodes under the cause as well; all of it further left where even that is too narrow."""
        indent = self.causes if width - self.causes >= _UNDER else _INDENT
        beside = f"{self.left(entry, theme)}{entry.code}".rstrip()
        if self.causes + len(entry.code) <= width:
            yield beside
        else:
            yield self.left(entry, theme).rstrip()
            yield from _indented((entry.code,), indent, theme, width)
        if entry.nodes:
            yield from (" " * indent + part for part in fold_text(entry.nodes, width - indent))
        yield from _indented(entry.lines, indent, theme, width)


def _indented(texts: tuple[str, ...], indent: int, theme: Theme, width: int) -> Iterator[str]:
    for text in texts:
        for part in fold_text(text, width - indent, 2):
            yield " " * indent + theme.dim(part)


def _scheduler(coverage: DaemonSetCoverage, theme: Theme) -> list[str]:
    """That a prediction is that of the usual scheduler, where another one will decide."""
    spec = coverage.daemon_set.spec.template.spec
    if not coverage.predicted or not spec.other_scheduler or spec.node_name:
        return []
    return _note(clean(other_scheduler(spec.other_scheduler)), theme)


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


def _update(coverage: DaemonSetCoverage, now: datetime, theme: Theme) -> list[str]:
    """How its update stands, and the smallest change that lets it go on where it stands still."""
    budget = coverage.budget
    if budget is None or not budget.old:
        return []
    text = f"update: {budget_words(budget, now, brief=True)}"
    waiting = next((each for each in coverage.decisions if each.verdict is Verdict.OUTDATED), None)
    cure = next(iter(coverage.cures(waiting)), None) if waiting is not None else None
    if cure is None:
        return _note(text, theme)
    change, command = clean(cure.change), clean(cure.command or "")
    if theme.width is None:
        return _note(f"{text}; cure: {change}{': ' + command if command else ''}", theme)
    lines = [*_note(text, theme), *_hang("  cure: ", 8, change, theme)]
    return [*lines, f"        {command}"] if command else lines


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
