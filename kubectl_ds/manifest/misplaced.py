"""Where a field that is not known in its place would be: beside it under another spelling, above, below, or far away.

A suggestion is worth less than none when it is wrong: names that stand everywhere, such as ``name``, are looked for
only next to where they were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubectl_ds.manifest.schema import Schema
from kubectl_ds.manifest.suggest import closest

_EVERYWHERE = frozenset(
    {"apiVersion", "key", "kind", "labels", "metadata", "name", "namespace", "path", "spec", "status", "type", "value"}
)
_DEPTH = 12
_KNOWN = {
    ("apps.v1.DaemonSetSpec", "strategy"): "updateStrategy",
    ("core.v1.Container", "envs"): "env",
    ("core.v1.Container", "environment"): "env",
    ("core.v1.Container", "entrypoint"): "command",
    ("core.v1.Container", "mounts"): "volumeMounts",
    ("core.v1.Container", "volumes"): "volumeMounts",
}
_NOTES = {
    ("apps.v1.DaemonSetSpec", "replicas"): "remove it: a DaemonSet has one pod on every node that it should run on",
    ("apps.v1.DaemonSetSpec", "templateGeneration"): "remove it: apps/v1 has no such field, and nothing needs it",
}


def where_it_belongs(
    schema: Schema, root: str, key: str, trail: tuple[tuple[str, str], ...], siblings: dict[str, Any]
) -> tuple[str, str]:
    """What to advise, and the path that was meant; both empty where nobody can know.

    Args:
        schema: the fields of all types.
        root: the type of the document.
        key: the unknown field.
        trail: (path, type) of the mappings from the document down to the one that holds the field.
        siblings: what that mapping holds.
    """
    path, name = trail[-1]
    if (name, key) in _NOTES:
        return _NOTES[name, key], ""
    meant = _KNOWN.get((name, key)) or closest(key, schema.types[name])
    if meant and meant not in siblings:
        return f"did you mean {meant}?", _join(path, meant)
    for found_path in _exact(schema, key, trail):
        return f"{key} belongs in {found_path.rpartition('.')[0] or 'the object itself'}", found_path
    if meant:
        return f"did you mean {meant}, which is there already?", ""
    if key not in _EVERYWHERE:
        found = next(_search(schema, root, key), "")
        if found:
            return f"{key} belongs in {found.rpartition('.')[0] or 'the object itself'}", ""
    return "", ""


def _exact(schema: Schema, key: str, trail: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Paths of the same name one level below, then in the mappings above."""
    path, name = trail[-1]
    below = [
        _join(_join(path, field), key)
        for field, about in schema.types[name].items()
        if about.type.startswith("object:") and key in schema.types[about.type.partition(":")[2]]
    ]
    if len(below) == 1:
        yield below[0]
    if key not in _EVERYWHERE:
        for above, above_name in reversed(trail[:-1]):
            if key in schema.types[above_name]:
                yield _join(above, key)


def _search(schema: Schema, root: str, key: str) -> Iterator[str]:
    """Paths of a field of this name in the whole kind, the shortest first; lists as ``containers[]``."""
    level = [("", root)]
    seen = {root}
    for _ in range(_DEPTH):
        following = []
        for path, name in level:
            fields = schema.types[name]
            if key in fields:
                yield _join(path, key)
            for field, about in fields.items():
                shape, _, inner = about.type.rpartition("object:")
                if about.type.rpartition("object:")[1] and inner not in seen and field != "status":
                    seen.add(inner)
                    following.append((_join(path, f"{field}[]" if shape.startswith("list") else field), inner))
        level = following


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
