"""``kubectl ds rollout pause``: no pod is replaced any more, and the strategy is kept for the resume."""

from __future__ import annotations

from datetime import datetime, timezone
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
from kubectl_ds.flow.rollout import Done, pause
from kubectl_ds.model.daemonset import DaemonSet

EXAMPLES = (
    ("Stop an update where it stands", "kubectl ds rollout pause fluentd -n logging"),
    ("Then look at how far it has come", "kubectl ds rollout status fluentd -n logging --watch=false"),
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
    """Stop replacing pods at once, by the strategy OnDelete; the strategy of before is kept in an annotation.

    It may be repeated, and resumed by anybody from anywhere. Pods that are evicted, fail or are deleted meanwhile start
    on the new template: `rollout status` shows them.
    """
    session: Session = ctx.obj
    mode = dry_run_mode(dry_run, session)
    asked = asked_for(session, names, selector, files, recursive=recursive, kustomize=kustomize)
    flags = print_flags(output, template, allow_missing_template_keys, show_managed_fields)
    if flags is not None and flags.go_template:
        raise UsageError("Go templates are filled in by kubectl, which cannot do this; -o jsonpath works")

    def change(daemon_set: DaemonSet) -> Done:
        say_opponents(session, daemon_set, STRATEGY)
        return pause(session.client, daemon_set, datetime.now(timezone.utc), mode)

    found = read_to_change(session, asked)
    if say_nothing_found(session, found):
        return ExitCode.OK
    return change_each(session, found, change, flags)
