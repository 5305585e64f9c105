"""``kubectl ds rollout diff``: what differs between two revisions of a DaemonSet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from kubectl_ds.cli.flags import SOURCE
from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.rollout.targets import Kustomize, Recursive, TargetFiles, Targets, asked_for, read_each
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.several import fail
from kubectl_ds.engine.template_changes import Side, TemplateChange, chosen_side, current_side, template_changes
from kubectl_ds.errors import DsError, ExitCode, UsageError
from kubectl_ds.flow.external_diff import VARIABLE, external_diff
from kubectl_ds.flow.revisions import history_of, read_revisions
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.revision_diff import (
    in_words,
    revision_diff_document,
    side_by_side,
    side_name,
    side_text,
    unified,
)
from kubectl_ds.render.structured import documents_text

EXAMPLES = (
    ("What the last update changed", "kubectl ds rollout diff fluentd -n logging"),
    ("In words: image tag, variables, resources", "kubectl ds rollout diff fluentd -n logging --semantic"),
    ("Between two revisions, beside each other", "kubectl ds rollout diff fluentd --from=2 --to=5 --side-by-side"),
    ("From two revisions back to now; 3 where anything differs", "kubectl ds rollout diff fluentd -r -2 --exit-code"),
    ("With a program of your own", "KUBECTL_EXTERNAL_DIFF='colordiff -u' kubectl ds rollout diff fluentd"),
    ("Without a cluster", "kubectl ds rollout diff fluentd -n logging --demo"),
)
FLAGS = tuple(row for row in SOURCE if row.name != "from_file")
"""``--from`` names a revision here, and a capture only where it is no number."""


def command(
    ctx: typer.Context,
    names: Targets = None,
    selector: Selector = "",
    files: TargetFiles = None,
    recursive: Recursive = False,
    kustomize: Kustomize = "",
    origins: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="REVISION",
            help="The older side: a revision; the one before --to if not given. No number is a capture to read.",
        ),
    ] = None,
    to_revision: Annotated[
        str, typer.Option("--to", metavar="REVISION", help="The newer side; the template as it is now if not given.")
    ] = "",
    relative: Annotated[
        str,
        typer.Option("-r", "--revision", metavar="REVISION", help="From this revision to now; -1 is the one before."),
    ] = "",
    semantic: Annotated[bool, typer.Option("--semantic", help="In words, a line for each change.")] = False,
    beside: Annotated[bool, typer.Option("--side-by-side", help="Both templates beside each other.")] = False,
    output: Annotated[str, typer.Option("-o", "--output", metavar="json|yaml", help="A document.")] = "",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="3 where they differ, 0 where they do not.")] = False,
) -> int:
    """What differs between two revisions: by default, what the last update changed."""
    session: Session = ctx.obj
    if output not in ("", "json", "yaml"):
        raise UsageError(f"-o {output} is not one of json, yaml")
    from_revision = _origin(session, origins or ())
    if relative and from_revision:
        raise UsageError("-r is short for --from; give one of them")
    start = _number(ctx, relative or from_revision, "--from")
    end = _number(ctx, to_revision, "--to")
    asked = asked_for(session, names, selector, files, recursive=recursive, kustomize=kustomize)
    found = read_each(session, asked, lambda query: read_revisions(session.source, query))
    documents = []
    differ = False
    for daemon_set, snapshot in found.there:
        try:
            before, after = _sides(daemon_set, snapshot, start, end)
            changes = template_changes(before.template, after.template)
            differ = differ or bool(changes)
            if output:
                documents.append(revision_diff_document(snapshot, daemon_set, before, after, changes))
            else:
                text = _text(session, daemon_set, before, after, changes, semantic=semantic, beside=beside)
                session.terminal.write(text)
        except DsError as error:
            found.errors.append(error)
    if documents:
        session.terminal.write(documents_text(documents, output))
    failed = fail(session, found.errors)
    return failed or (ExitCode.WRONG if exit_code and differ else ExitCode.OK)


def _origin(session: Session, origins: Sequence[str]) -> str:
    """The revision among the values of ``--from``; the other value, if any, is where all of it is read."""
    numbers = [each for each in origins if _is_number(each)]
    files = [each for each in origins if not _is_number(each)]
    if len(numbers) > 1 or len(files) > 1:
        raise UsageError("--from takes one revision, and one capture to read")
    if files:
        session.invocation.flags["from_file"] = files[0]
    return "".join(numbers)


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdecimal()


def _number(context: typer.Context, text: str, flag: str) -> int | None:
    if not text:
        return None
    if not _is_number(text):
        context.fail(f'invalid argument "{text}" for "{flag}": it is the number of a revision, or -1, -2, … back')
    return int(text)


def _sides(daemon_set: DaemonSet, snapshot: Snapshot, start: int | None, end: int | None) -> tuple[Side, Side]:
    history = history_of(snapshot, daemon_set)
    now = current_side(daemon_set, history)
    after = chosen_side(daemon_set, history, end, now) if end is not None else now
    return chosen_side(daemon_set, history, -1 if start is None else start, after), after


def _text(
    session: Session,
    daemon_set: DaemonSet,
    before: Side,
    after: Side,
    changes: tuple[TemplateChange, ...],
    *,
    semantic: bool,
    beside: bool,
) -> str:
    theme = session.theme
    if not changes:
        if session.terminal.interactive:
            session.terminal.say(f"{side_name(before)} and {side_name(after)} do not differ")
        return ""
    if semantic:
        return theme.finish(in_words(changes))
    if beside:
        return theme.finish(side_by_side(before, after, theme))
    program = session.terminal.environ.get(VARIABLE, "")
    if program:
        name = f"apps.v1.DaemonSet.{daemon_set.namespace}.{daemon_set.name}"
        old, new = ((side_name(each), side_text(each)) for each in (before, after))
        return external_diff(program, name, old, new, session.terminal.environ)
    return theme.finish(unified(daemon_set, before, after, theme))
