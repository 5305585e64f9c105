"""``kubectl ds create -f``: everything in the files is checked first, then created in order, or nothing is."""

from __future__ import annotations

import csv
import io
import sys
import time
from typing import Annotated, NoReturn

import typer

from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.inputs import load
from kubectl_ds.cluster.writes import FIELD_MANAGER
from kubectl_ds.errors import DsError, ExitCode, ManifestError, UsageError
from kubectl_ds.flow.create import Created, CreateOptions, DryRun, Outcome, create
from kubectl_ds.flow.refusal import sentences
from kubectl_ds.manifest.documents import Reading, read_all
from kubectl_ds.manifest.finding import Finding
from kubectl_ds.manifest.source import MAX_BYTES
from kubectl_ds.render.theme import clean

EXAMPLES = (
    ("Create what a file holds, in its order", "kubectl ds create -f fluentd.yaml"),
    ("Let the server judge it, and store nothing", "kubectl ds create -f fluentd.yaml --dry-run=server"),
    ("A folder with all that lies below it", "kubectl ds create -R -f manifests/"),
    ("From another program", "helm template fluentd | kubectl ds create -f -"),
)
_FORMATS = ("json", "name", "yaml")
_VALIDATIONS = {"strict": "Strict", "warn": "Warn", "ignore": "Ignore"}
_YES = ("1", "t", "T", "TRUE", "true", "True")
_NO = ("0", "f", "F", "FALSE", "false", "False")
"""What Go's ``strconv.ParseBool`` takes: kubectl still takes booleans for ``--dry-run`` and ``--validate``."""


def command(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="-f FILE", hidden=True)] = None,
    filename: Annotated[
        list[str] | None,
        typer.Option("-f", "--filename", metavar="FILE", help="File, folder or URL; - reads standard input."),
    ] = None,
    recursive: Annotated[bool, typer.Option("-R", "--recursive", help="Read folders with all below them.")] = False,
    dry_run: Annotated[
        str, typer.Option("--dry-run", metavar="none|client|server", help="Check and print, but create nothing.")
    ] = "none",
    output: Annotated[str, typer.Option("-o", "--output", metavar="FORMAT", help="json, name or yaml.")] = "",
    validate: Annotated[
        str, typer.Option("--validate", metavar="strict|warn|ignore", help="What unknown fields come to.")
    ] = "strict",
    field_manager: Annotated[
        str, typer.Option("--field-manager", metavar="NAME", help="In whose name the fields are set.")
    ] = FIELD_MANAGER,
    save_config: Annotated[
        bool, typer.Option("--save-config", help="Keep the manifest in the annotation that `kubectl apply` reads.")
    ] = False,
    show_managed_fields: Annotated[
        bool, typer.Option("--show-managed-fields", help="Keep managedFields in json and yaml.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Create the good objects even if others are refused.")
    ] = False,
    image: Annotated[str, typer.Option("--image", hidden=True)] = "",
) -> int:
    """Create DaemonSets, and what else stands in the same files.

    The server checks all objects before the first is created. If one is refused, nothing is created, and every
    problem is shown with its file and line.
    """
    session: Session = ctx.obj
    _require_files(names, filename, image)
    if output and output not in _FORMATS:
        raise UsageError(
            f'unable to match a printer suitable for the output format "{output}", '
            f"allowed formats are: {','.join(_FORMATS)}"
        )
    mode, validation = _dry_run(dry_run, session), _validation(validate)
    files = [name for each in filename or () for name in next(csv.reader([each]), [])]
    stdin = getattr(session.terminal.stdin, "buffer", None) or io.BytesIO()  # None where it was closed: <&-
    reading = read_all(load(files, stdin, limit=MAX_BYTES, recursive=recursive))
    if not reading.documents and not reading.findings:
        raise ManifestError("no objects passed to create")
    blocked = bool(reading.findings) and not keep_going
    try:
        client = session.client
        options = CreateOptions(
            namespace=client.connection.namespace,
            enforce_namespace=session.invocation.given("namespace"),
            dry_run=mode,
            validation=validation,
            field_manager=field_manager,
            save_config=save_config,
            keep_going=keep_going,
        )
        report = _Report(session, output, mode, managed_fields=show_managed_fields)
        outcome = create(client, reading.documents, options, report, time.sleep, check_only=blocked)
    except DsError:
        if not blocked and reading.documents:
            raise
        outcome = Outcome()  # the files are wrong already; the server would only have had more to say
    return _conclude(session, reading, outcome, mode)


def create_daemonset_main() -> NoReturn:
    """The entry point ``kubectl-create-daemonset``, which kubectl runs for ``kubectl create daemonset``."""
    sys.stderr.write(f"error: {_NOT_YET}\n")
    sys.exit(int(ExitCode.USAGE))


_NOT_YET = (
    "a DaemonSet cannot be made from a name and --image yet: write a manifest, "
    "and create it by kubectl ds create -f FILE"
)


def _require_files(names: list[str] | None, filename: list[str] | None, image: str) -> None:
    if filename and names:
        raise UsageError(f"Unexpected args: [{' '.join(names)}]", hint="give every file its own -f")
    if names or image:
        raise UsageError(_NOT_YET)
    if not filename:
        raise UsageError("must specify -f", hint="kubectl ds create -f FILE; -f - reads standard input")


def _dry_run(value: str, session: Session) -> DryRun:
    """Mirrors ``GetDryRunStrategy`` (k8s.io/kubectl v0.37.2), old booleans included."""
    if value in _YES or value in _NO or value == "unchanged":
        written, meant = ("", DryRun.CLIENT) if value == "unchanged" else (f"={value}", DryRun.CLIENT)
        meant = DryRun.NONE if value in _NO else meant
        boolean = " (boolean value)" if written else ""
        session.terminal.say(
            f"Warning: --dry-run{written} is deprecated{boolean} and can be replaced with --dry-run={meant.value}."
        )
        return meant
    try:
        return DryRun(value)
    except ValueError:
        raise UsageError(f'Invalid dry-run value ({value}). Must be "none", "server", or "client".') from None


def _validation(value: str) -> str:
    """Mirrors ``GetValidationDirective`` (k8s.io/kubectl v0.37.2)."""
    if value in _YES:
        return "Strict"
    if value in _NO:
        return "Ignore"
    if value not in _VALIDATIONS:
        raise UsageError(
            f'invalid - validate option "{value}"; must be one of: strict (or true), warn, ignore (or false)'
        )
    return _VALIDATIONS[value]


class _Report:
    """Prints each object as soon as it is there."""

    def __init__(self, session: Session, output: str, mode: DryRun, *, managed_fields: bool) -> None:
        self._session = session
        self._output = output
        self._mode = mode
        self._managed_fields = managed_fields
        self._printed = 0
        self._warned: set[str] = set()

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


def _conclude(session: Session, reading: Reading, outcome: Outcome, mode: DryRun) -> int:
    """Say what was refused, in kubectl's words and then line by line, and what has become of the rest."""
    if not reading.findings and not outcome.refusals:
        return ExitCode.OK
    from kubectl_ds.render.findings import findings_text, summary

    say = session.terminal.say
    findings = _in_order(reading, outcome)
    if reading.findings and len(findings) > 1:
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


def _in_order(reading: Reading, outcome: Outcome) -> list[Finding]:
    """All findings, file by file as they were given, each from top to bottom."""
    findings = [*reading.findings, *(each for refusal in outcome.refusals for each in refusal.findings)]
    files = {name: at for at, name in enumerate(reading.files)}
    return sorted(findings, key=lambda each: (files.get(each.file, 0), each.line, each.column))
