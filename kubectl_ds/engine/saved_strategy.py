"""The update strategy that a pause keeps: in an annotation of the DaemonSet, so that anybody can put it back.

A DaemonSet cannot be paused; under OnDelete it replaces no pod by itself, which comes to the same. The strategy that it
had is written down verbatim beside it. Annotations are copied into ControllerRevisions, so that nothing but this one
key may be trusted, and only on the DaemonSet itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.errors import DsError
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.value import Value

PAUSED_ANNOTATION = "kubectl-ds/paused"
STAGE_ANNOTATION = "kubectl-ds/stage"
"""Where a staged rollout keeps its state; while it is there, nobody else may put the strategy back."""
VERSION = 1

Operations = list[dict[str, Any]]
_PAUSED = f"/metadata/annotations/{PAUSED_ANNOTATION.replace('/', '~1')}"
"""There are annotations on every DaemonSet that a server has stored: it writes the template's generation there."""
_STRATEGY = "/spec/updateStrategy"


class SavedStrategy(Value, frozen=True):
    """What the annotation holds."""

    version: int = VERSION
    strategy: msgspec.Raw = msgspec.Raw(b"{}")
    """``spec.updateStrategy`` as it was, to the byte."""
    by: str = ""
    """The user who paused."""
    at: datetime | None = None

    @property
    def text(self) -> str:
        """The value of the annotation."""
        return msgspec.json.encode(self).decode()


class _Spec(Value, frozen=True):
    update_strategy: msgspec.Raw = msgspec.Raw(b'{"type":"RollingUpdate"}')


class _Strategied(Value, frozen=True):
    spec: _Spec = _Spec()


def strategy_of(daemon_set: DaemonSet) -> msgspec.Raw:
    """``spec.updateStrategy`` to the byte, as the server sent it."""
    found = msgspec.json.decode(daemon_set.raw, type=_Strategied).spec.update_strategy
    return msgspec.Raw(bytes(found))


def saved_strategy(daemon_set: DaemonSet) -> SavedStrategy | None:
    """What a pause has kept; None when there is none.

    Raises:
        DsError: the annotation is there, and cannot be understood.
    """
    text = daemon_set.metadata.annotations.get(PAUSED_ANNOTATION)
    if text is None:
        return None
    try:
        saved = msgspec.json.decode(text, type=SavedStrategy)
        kept = msgspec.json.decode(saved.strategy)
    except msgspec.DecodeError as error:
        raise _unreadable(daemon_set, str(error)) from error
    if saved.version != VERSION:
        raise _unreadable(daemon_set, f"it is of version {saved.version}, and this program knows version {VERSION}")
    if not isinstance(kept, dict) or not kept.get("type"):
        raise _unreadable(daemon_set, "it holds no strategy")
    return saved


def is_paused(daemon_set: DaemonSet) -> bool:
    """Whether a pause holds: the strategy is kept, and nobody has set another one since."""
    paused = PAUSED_ANNOTATION in daemon_set.metadata.annotations
    return paused and daemon_set.spec.update_strategy.type == ON_DELETE


def is_staged(daemon_set: DaemonSet) -> bool:
    """Whether a staged rollout holds the strategy."""
    return STAGE_ANNOTATION in daemon_set.metadata.annotations


def pause_patch(daemon_set: DaemonSet, by: str, at: datetime) -> Operations:
    """The JSON patch that keeps the present strategy and stops the update, if the spec is still as it was read."""
    saved = SavedStrategy(strategy=strategy_of(daemon_set), by=by, at=at.replace(microsecond=0))
    return [
        *_unchanged(daemon_set),
        {"op": "add", "path": _PAUSED, "value": saved.text},
        {"op": "replace", "path": _STRATEGY, "value": {"type": ON_DELETE}},
    ]


def resume_patch(daemon_set: DaemonSet, saved: SavedStrategy) -> Operations:
    """The JSON patch that puts the strategy back, to the byte, and takes the annotation off."""
    strategy = msgspec.json.decode(saved.strategy)
    return [*forget_patch(daemon_set), {"op": "replace", "path": _STRATEGY, "value": strategy}]


def forget_patch(daemon_set: DaemonSet) -> Operations:
    """The JSON patch that takes off the annotation alone, where somebody has set another strategy meanwhile."""
    text = daemon_set.metadata.annotations.get(PAUSED_ANNOTATION)
    return [
        *_unchanged(daemon_set),
        {"op": "test", "path": _PAUSED, "value": text},
        {"op": "remove", "path": _PAUSED},
    ]


def _unchanged(daemon_set: DaemonSet) -> Operations:
    """It is the same DaemonSet, and nobody has changed its spec since; its status may be another."""
    metadata = daemon_set.metadata
    return [
        {"op": "test", "path": "/metadata/uid", "value": metadata.uid},
        {"op": "test", "path": "/metadata/generation", "value": metadata.generation},
    ]


def _unreadable(daemon_set: DaemonSet, why: str) -> DsError:
    return DsError(
        f"the annotation {PAUSED_ANNOTATION} of daemonset {daemon_set.key} cannot be understood: {why}",
        hint=f"set spec.updateStrategy by hand, then: kubectl annotate daemonset {daemon_set.name} "
        f"-n {daemon_set.namespace} {PAUSED_ANNOTATION}-",
        reference="saved-strategy",
    )
