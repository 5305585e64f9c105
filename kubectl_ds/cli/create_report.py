"""What ``create`` prints: each object as soon as it is there, and in the end what was refused and where."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.discovery import Resource
from kubectl_ds.errors import ExitCode
from kubectl_ds.flow.create import Created, Outcome
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.refusal import sentences
from kubectl_ds.manifest.documents import Reading
from kubectl_ds.manifest.finding import Finding, Severity
from kubectl_ds.render.theme import clean

DAEMON_SETS = Resource("apps/v1", "DaemonSet", "daemonsets", True)


class Report:
    """Prints each object as soon as it is there."""

    def __init__(self, session: Session, output: str, mode: DryRun, *, managed_fields: bool) -> None:
        self._session = session
        self._output = output
        self._mode = mode
        self._managed_fields = managed_fields
        self._printed = 0
        self._warned: set[str] = set()
        self.daemon_sets: list[tuple[str, str]] = []
        """(namespace, name) of each DaemonSet that was created."""

    def __call__(self, created: Created) -> None:
        """Mirrors ``CreateOptions.PrintObj`` and its printers (k8s.io/kubectl v0.37.2)."""
        terminal = self._session.terminal
        for warning in created.warnings:
            self._warn(warning)
        document = created.place.document
        if self._mode is DryRun.SERVER and not created.asked:
            self._warn(
                f"{document.file}:{document.line}: not checked by the server: it needs what an earlier object brings"
            )
        terminal.write(self._text(created))
        terminal.stdout.flush()
        self._printed += 1
        if created.place.resource == DAEMON_SETS:
            self.daemon_sets.append((created.place.namespace, created.data["metadata"]["name"]))

    def _text(self, created: Created) -> str:
        if self._output in ("", "name"):
            return f"{clean(_name(created))}{'' if self._output else self._done(created)}\n"
        from kubectl_ds.render.object_output import json_text, yaml_text

        if self._output == "json":
            return json_text([created.data], True, self._managed_fields)
        separator = "---\n" if self._printed else ""
        return separator + yaml_text([created.data], True, self._managed_fields)

    def _done(self, created: Created) -> str:
        if self._mode is DryRun.NONE:
            return " created"
        return " created (server dry run)" if self._mode is DryRun.SERVER and created.asked else " created (dry run)"

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._session.terminal.say(f"Warning: {clean(text)}")


def _name(created: Created) -> str:
    """``daemonset.apps/fluentd``. Mirrors ``NamePrinter`` (k8s.io/cli-runtime v0.37.2)."""
    group = created.place.resource.api_version.rpartition("/")[0]
    kind = created.place.resource.kind.lower()
    name = (created.data.get("metadata") or {}).get("name") or "<unknown>"
    return f"{kind}.{group}/{name}" if group else f"{kind}/{name}"


def conclude(session: Session, reading: Reading, outcome: Outcome, mode: DryRun, told: Sequence[Finding] = ()) -> int:
    """Say what was refused, in kubectl's words and then line by line, and what has become of the rest.

    ``told`` is what was found without the server; where both speak of one place, the server has the last word.
    """
    findings = _in_order(reading, _merged(outcome, told))
    if not findings and not outcome.refusals:
        return ExitCode.OK
    from kubectl_ds.render.findings import findings_text, summary

    say = session.terminal.say
    wrong = [each for each in findings if each.severity is Severity.ERROR]
    if len(wrong) > 1 and (reading.findings or not outcome.refusals):
        say(f"error: {summary(findings)}")
    for refusal, sentence in zip(outcome.refusals, sentences(outcome.refusals), strict=True):
        say(clean(sentence))
        if session.terminal.interactive and not refusal.findings:
            say(f"  at {clean(refusal.place)}")
    if findings:
        say(findings_text(findings, session.theme).rstrip("\n"))
    if session.terminal.interactive:
        for hint in dict.fromkeys(refusal.hint for refusal in outcome.refusals if refusal.hint):
            say(f"hint: {clean(hint)}")
    if outcome.created and outcome.left and not reading.findings:
        say(f"{outcome.left} more were not tried")
    elif outcome.left and mode is DryRun.NONE:
        others = "the other object" if outcome.left == 1 else f"the {outcome.left} other objects"
        say(f"nothing was created; --keep-going creates {others}")
    return ExitCode.ERROR


def _merged(outcome: Outcome, told: Sequence[Finding]) -> list[Finding]:
    """The server's findings with the suggestions of our own, then those of our own that it has not made."""
    ours = {(each.file, each.line, each.column): each for each in told}
    merged = []
    for theirs in (each for refusal in outcome.refusals for each in refusal.findings):
        same = ours.get((theirs.file, theirs.line, theirs.column))
        if same is not None and not theirs.suggestion:
            theirs = msgspec.structs.replace(theirs, suggestion=same.suggestion)
        merged.append(theirs)
    places = {(each.file, each.line, each.column) for each in merged}
    fields = {(each.file, each.line, each.field) for each in merged}
    merged += (
        each
        for each in told
        if (each.file, each.line, each.column) not in places and (each.file, each.line, each.field) not in fields
    )
    return merged


def _in_order(reading: Reading, others: Sequence[Finding]) -> list[Finding]:
    """All findings, file by file as they were given, each from top to bottom."""
    files = {name: at for at, name in enumerate(reading.files)}
    findings = [*reading.findings, *others]
    return sorted(findings, key=lambda each: (files.get(each.file, 0), each.line, each.column))
