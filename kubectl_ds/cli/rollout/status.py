"""``kubectl ds rollout status``: kubectl's sentences in a pipe; else the whole story of an update, as it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.rollout.durations import duration
from kubectl_ds.cli.rollout.follow import (
    TIMED_OUT,
    ExitCodes,
    FollowOptions,
    Timeout,
    conclude,
    followed,
    looked_once,
)
from kubectl_ds.cli.rollout.targets import Kustomize, Recursive, TargetFiles, Targets, asked_for, read_each
from kubectl_ds.cli.session import Session
from kubectl_ds.engine.revisions import current_revision
from kubectl_ds.engine.rollout import RolloutStatus
from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.errors import DsError, ExitCode, UsageError
from kubectl_ds.flow.observe import watch_daemon_set
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.kubectl_rollout import status_sentence

EXAMPLES = (
    ("Follow an update to its end", "kubectl ds rollout status fluentd -n logging"),
    ("How it stands now, and why it goes no further", "kubectl ds rollout status fluentd -n logging --watch=false"),
    (
        "In a pipeline: 0 complete, 3 failed, 4 still on its way, 5 stuck",
        "kubectl ds rollout status fluentd -n logging --timeout=10m --progress-deadline=3m --exit-code",
    ),
    ("A line of JSON at each change", "kubectl ds rollout status fluentd -n logging -o json"),
    ("Without a cluster", "kubectl ds rollout status fluentd -n logging --demo"),
)


def command(
    ctx: typer.Context,
    names: Targets = None,
    selector: Selector = "",
    files: TargetFiles = None,
    recursive: Recursive = False,
    kustomize: Kustomize = "",
    revision: Annotated[
        str, typer.Option("--revision", metavar="REVISION", help="Only as long as this revision is the current one.")
    ] = "0",
    watching: Annotated[
        str, typer.Option("-w", "--watch", metavar="true|false", help="Follow it to its end, or look once.")
    ] = "true",
    timeout: Timeout = "0s",
    progress_deadline: Annotated[
        str,
        typer.Option("--progress-deadline", metavar="DURATION", help="No progress for so long is stuck: 3m."),
    ] = "",
    output: Annotated[str, typer.Option("-o", "--output", metavar="json|yaml", help="A document.")] = "",
    exit_code: ExitCodes = False,
) -> int:
    """How an update stands: what eats its budget, whose fault that is, what lets it go on, how long it may take."""
    session: Session = ctx.obj
    number = int(revision)
    patience = duration(ctx, timeout, "--timeout")
    deadline = duration(ctx, progress_deadline, "--progress-deadline") if progress_deadline else None
    asked = asked_for(session, names, selector, files, recursive=recursive, kustomize=kustomize)
    if number < 0:
        raise UsageError(f"revision must be a positive integer: {number}")
    if output not in ("", "json", "yaml"):
        raise UsageError(f"-o {output} is not one of json, yaml")
    options = FollowOptions(watching == "true" and not session.offline, patience, deadline, output, exit_code)
    as_kubectl = not (session.terminal.interactive or session.offline or options.own)
    kinds_read = (kinds.DAEMON_SETS, *((kinds.REVISIONS,) if number else ()))
    found = read_each(session, asked, lambda query: session.source.snapshot(replace(query, kinds=kinds_read)))
    if not found.there and not found.errors:
        session.terminal.say(f"No resources found in {session.namespace} namespace.")
        return ExitCode.OK
    statuses: list[RolloutStatus] = []
    for daemon_set, snapshot in found.there:
        try:
            if number:
                _expect_revision(daemon_set, snapshot, number)
            if as_kubectl and daemon_set.spec.update_strategy.type != ON_DELETE:
                _as_kubectl(session, daemon_set, options)
            elif options.watch:
                statuses.append(followed(session, daemon_set, options, found.errors))
            else:
                statuses.append(looked_once(session, daemon_set, options))
        except DsError as failure:
            found.errors.append(failure)
    return conclude(session, statuses, found.errors, options)


def _expect_revision(daemon_set: DaemonSet, snapshot: Snapshot, number: int) -> None:
    """In kubectl's words for Deployments; of DaemonSets it takes any number and says nothing."""
    revisions = snapshot.revisions_by_owner.get(daemon_set.metadata.uid, ())
    current = current_revision(daemon_set, revisions).number
    if current is not None and current != number:
        raise DsError(f"desired revision ({number}) is different from the running revision ({current})")


def _as_kubectl(session: Session, daemon_set: DaemonSet, options: FollowOptions) -> None:
    """The sentence of kubectl at each change of the DaemonSet, from one watch."""
    sentence, done = status_sentence(daemon_set)
    if not done and options.watch:
        for each in watch_daemon_set(session.client, daemon_set, options.deadline()):
            if each.spec.update_strategy.type == ON_DELETE:
                raise DsError("rollout status is only available for RollingUpdate strategy type")
            sentence, done = status_sentence(each)
            if done:
                break
            _print(session, sentence)
        else:
            raise DsError(TIMED_OUT)
    _print(session, sentence)


def _print(session: Session, sentence: str) -> None:
    session.terminal.write(sentence)
    session.terminal.stdout.flush()
