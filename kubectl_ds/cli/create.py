"""``kubectl ds create``: everything in the files is checked first, then created in order, or nothing is."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, NoReturn, TypeAlias

import typer

from kubectl_ds.cli.create_flags import BUILD, given_flags
from kubectl_ds.cli.create_report import Report, conclude
from kubectl_ds.cli.dry_run import NO, YES, dry_run_mode
from kubectl_ds.cli.files import read_files
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.writes import FIELD_MANAGER
from kubectl_ds.errors import ConfigError, ConnectionFailed, DsError, ExitCode, ManifestError, UsageError
from kubectl_ds.flow.create import CreateOptions, Outcome, create
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.manifest.documents import Reading, read_all
from kubectl_ds.manifest.finding import Finding, Severity
from kubectl_ds.manifest.upgrade import is_legacy
from kubectl_ds.manifest.validate import errors, unchecked
from kubectl_ds.manifest.validate import validate as check
from kubectl_ds.render.theme import clean

EXAMPLES = (
    ("Create what a file holds, in its order", "kubectl ds create -f fluentd.yaml"),
    (
        "Create it, and wait until its pods are available everywhere",
        "kubectl ds create -f fluentd.yaml --wait --timeout=5m",
    ),
    ("Bring an old manifest up to apps/v1 on the way", "kubectl ds create --upgrade -f old.yaml"),
    ("From an image", "kubectl ds create agent --image=registry.example/agent:1 --requests=cpu=50m,memory=64Mi"),
    (
        "A log collector on every node, with a command of its own",
        "kubectl ds create logs --image=registry.example/logs:2 --host-path=/var/log:ro --tolerate-all -- /logs -v",
    ),
    (
        "Print the manifest, and create nothing",
        "kubectl ds create agent --image=registry.example/agent:1 --dry-run=client -o yaml",
    ),
    ("Let the server judge a file, and store nothing", "kubectl ds create -f fluentd.yaml --dry-run=server"),
    ("A folder with all that lies below it", "kubectl ds create -R -f manifests/"),
    ("From another program", "helm template fluentd | kubectl ds create -f -"),
)
Places: TypeAlias = frozenset[tuple[int, int]]
"""Lines and columns."""
FLAGS = BUILD
"""Flags of this command that stand in a table."""
_FORMATS = ("json", "name", "yaml")
_VALIDATIONS = {"strict": "Strict", "warn": "Warn", "ignore": "Ignore"}


def command(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NEW-NAME]", help="With --image: its name.")] = None,
    filename: Annotated[
        list[str] | None,
        typer.Option("-f", "--filename", metavar="FILE", help="File, folder or URL; - reads standard input."),
    ] = None,
    recursive: Annotated[bool, typer.Option("-R", "--recursive", help="Read folders with all below them.")] = False,
    kustomize: Annotated[
        str, typer.Option("-k", "--kustomize", metavar="FOLDER", help="What kubectl kustomize makes of a folder.")
    ] = "",
    dry_run: Annotated[
        str, typer.Option("--dry-run", metavar="none|client|server", help="Check and print, but create nothing.")
    ] = "none",
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="json|yaml|name", help="Print the objects, or their names.")
    ] = "",
    validate: Annotated[
        str, typer.Option("--validate", metavar="strict|warn|ignore", help="What unknown fields come to.")
    ] = "strict",
    field_manager: Annotated[
        str, typer.Option("--field-manager", metavar="MANAGER", help="In whose name the fields are set.")
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
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Create old DaemonSets as apps/v1; every change is told.")
    ] = False,
    fix_images: Annotated[
        bool, typer.Option("--fix-images", help="With --upgrade: replace images of registries that are gone.")
    ] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask on a terminal.")] = False,
    predict: Annotated[
        bool, typer.Option("--predict", help="Foretell the coverage first, as is done on a terminal.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the pods are available, then show the coverage.")
    ] = False,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="DURATION", help="How long to wait: 90s, 5m; for ever if 0.")
    ] = "0",
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="With --wait: 3 failed, 4 on its way, 5 blocked for good, 6 cannot tell."),
    ] = False,
) -> int:
    """Create DaemonSets, and what else stands in the same files; or one DaemonSet from a name and an image.

    All objects are checked, here and by the server, before the first is created. If one is refused, nothing is
    created, and every problem is shown with its file and line.
    """
    session: Session = ctx.obj
    if output and output not in _FORMATS:
        raise UsageError(
            f'unable to match a printer suitable for the output format "{output}", '
            f"allowed formats are: {','.join(_FORMATS)}"
        )
    if fix_images and not upgrade:
        raise UsageError("--fix-images goes with --upgrade")
    patience = _patience(timeout)
    mode, validation = dry_run_mode(dry_run, session), _validation(validate)
    report = Report(session, output, mode, managed_fields=show_managed_fields)
    outlook = predict or (session.terminal.interactive and not output)
    if not filename and not kustomize and (names or given_flags(session.invocation)):
        from kubectl_ds.cli.create_daemonset import create_named

        code = create_named(
            session,
            names or [],
            mode,
            validation,
            field_manager,
            report,
            outlook=outlook,
            save_config=save_config,
            yes=yes,
        )
    else:
        _require_files(session, names, filename, kustomize)
        reading = _read(session, filename or (), kustomize, recursive=recursive)
        known: Places = frozenset()
        if upgrade:
            reading, known = _upgraded(session, reading, yes=yes, fix_images=fix_images, dry=mode is not DryRun.NONE)
        code = _from_files(
            session,
            reading,
            CreateOptions(
                dry_run=mode,
                validation=validation,
                field_manager=field_manager,
                save_config=save_config,
                keep_going=keep_going,
            ),
            report,
            outlook=outlook,
            yes=yes,
            known=known,
        )
    if code or not wait or mode is not DryRun.NONE:
        return code
    from kubectl_ds.cli.create_wait import wait_for

    return wait_for(session, report.daemon_sets, patience, exit_code=exit_code, to_stderr=bool(output))


def _from_files(
    session: Session,
    reading: Reading,
    options: CreateOptions,
    report: Report,
    *,
    outlook: bool,
    yes: bool,
    known: Places,
) -> int:
    strict = options.validation == "Strict"
    told = check([each for each in reading.documents if not each.flawed]) if strict else ()
    wrong = any(each.severity is Severity.ERROR for each in told)
    blocked = (bool(reading.findings) or wrong) and not options.keep_going
    if session.terminal.interactive and not blocked:
        _warn(session, [each for each in told if (each.line, each.column) not in known])
    unasked = ""
    try:
        client = session.client
        options = replace(
            options,
            namespace=client.connection.namespace,
            enforce_namespace=session.invocation.given("namespace"),
        )
        if outlook and not blocked and options.dry_run is not DryRun.CLIENT:
            from kubectl_ds.cli.create_outlook import agreed

            asks = not yes and options.dry_run is DryRun.NONE
            if not agreed(session, reading.documents, options.namespace, asks=asks):
                return ExitCode.ERROR
        outcome = create(client, reading.documents, options, report, time.sleep, check_only=blocked)
    except DsError as error:
        if not blocked and reading.documents:
            if strict and isinstance(error, (ConfigError, ConnectionFailed)) and options.dry_run is DryRun.CLIENT:
                session.terminal.say("no problem was found without the server")
                _say_unchecked(session, reading)
            raise
        outcome = Outcome()  # the files are wrong already; the server would only have had more to say
        unasked = error.message
    code = conclude(session, reading, outcome, options.dry_run, told if blocked else tuple(errors(told)))
    if unasked and reading.documents:
        session.terminal.say(f"not checked by the server: {clean(unasked)}")
        _say_unchecked(session, reading)
    if code and any(is_legacy(each) for each in reading.documents):
        files = " ".join(f"-f {name}" for name in reading.files)
        session.terminal.say(f"hint: kubectl ds create --upgrade {files} creates it as apps/v1")
    return code


def _say_unchecked(session: Session, reading: Reading) -> None:
    """Of kinds that only the server knows, nothing was checked."""
    kinds = dict.fromkeys(f"{each.kind} of {each.api_version}" for each in unchecked(reading.documents))
    if kinds:
        session.terminal.say(f"not known here, and not checked at all: {clean(', '.join(kinds))}")


def _warn(session: Session, warnings: Sequence[Finding]) -> None:
    """What is worth knowing of manifests that will be created; kubectl says nothing of it, nor do we in a pipe."""
    if warnings:
        from kubectl_ds.render.findings import findings_text

        session.terminal.say(findings_text(warnings, session.theme).rstrip("\n"))


def _patience(timeout: str) -> float | None:
    """Seconds of ``--timeout``; None for no limit."""
    from kubectl_ds.cluster.timeouts import parse_timeout

    try:
        return parse_timeout(timeout)
    except ConfigError as error:
        raise UsageError(f'invalid argument "{timeout}" for "--timeout"', hint="--timeout=90s, 5m, 1h") from error


def _read(session: Session, filename: list[str] | tuple[str, ...], folder: str, *, recursive: bool) -> Reading:
    sources: tuple[tuple[str, bytes], ...]
    if folder:
        from kubectl_ds.cluster.kustomize import kustomize

        sources = (kustomize(folder, session.terminal.environ),)
    else:
        sources = read_files(session.terminal, filename, recursive=recursive)
    reading = read_all(sources)
    if not reading.documents and not reading.findings:
        raise ManifestError("no objects passed to create")
    return reading


def _upgraded(
    session: Session, reading: Reading, *, yes: bool, fix_images: bool, dry: bool
) -> tuple[Reading, frozenset[tuple[int, int]]]:
    """The documents as apps/v1, and the places of the warnings; all is told, and on a terminal agreed to."""
    from kubectl_ds.cli.create_outlook import ask
    from kubectl_ds.manifest.upgrade import upgrade
    from kubectl_ds.render.upgrade import upgrades_text

    upgrades = [upgrade(each, fix_images=fix_images) for each in reading.documents]
    told = upgrades_text(upgrades, session.theme)
    if told:
        session.terminal.say(told.rstrip("\n"))
    if any(each.edits for each in upgrades) and not dry and not yes and not ask(session, "Create it so?"):
        raise ManifestError("nothing was created")
    known = frozenset((finding.line, finding.column) for each in upgrades for finding in each.warnings)
    return replace(reading, documents=tuple(each.document for each in upgrades)), known


def create_daemonset_main() -> NoReturn:
    """The entry point ``kubectl-create-daemonset``, which kubectl runs for ``kubectl create daemonset``."""
    from kubectl_ds.cli import run
    from kubectl_ds.cli.terminal import Terminal

    sys.exit(run(["create", *sys.argv[1:]], Terminal()))


def _require_files(session: Session, names: list[str] | None, filename: list[str] | None, folder: str) -> None:
    if filename and folder:
        raise UsageError("only one of -f or -k can be specified")
    if (filename or folder) and names:
        raise UsageError(f"Unexpected args: [{' '.join(names)}]", hint="give every file its own -f")
    flags = given_flags(session.invocation)
    if (filename or folder) and flags:
        raise UsageError(f"{flags[0]} describes a DaemonSet that has no file; leave out -f, or the flag")
    if not filename and not folder:
        hint = "kubectl ds create -f FILE, or kubectl ds create NAME --image=IMAGE; -f - reads standard input"
        raise UsageError("must specify one of -f and -k", hint=hint)


def _validation(value: str) -> str:
    """Mirrors ``GetValidationDirective`` (k8s.io/kubectl v0.37.2)."""
    if value in YES:
        return "Strict"
    if value in NO:
        return "Ignore"
    if value not in _VALIDATIONS:
        raise UsageError(
            f'invalid - validate option "{value}"; must be one of: strict (or true), warn, ignore (or false)'
        )
    return _VALIDATIONS[value]
