"""A staged rollout for programs: its plan as one document, and what happens as a stream of them, one a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from kubectl_ds.engine.stage.events import NodeCause, StageEvent
from kubectl_ds.engine.stage.plan import Wave
from kubectl_ds.render.structured import API_VERSION, cause_document, time_text


def plan_document(
    namespace: str, name: str, waves: Sequence[Wave], limit: int, leaving: Sequence[str], joining: Sequence[str]
) -> dict[str, Any]:
    """A ``StagePlan``."""
    return {
        "apiVersion": API_VERSION,
        "kind": "StagePlan",
        "namespace": namespace,
        "name": name,
        "maxUnavailable": limit,
        "waves": [
            {"number": number, "name": wave.name, "nodes": list(wave.nodes)} for number, wave in enumerate(waves, 1)
        ],
        "leaving": list(leaving),
        "joining": list(joining),
    }


def event_line(namespace: str, name: str, event: StageEvent) -> str:
    """A ``StageEvent`` on a line of its own."""
    return msgspec.json.encode(event_document(namespace, name, event)).decode() + "\n"


def event_document(namespace: str, name: str, event: StageEvent) -> dict[str, Any]:
    """A ``StageEvent``: every field in every event, null where it has nothing to say."""
    return {
        "apiVersion": API_VERSION,
        "kind": "StageEvent",
        "time": time_text(event.at),
        "namespace": namespace,
        "name": name,
        "type": event.told.value,
        "phase": event.phase.value,
        "wave": {"number": event.wave, "of": event.waves, "name": event.name},
        "counts": {
            "updated": event.updated,
            "desired": event.wanted,
            "unavailable": event.down,
            "maxUnavailable": event.limit,
        },
        "nodes": list(event.nodes),
        "pod": event.pod or None,
        "causes": [_cause(each, event.at) for each in event.causes],
        "why": event.why.value if event.why is not None else None,
        "until": time_text(event.until),
        "gate": {"command": event.gate, "exitCode": event.exit_code} if event.gate else None,
        "outcome": event.outcome.value if event.outcome is not None else None,
        "aside": [_cause(each, event.at) for each in event.aside],
    }


def _cause(about: NodeCause, now: datetime) -> dict[str, Any]:
    cause = about.cause
    return {"node": about.node, "cause": cause_document(cause, now) if cause is not None else None}
