"""``kubectl ds rollout pause``: no pod is replaced any more, and the strategy is kept for the resume."""

from __future__ import annotations

from datetime import datetime, timezone

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
from kubectl_ds.flow.rollout import pause

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
    dry_run: DryRunMode = "none",
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
    return change_strategy(
        session, asked, lambda daemon_set: pause(session.client, daemon_set, datetime.now(timezone.utc), mode), flags
    )
