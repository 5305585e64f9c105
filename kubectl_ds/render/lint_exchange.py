"""Findings in the forms that other programs read: SARIF 2.1.0, and GitHub's workflow commands.

SARIF is the OASIS standard of that name; code-scanning services show it beside the lines. The workflow commands are
those of GitHub Actions (``::error file=…``), with its escapes.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from kubectl_ds.lint.catalogue import RULES
from kubectl_ds.lint.review import UNREADABLE, LintFinding, LintReport
from kubectl_ds.lint.rule import Level, Rule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}


def sarif(report: LintReport, version: str) -> dict[str, Any]:
    """A SARIF log with one run; accepted findings are in it as suppressed."""
    rules = [_unreadable_rule(), *(_rule(rule) for rule in RULES)]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_result(each, index[each.code]) for each in report.findings]
    for accepted in report.accepted:
        kind = "inSource" if accepted.finding.place.file else "external"
        suppression = {"kind": kind} | ({"justification": accepted.reason} if accepted.reason else {})
        results.append(_result(accepted.finding, index[accepted.finding.code]) | {"suppressions": [suppression]})
    driver = {"name": "kubectl-ds", "semanticVersion": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def github(report: LintReport) -> str:
    """A workflow command for each finding."""
    return "".join(f"{_command(each)}\n" for each in report.findings)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join(rule.story.split())},
        "help": {"text": f"kubectl ds lint --explain {rule.code}"},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
    }


def _unreadable_rule() -> dict[str, Any]:
    return {
        "id": UNREADABLE,
        "name": "unreadable",
        "shortDescription": {"text": "The file cannot be read, or the API server would refuse what is in it"},
        "defaultConfiguration": {"level": "error"},
    }


def _result(finding: LintFinding, index: int) -> dict[str, Any]:
    text = finding.message + (f" ({finding.suggestion})" if finding.suggestion else "")
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.level],
        "message": {"text": text},
        "locations": [_location(finding)],
    }


def _location(finding: LintFinding) -> dict[str, Any]:
    place = finding.place
    if not place.file:
        whole = f"{finding.namespace}/{finding.daemon_set}"
        name = f"{whole}:{place.field}" if place.field else whole
        return {"logicalLocations": [{"fullyQualifiedName": name, "name": finding.daemon_set, "kind": "object"}]}
    where: dict[str, Any] = {"artifactLocation": {"uri": quote(place.file, safe="/:@!$&'()*+,;=~")}}
    if place.line:
        length = max(1, place.marked[1])
        where["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + length,
        }
    return {"physicalLocation": where}


def _command(finding: LintFinding) -> str:
    place = finding.place
    fields = {"title": f"{finding.code} {finding.name}"}
    if place.file:
        fields = {"file": place.file} | fields
        if place.line:
            fields |= {"line": str(place.line), "col": str(place.column)}
    properties = ",".join(f"{name}={_property(value)}" for name, value in fields.items())
    whose = f"{finding.namespace}/{finding.daemon_set}: " if finding.daemon_set else ""
    cure = f"\n{finding.suggestion}" if finding.suggestion else ""
    return f"::{_COMMANDS[finding.level]} {properties}::{_message(whose + finding.message + cure)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
