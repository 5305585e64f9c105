"""``kubectl ds rollout restart``: kubectl's restart; on a terminal it asks before it takes down more than is down."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

import typer

from kubectl_ds.cli.dry_run import dry_run_mode
from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.rollout.change import (
    agreed,
    change_each,
    is_own,
    read_to_change,
    say_nothing_found,
    say_opponents,
    say_step,
    waiting,
)
from kubectl_ds.cli.rollout.follow import ExitCodes, Timeout, Wait
from kubectl_ds.cli.rollout.printing import by_kubectl, print_flags
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
from kubectl_ds.engine.field_managers import TEMPLATE
from kubectl_ds.errors import DsError, ExitCode
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.rollout import RESTART_MANAGER, Done, restart
from kubectl_ds.model.daemonset import DaemonSet

EXAMPLES = (
    ("New pods of the same template, node after node", "kubectl ds rollout restart fluentd -n logging"),
    ("All DaemonSets of a namespace", "kubectl ds rollout restart ds -n logging"),
    ("Let the server judge it, and change nothing", "kubectl ds rollout restart fluentd --dry-run=server"),
)


def command(
    ctx: typer.Context,
    names: Targets = None,
    selector: Selector = "",
    files: TargetFiles = None,
    recursive: Recursive = False,
    kustomize: Kustomize = "",
    field_manager: Annotated[
        str, typer.Option("--field-manager", metavar="MANAGER", help="In whose name the field is set.")
    ] = RESTART_MANAGER,
    dry_run: DryRunMode = "none",
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask on a terminal.")] = False,
    output: Output = "",
    template: Template = "",
    allow_missing_template_keys: MissingKeys = "true",
    show_managed_fields: ManagedFields = False,
    wait: Wait = False,
    timeout: Timeout = "0s",
    exit_code: ExitCodes = False,
) -> int:
    """Replace all pods by new ones of the same template, as fast as the strategy allows."""
    session: Session = ctx.obj
    mode = dry_run_mode(dry_run, session)
    follow = waiting(ctx, mode, wait=wait, timeout=timeout, exit_code=exit_code)
    asked = asked_for(session, names, selector, files, recursive=recursive, kustomize=kustomize)
    flags = print_flags(output, template, allow_missing_template_keys, show_managed_fields)
    if flags is not None and flags.go_template:
        return by_kubectl(session, "restart", names)
    own = is_own(session, (mode is not DryRun.NONE, yes, wait))

    def change(daemon_set: DaemonSet) -> Done:
        if own:
            say_opponents(session, daemon_set, TEMPLATE)
            step = say_step(session, daemon_set)
            if mode is DryRun.NONE and not agreed(session, daemon_set, step, yes=yes):
                raise DsError(f"{daemon_set.key} was not restarted")
        return restart(session.client, daemon_set, datetime.now(timezone.utc).astimezone(), field_manager, mode)

    found = read_to_change(session, asked)
    if say_nothing_found(session, found):
        return ExitCode.OK
    return change_each(session, found, change, flags, follow)
