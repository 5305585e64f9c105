"""The ``RolloutStatus`` document: one update with its phase, its budget, who holds it up, and a row for each node."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from kubectl_ds.engine.decision import Cause
from kubectl_ds.engine.rollout import LaggardGroup, RolloutStatus
from kubectl_ds.engine.rollout_budget import Budget, Eater
from kubectl_ds.engine.saved_strategy import is_paused, is_staged, saved_strategy
from kubectl_ds.errors import DsError
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.render.structured import cause_document, daemon_set_head, document, node_document, plain, time_text


def rollout_document(status: RolloutStatus, progress_deadline: timedelta | None = None) -> dict[str, Any]:
    """A ``RolloutStatus``, as plain dicts and lists."""
    coverage, now = status.coverage, status.now
    return (
        document("RolloutStatus", coverage.snapshot)
        | daemon_set_head(coverage)
        | {
            "phase": status.phase.value if status.phase is not None else None,
            "fault": status.fault.value if status.fault is not None else None,
            "budget": _budget(status.budget, status.unblocked_at, now) if status.budget is not None else None,
            "laggards": [_group(each, now) for each in status.laggards],
            "paused": _paused(coverage.daemon_set),
            "staged": is_staged(coverage.daemon_set),
            "ahead": list(status.ahead),
            "began": time_text(status.began),
            "lastProgress": time_text(status.progressed),
            "estimate": None if status.estimate is None else plain(status.estimate),
            "progressDeadlineSeconds": None if progress_deadline is None else int(progress_deadline.total_seconds()),
            "cure": [msgspec.to_builtins(each) for each in status.cures],
            "verdicts": {verdict.value: count for verdict, count in coverage.verdicts.items()},
            "nodes": [node_document(decision, coverage) for decision in coverage.decisions],
        }
    )


def _budget(budget: Budget, unblocked_at: int | None, now: datetime) -> dict[str, Any]:
    return {
        "strategy": budget.strategy,
        "limit": budget.limit,
        "used": budget.used,
        "eaters": [_eater(each, now) for each in budget.eaters],
        "waiting": list(budget.old),
        "stands": budget.stands,
        "refused": _cause(budget.refused, now),
        "unblockedAt": unblocked_at,
    }


def _eater(eater: Eater, now: datetime) -> dict[str, Any]:
    return {
        "node": eater.node,
        "verdict": eater.verdict.value,
        "fault": eater.fault.value if eater.fault is not None else None,
        "cause": _cause(eater.cause, now),
    }


def _group(group: LaggardGroup, now: datetime) -> dict[str, Any]:
    return {
        "verdict": group.verdict.value,
        "fault": group.fault.value if group.fault is not None else None,
        "cause": _cause(group.cause, now),
        "nodes": list(group.nodes),
        "count": len(group.nodes),
        "patterns": [msgspec.to_builtins(each) for each in group.patterns],
    }


def _cause(cause: Cause | None, now: datetime) -> dict[str, Any] | None:
    return None if cause is None else cause_document(cause, now)


def _paused(daemon_set: DaemonSet) -> dict[str, Any] | None:
    """Who paused, when, and which strategy is kept; the latter null where it cannot be understood."""
    if not is_paused(daemon_set):
        return None
    try:
        saved = saved_strategy(daemon_set)
    except DsError:
        saved = None
    if saved is None:
        return {"by": None, "at": None, "strategy": None}
    return {"by": saved.by or None, "at": time_text(saved.at), "strategy": msgspec.json.decode(saved.strategy)}
