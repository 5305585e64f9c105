"""All rules over all DaemonSets: what was found, what was accepted, and what could not be checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from kubectl_ds.lint.ignores import everywhere, in_document, on_object
from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Part, Subject, value_of
from kubectl_ds.manifest.documents import Document, Reading
from kubectl_ds.manifest.edit import Edit
from kubectl_ds.manifest.finding import Finding, Severity
from kubectl_ds.manifest.suggest import closest
from kubectl_ds.manifest.validate import validate
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.kinds import BY_KIND, DAEMON_SETS, Kind
from kubectl_ds.model.snapshot import Gap, Snapshot

UNREADABLE = "DS000"
"""The code of what keeps a manifest from being judged, or a server from taking it; no rule, and never ignored."""
_KIND, _SERVED = "DaemonSet", "apps/v1"
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}


@dataclass(frozen=True)
class LintFinding:
    """One problem of one DaemonSet, with its place."""

    code: str
    name: str
    """The rule's."""
    level: Level
    namespace: str
    """Empty, as the next, where no DaemonSet could be read."""
    daemon_set: str
    place: Finding
    """File, line, column, field, and the line itself; only the field for an object of a cluster."""
    message: str
    suggestion: str

    @property
    def fails(self) -> bool:
        """Whether it makes a run fail."""
        return self.level is not Level.INFO


@dataclass(frozen=True)
class Accepted:
    """A finding that somebody has accepted."""

    finding: LintFinding
    reason: str


@dataclass(frozen=True)
class Fix:
    """A finding of a manifest, and the changes that do away with it."""

    document: Document
    finding: LintFinding
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Unchecked:
    """A rule that could not be asked about some DaemonSet."""

    rule: Rule
    missing: tuple[Kind, ...]
    """The kinds that it needs and that are not known."""


@dataclass(frozen=True)
class LintReport:
    """What came of a review."""

    snapshot: Snapshot
    subjects: tuple[Subject, ...]
    findings: tuple[LintFinding, ...]
    """By file and line, or by namespace and name, the weightiest first."""
    accepted: tuple[Accepted, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    fixes: tuple[Fix, ...] = ()
    """What could be changed without asking, for findings that nobody has accepted."""

    @property
    def fails(self) -> bool:
        """Whether anything was found that makes a run fail."""
        return any(each.fails for each in self.findings)

    @property
    def denied(self) -> bool:
        """Whether something that rules lean on could not be read."""
        return any(gap.denied for gap in self.snapshot.gaps)

    def of(self, subject: Subject) -> tuple[LintFinding, ...]:
        """The findings of one DaemonSet."""
        file = subject.document.file if subject.document else ""
        return tuple(
            each
            for each in self.findings
            if each.place.file == file and (each.namespace, each.daemon_set) == tuple(subject.key.split("/", 1))
        )


@dataclass(frozen=True)
class Manifests:
    """The DaemonSets of files, and what keeps others from being judged."""

    subjects: tuple[Subject, ...]
    unreadable: tuple[LintFinding, ...]
    snapshot: Snapshot


def from_manifests(reading: Reading, around: Snapshot, namespace: str) -> Manifests:
    """The DaemonSets of a reading.

    Args:
        reading: the documents.
        around: a cluster, a capture, or nothing (``Source(type="manifest")``); objects of the files come on top.
        namespace: of documents that name none.
    """
    unreadable = [_unreadable(finding) for finding in reading.findings]
    values = []
    for document in reading.documents:
        if document.flawed:
            continue
        if document.kind == _KIND:
            refused = _refused(document, namespace)
            unreadable += refused
            try:
                values.append((document, value_of(document, namespace)))
            except msgspec.ValidationError as error:
                unreadable += [] if refused else [_unreadable(_of_wrong_type(document, error))]
        elif closest(document.kind, [_KIND]):
            what = f'kind "{document.kind}" is not known'
            slip = document.finding(document.find("kind"), what, suggestion="write kind: DaemonSet", key=False)
            unreadable.append(_unreadable(slip))
    snapshot = _enriched(around, reading.documents, [value for _, value in values], namespace)
    subjects = tuple(Subject(value, Part("", document.data), snapshot, document) for document, value in values)
    return Manifests(subjects, tuple(unreadable), snapshot)


def review(
    subjects: Iterable[Subject],
    rules: tuple[Rule, ...],
    snapshot: Snapshot,
    unreadable: tuple[LintFinding, ...] = (),
) -> LintReport:
    """Ask every rule about every DaemonSet."""
    subjects = tuple(subjects)
    findings: list[LintFinding] = list(unreadable)
    accepted: list[Accepted] = []
    unchecked: dict[str, Unchecked] = {}
    fixes: list[Fix] = []
    for subject in subjects:
        for rule in rules:
            missing = tuple(kind for kind in rule.needs if not subject.knows(kind))
            if missing:
                unchecked.setdefault(rule.code, Unchecked(rule, missing))
                continue
            for problem in rule.check(subject):
                finding = _finding(subject, rule, problem)
                reason = _accepted(subject, finding)
                if reason is None:
                    findings.append(finding)
                    if subject.document is not None and problem.fix:
                        fixes.append(Fix(subject.document, finding, problem.fix))
                else:
                    accepted.append(Accepted(finding, reason))
        findings += _idle_comments(subject)
    order = {subject.key: number for number, subject in enumerate(subjects)}
    return LintReport(
        replace(snapshot, gaps=tuple(_affecting(gap, rules) for gap in snapshot.gaps)),
        subjects,
        tuple(sorted(findings, key=lambda each: _by_place(each, order))),
        tuple(accepted),
        tuple(unchecked[code] for code in sorted(unchecked)),
        tuple(fixes),
    )


def _affecting(gap: Gap, rules: tuple[Rule, ...]) -> Gap:
    """The gap with the codes of the rules that lean on it."""
    codes = (each.code for each in rules if gap.resource in {kind.resource for kind in (*each.needs, *each.uses)})
    return replace(gap, affects=tuple(codes))


def _by_place(finding: LintFinding, order: dict[str, int]) -> tuple[str, int, int, int, str, int]:
    place = finding.place
    number = order.get(f"{finding.namespace}/{finding.daemon_set}", -1)
    return place.file, number, _ORDER[finding.level], place.line, finding.code, place.column


def _finding(subject: Subject, rule: Rule, problem: Problem) -> LintFinding:
    if subject.document is None:
        place = Finding(field=problem.path)
    else:
        found = subject.document.find(problem.path)
        place = subject.document.finding(found, problem.message, field=problem.path)
    value = subject.daemon_set
    level = problem.level or rule.level
    return LintFinding(
        rule.code, rule.name, level, value.namespace, value.name, place, problem.message, problem.suggestion
    )


def _accepted(subject: Subject, finding: LintFinding) -> str | None:
    """The reason of the first word that accepts it; None when there is none."""
    words = on_object(subject)
    if subject.document is not None:
        words += in_document(subject.document, finding.place.line)
    return next((each.reason for each in words if each.covers(finding.code)), None)


def _idle_comments(subject: Subject) -> Iterator[LintFinding]:
    """Comments that name no code at all: whoever wrote them believes that something is ignored."""
    document = subject.document
    if document is None:
        return
    last = max(document.source.position(found.mark.value)[0] for found in document.walk())
    for ignore in everywhere(document, last):
        if not ignore.codes:
            line = document.source.line(ignore.line)
            place = Finding(
                file=document.file,
                line=ignore.line,
                column=ignore.column,
                source_line=line,
                marked=(ignore.column - 1, len(line) - ignore.column + 1),
            )
            yield LintFinding(
                UNREADABLE,
                "ignores-nothing",
                Level.WARNING,
                subject.daemon_set.namespace,
                subject.daemon_set.name,
                place,
                "this comment names no rule, so nothing is ignored",
                "name the code: # kubectl-ds: ignore DS201 and why",
            )


def _unreadable(finding: Finding) -> LintFinding:
    return LintFinding(UNREADABLE, "unreadable", Level.ERROR, "", "", finding, finding.message, finding.suggestion)


def _refused(document: Document, namespace: str) -> list[LintFinding]:
    """What the API server would refuse; an old version, and what that did without, has a rule of its own."""
    excused = () if document.api_version == _SERVED else ("apiVersion", "spec.selector")
    return [
        LintFinding(
            UNREADABLE,
            "refused",
            Level.ERROR,
            document.namespace or namespace,
            document.name,
            finding,
            finding.message,
            finding.suggestion,
        )
        for finding in validate([document])
        if finding.severity is Severity.ERROR and finding.field not in excused
    ]


def _of_wrong_type(document: Document, error: msgspec.ValidationError) -> Finding:
    words, _, path = str(error).partition(" - at `$.")
    return document.finding(document.find(path.rstrip("`")), words)


def _enriched(around: Snapshot, documents: Iterable[Document], values: list[object], namespace: str) -> Snapshot:
    """The surroundings with the objects of the files in the place of those of the same name."""
    fields: dict[str, dict[tuple[str, str], object]] = {}
    for kind in BY_KIND.values():
        present = getattr(around, kind.field)
        fields[kind.field] = {(each.metadata.namespace, each.metadata.name): each for each in present}
    for document in documents:
        row = BY_KIND.get(document.kind)
        if row is None or row is DAEMON_SETS or document.flawed:
            continue
        place = (document.namespace or namespace) if row.namespaced else ""
        data = {**document.data, "metadata": {**document.metadata, "namespace": place}}
        try:
            fields[row.field][place, document.name] = from_builtins(row.value, data)
        except msgspec.ValidationError:
            continue
    for value in values:
        metadata = getattr(value, "metadata")  # noqa: B009 - every kind has one, which their common base cannot say
        fields[DAEMON_SETS.field][metadata.namespace, metadata.name] = value
    return replace(around, **{name: tuple(found.values()) for name, found in fields.items()})  # type: ignore[arg-type]
