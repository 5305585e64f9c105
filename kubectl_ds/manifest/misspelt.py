"""Fields that the API does not know and that can only be another one, misspelt: ``columeMounts`` for ``volumeMounts``.

A field is taken for misspelt when exactly one field of its type is nearest to it, and that one is not written beside
it. Whatever is less clear is left to the checks, which name it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubectl_ds.manifest.edit import Path, Rename
from kubectl_ds.manifest.schema import Fields, Schema, load
from kubectl_ds.manifest.suggest import distance

_MOST = 3


def misspelt(data: dict[str, Any], api_version: str, kind: str) -> Iterator[Rename]:
    """The corrections of an object, outer fields first: each path is valid once those before it are applied."""
    schema = load()
    root = schema.root(api_version, kind)
    if root is not None:
        yield from _within(schema, f"object:{root}", data, ())


def _within(schema: Schema, code: str, value: Any, path: Path) -> Iterator[Rename]:
    shape, _, inner = code.partition(":")
    if shape == "list" and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _within(schema, inner, item, (*path, number))
    elif shape == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from _within(schema, inner, item, (*path, key))
    elif shape == "object" and isinstance(value, dict):
        fields = schema.types[inner]
        for key, item in value.items():
            meant = key if key in fields else _meant(key, fields, value)
            if meant is None:
                continue
            if meant != key:
                yield Rename((*path, key), meant)
            yield from _within(schema, fields[meant].type, item, (*path, meant))


def _meant(key: str, fields: Fields, written: dict[str, Any]) -> str | None:
    """The one field that is nearest, as ``closest`` measures it; None when two are, or it is there already."""
    allowed = min(_MOST, max(1, len(key) // 4))
    steps = {field: distance(key.lower(), field.lower(), allowed) for field in fields}
    least = min(steps.values(), default=allowed + 1)
    near = [field for field, each in steps.items() if each == least]
    return near[0] if least <= allowed and len(near) == 1 and near[0] not in written else None
