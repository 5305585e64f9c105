"""Following updates to their end, for `rollout status` and `--wait`: when to stop, what to show, how to exit."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, TypeAlias

import typer

from kubectl_ds.cli import error_line
from kubectl_ds.cli.rollout.progress import shown
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.several import fail
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.rollout import Phase, RolloutStatus, rollout_status
from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.errors import DsError, ExitCode
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.flow.rollout_watch import follow_rollout
from kubectl_ds.model.daemonset import DaemonSet

Timeout: TypeAlias = Annotated[
    str, typer.Option("--timeout", metavar="DURATION", help="How long to follow each: 90s, 5m; for ever if 0.")
]
ExitCodes: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--exit-code",
        help="0 complete, 3 failed, 4 on its way at the deadline, 5 stuck, paused or waiting for deletes, "
        "6 cannot tell or no node matches.",
    ),
]
Wait: TypeAlias = Annotated[bool, typer.Option("--wait", help="Then follow the update, as rollout status does.")]

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
TIMED_OUT = "timed out waiting for the condition"


@dataclass(frozen=True)
class FollowOptions:
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


def looked_once(session: Session, daemon_set: DaemonSet, options: FollowOptions) -> RolloutStatus:
    """How one update stands now."""
    query = Query((), daemon_set.namespace, (daemon_set.name,), version=bool(options.output))
    snapshot = read_decisions(session.source, query)
    return rollout_status(cover_one(snapshot, snapshot.daemon_sets[0]), options.progress_deadline)


def followed(session: Session, daemon_set: DaemonSet, options: FollowOptions, errors: list[DsError]) -> RolloutStatus:
    """Follow one update until it is over, or nothing more is to be waited for; a timeout is an error beside it.

    Raises:
        DsError: it is deleted, or may not be watched; or nothing has come before the timeout.
    """
    status: RolloutStatus | None = None
    deadline = options.deadline()
    follow = follow_rollout(session.client, session.source, daemon_set, deadline, options.progress_deadline)
    try:
        with shown(session, options.output, options.progress_deadline) as show:
            for status, _ in follow:
                show(status)
                if status.phase in _DONE:
                    return status
                if _is_decided(status, session, options):
                    break
            else:
                errors.append(DsError(TIMED_OUT))
    except KeyboardInterrupt:
        if status is not None:
            _write(session, (status,), options)
        raise
    if status is None:
        raise DsError(TIMED_OUT)
    return status


def follow_one(
    session: Session, daemon_set: DaemonSet, options: FollowOptions, errors: list[DsError]
) -> Iterator[RolloutStatus]:
    """The end of one update, if it could be followed; what kept it from that is added to the errors."""
    try:
        yield followed(session, daemon_set, options, errors)
    except DsError as error:
        errors.append(error)


def _is_decided(status: RolloutStatus, session: Session, options: FollowOptions) -> bool:
    """Whether waiting on is of no use: only somebody can let it go on, or it has not come on for too long."""
    if status.phase in _NEEDS_SOMEBODY:
        waits_for_somebody = options.timeout or (session.terminal.interactive and not options.exit_code)
        return not waits_for_somebody
    asked = options.exit_code or options.progress_deadline is not None
    return asked and status.overdue and status.phase in (Phase.STUCK, Phase.FAILED, None)


def conclude(
    session: Session, statuses: Sequence[RolloutStatus], errors: Sequence[DsError], options: FollowOptions
) -> int:
    """Tell the end, and what failed; the exit code that all of it comes to."""
    _write(session, statuses, options)
    code_of = _code if options.exit_code else _code_of_kubectl
    codes = {code_of(each, options) for each in statuses}
    code = next((each for each in _WORST_FIRST if each in codes), ExitCode.OK)
    if not code:
        return fail(session, errors)
    for error in errors:
        session.terminal.say(error_line(error))
    return code


def _write(session: Session, statuses: Sequence[RolloutStatus], options: FollowOptions) -> None:
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


def _code(status: RolloutStatus, options: FollowOptions) -> ExitCode:
    return _CODES[status.phase]


def _code_of_kubectl(status: RolloutStatus, options: FollowOptions) -> ExitCode:
    """The exit of kubectl: not zero where it refuses, as all but RollingUpdate, unless that is complete."""
    rolling = status.coverage.daemon_set.spec.update_strategy.type != ON_DELETE
    if status.phase in _DONE or (rolling and not options.watch):
        return ExitCode.OK
    return ExitCode.ERROR
