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
    yield f"{theme.bold(clean(finding.place))}: {paint(finding.severity.value)}: {_one_line(finding.message)}"
    if finding.source_line.strip():
        number = str(finding.line)
        margin = f"{'':{max(4, len(number))}} {theme.dim('|')} "
        start, length = finding.marked
        before, marked = _shown(finding.source_line[:start]), _shown(finding.source_line[start : start + length])
        yield f"{number:>{max(4, len(number))}} {theme.dim('|')} {_shown(finding.source_line).rstrip()}"
        yield f"{margin}{' ' * _columns(before)}{paint('^' * max(1, _columns(marked)))}"
    if finding.suggestion:
        yield f"hint: {_one_line(finding.suggestion)}"


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
