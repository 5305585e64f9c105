"""The ``PendingReport`` document: every waiting pod with its causes, its prospects and the scheduler's words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from kubectl_ds.engine.pending import PendingReport, WaitingPod
from kubectl_ds.engine.scheduler_phrases import SchedulerWords
from kubectl_ds.render.structured import cause_document, document, pod_document, time_text


def pending_document(report: PendingReport) -> dict[str, Any]:
    """A ``PendingReport``, as plain dicts and lists."""
    now = report.snapshot.now
    return document("PendingReport", report.snapshot) | {
        "verdicts": {verdict.value: count for verdict, count in report.verdicts.items()},
        "pods": [_waiting(each, now) for each in report.pods],
    }


def _waiting(waiting: WaitingPod, now: datetime) -> dict[str, Any]:
    decision = waiting.decision
    created = waiting.pod.metadata.creation_timestamp
    return {
        "namespace": waiting.daemon_set.namespace,
        "daemonSet": waiting.daemon_set.name,
        "pod": pod_document(waiting.pod),
        "node": waiting.node or None,
        "nodeExists": waiting.node_exists,
        "since": time_text(created),
        "ageSeconds": None if created is None else max(0, int((now - created).total_seconds())),
        "priority": waiting.pod.spec.effective_priority,
        "verdict": waiting.verdict.value,
        "passesBy": decision.passes_by,
        "fault": decision.fault.value if decision.fault else None,
        "causes": [cause_document(cause, now) for cause in decision.causes],
        "preemption": None if decision.preemption is None else msgspec.to_builtins(decision.preemption),
        "others": [msgspec.to_builtins(each) for each in waiting.others],
        "leaving": [msgspec.to_builtins(each) for each in waiting.leaving],
        "scheduler": None if waiting.words is None else _words(waiting.words),
        "agrees": waiting.agrees,
        "cure": [msgspec.to_builtins(cure) for cure in waiting.cures],
    }


def _words(words: SchedulerWords) -> dict[str, Any]:
    return {
        "said": words.message,
        "target": words.target,
        "preemption": words.preemption or None,
        "seen": time_text(words.seen),
        "filters": list(words.filters),
    }
