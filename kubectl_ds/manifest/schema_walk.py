"""A document against the field tree: fields that no object of this kind has, and values of the wrong type.

The server reports the first wrong type alone and no unknown field beside it; here all are found at once. Mirrors what
strict decoding does (apimachinery v0.37.2, ``serializer/json``; sigs.k8s.io/json): null fits anything, for instance.
"""

from __future__ import annotations

import json
import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from typing import Any

from kubectl_ds.manifest.checks.fault import Fault
from kubectl_ds.manifest.mark import Found
from kubectl_ds.manifest.misplaced import where_it_belongs
from kubectl_ds.manifest.schema import Schema
from kubectl_ds.model.quantity import is_quantity

_TIME = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d+)?"
    r"(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_QUANTITY_FORM = "a quantity is a number and at most one of n u m k M G T P E Ki Mi Gi Ti Pi Ei, such as 250m or 1Gi"
_TIME_FORM = "write it as 2006-01-02T15:04:05Z; most times are the server's to set: leave it out"
_DUE = {
    "string": "a text",
    "int32": "a whole number",
    "int64": "a whole number",
    "number": "a number",
    "bool": "true or false",
    "time": "a time",
    "bytes": "a text in base64",
    "intstr": "a whole number or a text",
    "quantity": "a quantity",
}
_BITS = {"int32": 31, "int64": 63, "intstr": 31}


class Walk:
    """One document's walk: the faults, and the paths whose values cannot be used."""

    def __init__(self, schema: Schema, root: str, written: Callable[[Found], str]) -> None:
        """``written`` tells a scalar as it stands in the source."""
        self.spoiled: set[str] = set()
        """Paths that are there and wrong, and paths that a misspelt field was meant to be."""
        self.loose: set[str] = set()
        """Paths of mappings with an unknown field: what they lack may be what was misspelt."""
        self._schema = schema
        self._root = root
        self._written = written
        self._trail: list[tuple[str, str]] = []

    def faults(self, at: Found) -> Iterator[Fault]:
        """All faults of a document, top down."""
        yield from self._value(at, f"object:{self._root}")

    def _value(self, at: Found, code: str) -> Iterator[Fault]:
        if at.value is None or code == "any":
            return
        shape, _, inner = code.partition(":")
        if shape == "object":
            yield from self._object(at, inner)
        elif shape == "map":
            if not isinstance(at.value, dict):
                yield self._wrong(at, code)
                return
            for below in at.children():
                yield from self._value(below, inner)
        elif shape == "list":
            if not isinstance(at.value, list):
                yield self._wrong(at, code)
                return
            for below in at.children():
                yield from self._value(below, inner)
        else:
            yield from self._scalar(at, shape)

    def _object(self, at: Found, name: str) -> Iterator[Fault]:
        if not isinstance(at.value, dict):
            yield self._wrong(at, f"object:{name}")
            return
        fields = self._schema.types[name]
        self._trail.append((at.path, name))
        for below in at.children():
            key = str(below.key)
            if key in fields:
                yield from self._value(below, fields[key].type)
            else:
                yield self._unknown(at, below.path, key, name)
        self._trail.pop()

    def _unknown(self, at: Found, path: str, key: str, name: str) -> Fault:
        advice, meant = where_it_belongs(self._schema, self._root, key, tuple(self._trail), at.value)
        if meant:
            self.spoiled.add(meant)
        self.loose.add(at.path)
        return Fault(path, f'unknown field "{path}"', advice)

    def _scalar(self, at: Found, code: str) -> Iterator[Fault]:
        value = at.value
        if isinstance(value, (dict, list)):
            if not (code == "bytes" and isinstance(value, list)):
                yield self._wrong(at, code)
        elif code == "quantity":
            if isinstance(value, bool) or not is_quantity(value):
                self.spoiled.add(at.path)
                yield Fault(at.path, f"{at.path}: {json.dumps(value)} is not a quantity", _QUANTITY_FORM)
        elif isinstance(value, bool) or code == "bool":
            if not (isinstance(value, bool) and code == "bool"):
                yield self._wrong(at, code)
        elif code in _BITS and not isinstance(value, str):
            if not isinstance(value, int) or not -(2 ** _BITS[code]) <= value < 2 ** _BITS[code]:
                yield self._wrong(at, code)
        elif code == "number":
            if isinstance(value, str):
                yield self._wrong(at, code)
        elif not isinstance(value, str) or code in ("int32", "int64"):
            yield self._wrong(at, code)
        elif code == "time" and not _is_time(value):
            self.spoiled.add(at.path)
            yield Fault(at.path, f"{at.path}: {json.dumps(value)} is not a time", _TIME_FORM)
        elif code == "bytes" and not _BASE64.fullmatch(value.replace("\n", "").replace("\r", "")):
            self.spoiled.add(at.path)
            advice = "write it under stringData: instead, where it may be plain text" if "data" in at.path else ""
            yield Fault(at.path, f"{at.path}: this is not base64", advice)

    def _wrong(self, at: Found, code: str) -> Fault:
        self.spoiled.add(at.path)
        found = _found(at.value)
        if found == "a number" and code in _BITS:
            found = "a number that is not whole" if isinstance(at.value, float) else "a number beyond its range"
        return Fault(
            at.path, f"{at.path}: {found} where {_due(code)} is due", _advice(at.value, code, self._written(at))
        )


def _is_time(text: str) -> bool:
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    year, month, day = (int(part) for part in found.groups())
    return day <= monthrange(year or 400, month)[1]


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "a number"


def _due(code: str) -> str:
    shape, _, inner = code.partition(":")
    if shape == "object":
        return f"a mapping ({_type_name(inner)})"
    if shape == "map":
        return "a mapping of texts" if inner == "string" else f"a mapping of {_plural(inner)}"
    if shape == "list":
        return f"a list of {_plural(inner)}"
    return _DUE[shape]


def _plural(code: str) -> str:
    shape, _, inner = code.partition(":")
    if shape == "object":
        return _type_name(inner)
    names = {"string": "texts", "int32": "whole numbers", "int64": "whole numbers", "quantity": "quantities"}
    return names.get(shape, "values")


def _type_name(name: str) -> str:
    return name.rpartition(".")[2]


def _advice(value: Any, code: str, written: str) -> str:
    if code == "string" and isinstance(value, (bool, int, float)):
        return f"write it in quotes: {json.dumps(written)}"
    if isinstance(value, str):
        if code in ("int32", "int64") and re.fullmatch(r"-?\d+", value):
            return f"write it without quotes: {value}"
        if code == "bool" and value.lower() in ("true", "false", "yes", "no", "on", "off"):
            return f"write {'true' if value.lower() in ('true', 'yes', 'on') else 'false'} without quotes"
        if code == "list:string":
            return f"write it as a list: [{json.dumps(value, ensure_ascii=False)}]"
    if code.startswith("list:") and isinstance(value, dict):
        return "write it as a list: begin the item with a dash"
    if code.startswith(("object:", "map:")) and isinstance(value, list):
        return "write it without the dash: this is one mapping, not a list"
    return ""
