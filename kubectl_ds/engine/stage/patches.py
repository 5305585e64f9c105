"""The few changes that a staged rollout makes to its DaemonSet, each one JSON patch that holds only if nothing it rests
on has changed.

Template, strategy and annotation change together or not at all, so that no death in between loses the strategy. The
tests in a patch look at the generation and the annotation: the status, which the controller writes all the time, does
not disturb them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.engine.saved_strategy import STAGE_ANNOTATION, strategy_of
from kubectl_ds.engine.stage.state import StageState
from kubectl_ds.model.daemonset import DaemonSet

Operations = list[dict[str, Any]]

_STATE = f"/metadata/annotations/{STAGE_ANNOTATION.replace('/', '~1')}"
"""There are annotations on every DaemonSet that the server has sent: it writes the template's generation there."""
_STRATEGY = "/spec/updateStrategy"
_TEMPLATE = "/spec/template"


def begin(daemon_set: DaemonSet, state: StageState, template: Any) -> Operations:
    """The new template, no more replacing by the controller, and the state."""
    annotate = {"op": "add", "path": _STATE, "value": state.text}
    return [*_unchanged(daemon_set), *_replaced(template), annotate]


def go_on(daemon_set: DaemonSet, state: StageState) -> Operations:
    """The state alone."""
    return [*_unchanged(daemon_set), *_as_read(daemon_set), {"op": "add", "path": _STATE, "value": state.text}]


def go_back(daemon_set: DaemonSet, state: StageState, template: Any) -> Operations:
    """The template of before, and the state."""
    return [
        *_unchanged(daemon_set),
        *_as_read(daemon_set),
        *_replaced(template),
        {"op": "add", "path": _STATE, "value": state.text},
    ]


def finish(daemon_set: DaemonSet, state: StageState) -> Operations:
    """The strategy as it was, and no state."""
    strategy = msgspec.json.decode(state.strategy)
    return [
        *_unchanged(daemon_set),
        *_as_read(daemon_set),
        {"op": "replace", "path": _STRATEGY, "value": strategy},
        *_forgotten(daemon_set),
    ]


def forget(daemon_set: DaemonSet, state: StageState) -> Operations:
    """No state; the strategy as somebody else has set it."""
    return [*_unchanged(daemon_set), *_as_read(daemon_set), *_forgotten(daemon_set)]


def is_written(daemon_set: DaemonSet, state: StageState) -> bool:
    """Whether the state is there already, as after a change whose answer was lost."""
    return daemon_set.metadata.annotations.get(STAGE_ANNOTATION) == state.text


def is_finished(daemon_set: DaemonSet, state: StageState) -> bool:
    """Whether the strategy is back already, and no state is left."""
    back = msgspec.json.decode(strategy_of(daemon_set)) == msgspec.json.decode(state.strategy)
    return back and STAGE_ANNOTATION not in daemon_set.metadata.annotations


def is_forgotten(daemon_set: DaemonSet, state: StageState) -> bool:
    """Whether no state is left."""
    return STAGE_ANNOTATION not in daemon_set.metadata.annotations


def _unchanged(daemon_set: DaemonSet) -> Operations:
    """It is the same DaemonSet, and nobody has changed its spec since it was read."""
    metadata = daemon_set.metadata
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata.uid},
        {"op": "test", "path": "/metadata/generation", "value": metadata.generation},
    ]


def _as_read(daemon_set: DaemonSet) -> Operations:
    text = daemon_set.metadata.annotations.get(STAGE_ANNOTATION)
    return [{"op": "test", "path": _STATE, "value": text}] if text is not None else []


def _replaced(template: Any) -> Operations:
    return [
        {"op": "replace", "path": _TEMPLATE, "value": template},
        {"op": "replace", "path": _STRATEGY, "value": {"type": ON_DELETE}},
    ]


def _forgotten(daemon_set: DaemonSet) -> Operations:
    return [{"op": "remove", "path": _STATE}] if STAGE_ANNOTATION in daemon_set.metadata.annotations else []
