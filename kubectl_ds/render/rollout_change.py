"""What is to be said before a rollout is changed: who will put it back, and what it takes down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from kubectl_ds.engine.field_managers import FieldManager
from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.engine.rollout_step import NextStep
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.render.rollout_words import eaters_text
from kubectl_ds.render.theme import clean


def opponent_lines(daemon_set: DaemonSet, field: str, managers: Sequence[FieldManager]) -> Iterator[str]:
    """A line for each manager that may undo the change."""
    for each in managers:
        when = f", last at {each.time:%Y-%m-%dT%H:%M:%SZ}" if each.time else ""
        yield clean(
            f"{each.name} sets spec.{field} of daemonset {daemon_set.key} ({each.operation}{when}): "
            "it may undo this change; change it at its source too"
        )


def step_line(step: NextStep, now: datetime, *, paused: bool) -> str:
    """What keeps the first step from being taken, or what it does while pods are down already; else empty."""
    if paused:
        return "it is paused: no pod is replaced before it is resumed, or somebody deletes one"
    if step.strategy == ON_DELETE:
        return "its strategy is OnDelete: no pod is replaced before somebody deletes it"
    if not step.unavailable:
        return ""
    down = f"{len(step.unavailable)} of {step.desired} nodes are without an available pod now: "
    down += eaters_text(step.unavailable, now)
    if not step.takes_down:
        return (
            f"{down}; maxUnavailable {step.limit} is used up: their pods are replaced, and no other until they are up"
        )
    more = "1 more" if step.takes_down == 1 else f"{step.takes_down} more"
    return f"{down}; maxUnavailable {step.limit} takes down {more} at once"
