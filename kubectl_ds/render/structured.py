"""The machine-readable documents, built from results by the published contract, never from a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import msgspec

from kubectl_ds.engine.coverage import CauseGroup, CoverageReport, DaemonSetCoverage
from kubectl_ds.engine.decision import Cause, Decision
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap, Snapshot
from kubectl_ds.model.value import json_name
from kubectl_ds.render.words import sentence

API_VERSION = "kubectl-ds/v1"


def coverage_document(report: CoverageReport) -> dict[str, Any]:
    """A ``CoverageReport``, as plain dicts and lists."""
    snapshot = report.snapshot
    return document("CoverageReport", snapshot) | {
        "daemonSets": [_daemon_set(each, snapshot) for each in report.daemon_sets]
    }


def document(kind: str, snapshot: Snapshot) -> dict[str, Any]:
    """The head that every document has."""
    source = snapshot.source
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "generatedAt": time_text(snapshot.now),
        "source": {
            "type": source.type,
            "context": source.context,
            "server": source.server,
            "version": source.version,
            "capturedAt": time_text(source.captured_at),
        },
        "gaps": [_gap(gap) for gap in snapshot.gaps],
    }


def as_json(data: dict[str, Any]) -> str:
    """JSON with four spaces, as kubectl indents it, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(data), indent=4).decode() + "\n"


def as_yaml(data: dict[str, Any]) -> str:
    """YAML in the order of the fields."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=4096)


def documents_text(documents: Sequence[dict[str, Any]], output: str) -> str:
    """Documents one after the other in the format of ``-o``, as kubectl prints several."""
    if output == "json":
        return "".join(as_json(each) for each in documents)
    return "---\n".join(as_yaml(each) for each in documents)


def daemon_set_head(coverage: DaemonSetCoverage) -> dict[str, Any]:
    """Who a DaemonSet is, what it asks for, and how it is counted."""
    daemon_set = coverage.daemon_set
    strategy = daemon_set.spec.update_strategy
    rolling = strategy.type == "RollingUpdate"
    counts = None
    if coverage.counts is not None:
        counts = {"nodes": len(coverage.decisions)} | _camel(asdict(coverage.counts))
    return {
        "namespace": daemon_set.namespace,
        "name": daemon_set.name,
        "uid": daemon_set.metadata.uid or None,
        "generation": daemon_set.metadata.generation or None,
        "observedGeneration": None if coverage.predicted else daemon_set.status.observed_generation,
        "predicted": coverage.predicted,
        "updateStrategy": {
            "type": strategy.type,
            "maxUnavailable": strategy.max_unavailable if rolling else None,
            "maxSurge": strategy.max_surge if rolling else None,
        },
        "revision": {"hash": coverage.revision.hash or None, "number": coverage.revision.number},
        "counts": counts,
        "reported": None if coverage.predicted else _camel(asdict(coverage.reported)),
        "agrees": coverage.agrees,
    }


def _daemon_set(coverage: DaemonSetCoverage, snapshot: Snapshot) -> dict[str, Any]:
    return daemon_set_head(coverage) | {
        "verdicts": {verdict.value: count for verdict, count in coverage.verdicts.items()},
        "causes": [_group(group, snapshot.now) for group in _by_size(coverage.groups)],
        "orphans": [pod_document(pod) for pod in coverage.orphans],
        "nodes": [node_document(decision, coverage) for decision in coverage.decisions],
    }


def _by_size(groups: tuple[CauseGroup, ...]) -> list[CauseGroup]:
    """Groups that have a cause, largest first."""
    return sorted((group for group in groups if group.cause is not None), key=lambda group: -len(group.nodes))


def _group(group: CauseGroup, now: datetime) -> dict[str, Any]:
    cause = group.cause
    assert cause is not None
    return {
        "code": cause.code,
        "fault": group.fault.value if group.fault else None,
        "verdict": group.verdict.value,
        "nodes": list(group.nodes),
        "count": len(group.nodes),
        "message": sentence(cause, now),
        "evidence": _evidence(cause),
    }


def node_document(decision: Decision, coverage: DaemonSetCoverage) -> dict[str, Any]:
    """The row of one node."""
    preemption, now = decision.preemption, coverage.snapshot.now
    return {
        "node": decision.node,
        "shouldRun": decision.eligibility.should_run,
        "shouldContinueRunning": decision.eligibility.should_continue_running,
        "verdict": decision.verdict.value,
        "pod": pod_document(decision.pod) if decision.pod is not None else None,
        "otherPods": [pod_document(pod) for pod in decision.other_pods],
        "fault": decision.fault.value if decision.fault else None,
        "causes": [cause_document(cause, now) for cause in decision.causes],
        "preemption": None if preemption is None else msgspec.to_builtins(preemption),
        "cure": [msgspec.to_builtins(cure) for cure in coverage.cures(decision)],
    }


def cause_document(cause: Cause, now: datetime) -> dict[str, Any]:
    """A cause object of the contract."""
    return {
        "code": cause.code,
        "message": sentence(cause, now),
        "quoted": cause.quoted or None,
        "evidence": _evidence(cause),
    }


def _evidence(cause: Cause) -> Any:
    return plain(cause.evidence)


def plain(value: object) -> Any:
    """Any value of the engine as plain dicts and lists, its times in whole seconds; None stays None."""
    return _times_in_seconds(msgspec.to_builtins(value, builtin_types=(datetime,)))


def pod_document(pod: Pod) -> dict[str, Any]:
    """A pod object of the contract."""
    return {
        "name": pod.name,
        "uid": pod.metadata.uid,
        "phase": pod.status.phase,
        "revisionHash": pod.metadata.labels.get(REVISION_HASH_LABEL),
        "nominatedNode": pod.status.nominated_node_name or None,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "resource": gap.resource,
        "namespace": gap.namespace,
        "error": gap.error,
        "affects": list(gap.affects),
        "denied": gap.denied,
    }


def _camel(data: dict[str, Any]) -> dict[str, Any]:
    return {json_name(key): value for key, value in data.items()}


def time_text(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, whole seconds; None stays None."""
    return None if moment is None else moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _times_in_seconds(data: Any) -> Any:
    if isinstance(data, datetime):
        return time_text(data)
    if isinstance(data, dict):
        return {key: _times_in_seconds(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_times_in_seconds(value) for value in data]
    return data
