"""``kubectl ds rollout resume``: the strategy that a pause has kept is put back, whoever paused."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ds.cli.dry_run import dry_run_mode
from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.rollout.change import change_each, read_to_change, say_nothing_found, say_opponents
from kubectl_ds.cli.rollout.printing import print_flags
from kubectl_ds.cli.rollout.targets import (
    Kustomize,
    ManagedFields,
    MissingKeys,
    Output,
    Recursive,
    TargetFiles,
    Targets,
    Template,
    asked_for,
)
from kubectl_ds.cli.session import Session
from kubectl_ds.engine.field_managers import STRATEGY
from kubectl_ds.errors import ExitCode, UsageError
from kubectl_ds.flow.rollout import Done, resume
from kubectl_ds.model.daemonset import DaemonSet

EXAMPLES = (
    ("Go on with an update", "kubectl ds rollout resume fluentd -n logging"),
    ("What it would be, without doing it", "kubectl ds rollout resume fluentd -n logging --dry-run=server -o yaml"),
)


def command(
    ctx: typer.Context,
    names: Targets = None,
    selector: Selector = "",
    files: TargetFiles = None,
    recursive: Recursive = False,
    kustomize: Kustomize = "",
    dry_run: Annotated[
        str, typer.Option("--dry-run", metavar="none|client|server", help="Show it, but do not do it.")
    ] = "none",
    output: Output = "",
    template: Template = "",
    allow_missing_template_keys: MissingKeys = "true",
    show_managed_fields: ManagedFields = False,
) -> int:
    """Put back the strategy that a pause has kept, to the byte, so that the update goes on.

    A strategy that somebody has set since the pause stays as it is, and that is said.
    """
    session: Session = ctx.obj
    mode = dry_run_mode(dry_run, session)
    asked = asked_for(session, names, selector, files, recursive=recursive, kustomize=kustomize)
    flags = print_flags(output, template, allow_missing_template_keys, show_managed_fields)
    if flags is not None and flags.go_template:
        raise UsageError("Go templates are filled in by kubectl, which cannot do this; -o jsonpath works")

    def change(daemon_set: DaemonSet) -> Done:
        say_opponents(session, daemon_set, STRATEGY)
        return resume(session.client, daemon_set, mode)

    found = read_to_change(session, asked)
    if say_nothing_found(session, found):
        return ExitCode.OK
    return change_each(session, found, change, flags)
