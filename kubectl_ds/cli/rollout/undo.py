"""``kubectl ds rollout undo``: kubectl's undo, with a word before it on a terminal about who will undo the undo."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ds.cli.dry_run import dry_run_mode
from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.rollout.change import change_each, is_own, read_to_change, say_opponents, say_step, waiting
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
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.field_managers import TEMPLATE
from kubectl_ds.engine.revisions import template_of
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.revisions import history_of, read_revisions
from kubectl_ds.flow.rollout import Done, chosen_revision, undo
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.render.kubectl_rollout import LAST_APPLIED, apply_warning, template_text

EXAMPLES = (
    ("Back to the revision before", "kubectl ds rollout undo fluentd -n logging"),
    ("To a certain one", "kubectl ds rollout undo fluentd -n logging --to-revision=3"),
    ("And wait for it, at most five minutes", "kubectl ds rollout undo fluentd -n logging --wait --timeout=5m"),
    ("What it would be, without doing it", "kubectl ds rollout undo fluentd -n logging --dry-run=client"),
)


def command(
    ctx: typer.Context,
    names: Targets = None,
    selector: Selector = "",
    files: TargetFiles = None,
    recursive: Recursive = False,
    kustomize: Kustomize = "",
    to_revision: Annotated[
        str, typer.Option("--to-revision", metavar="REVISION", help="The revision to go back to; 0 is the one before.")
    ] = "0",
    dry_run: DryRunMode = "none",
    output: Output = "",
    template: Template = "",
    allow_missing_template_keys: MissingKeys = "true",
    show_managed_fields: ManagedFields = False,
    wait: Wait = False,
    timeout: Timeout = "0s",
    exit_code: ExitCodes = False,
) -> int:
    """Go back to a former revision. It never asks: it is the emergency exit."""
    session: Session = ctx.obj
    number = int(to_revision)
    mode = dry_run_mode(dry_run, session)
    follow = waiting(ctx, mode, wait=wait, timeout=timeout, exit_code=exit_code)
    asked = asked_for(session, names, selector, files, recursive=recursive, kustomize=kustomize)
    flags = print_flags(output, template, allow_missing_template_keys, show_managed_fields)
    if flags is not None and flags.go_template:
        return by_kubectl(session, "undo", names)
    own = is_own(session, (wait,))

    def change(daemon_set: DaemonSet) -> Done:
        if LAST_APPLIED in daemon_set.metadata.annotations:
            session.terminal.say(apply_warning(daemon_set))
        snapshot = read_revisions(session.source, Query((), daemon_set.namespace, (daemon_set.name,)))
        now = snapshot.daemon_sets[0]
        revision = chosen_revision(history_of(snapshot, now), number)
        if mode is DryRun.CLIENT:
            shown = template_text(template_of(bytes(revision.data)) or {})
            return Done(f"will roll back to {shown}{mode.suffix}", decode_generic(bytes(now.raw)), changed=False)
        if own:
            say_opponents(session, now, TEMPLATE)
            say_step(session, now)
        return undo(session.client, now, revision, number, mode)

    return change_each(session, read_to_change(session, asked), change, flags, follow)
