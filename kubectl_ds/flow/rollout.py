"""Changes of a rollout, one request each: undo, restart, pause and resume, with kubectl's patches where it has them.

What is done to a DaemonSet, and in which words kubectl tells it; who is asked before, and how it is shown, is decided
elsewhere. Mirrors ``DaemonSetRollbacker`` and ``defaultObjectRestarter`` (k8s.io/kubectl v0.37 polymorphichelpers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from kubectl_ds.cluster.client import Answer, LiveClient, object_path
from kubectl_ds.engine.history import RESTARTED_AT
from kubectl_ds.engine.revisions import find_history, matches
from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.engine.saved_strategy import (
    PAUSED_ANNOTATION,
    SavedStrategy,
    forget_patch,
    is_paused,
    is_staged,
    pause_patch,
    resume_patch,
    saved_strategy,
    strategy_of,
)
from kubectl_ds.errors import ApiError, DsError
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.patch import STRATEGIC, patch_as_read
from kubectl_ds.flow.rights import user_name
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.model.kinds import DAEMON_SETS

UNDO_MANAGER = "kubectl"
"""kubectl sends none with an undo, so that the server writes down the name of the program."""
RESTART_MANAGER = "kubectl-rollout"


@dataclass(frozen=True)
class Done:
    """What came of a change."""

    operation: str
    """What kubectl prints after the name."""
    daemon_set: dict[str, Any]
    """The object that kubectl prints with ``-o``."""
    warnings: tuple[str, ...] = ()
    """What the server warned of."""
    notes: tuple[str, ...] = ()
    """What there is to know besides."""
    changed: bool = True


def chosen_revision(history: Sequence[ControllerRevision], to_revision: int) -> ControllerRevision:
    """The revision that an undo goes back to.

    Raises:
        DsError: there is none.
    """
    if to_revision == 0 and len(history) <= 1:
        raise DsError("no last revision to roll back to")
    chosen = find_history(to_revision, history) if to_revision >= 0 else None
    if chosen is None:
        raise DsError(f"unable to find specified revision {to_revision} in history")
    return chosen


def undo(
    client: LiveClient, daemon_set: DaemonSet, revision: ControllerRevision, to_revision: int, mode: DryRun
) -> Done:
    """Put the template of ``revision`` in place, by the patch that the revision itself is.

    Raises:
        DsError: the server refuses it.
    """
    before = decode_generic(bytes(daemon_set.raw))
    if matches(daemon_set, revision):
        skipped = f"skipped rollback (current template already matches revision {to_revision})"
        return Done(skipped + mode.suffix, before, changed=False)
    try:
        answer = _patch(client, daemon_set, bytes(revision.data), UNDO_MANAGER, mode)
    except ApiError as error:
        raise DsError(f"failed restoring revision {to_revision}: {error.message}") from error
    return Done(f"rolled back{mode.suffix}", before, answer.warnings)


def restart(client: LiveClient, daemon_set: DaemonSet, at: datetime, manager: str, mode: DryRun) -> Done:
    """Write the time into the template, so that every pod is of an old revision.

    Args:
        client: where it is.
        daemon_set: as it was read.
        at: now, in the time zone in which it shall be written.
        manager: in whose name.
        mode: how far to go.

    Raises:
        DsError: the server refuses it, or it has been restarted within this second.
    """
    moment = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    whole = decode_generic(bytes(daemon_set.raw))
    template = whole["spec"]["template"]
    metadata = template.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    if annotations.get(RESTARTED_AT) == moment:
        raise DsError(
            f"failed to create patch for {daemon_set.name}: if restart has already been triggered within the past "
            "second, please wait before attempting to trigger another"
        )
    body = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: moment}}}}}
    if mode is DryRun.CLIENT:
        changed = {**template, "metadata": {**metadata, "annotations": {**annotations, RESTARTED_AT: moment}}}
        return Done(f"restarted{mode.suffix}", {**whole, "spec": {**whole["spec"], "template": changed}})
    try:
        answer = _patch(client, daemon_set, msgspec.json.encode(body), manager, mode)
    except ApiError as error:
        raise DsError(f"failed to patch: {error.message}") from error
    return Done(f"restarted{mode.suffix}", decode_generic(answer.body), answer.warnings)


def pause(client: LiveClient, daemon_set: DaemonSet, at: datetime, mode: DryRun) -> Done:
    """Keep the strategy in an annotation and set OnDelete, if that has not been done already.

    Raises:
        DsError: it is under a staged rollout, or OnDelete of its own accord; or the server refuses it.
    """
    _expect_no_stage(daemon_set)
    before = decode_generic(bytes(daemon_set.raw))
    saved = saved_strategy(daemon_set)
    if is_paused(daemon_set):
        return Done(f"already paused{mode.suffix}", before, changed=False)
    if daemon_set.spec.update_strategy.type == ON_DELETE:
        raise DsError(
            f'daemonset "{daemon_set.name}" has the update strategy {ON_DELETE}: it replaces no pod by itself, '
            "so there is nothing to pause"
        )
    kept = strategy_text(strategy_of(daemon_set))
    notes = [f"its strategy {kept} is kept in the annotation {PAUSED_ANNOTATION}"]
    if saved is not None:
        notes.insert(0, f"it had been paused before, and somebody has set {kept} since: that is kept now")
    if mode is DryRun.CLIENT:
        return Done(f"paused{mode.suffix}", before, notes=tuple(notes))
    body = pause_patch(daemon_set, user_name(client), at)
    answer = patch_as_read(client, daemon_set, body, dry_run=mode is DryRun.SERVER)
    return Done(f"paused{mode.suffix}", decode_generic(answer.body), answer.warnings, tuple(notes))


def resume(client: LiveClient, daemon_set: DaemonSet, mode: DryRun) -> Done:
    """Put back the strategy that a pause has kept, whoever paused; one that somebody has set since is left as it is.

    Raises:
        DsError: nothing is kept though it is OnDelete, or what is kept cannot be understood; it is under a staged
            rollout; or the server refuses it.
    """
    _expect_no_stage(daemon_set)
    before = decode_generic(bytes(daemon_set.raw))
    saved = saved_strategy(daemon_set)
    strategy = strategy_of(daemon_set)
    if saved is None:
        if daemon_set.spec.update_strategy.type != ON_DELETE:
            return Done(f"not paused{mode.suffix}", before, changed=False)
        raise DsError(
            f'daemonset "{daemon_set.name}" has the update strategy {ON_DELETE}, and no pause has kept another one',
            hint=f"set one: kubectl patch daemonset {daemon_set.name} -n {daemon_set.namespace} --type=merge "
            '-p \'{"spec":{"updateStrategy":{"type":"RollingUpdate"}}}\'',
        )
    if is_paused(daemon_set):
        body, note = (
            resume_patch(daemon_set, saved),
            f"its strategy is {strategy_text(saved.strategy)} again{_paused_by(saved)}",
        )
    else:
        body = forget_patch(daemon_set)
        note = (
            f"somebody has set {strategy_text(strategy)} since it was paused: that stays, and what was kept, "
            f"{strategy_text(saved.strategy)}, is dropped"
        )
    if mode is DryRun.CLIENT:
        return Done(f"resumed{mode.suffix}", before, notes=(note,))
    answer = patch_as_read(client, daemon_set, body, dry_run=mode is DryRun.SERVER)
    return Done(f"resumed{mode.suffix}", decode_generic(answer.body), answer.warnings, (note,))


def strategy_text(strategy: msgspec.Raw) -> str:
    """``RollingUpdate`` with what it allows: ``RollingUpdate maxUnavailable=10%``."""
    whole = msgspec.json.decode(strategy)
    rolling = {key: value for key, value in (whole.get("rollingUpdate") or {}).items() if value not in (0, "0%")}
    return " ".join([str(whole["type"]), *(f"{key}={value}" for key, value in rolling.items())])


def _paused_by(saved: SavedStrategy) -> str:
    by = f" by {saved.by}" if saved.by else ""
    at = f" at {saved.at:%Y-%m-%dT%H:%M:%SZ}" if saved.at else ""
    return f"; it was paused{by}{at}" if by or at else ""


def _expect_no_stage(daemon_set: DaemonSet) -> None:
    if is_staged(daemon_set):
        name, place = daemon_set.name, daemon_set.namespace
        raise DsError(
            f'daemonset "{name}" is under a staged rollout, which holds its strategy',
            hint=f"kubectl ds rollout stage {name} -n {place} --resume goes on with it",
        )


def _patch(client: LiveClient, daemon_set: DaemonSet, body: bytes, manager: str, mode: DryRun) -> Answer:
    path = object_path(DAEMON_SETS.path(daemon_set.namespace), daemon_set.name)
    params = (("fieldManager", manager), *((("dryRun", "All"),) if mode is DryRun.SERVER else ()))
    return client.patch(path, body, STRATEGIC, params)
