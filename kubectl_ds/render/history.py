"""Revisions with all that is known of them: a row each, and the ``RevisionList`` document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kubectl_ds.engine.history import Revision
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.ages import age
from kubectl_ds.render.structured import document, plain
from kubectl_ds.render.table import NOTHING, wide_table
from kubectl_ds.render.theme import Theme, clean

_HEAD = ("REVISION", "AGE", "PODS", "READY", "HASH", "IMAGES", "CHANGED-BY", "CHANGE-CAUSE")
_FIRST_TO_GO = ("HASH", "CHANGED-BY", "AGE")


def history_wide(daemon_set: DaemonSet, revisions: Sequence[Revision], now: datetime, theme: Theme) -> str:
    """The DaemonSet, and a row for each revision; a star stands beside the current one."""
    if not revisions:
        return f"daemonset.apps/{daemon_set.name}\nNo rollout history found.\n"
    rows = [tuple(clean(cell) for cell in _row(each, now)) for each in revisions]
    return f"daemonset.apps/{clean(daemon_set.name)}\n" + wide_table(_HEAD, rows, theme.width, _FIRST_TO_GO)


def revision_list_document(snapshot: Snapshot, daemon_set: DaemonSet, revisions: Sequence[Revision]) -> dict[str, Any]:
    """The ``RevisionList`` of one DaemonSet, as plain dicts and lists."""
    return document("RevisionList", snapshot) | {
        "namespace": daemon_set.namespace,
        "name": daemon_set.name,
        "revisions": [plain(each) for each in revisions],
    }


def _row(revision: Revision, now: datetime) -> tuple[str, ...]:
    cause = revision.change_cause or (f"restarted at {revision.restarted_at}" if revision.restarted_at else NOTHING)
    return (
        f"{revision.number}{'*' if revision.current else ''}",
        age(revision.created, now),
        _count(revision.pods),
        _count(revision.ready),
        revision.hash,
        ",".join(each.image for each in revision.images) or NOTHING,
        ",".join(dict.fromkeys(each.name for each in revision.managers)) or NOTHING,
        cause,
    )


def _count(number: int | None) -> str:
    return "<unknown>" if number is None else str(number)
