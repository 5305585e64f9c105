"""``kubectl ds rollout status``: kubectl's sentences in a pipe; else the whole story of an update, as it goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

import typer

from kubectl_ds.cli import error_line
from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.rollout.durations import duration
from kubectl_ds.cli.rollout.following import shown
from kubectl_ds.cli.rollout.targets import Kustomize, Recursive, TargetFiles, Targets, asked_for, read_each
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.several import fail
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.revisions import current_revision
from kubectl_ds.engine.rollout import Phase, RolloutStatus, rollout_status
from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.errors import DsError, ExitCode, UsageError
from kubectl_ds.flow.observe import watch_daemon_set
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.flow.rollout_watch import follow_rollout
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
_DEFAULT_PROGRESS_DEADLINE = timedelta(minutes=10)
"""With --exit-code and nothing else that ends it; as long as a Deployment's (progressDeadlineSeconds)."""
_CODES = {
    Phase.COMPLETE: ExitCode.OK,
    Phase.FAILED: ExitCode.WRONG,
    Phase.PROGRESSING: ExitCode.PROGRESSING,
    Phase.STUCK: ExitCode.BLOCKED,
    Phase.PAUSED: ExitCode.BLOCKED,
    Phase.WAITING_FOR_DELETE: ExitCode.BLOCKED,
    Phase.NO_NODES: ExitCode.CANNOT_TELL,
    None: ExitCode.CANNOT_TELL,
}
_WORST_FIRST = (
    *(ExitCode.WRONG, ExitCode.BLOCKED, ExitCode.CANNOT_TELL),
    *(ExitCode.PROGRESSING, ExitCode.ERROR),
)
_NEEDS_SOMEBODY = frozenset({Phase.PAUSED, Phase.WAITING_FOR_DELETE})
_DONE = frozenset({Phase.COMPLETE, Phase.NO_NODES})
_TIMED_OUT = "timed out waiting for the condition"


@dataclass(frozen=True)
class _Options:
    """What was asked for."""

    watch: bool
    timeout: timedelta
    progress_deadline: timedelta | None
    output: str
    exit_code: bool

    @property
    def own(self) -> bool:
        """Whether something is asked that kubectl has no answer to."""
        return bool(self.output or self.exit_code or self.progress_deadline)

    def deadline(self) -> float | None:
        """By the monotonic clock, from now on."""
        return time.monotonic() + self.timeout.total_seconds() if self.timeout else None


def command(
    ctx: typer.Context,
    names: Targets = None,
    selector: Selector = "",
    files: TargetFiles = None,
    recursive: Recursive = False,
    kustomize: Kustomize = "",
    revision: Annotated[
        str, typer.Option("--revision", metavar="N", help="Only as long as this revision is the current one.")
    ] = "0",
    watching: Annotated[
        str, typer.Option("-w", "--watch", metavar="true|false", help="Follow it to its end, or look once.")
    ] = "true",
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="DURATION", help="How long to follow each: 90s, 5m; for ever if 0.")
    ] = "0s",
    progress_deadline: Annotated[
        str,
        typer.Option("--progress-deadline", metavar="DURATION", help="No progress for so long is stuck: 3m."),
    ] = "",
    output: Annotated[str, typer.Option("-o", "--output", metavar="FORMAT", help="json or yaml.")] = "",
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="0 complete, 3 failed, 4 on its way at the deadline, 5 stuck, paused or waiting for deletes, "
            "6 cannot tell or no node matches.",
        ),
    ] = False,
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
    if exit_code and not deadline and not patience:
        deadline = _DEFAULT_PROGRESS_DEADLINE
    options = _Options(watching == "true" and not session.offline, patience, deadline, output, exit_code)
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
                statuses.append(_followed(session, daemon_set, options, found.errors))
            else:
                statuses.append(_looked_once(session, daemon_set, options))
        except DsError as failure:
            found.errors.append(failure)
    _write(session, statuses, options)
    codes = (
        {_CODES[each.phase] for each in statuses} if exit_code else {_as_kubectls(each, options) for each in statuses}
    )
    code = next((each for each in _WORST_FIRST if each in codes), ExitCode.OK)
    if not code:
        return fail(session, found.errors)
    for error in found.errors:
        session.terminal.say(error_line(error))
    return code


def _expect_revision(daemon_set: DaemonSet, snapshot: Snapshot, number: int) -> None:
    """In kubectl's words for Deployments; of DaemonSets it takes any number and says nothing."""
    revisions = snapshot.revisions_by_owner.get(daemon_set.metadata.uid, ())
    current = current_revision(daemon_set, revisions).number
    if current is not None and current != number:
        raise DsError(f"desired revision ({number}) is different from the running revision ({current})")


def _as_kubectl(session: Session, daemon_set: DaemonSet, options: _Options) -> None:
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
            raise DsError(_TIMED_OUT)
    _print(session, sentence)


def _print(session: Session, sentence: str) -> None:
    session.terminal.write(sentence)
    session.terminal.stdout.flush()


def _looked_once(session: Session, daemon_set: DaemonSet, options: _Options) -> RolloutStatus:
    query = Query((), daemon_set.namespace, (daemon_set.name,), version=bool(options.output))
    snapshot = read_decisions(session.source, query)
    return rollout_status(cover_one(snapshot, snapshot.daemon_sets[0]), options.progress_deadline)


def _followed(session: Session, daemon_set: DaemonSet, options: _Options, errors: list[DsError]) -> RolloutStatus:
    """Follow one update until it is over, or nothing more is to be waited for; a timeout is an error beside it."""
    status: RolloutStatus | None = None
    follow = follow_rollout(session.client, session.source, daemon_set, options.deadline(), options.progress_deadline)
    with shown(session, options.output) as show:
        for status, _ in follow:
            show(status)
            if status.phase in _DONE:
                return status
            if _is_decided(status, session, options):
                break
        else:
            errors.append(DsError(_TIMED_OUT))
    if status is None:
        raise DsError(_TIMED_OUT)
    return status


def _is_decided(status: RolloutStatus, session: Session, options: _Options) -> bool:
    """Whether waiting on is of no use: only somebody can let it go on, or it has not come on for too long."""
    if status.phase in _NEEDS_SOMEBODY:
        waits_for_somebody = options.timeout or (session.terminal.interactive and not options.exit_code)
        return not waits_for_somebody
    if options.progress_deadline is None or status.phase not in (Phase.STUCK, Phase.FAILED):
        return False
    return status.progressed is None or status.now - status.progressed >= options.progress_deadline


def _write(session: Session, statuses: list[RolloutStatus], options: _Options) -> None:
    """The answer after all: documents, or the whole story; in a pipe nothing more where an update is complete."""
    if options.output:
        if not options.watch:
            from kubectl_ds.render.rollout_document import rollout_document
            from kubectl_ds.render.structured import documents_text

            documents = [rollout_document(each, options.progress_deadline) for each in statuses]
            session.terminal.write(documents_text(documents, options.output))
        return
    told = session.terminal.interactive or not options.watch
    shown_here = [each for each in statuses if told or each.phase is not Phase.COMPLETE]
    if shown_here:
        from kubectl_ds.render.rollout import rollout_text

        namespaces = {each.coverage.daemon_set.namespace for each in statuses}
        several = session.namespace is None or len(namespaces) > 1
        text = rollout_text(shown_here, session.theme, with_namespace=several, again=session.again)
        session.terminal.write(text)


def _as_kubectls(status: RolloutStatus, options: _Options) -> ExitCode:
    """The exit of kubectl: not zero where it refuses, as all but RollingUpdate, unless that is complete."""
    rolling = status.coverage.daemon_set.spec.update_strategy.type != ON_DELETE
    if status.phase in _DONE or (rolling and not options.watch):
        return ExitCode.OK
    return ExitCode.ERROR
