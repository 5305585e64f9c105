"""``--sort-by``: rows and objects in the order of a field, as kubectl sorts them, oddities included.

Ports ``sorter.go`` (k8s.io/kubectl v0.37 pkg/cmd/get). What has no such field comes first; texts that are quantities
are compared as such; and nothing is sorted, nor the path even read, where there is but one. The one difference: a path
that cannot be parsed is always an error, where kubectl finds no resources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_ds.errors import DsError, UsageError
from kubectl_ds.model.quantity import QuantityError, parse
from kubectl_ds.render.custom_columns import relaxed_expression
from kubectl_ds.render.go_sort import go_sorted
from kubectl_ds.render.go_text import quoted, type_of
from kubectl_ds.render.jsonpath import JsonPath
from kubectl_ds.render.jsonpath_parser import JsonPathError
from kubectl_ds.render.out import FieldNotFound, Out, Printer

Json = Mapping[str, Any]
Values = list[list[Any]]


def sort_path(field: str) -> str:
    """The template that ``--sort-by`` means.

    Raises:
        UsageError: it is no path.
    """
    try:
        template = relaxed_expression(field)
        JsonPath(template)
    except JsonPathError as error:
        raise UsageError(str(error)) from error
    return template


def sort_objects(objects: Sequence[Json], path: str) -> list[Json]:
    """The objects in order. Mirrors ``RuntimeSorter.Sort``, which knows Tables only when they are alone.

    Raises:
        FieldNotFound: none of several has the field.
        DsError: what is in it has no order.
    """
    return _sorted(objects, objects, path) if len(objects) > 1 else list(objects)


class SortingPrinter:
    """Sorts the rows of each table, and the items of each List, before they are printed. Mirrors its namesake."""

    def __init__(self, printer: Printer, path: str) -> None:
        self._printer = printer
        self._path = path

    @property
    def aligned(self) -> bool:
        """As the printer behind it."""
        return self._printer.aligned

    def print(self, shown: Json, out: Out, event: str = "") -> None:
        """Print in order."""
        rows, items = shown.get("rows") or (), shown.get("items") or ()
        if len(rows) > 1:
            shown = {**shown, "rows": _sorted(rows, [row.get("object") or {} for row in rows], self._path)}
        elif items:
            shown = {**shown, "items": _sorted(items, items, self._path)}
        self._printer.print(shown, out, event)


def _sorted(items: Sequence[Json], objects: Sequence[Json], path: str) -> list[Json]:
    template = JsonPath(path)
    try:
        found = [template.find(each) for each in objects]
    except JsonPathError as error:
        raise DsError(str(error)) from error
    if not any(map(_has_value, found)):
        raise FieldNotFound(f"couldn't find any field with path {quoted(path)} in the list of objects")
    ordered = go_sorted(zip(found, items, strict=True), lambda left, right: _before(left[0], right[0], path))
    return [item for _, item in ordered]


def _has_value(values: Values) -> bool:
    return bool(values) and bool(values[0])


def _before(left: Values, right: Values, path: str) -> bool:
    if not _has_value(left):
        return True
    return _has_value(right) and _less(left[0][0], right[0][0], path)


def _less(left: Any, right: Any, path: str) -> bool:
    """Mirrors ``isLess``, as far as decoded JSON reaches it."""
    if left is None or right is None:
        return left is None and right is not None
    if isinstance(left, str) and isinstance(right, str):
        try:
            return parse(left) < parse(right)
        except QuantityError:
            return left.encode(errors="surrogateescape") < right.encode(errors="surrogateescape")
    if isinstance(left, bool) or not isinstance(left, (int, float, str)):
        raise _unsortable(path, f"unsortable type: {type_of(left)}")
    if isinstance(left, str) or type(left) is not type(right):
        raise _unsortable(path, "unsortable interface: interface")
    return bool(left < right)


def _unsortable(path: str, reason: str) -> DsError:
    return DsError(f"Field {path} in [][][]reflect.Value is an unsortable type: interface, err: {reason}")
