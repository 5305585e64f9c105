"""The ``lint`` screen and document, the table of rules, and the story of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_ds.lint.review import Accepted, LintFinding, LintReport
from kubectl_ds.lint.rule import TOPICS, Level, Rule
from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.structured import document
from kubectl_ds.render.theme import Theme, clean

_SYMBOLS = {Level.ERROR: "✗", Level.WARNING: "!", Level.INFO: " "}
_INDENT = 9
"""Where messages begin: symbol, blank, code, two blanks."""
_ROOMY = 60
"""Columns below which a rule's title gets a line of its own."""


def lint_text(report: LintReport, theme: Theme) -> str:
    """The verdict, a block for each file and DaemonSet that has findings, then what was not looked at.

    Args:
        report: what was found.
        theme: how the screen may look; without a width every finding is one line that an editor can read.
    """
    lines = [*_folded(verdict(report), theme, _verdict_paint(report, theme))]
    for title, findings in _blocks(report):
        if theme.width is None:
            lines += [_one_line(finding) for finding in findings]
        else:
            lines += ["", *_title(title, theme), *(line for each in findings for line in _entry(each, theme))]
    notes = _notes(report)
    denied = gap_lines(report.snapshot.gaps, theme)
    if theme.width is not None and (notes or denied):
        lines.append("")
    lines += [line for note in notes for line in _folded(note, theme, theme.dim)]
    lines += denied
    if theme.width is not None and report.findings:
        worst = min(report.findings, key=lambda each: (list(Level).index(each.level), each.code))
        if worst.code != "DS000":
            lines += ["", f"next: kubectl ds lint --explain {worst.code}"]
    return theme.finish("\n".join(lines) + "\n")


def verdict(report: LintReport) -> str:
    """``2 of 3 DaemonSets have findings: 1 error, 4 warnings``."""
    total = len(report.subjects)
    what = f"{total} DaemonSet{'s' if total != 1 else ''}"
    if not report.findings:
        return f"{what} checked, nothing found"
    counts = ", ".join(_count(report.findings, level) for level in Level if _has(report.findings, level))
    unread = sum(1 for each in report.findings if not each.daemon_set)
    sick = sum(1 for subject in report.subjects if report.of(subject))
    if total == 1 and not unread:
        return f"{report.subjects[0].key}: {counts}"
    parts = [f"{sick} of {what} {'has' if sick == 1 else 'have'} findings"] if total else []
    parts += [f"{unread} {'place keeps a file' if unread == 1 else 'places keep files'} from being judged"] * bool(
        unread
    )
    return f"{', '.join(parts)}: {counts}"


def lint_document(report: LintReport) -> dict[str, Any]:
    """The ``LintReport`` document."""
    fixable = tuple(fix.finding for fix in report.fixes)
    return document("LintReport", report.snapshot) | {
        "counts": {level.value: sum(1 for each in report.findings if each.level is level) for level in Level},
        "daemonSets": [
            {
                "namespace": subject.daemon_set.namespace,
                "name": subject.daemon_set.name,
                "file": subject.document.file if subject.document else None,
                "line": subject.document.line if subject.document else None,
                "findings": len(report.of(subject)),
            }
            for subject in report.subjects
        ],
        "findings": [_plain(each) | {"fixable": each in fixable} for each in report.findings],
        "ignored": [_plain(each.finding) | {"reason": each.reason or None} for each in report.accepted],
        "notChecked": [
            {"code": each.rule.code, "rule": each.rule.name, "missing": [kind.resource for kind in each.missing]}
            for each in report.unchecked
        ],
    }


def rules_text(rules: Iterable[Rule], theme: Theme) -> str:
    """The table of rules, by topic."""
    rules = tuple(rules)
    wide = max((len(rule.name) for rule in rules), default=0)
    lines: list[str] = []
    for topic, words in TOPICS.items():
        own = [rule for rule in rules if rule.code.startswith(topic)]
        if not own:
            continue
        lines += [*([""] if lines else []), theme.bold(f"{topic}xx  {words}")]
        for rule in own:
            head = f"{rule.code}  {rule.level.value:<7}  {rule.name:<{wide}}  "
            coloured = head.replace(rule.level.value, _painted(rule.level, rule.level.value, theme), 1)
            room = None if theme.width is None else theme.width - len(head)
            if room is not None and room < _ROOMY:
                lines += [
                    coloured.rstrip(),
                    *(f"       {part}" for part in fold_text(rule.title, (theme.width or 80) - 7)),
                ]
                continue
            first, *more = fold_text(rule.title, room)
            lines += [coloured + first, *(" " * len(head) + part for part in more)]
    return theme.finish("\n".join(lines) + "\n")


def rule_text(rule: Rule, theme: Theme) -> str:
    """One rule in full: what, why, and the cases that prove it."""
    lines = [
        f"{theme.bold(rule.code)} {rule.name} ({_painted(rule.level, rule.level.value, theme)}): {rule.title}.",
        "",
    ]
    if theme.width is not None:
        lines[:1] = fold_text(f"{rule.code} {rule.name} ({rule.level.value}): {rule.title}.", theme.width)
    for paragraph in rule.story.split("\n\n"):
        lines += [*fold_text(" ".join(paragraph.split()), theme.width), ""]
    if rule.fixable:
        lines += [*fold_text("With -f, --fix puts it right where nothing has to be decided.", theme.width), ""]
    if rule.needs:
        kinds = " and ".join(kind.resource for kind in rule.needs)
        lines += [f"It needs to know the {kinds}: of the cluster, of a capture, or from the same files.", ""]
    lines += ["Cases, as changes to a sound manifest:", ""]
    lines += [f"  {line}" for line in rule.cases.strip("\n").split("\n")]
    lines += ["", *fold_text(f"To accept it: a comment '# kubectl-ds: ignore {rule.code} why'", theme.width)]
    lines += fold_text("on the line, above it, or above the document; or --ignore.", theme.width)
    return theme.finish("\n".join(lines) + "\n")


def place_of(finding: LintFinding) -> str:
    """``file:line:column``, or ``namespace/name`` and the field."""
    if finding.place.file:
        return finding.place.place
    return f"{finding.namespace}/{finding.daemon_set}:{finding.place.field}"


def _blocks(report: LintReport) -> list[tuple[str, list[LintFinding]]]:
    """Findings by file and DaemonSet, in their order."""
    blocks: dict[str, list[LintFinding]] = {}
    for finding in report.findings:
        whose = f"{finding.namespace}/{finding.daemon_set}" if finding.daemon_set else ""
        blocks.setdefault("  ".join(part for part in (whose, finding.place.file) if part), []).append(finding)
    return list(blocks.items())


def _title(title: str, theme: Theme) -> list[str]:
    name, _, file = clean(title).partition("  ")
    whole = f"{theme.bold(name)}  {theme.dim(file)}".rstrip() if file else theme.bold(name)
    if theme.width is not None and len(title) > theme.width:
        return [theme.bold(part) for part in fold_text(name, theme.width)] + [f"  {file[-(theme.width - 2) :]}"]
    return [whole]


def _entry(finding: LintFinding, theme: Theme) -> list[str]:
    """The message under its code, then where, then what to do."""
    assert theme.width is not None
    room = max(20, theme.width - _INDENT)
    head = f"{_SYMBOLS[finding.level]} {finding.code}"
    first, *more = fold_text(_line(finding.message), room)
    lines = [f"{_painted(finding.level, head, theme)}  {first}", *(" " * _INDENT + part for part in more)]
    place = finding.place
    where = f"line {place.line}: {_line(place.source_line.strip())}" if place.line else _line(place.field)
    if len(where) > room:
        where = where[: room - 1] + "…" if place.line else "…" + where[1 - room :]
    lines.append(" " * _INDENT + theme.dim(where))
    if finding.suggestion:
        lines += [" " * _INDENT + part for part in fold_text("cure: " + _line(finding.suggestion), room, 6)]
    return lines


def _one_line(finding: LintFinding) -> str:
    """As compilers write it."""
    cure = f"; {_line(finding.suggestion)}" if finding.suggestion else ""
    return f"{clean(place_of(finding))}: {finding.level.value}: {finding.code} {_line(finding.message)}{cure}"


def _notes(report: LintReport) -> list[str]:
    notes = []
    if report.fixes:
        notes.append(f"--fix puts {len(report.fixes)} right: {', '.join(each.finding.code for each in report.fixes)}")
    if report.accepted:
        notes.append(f"{len(report.accepted)} ignored on purpose: {_codes(report.accepted)}")
    if report.unchecked:
        kinds = sorted({kind.resource for each in report.unchecked for kind in each.missing})
        codes = ", ".join(each.rule.code for each in report.unchecked)
        told = " (--live asks the cluster, --from a capture)" if report.snapshot.source.type == "manifest" else ""
        notes.append(f"not checked without {', '.join(kinds)}{told}: {codes}")
    return notes


def _codes(accepted: Sequence[Accepted]) -> str:
    return ", ".join(sorted({each.finding.code for each in accepted}))


def _folded(text: str, theme: Theme, paint: Any = str) -> list[str]:
    return [paint(part) for part in fold_text(clean(text), theme.width, 2)]


def _verdict_paint(report: LintReport, theme: Theme) -> Any:
    return theme.green if not report.findings else theme.bold


def _painted(level: Level, text: str, theme: Theme) -> str:
    return {Level.ERROR: theme.red, Level.WARNING: theme.yellow, Level.INFO: theme.dim}[level](text)


def _has(findings: Iterable[LintFinding], level: Level) -> bool:
    return any(each.level is level for each in findings)


def _count(findings: Iterable[LintFinding], level: Level) -> str:
    number = sum(1 for each in findings if each.level is level)
    word = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}[level]
    return f"{number} {word}{'s' if number != 1 else ''}"


def _line(text: str) -> str:
    return clean(" ".join(text.split()))


def _plain(finding: LintFinding) -> dict[str, Any]:
    place = finding.place
    return {
        "code": finding.code,
        "rule": finding.name,
        "severity": finding.level.value,
        "namespace": finding.namespace or None,
        "name": finding.daemon_set or None,
        "file": place.file or None,
        "line": place.line or None,
        "column": place.column or None,
        "field": place.field or None,
        "message": finding.message,
        "suggestion": finding.suggestion or None,
    }
