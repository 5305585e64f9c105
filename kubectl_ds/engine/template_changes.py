"""What differs between two pod templates, field by field: which, from what, to what.

Lists whose items have a key of their own (containers, variables, volumes, mounts, ports) are compared item by item, by
the keys by which the API server merges them (``patchMergeKey`` in k8s.io/api v0.37 core/v1); all others as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kubectl_ds.engine.revisions import hash_of, template_of
from kubectl_ds.errors import DsError
from kubectl_ds.model.daemonset import ControllerRevision, DaemonSet
from kubectl_ds.model.value import Value

_KEYS = {
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
}
_NAMED = frozenset(
    {"containers", "initContainers", "ephemeralContainers", "env", "volumes", "imagePullSecrets", "resourceClaims"}
)
_MAPS = frozenset({"labels", "annotations", "nodeSelector", "resources", "limits", "requests"})
"""Of these an absent one is an empty one, and each entry is told by itself."""
Path = tuple[str, ...]


class TemplateChange(Value, frozen=True):
    """One field that differs."""

    path: Path
    """From ``metadata`` or ``spec`` on; the key of an item stands in brackets."""
    before: Any
    """None where it is new."""
    after: Any
    """None where it is gone."""


class Side(Value, frozen=True):
    """One of the two templates that are compared."""

    number: int | None
    """None for a template that has no revision yet."""
    hash: str
    template: dict[str, Any]


def template_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[TemplateChange, ...]:
    """All fields that differ, in the order of their paths."""
    return tuple(sorted(_changes((), before, after), key=lambda change: change.path))


def side_of(revision: ControllerRevision) -> Side:
    """A remembered template."""
    template = template_of(bytes(revision.data)) or {}
    return Side(number=revision.revision, hash=hash_of(revision), template=template)


def current_side(daemon_set: DaemonSet, history: Sequence[ControllerRevision]) -> Side:
    """The template as it is now, with its revision where it has one already."""
    template = template_of(bytes(daemon_set.raw)) or {}
    found = [each for each in history if template_of(bytes(each.data)) == template]
    return side_of(found[-1]) if found else Side(number=None, hash="", template=template)


def chosen_side(daemon_set: DaemonSet, history: Sequence[ControllerRevision], reference: int, to: Side) -> Side:
    """The revision of a number; a negative one counts back from ``to``, and 0 is the template as it is now.

    Raises:
        DsError: there is no such revision.
    """
    if reference == 0:
        return current_side(daemon_set, history)
    if reference > 0:
        found = [each for each in history if each.revision == reference]
        if not found:
            known = ", ".join(str(each.revision) for each in history) or "none"
            raise DsError(f"unable to find specified revision {reference} in history", hint=f"There are: {known}.")
        return side_of(found[-1])
    numbers = [each.revision for each in history]
    place = (numbers.index(to.number) if to.number in numbers else len(numbers)) + reference
    if place < 0:
        raise DsError(
            f"there are not {-reference} revisions before {to.number or 'the present one'} to compare with"
            if len(numbers) > 1
            else "there is no revision before the present one to compare with"
        )
    return side_of(history[place])


def _changes(path: Path, before: Any, after: Any) -> Iterator[TemplateChange]:
    if before == after:
        return
    if path and path[-1] in _MAPS:
        before, after = before or {}, after or {}
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in before.keys() | after.keys():
            yield from _changes((*path, key), before.get(key), after.get(key))
        return
    before_items, after_items = _keyed(path, before), _keyed(path, after)
    if before_items is None or after_items is None:
        yield TemplateChange(path=path, before=before, after=after)
        return
    for key in before_items.keys() | after_items.keys():
        yield from _changes((*path, f"[{key}]"), before_items.get(key), after_items.get(key))
    if before_items.keys() == after_items.keys() and list(before_items) != list(after_items):
        yield TemplateChange(path=(*path, "order"), before=list(before_items), after=list(after_items))


def _keyed(path: Path, items: Any) -> dict[str, Any] | None:
    """The items of a list by their key; None where they have none, or share one."""
    key = _KEYS.get(path[-1], "name" if path[-1] in _NAMED else "") if path else ""
    if items is None and key:
        return {}
    if not key or not isinstance(items, list) or not all(isinstance(each, Mapping) and key in each for each in items):
        return None
    found = {str(each[key]): each for each in items}
    return found if len(found) == len(items) else None
