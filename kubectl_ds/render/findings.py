"""Problems of manifests as text: place and message on one line that a script or an editor can read, then the line.

fluentd.yaml:14:9: error: unknown field "spec.template.spec.containers[0].columeMounts"
   14 |         columeMounts:
      |         ^^^^^^^^^^^^
 hint: did you mean volumeMounts?
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from kubectl_ds.manifest.finding import Finding, Severity
from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.theme import Theme, clean


def findings_text(findings: Iterable[Finding], theme: Theme) -> str:
    """All of them, in the order given, with a line break at the end; empty when there are none."""
    return theme.finish("".join(f"{line}\n" for finding in findings for line in _lines(finding, theme)))


def summary(findings: Iterable[Finding]) -> str:
    """How many problems there are and where: ``2 problems in fluentd.yaml``."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    files = list(dict.fromkeys(finding.file for finding in errors))
    where = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    return clean(f"{len(errors)} problem{'s' if len(errors) != 1 else ''} in {where}")


def _lines(finding: Finding, theme: Theme) -> Iterable[str]:
    paint = theme.red if finding.severity is Severity.ERROR else theme.yellow
    place, severity = clean(finding.place), finding.severity.value
    first, *others = fold_text(f"{place}: {severity}: {_one_line(finding.message)}", theme.width, 4)
    head = f"{place}: {severity}"
    yield f"{theme.bold(place)}: {paint(severity)}{first.removeprefix(head)}" if first.startswith(head) else first
    yield from others
    if finding.source_line.strip():
        number = f"{finding.line:>4}"
        text, start, length = _window(finding, None if theme.width is None else theme.width - len(number) - 3)
        before, marked = _shown(text[:start]), _shown(text[start : start + length])
        yield f"{number} {theme.dim('|')} {_shown(text).rstrip()}"
        yield f"{'':{len(number)}} {theme.dim('|')} {' ' * _columns(before)}{paint('^' * max(1, _columns(marked)))}"
    if finding.suggestion:
        yield from fold_text(f"hint: {_one_line(finding.suggestion)}", theme.width, 2)


def _window(finding: Finding, width: int | None) -> tuple[str, int, int]:
    """The line, and first character and length of its fault: of a line too long for the screen, the part around it."""
    text, (start, length) = finding.source_line, finding.marked
    if width is None or _columns(_shown(text)) <= width:
        return text, start, length
    room = max(8, width)
    left = max(0, min(start - room // 3, len(text) - room))
    return text[left : left + room], start - left, max(1, min(length, left + room - start))


def _shown(text: str) -> str:
    """A part of a manifest's line: a tab is one blank, what steers terminals is shown as an escape."""
    return clean(text.replace("\t", " ").replace("\ufeff", ""))


def _one_line(text: str) -> str:
    return clean(" ".join(text.split("\n")))


def _columns(text: str) -> int:
    """The columns that a text takes: two for wide characters, none for those that only add to another."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )
