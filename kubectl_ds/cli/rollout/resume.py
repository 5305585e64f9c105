"""``kubectl ds rollout resume``: the strategy that a pause has kept is put back, whoever paused."""

from __future__ import annotations

import typer

from kubectl_ds.cli.dry_run import dry_run_mode
from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.rollout.change import change_strategy
from kubectl_ds.cli.rollout.printing import print_flags
from kubectl_ds.cli.rollout.targets import (
    DryRunMode,
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
from kubectl_ds.flow.rollout import resume

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
    dry_run: DryRunMode = "none",
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
    return change_strategy(session, asked, lambda daemon_set: resume(session.client, daemon_set, mode), flags)
