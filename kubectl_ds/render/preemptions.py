"""The ``preemptions`` screen: who was evicted for whom, who would be now, and how far back anybody can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from kubectl_ds.engine.decision import COVERED, Verdict
from kubectl_ds.engine.preemption_events import KUBELET
from kubectl_ds.engine.preemptions import Observed, Party, Predicted, PreemptionReport
from kubectl_ds.model.meta import natural_key
from kubectl_ds.render.ages import age
from kubectl_ds.render.entries import Entry, entry_lines
from kubectl_ds.render.fold import fold_names, fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.table import wide_table
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import preemption_sentence

_HEAD = ("WHEN", "NODE", "VICTIM", "OF", "PREEMPTOR", "FOR", "TOLD BY")
_FIRST_TO_GO = ("OF", "FOR")
_MOST_NAMES = 3


def preemptions_text(report: PreemptionReport, theme: Theme, *, node: str = "", again: str = "") -> str:
    """The screen.

    Args:
        report: what was found.
        theme: of the terminal.
        node: the one node that was asked about, if any.
        again: the flags with which the suggested command reads from the same place.
    """
    lines = [theme.bold(part) for part in fold_text(headline(report, node), theme.width)]
    lines += [theme.dim(part) for part in fold_text(horizon(report), theme.width)]
    entries = [*_observed_entries(report), *_unattributed_entry(report), *_predicted_entries(report)]
    if entries:
        lines += ["", *entry_lines(entries, theme)]
    denied = gap_lines(report.gaps, theme)
    if denied:
        lines += ["", *denied]
    lines += _next(report, theme, again)
    return theme.finish("\n".join(lines) + "\n")


def preemptions_wide(report: PreemptionReport, theme: Theme) -> str:
    """The table: a row for each victim, observed ones newest first, then predicted ones."""
    rows = [
        *(_row(each, report.snapshot.now) for each in (*report.observed, *report.unattributed)),
        *(row for each in report.predicted for row in _predicted_rows(each)),
    ]
    table = wide_table(_HEAD, rows, theme.width, _FIRST_TO_GO)
    notes = [theme.dim(part) for part in fold_text(horizon(report), theme.width)] + gap_lines(report.gaps, theme)
    return theme.finish(table + "\n" + "\n".join(notes) + "\n")


def headline(report: PreemptionReport, node: str = "") -> str:
    """The verdict in one sentence; never that nothing happened."""
    where = f" on {clean(node)}" if node else ""
    victims = [each for each in report.observed if each.victim is not None]
    nominated = len(report.observed) - len(victims)
    parts = []
    if victims:
        parts.append(_evicted(victims) + where)
    if nominated:
        parts.append(f"room was made for {_pods(nominated)}{where}, nobody tells any more at whose cost")
    if not parts:
        whose = " of a DaemonSet" if report.unattributed else ""
        parts.append(f"no preemption is known{whose}{where}")
    coming = sum(len(each.preemption.victims) for each in report.predicted)
    if coming:
        parts.append(f"{_pods(coming)} would be evicted next")
    return "; ".join(parts)


def _evicted(victims: Sequence[Observed]) -> str:
    count = len(victims)
    own = sum(each.victim is not None and each.victim.owner is not None for each in victims)
    others = sum(each.preemptor is not None and each.preemptor.owner is not None for each in victims)
    if own not in (0, count) or others not in (0, count):
        return f"{count} pods were evicted: {own} of DaemonSets, {others} for DaemonSets' pods"
    subject = _pods(count, "DaemonSet " if own else "")
    gainer = f"{'another' if own else 'a'} DaemonSet's pod" if count == 1 else "DaemonSets' pods"
    return f"{subject} {'was' if count == 1 else 'were'} evicted" + (f" for {gainer}" if others else "")


def horizon(report: PreemptionReport) -> str:
    """How far back anybody can tell."""
    known = report.horizon
    if report.snapshot.denied("events") is not None and not known.events:
        return "events cannot be read: only what pods themselves still tell is known"
    if known.oldest is None:
        return "there are no events at all; they are kept for an hour by default, so nothing is known of the past"
    reach = age(known.oldest, report.snapshot.now)
    return f"events go back {reach}; they are kept for an hour by default, and what came before is forgotten"


def _observed_entries(report: PreemptionReport) -> Iterator[Entry]:
    groups: dict[tuple[object, ...], list[Observed]] = {}
    for each in report.observed:
        groups.setdefault(_likeness(each), []).append(each)
    for group in groups.values():
        yield _entry(group, report.snapshot.now)


def _likeness(observed: Observed) -> tuple[object, ...]:
    """What two victims must share to stand in one entry: whose they are, for whom, what has become of it."""
    victim, preemptor = observed.victim, observed.preemptor
    return (
        victim is None,
        None if victim is None or victim.owner is None else (victim.namespace, victim.owner),
        None if preemptor is None else (preemptor.namespace, preemptor.owner or preemptor.name or preemptor.uid),
        observed.by,
        observed.now in COVERED if observed.now is not None else None,
    )


def _entry(group: Sequence[Observed], now: datetime) -> Entry:
    first = group[0]
    victims = [each.victim for each in group if each.victim is not None]
    own = first.victim is not None and first.victim.owner is not None
    if first.victim is None:
        subject = f"for {_subject([each.preemptor for each in group if each.preemptor is not None])}"
    else:
        subject = _subject(victims)
    return Entry(
        symbol="✗" if own else "!",
        count=sum(each.times for each in group),
        word="nominated" if first.victim is None else "evicted",
        subject=subject,
        where=clean(fold_names(sorted({each.node or "<unknown>" for each in group}, key=natural_key))),
        when=_ago([each.last for each in group], now),
        details=tuple(_details(group, victims)),
    )


def _details(group: Sequence[Observed], victims: Sequence[Party]) -> Iterator[tuple[str, str]]:
    first = group[0]
    if victims:
        yield "victims" if len(victims) > 1 else "victim", _told_of(victims, _victim_marks)
        yield "for", _preemptors(group)
    else:
        yield "for", _preemptors(group)
        yield "victims", "not known any more"
    if first.now is not None and first.victim is not None:
        verdicts = sorted({each.now.value for each in group if each.now is not None})
        runs = "runs there again" if first.now in COVERED else f"is {' or '.join(verdicts)} there now"
        yield "now", clean(f"{first.victim.owner} {runs}")
    order = ("event", "condition", "nomination")
    yield "told by", ", ".join(source for source in order if any(source in each.sources for each in group))


def _unattributed_entry(report: PreemptionReport) -> Iterator[Entry]:
    """Victims whose preemptor nobody can name, all in one entry."""
    group = report.unattributed
    if group:
        yield Entry(
            symbol="!",
            count=sum(each.times for each in group),
            word="evicted",
            subject=_subject([each.victim for each in group if each.victim is not None]),
            where=clean(fold_names(sorted({each.node or "<unknown>" for each in group}, key=natural_key))),
            when=_ago([each.last for each in group], report.snapshot.now),
            details=(("for", f"{_preemptors(group)}; a DaemonSet's pod perhaps"),),
        )


def _predicted_entries(report: PreemptionReport) -> Iterator[Entry]:
    groups: dict[tuple[str, str, bool], list[Predicted]] = {}
    for each in report.predicted:
        marked = any(victim.daemon_set for victim in each.preemption.victims)
        groups.setdefault((each.pod.namespace, each.owner, marked), []).append(each)
    now = report.snapshot.now
    for (namespace, owner, marked), group in groups.items():
        waiting = _ago([each.pod.metadata.creation_timestamp for each in group], now).removesuffix(" ago")
        yield Entry(
            symbol="✗" if marked else "!",
            count=sum(len(each.preemption.victims) for each in group),
            word="predicted",
            subject=clean(f"for {namespace}/{owner}"),
            where=clean(fold_names([each.node for each in group])),
            when=f"waiting for {waiting}" if waiting else "",
            details=tuple(_foretold(group)),
        )


def _foretold(group: Sequence[Predicted]) -> Iterator[tuple[str, str]]:
    """Whom each pod would evict, node by node, the first few of them."""
    yield "priority", ", ".join(dict.fromkeys(str(each.preemption.priority) for each in group))
    for each in group[:_MOST_NAMES]:
        where = f"{clean(each.node)}: " if len(group) > 1 else ""
        yield "eviction", where + preemption_sentence(each.preemption)
    if len(group) > _MOST_NAMES:
        yield "eviction", f"and {len(group) - _MOST_NAMES} more, each in -o wide"


def _preemptors(group: Sequence[Observed]) -> str:
    parties = list({(each.uid, each.key): each for each in (one.preemptor for one in group) if each}.values())
    if not parties:
        kubelet = "a critical pod; the kubelet does not say which"
        return kubelet if group[0].by == KUBELET else "nobody tells for whom"
    owners = {(each.namespace, each.owner) for each in parties}
    if len(parties) > 1 and len(owners) == 1 and parties[0].owner:
        return clean(f"DaemonSet {parties[0].namespace}/{parties[0].owner}: ") + _told_of(parties, _preemptor_marks)
    return _told_of(
        parties, lambda party: [f"DaemonSet {party.owner}" if party.owner else "", *_preemptor_marks(party)]
    )


def _victim_marks(party: Party) -> list[str]:
    return [_priority(party), "not gone yet" if party.there else "gone"]


def _preemptor_marks(party: Party) -> list[str]:
    return [_priority(party), "still waits" if party.waiting else "" if party.there else "gone"]


def _priority(party: Party) -> str:
    return f"priority {party.priority}" if party.priority is not None else ""


def _told_of(parties: Sequence[Party], marks: Callable[[Party], list[str]]) -> str:
    """Pods by name, those of which the same is to be said together."""
    alike: dict[str, list[str]] = {}
    for each in parties:
        told = ", ".join(mark for mark in marks(each) if mark)
        alike.setdefault(told, []).append(each.key if each.name else f"{each.kind} {each.uid}")
    return clean("; ".join(f"{_some(names)} ({told})" if told else _some(names) for told, names in alike.items()))


def _subject(parties: Sequence[Party]) -> str:
    """The DaemonSet, or the pods by name."""
    names = dict.fromkeys(f"{each.namespace}/{each.owner}" if each.owner else each.key for each in parties)
    return clean(_some(list(names)))


def _ago(moments: Sequence[datetime | None], now: datetime) -> str:
    known = [moment for moment in moments if moment is not None]
    if not known:
        return ""
    latest, earliest = age(max(known), now), age(min(known), now)
    return f"{latest} ago" if latest == earliest else f"{latest}…{earliest} ago"


def _row(observed: Observed, now: datetime) -> tuple[str, ...]:
    victim, preemptor = observed.victim, observed.preemptor
    return (
        age(observed.last, now) if observed.last is not None else "<unknown>",
        clean(observed.node) or "<unknown>",
        clean(victim.key) if victim is not None else "<unknown>",
        _owner(victim),
        clean(preemptor.key if preemptor.name else preemptor.uid) if preemptor is not None else "<unknown>",
        _owner(preemptor),
        ", ".join(observed.sources),
    )


def _predicted_rows(predicted: Predicted) -> Iterator[tuple[str, ...]]:
    pod = predicted.pod
    for victim in predicted.preemption.victims:
        yield (
            "predicted",
            clean(predicted.node),
            clean(f"{victim.namespace}/{victim.name}"),
            "DaemonSet" if victim.daemon_set else "<none>",
            clean(f"{pod.namespace}/{pod.name}"),
            clean(predicted.owner),
            f"priority {victim.priority} below {predicted.preemption.priority}"
            + (clean(f", breaks PDB {victim.violates_pdb}") if victim.violates_pdb else ""),
        )


def _owner(party: Party | None) -> str:
    return clean(party.owner) if party is not None and party.owner else "<none>"


def _next(report: PreemptionReport, theme: Theme, again: str) -> list[str]:
    """The one command that tells most: of a DaemonSet that has not come back, else of a pod that waits."""
    if theme.width is None:
        return []
    for each in report.observed:
        absent = each.now is not None and each.now not in COVERED | {Verdict.EXCLUDED}
        if each.victim is not None and each.victim.owner and absent:
            words = f"why {each.victim.owner} {each.node} -n {each.victim.namespace}"
            return ["", clean(f"next: kubectl ds {words}{again}")]
    for each in report.observed:
        if each.preemptor is not None and each.preemptor.owner and each.preemptor.waiting:
            words = f"pending {each.preemptor.owner} -n {each.preemptor.namespace} --node {each.node}"
            return ["", clean(f"next: kubectl ds {words}{again}")]
    for waiting in report.predicted:
        words = f"pending {waiting.owner} -n {waiting.pod.namespace} --node {waiting.node}"
        return ["", clean(f"next: kubectl ds {words}{again}")]
    return []


def _some(names: Sequence[str]) -> str:
    left = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" +{left}" if left > 0 else "")


def _pods(count: int, kind: str = "") -> str:
    return f"1 {kind}pod" if count == 1 else f"{count} {kind}pods"
