"""The ``pending`` screen: how many wait and how many of them in vain, then each cause with its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from kubectl_ds.engine.coverage import essence
from kubectl_ds.engine.decision import Cause, Verdict
from kubectl_ds.engine.evidence import ResourceEvidence, SchedulerEvidence
from kubectl_ds.engine.pending import Leaving, PendingReport, Waiter, WaitingPod
from kubectl_ds.model.meta import natural_key
from kubectl_ds.render.ages import age
from kubectl_ds.render.entries import Entry, entry_lines
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.table import wide_table
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import other_scheduler, preemption_sentence, sentence

_HEAD = ("DAEMONSET", "POD", "NODE", "VERDICT", "AGE", "CAUSE", "DETAIL")
_FIRST_TO_GO = ("AGE", "POD", "NAMESPACE", "DAEMONSET", "CAUSE")
_MOST_LINES = 3
"""How many nodes of one entry are told one by one where their figures differ."""
_MOST_NAMES = 3
_SAID_ELSEWHERE = ("waitingForVictims", "unknown")
"""Reasons of preemption that the line ``passes`` tells."""

_PROSPECTS = (
    ("blocked", "blocked for good", "and is blocked: nothing now in the cluster lets it in"),
    ("passes", "will pass", "and will pass"),
    ("unclear", "nobody can tell", "and nobody can tell whether it will pass"),
    ("misscheduled", "where none should be", "where none should be"),
)
"""Prospect, and how it is counted among many, and told of one."""


def pending_text(
    report: PendingReport, theme: Theme, *, with_namespace: bool, quoting: bool, node: str = "", again: str = ""
) -> str:
    """The screen.

    Args:
        report: what was found.
        theme: of the terminal.
        with_namespace: whether DaemonSets are named with their namespace.
        quoting: whether the scheduler's own words are always shown, and not only where they disagree.
        node: the one node that was asked about, if any.
        again: the flags with which the suggested command reads from the same place.
    """
    lines = [theme.bold(part) for part in fold_text(headline(report, node), theme.width)]
    entries = [_entry(group, report, with_namespace, quoting) for group in groups(report)]
    if entries:
        lines += ["", *entry_lines(entries, theme)]
    denied = gap_lines(report.gaps, theme)
    if denied:
        lines += ["", *denied]
    lines += _next(report, theme, again)
    return theme.finish("\n".join(lines) + "\n")


def pending_wide(report: PendingReport, theme: Theme, *, with_namespace: bool) -> str:
    """The table: a row for each pod, every cause with its figures."""
    now = report.snapshot.now
    head = ("NAMESPACE", *_HEAD) if with_namespace else _HEAD
    rows = [
        (
            *((clean(each.daemon_set.namespace),) if with_namespace else ()),
            clean(each.daemon_set.name),
            clean(each.pod.name),
            clean(each.node) or "<none>",
            each.verdict.value,
            age(each.pod.metadata.creation_timestamp, now),
            clean(each.decision.causes[0].code) if each.decision.causes else "<none>",
            "; ".join(_wide_details(each, now)),
        )
        for each in report.pods
    ]
    table = wide_table(head, rows, theme.width, _FIRST_TO_GO)
    denied = gap_lines(report.gaps, theme)
    return theme.finish(table + ("\n" + "\n".join(denied) + "\n" if denied else ""))


def headline(report: PendingReport, node: str = "") -> str:
    """The verdict in one sentence."""
    count = len(report.pods)
    where = f" for {clean(node)}" if node else ""
    if not count:
        return f"no DaemonSet pod is known to wait{where}" if report.pods_denied else f"no DaemonSet pod waits{where}"
    counted = Counter(_prospect(each) for each in report.pods)
    if count == 1:
        return f"1 DaemonSet pod waits{where} {next(one for key, _, one in _PROSPECTS if counted[key])}"
    parts = [f"{counted[key]} {words}" for key, words, _ in _PROSPECTS if counted[key]]
    return f"{count} DaemonSet pods wait{where}: {', '.join(parts)}"


def _prospect(waiting: WaitingPod) -> str:
    if waiting.verdict is Verdict.UNKNOWN or (waiting.verdict is Verdict.PENDING and _unclear(waiting)):
        return "unclear"
    return {Verdict.BLOCKED: "blocked", Verdict.MISSCHEDULED: "misscheduled"}.get(waiting.verdict, "passes")


def _unclear(waiting: WaitingPod) -> bool:
    return waiting.decision.passes_by == "unknown"


def groups(report: PendingReport) -> list[list[WaitingPod]]:
    """Pods of one DaemonSet that wait for the same reason, with the same prospect; in the order of the report."""
    collected: dict[tuple[object, ...], list[WaitingPod]] = {}
    for each in report.pods:
        collected.setdefault(_likeness(each), []).append(each)
    return list(collected.values())


def _next(report: PendingReport, theme: Theme, again: str) -> list[str]:
    """The one command that tells most of the pod that stands first; only people need it."""
    known = [each for each in report.pods if each.node_exists and each.verdict is not Verdict.UNKNOWN]
    if theme.width is None or not known:
        return []
    first = known[0]
    namespace = f" -n {first.daemon_set.namespace}"
    return ["", clean(f"next: kubectl ds why {first.daemon_set.name} {first.node}{namespace}{again}")]


def _likeness(waiting: WaitingPod) -> tuple[object, ...]:
    decision = waiting.decision
    causes = decision.causes
    return (
        waiting.daemon_set.metadata.uid or waiting.daemon_set.key,
        waiting.verdict,
        tuple(dict.fromkeys(cause.code for cause in causes)),
        (type(causes[0].evidence), essence(causes[0].evidence)) if causes else None,
        decision.passes_by,
        decision.preemption.reason if decision.preemption is not None else None,
        waiting.agrees,
        waiting.node_exists,
    )


def _entry(group: Sequence[WaitingPod], report: PendingReport, with_namespace: bool, quoting: bool) -> Entry:
    now, first = report.snapshot.now, group[0]
    told = [_details(each, now, quoting=quoting, alone=len(group) == 1) for each in group]
    labels = list(dict.fromkeys(label for details in told for label, _ in details))
    details = [(label, text) for label in labels for text in _together(label, [each.node for each in group], told)]
    return Entry(
        symbol="!" if first.verdict in (Verdict.PENDING, Verdict.MISSCHEDULED) else "✗",
        count=len(group),
        word=first.verdict.value,
        subject=clean(first.daemon_set.key if with_namespace else first.daemon_set.name),
        where=clean(fold_names(sorted({each.node or "<none>" for each in group}, key=natural_key))),
        when=f"for {_ages(group, now)}",
        details=tuple(details),
    )


def _wide_details(waiting: WaitingPod, now: datetime) -> Iterator[str]:
    """As in the screen, each with its label but the first cause, which has a column of its own."""
    for position, (label, text) in enumerate(_details(waiting, now, every=True)):
        yield text if position == 0 else f"{label}: {text}"


def _together(label: str, nodes: Sequence[str], told: Sequence[Sequence[tuple[str, str]]]) -> Iterator[str]:
    """The texts under one label: once where all nodes share it, else node by node, the first few of them."""
    by_text: dict[str, list[str]] = {}
    for node, details in zip(nodes, told, strict=True):
        for text in [text for name, text in details if name == label]:
            by_text.setdefault(text, []).append(node)
    several = any(len(set(sharing)) < len(set(nodes)) for sharing in by_text.values())
    most = 1 if label == "cure" else _MOST_LINES
    for text, sharing in list(by_text.items())[:most]:
        yield f"{clean(fold_names(sharing))}: {text}" if several else text
    left = len(by_text) - most
    if left > 0:
        yield f"and {left} more, each in -o wide"


def _details(
    waiting: WaitingPod, now: datetime, *, every: bool = False, quoting: bool = False, alone: bool = True
) -> list[tuple[str, str]]:
    """What is to be said of one pod, by label: what keeps it out, what passes it, who is concerned, what cures it.

    Args:
        waiting: the pod.
        now: the present moment.
        every: whether every cause is told, and not the first alone.
        quoting: whether the scheduler's own words are told in any case.
        alone: whether no other pod shares the entry; what only this node has is left out otherwise.
    """
    return [
        (label, text)
        for label, text in (
            *_cause(waiting, now, every=every, alone=alone),
            ("eviction", _eviction(waiting)),
            ("passes", _passes(waiting, now)),
            ("others", _others(waiting.others)),
            *_scheduler(waiting, now, quoting),
            ("cure", _cure(waiting)),
        )
        if text
    ]


def _cause(waiting: WaitingPod, now: datetime, *, every: bool, alone: bool) -> Iterator[tuple[str, str]]:
    causes = [cause for cause in waiting.decision.causes if not isinstance(cause.evidence, SchedulerEvidence)]
    if not alone:
        causes = [_without_holders(cause) for cause in causes]
    if waiting.node_exists is False and waiting.node:
        yield "cause", f"node {clean(waiting.node)} does not exist; the controller deletes the pod at its next sync"
        return
    for cause in causes if every else causes[:1]:
        yield clean(cause.code), sentence(cause, now)
    further = list(dict.fromkeys(cause.code for cause in causes[1:] if cause.code != causes[0].code))
    if further and not every:
        yield "and then", f"{', '.join(clean(code) for code in further)} as well: -o wide"


def _without_holders(cause: Cause) -> Cause:
    evidence = cause.evidence
    if not isinstance(evidence, ResourceEvidence):
        return cause
    return msgspec.structs.replace(cause, evidence=msgspec.structs.replace(evidence, largest=()))


def _eviction(waiting: WaitingPod) -> str:
    preemption = waiting.decision.preemption
    if preemption is None or waiting.node_exists is False or preemption.reason in _SAID_ELSEWHERE:
        return ""
    return preemption_sentence(preemption)


def _passes(waiting: WaitingPod, now: datetime) -> str:
    by = waiting.decision.passes_by
    if waiting.pod.terminating:
        return "it has been deleted itself, and only its finalizers keep it"
    if by == "fits":
        return "it fits now, nothing refuses it any more; the scheduler tries again at the next change, or within 5m"
    if by == "victimsTerminating":
        return f"once the evicted are gone: {_leaving([each for each in waiting.leaving if each.preempted], now)}"
    if by == "podsTerminating":
        return f"once those that are leaving the node are gone: {_leaving(waiting.leaving, now)}"
    if by == "unknown":
        return "nobody can tell: what it depends on could not be read, or is not computed here"
    return ""


def _leaving(leaving: Sequence[Leaving], now: datetime) -> str:
    longest_first = sorted(leaving, key=lambda each: -each.terminating.overdue_seconds)
    told = [
        f"{each.namespace}/{each.name} ({sentence(Cause(code='Terminating', evidence=each.terminating), now)})"
        for each in longest_first
    ]
    return clean(_some(told)) or "pods elsewhere"


def _others(others: Sequence[Waiter]) -> str:
    """Who else waits there, with what decides who comes first: the priority."""
    named = [
        (f"DaemonSet {each.namespace}/{each.owner}" if each.owner else f"{each.namespace}/{each.name}")
        + f" (priority {each.priority}"
        + (", room is being made for it" if each.nominated else "")
        + ")"
        for each in others
    ]
    return clean(f"wait there too: {_some(named)}") if named else ""


def _scheduler(waiting: WaitingPod, now: datetime, quoting: bool) -> Iterator[tuple[str, str]]:
    """The scheduler's own words, where they are asked for or differ from what is computed."""
    words = waiting.words
    name = waiting.pod.spec.other_scheduler
    if name:
        yield "scheduler", clean(other_scheduler(name))
    if words is None:
        if quoting or not waiting.decision.scheduling:
            yield "scheduler", "has said nothing yet"
        return
    when = f", {age(words.seen, now)} ago" if words.seen is not None else ""
    if waiting.agrees is False:
        computed = _first_refusal(waiting)
        yield (
            "scheduler",
            clean(f'said "{words.target}"{when}; computed now: {computed}. ')
            + "It looks again when something relevant changes, so its words may simply be older",
        )
    elif quoting or waiting.verdict is Verdict.UNKNOWN or isinstance(_first_evidence(waiting), SchedulerEvidence):
        yield "scheduler", clean(f'said "{words.target}"{when}')
    if quoting and words.preemption:
        yield "scheduler", clean(f'on preemption: "{words.preemption}"')


def _first_refusal(waiting: WaitingPod) -> str:
    if waiting.decision.passes_by == "fits":
        return "nothing refuses it"
    return waiting.decision.scheduling[0].code if waiting.decision.scheduling else "nothing"


def _first_evidence(waiting: WaitingPod) -> object:
    return waiting.decision.scheduling[0].evidence if waiting.decision.scheduling else None


def _cure(waiting: WaitingPod) -> str:
    """The smallest change, of a pod that nothing else will let in."""
    if waiting.verdict is not Verdict.BLOCKED or waiting.node_exists is False:
        return ""
    cures = waiting.cures
    return clean(cures[0].change) if cures else ""


def _ages(group: Sequence[WaitingPod], now: datetime) -> str:
    known = [each.pod.metadata.creation_timestamp for each in group if each.pod.metadata.creation_timestamp]
    if not known:
        return age(None, now)
    youngest, oldest = age(max(known), now), age(min(known), now)
    return youngest if youngest == oldest else f"{youngest}…{oldest}"


def _some(names: Sequence[str]) -> str:
    left = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" +{left}" if left > 0 else "")
