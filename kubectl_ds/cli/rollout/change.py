"""What the verbs that change something share: the warnings before, one DaemonSet after the other, errors at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import typer

from kubectl_ds.cli.create_outlook import ask
from kubectl_ds.cli.rollout.durations import duration
from kubectl_ds.cli.rollout.follow import FollowOptions, conclude, follow_one
from kubectl_ds.cli.rollout.printing import printed
from kubectl_ds.cli.rollout.targets import Asked, Found, read_each
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.several import fail
from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.field_managers import STRATEGY, opponents
from kubectl_ds.engine.rollout_step import NextStep, next_step
from kubectl_ds.engine.saved_strategy import is_paused
from kubectl_ds.errors import DsError, ExitCode, UsageError
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.flow.rights import Right, expect_rights, missing_rights
from kubectl_ds.flow.rollout import Done
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.render.kubectl_rollout import operation_line
from kubectl_ds.render.printers import PrintFlags
from kubectl_ds.render.rollout_change import opponent_lines, step_line
from kubectl_ds.render.theme import clean


def read_to_change(session: Session, asked: Asked) -> Found:
    """The DaemonSets to be changed; where there are several, only after all of them may be.

    Raises:
        Forbidden: one of several may not be patched: nothing is changed.
    """
    source = session.source
    found = read_each(session, asked, lambda query: source.snapshot(replace(query, kinds=(kinds.DAEMON_SETS,))))
    if len(found.there) > 1:
        _expect_to_patch(session, [daemon_set for daemon_set, _ in found.there])
    return found


def _expect_to_patch(session: Session, daemon_sets: Sequence[DaemonSet]) -> None:
    """Ask for each namespace as a whole, and one by one only where it may not be patched as a whole."""
    namespaces = dict.fromkeys(each.namespace for each in daemon_sets)
    whole = (Right.of("patch", kinds.DAEMON_SETS, namespace) for namespace in namespaces)
    closed = {right.namespace for right in missing_rights(session.client, whole)}
    one_by_one = (each for each in daemon_sets if each.namespace in closed)
    expect_rights(
        session.client, (Right.of("patch", kinds.DAEMON_SETS, each.namespace, each.name) for each in one_by_one)
    )


def say_opponents(session: Session, daemon_set: DaemonSet, field: str) -> None:
    """Name whoever may undo the change."""
    for line in opponent_lines(daemon_set, field, opponents(daemon_set, field)):
        session.terminal.say(f"Warning: {line}")


def say_step(session: Session, daemon_set: DaemonSet) -> NextStep | None:
    """Tell what the step takes down while pods are down already; None where that cannot be known."""
    from kubectl_ds.cluster.source import Query

    query = Query((), daemon_set.namespace, (daemon_set.name,))
    snapshot = read_decisions(session.source, query)
    step = next_step(cover_one(snapshot, snapshot.daemon_sets[0]))
    line = step_line(step, snapshot.now, paused=is_paused(daemon_set)) if step is not None else ""
    if line:
        session.terminal.say(f"Warning: {clean(daemon_set.key)}: {line}")
    return step


def agreed(session: Session, daemon_set: DaemonSet, step: NextStep | None, *, yes: bool) -> bool:
    """Whether to go on, where pods are down and more would be; asked on a terminal."""
    if yes or step is None or not step.makes_worse:
        return True
    return ask(session, f"Replace the pods of {clean(daemon_set.key)} all the same?")


def change_strategy(session: Session, asked: Asked, step: Callable[[DaemonSet], Done], flags: PrintFlags | None) -> int:
    """Pause or resume: whoever owns the strategy is named before each change.

    Raises:
        UsageError: the output is a Go template.
        DsError: one of them could not be changed.
    """
    if flags is not None and flags.go_template:
        raise UsageError("Go templates are filled in by kubectl, which cannot do this; -o jsonpath works")

    def change(daemon_set: DaemonSet) -> Done:
        say_opponents(session, daemon_set, STRATEGY)
        return step(daemon_set)

    found = read_to_change(session, asked)
    if say_nothing_found(session, found):
        return ExitCode.OK
    return change_each(session, found, change, flags)


def change_each(
    session: Session,
    found: Found,
    change: Callable[[DaemonSet], Done],
    flags: PrintFlags | None,
    wait: FollowOptions | None = None,
) -> int:
    """Change one after the other and tell each; what fails keeps no other from being changed.

    With ``wait`` the updates are followed then, and the exit code is theirs.

    Raises:
        DsError: one of them could not be changed.
    """
    errors = list(found.errors)
    changed: list[DaemonSet] = []
    for daemon_set, _ in found.there:
        try:
            result = change(daemon_set)
        except DsError as error:
            errors.append(error)
            continue
        for warning in result.warnings:
            session.terminal.say(f"Warning: {clean(warning)}")
        text = operation_line(daemon_set, result.operation)
        session.terminal.write(printed(flags, (result.daemon_set,)) if flags is not None else text)
        session.terminal.stdout.flush()
        for note in result.notes:
            session.terminal.say(f"{clean(daemon_set.key)}: {clean(note)}")
        changed += [daemon_set] if result.changed else []
    if wait is not None:
        statuses = [status for each in changed for status in follow_one(session, each, wait, errors)]
        return conclude(session, statuses, errors, wait)
    return fail(session, errors)


def say_nothing_found(session: Session, found: Found) -> bool:
    """Tell that there is nobody to change, as kubectl does; False when there is somebody, or an error to tell."""
    if found.there or found.errors:
        return False
    session.terminal.say(f"No resources found in {session.namespace} namespace.")
    return True


def is_own(session: Session, flags: Sequence[object]) -> bool:
    """Whether we may say more than kubectl does: to a person, or where a flag was given that kubectl does not know."""
    return session.terminal.interactive or any(flags)


def waiting(context: typer.Context, mode: DryRun, *, wait: bool, timeout: str, exit_code: bool) -> FollowOptions | None:
    """How to follow what was changed; None where nothing is to be followed.

    Raises:
        UsageError: --timeout or --exit-code without --wait.
    """
    if not wait and (exit_code or timeout != "0s"):
        raise UsageError("--timeout and --exit-code go with --wait")
    patience = duration(context, timeout, "--timeout")
    if not wait or mode is not DryRun.NONE:
        return None
    return FollowOptions(watch=True, timeout=patience, progress_deadline=None, output="", exit_code=exit_code)
