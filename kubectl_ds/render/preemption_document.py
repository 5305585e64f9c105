"""The ``PreemptionReport`` document: victims, preemptors and where each was learnt, and how far back that reaches."""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ds.engine.preemptions import Observed, Party, Predicted, PreemptionReport
from kubectl_ds.render.structured import document, pod_document, time_text


def preemption_document(report: PreemptionReport) -> dict[str, Any]:
    """A ``PreemptionReport``, as plain dicts and lists."""
    return document("PreemptionReport", report.snapshot) | {
        "events": {"count": report.horizon.events, "oldest": time_text(report.horizon.oldest)},
        "observed": [_observed(each) for each in report.observed],
        "unattributed": [_observed(each) for each in report.unattributed],
        "predicted": [_predicted(each) for each in report.predicted],
    }


def _observed(observed: Observed) -> dict[str, Any]:
    return {
        "victim": _party(observed.victim),
        "preemptor": _party(observed.preemptor),
        "node": observed.node or None,
        "time": time_text(observed.last),
        "firstTime": time_text(observed.first),
        "count": observed.times,
        "by": observed.by,
        "sources": list(observed.sources),
        "quoted": observed.quoted or None,
        "verdictNow": observed.now.value if observed.now is not None else None,
    }


def _party(party: Party | None) -> dict[str, Any] | None:
    if party is None:
        return None
    return {
        "kind": party.kind,
        "namespace": party.namespace or None,
        "name": party.name or None,
        "uid": party.uid or None,
        "exists": party.there,
        "waiting": party.waiting,
        "priority": party.priority,
        "daemonSet": party.owner is not None,
        "owner": party.owner,
    }


def _predicted(predicted: Predicted) -> dict[str, Any]:
    return {
        "namespace": predicted.pod.namespace,
        "daemonSet": predicted.owner,
        "pod": pod_document(predicted.pod),
        "node": predicted.node,
        "preemption": msgspec.to_builtins(predicted.preemption),
    }
