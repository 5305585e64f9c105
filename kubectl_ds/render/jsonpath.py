"""JSONPath as kubectl evaluates it: which values a template finds in an object, and how they are printed.

Ports ``JSONPath`` (k8s.io/client-go v0.37 util/jsonpath/jsonpath.go) for decoded JSON. The one difference: what a
wildcard or a descent finds in a map comes in the order of its keys, and not in another one each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubectl_ds.render.go_compare import compare
from kubectl_ds.render.go_text import Byte, json_text, text_of, type_of
from kubectl_ds.render.jsonpath_parser import (
    Array,
    Bool,
    Field,
    Filter,
    Identifier,
    JsonPathError,
    List,
    Node,
    Number,
    Recursive,
    Text,
    Union,
    Wildcard,
    parse,
)

Values = list[Any]


class _Failure(Exception):
    """An error, with the values that upstream returns beside it; a filter for existence looks at those alone."""

    def __init__(self, message: str, values: Values) -> None:
        super().__init__(message)
        self.values = values


class JsonPath:
    """A parsed template.

    It is not frozen, since upstream's is not: after a ``range`` it goes on with what follows that range, even for the
    next object, as a watch shows.
    """

    def __init__(self, template: str, *, allow_missing_keys: bool = True) -> None:
        """Parse.

        Raises:
            JsonPathError: it is no template.
        """
        self._nodes = parse(template).nodes
        self._allow_missing_keys = allow_missing_keys
        self._begin = 0
        """The first of the nodes that are looked at."""
        self._begin_range = self._in_range = self._end_range = 0
        self._last_end = -1

    def find(self, data: object) -> list[Values]:
        """The values that each text and each action of the template finds. Mirrors ``FindResults``.

        Raises:
            JsonPathError: the template does not fit the object.
        """
        try:
            return self._find(data)
        except _Failure as failure:
            raise JsonPathError(str(failure)) from failure

    def print(self, data: object, *, as_json: bool = False) -> str:
        """The text of what is found; ``as_json`` as an array for each action. Mirrors ``Execute``.

        Raises:
            JsonPathError: the template does not fit the object.
        """
        return "".join(_printed(values, as_json) for values in self.find(data))

    def _find(self, data: object) -> list[Values]:
        found: list[Values] = []
        at = self._begin
        while at < len(self._nodes):
            values = self._walk([data], self._nodes[at])
            if 0 < self._end_range <= self._in_range:
                self._end_range -= 1
                self._last_end = at
                break
            if self._begin_range > 0:
                found += self._range(values, at + 1)
                if self._last_end > at:
                    at = self._last_end
            else:
                found.append(values)
            at += 1
        return found

    def _range(self, values: Values, begin: int) -> list[Values]:
        self._begin_range -= 1
        self._in_range += 1
        found: list[Values] = []
        for value in values:
            self._begin = begin
            found += self._find(value)
        if not values:  # what is in the range is still walked, to find its end
            self._begin = begin
            self._find(None)
        self._in_range -= 1
        return found

    def _walk(self, values: Values, node: Node) -> Values:
        match node:
            case List():
                return self._list(values, node)
            case Text():
                return [node.text]
            case Number() | Bool():
                return [node.value] * len(values)
            case Field():
                return self._field(values, node)
            case Array():
                return [each for value in values for each in _slice(value, node, values)]
            case Filter():
                return self._filter(values, node)
            case Wildcard():
                return [each for value in values for each in _children(value)]
            case Recursive():
                return _descend(values)
            case Union():
                return self._union(values, node)
            case Identifier():
                return self._identifier(values, node)

    def _list(self, values: Values, node: List) -> Values:
        for each in node.nodes:
            values = self._walk(values, each)
        return values

    def _identifier(self, values: Values, node: Identifier) -> Values:
        if node.name == "range":
            self._begin_range += 1
            return values
        if node.name != "end":
            raise _Failure(f"unrecognized identifier {node.name}", values)
        if self._in_range <= 0:
            raise _Failure("not in range, nothing to end", [])
        self._end_range += 1
        return []

    def _field(self, values: Values, node: Field) -> Values:
        found = [value[node.name] for value in values if isinstance(value, dict) and node.name in value]
        if values and not found and not self._allow_missing_keys:
            raise _Failure(f"{node.name} is not found", [])
        return found

    def _union(self, values: Values, node: Union) -> Values:
        try:
            return [value for each in node.nodes for value in self._list(values, each)]
        except _Failure as failure:
            raise _Failure(str(failure), values) from failure

    def _filter(self, values: Values, node: Filter) -> Values:
        found: Values = []
        for value in values:
            if not isinstance(value, list):
                raise _Failure(f"{text_of(value)} is not array or slice and cannot be filtered", values)
            for item in value:
                if self._passes(item, node, values, found):
                    found.append(item)
        return found

    def _passes(self, item: object, node: Filter, values: Values, found: Values) -> bool:
        if node.operator == "exists":
            try:
                return bool(self._list([item], node.left))
            except _Failure as failure:
                return bool(failure.values)
        sides = []
        for side in (node.left, node.right):
            try:
                results = self._list([item], side)
            except _Failure as failure:
                raise _Failure(str(failure), values) from failure
            if not results:
                return False
            if len(results) > 1:
                raise _Failure("can only compare one element at a time", values)
            sides.append(results[0])
        try:
            return compare(node.operator, *sides)
        except ValueError as error:
            raise _Failure(str(error), found) from error


def _children(value: object) -> Iterator[Any]:
    """What a map, a list or a text is made of."""
    if isinstance(value, dict):
        yield from (value[key] for key in sorted(value))
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        yield from map(Byte, value.encode(errors="surrogateescape"))


def _descend(values: Values) -> Values:
    """Everything that has children, from the top down. Mirrors ``evalRecursive``."""
    found: Values = []
    for value in values:
        children = list(_children(value))
        if children:
            found.append(value)
            found += _descend(children)
    return found


def _slice(value: object, node: Array, values: Values) -> Values:
    """The items that ``[start:end:step]`` means. Mirrors ``evalArray``."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise _Failure(f"{type_of(value)} is not array or slice", values)
    first, last, by = node.params
    length = len(value)
    start = first.value if first.known else 0
    start += length if start < 0 else 0
    end = last.value if last.known else length
    end += length if end < 0 or (end == 0 and last.derived) else 0
    if start == end:
        return []
    if not 0 <= start < length:
        raise _Failure(f"array index out of bounds: index {start}, length {length}", values)
    if not 0 <= end <= length:
        raise _Failure(f"array index out of bounds: index {end - 1}, length {length}", values)
    if start > end:
        raise _Failure(f"starting index {start} is greater than ending index {end}", values)
    if by.known and by.value <= 0:
        raise _Failure("step must be > 0", values)
    return value[start : end : by.value if by.known else 1]


def _printed(values: Values, as_json: bool) -> str:
    """Mirrors ``PrintResults``."""
    if as_json:
        return f"{json_text(values, indent=4)}\n"
    return " ".join(json_text(value) if isinstance(value, (dict, list)) else _text(value) for value in values)


def _text(value: object) -> str:
    return "null" if value is None else text_of(value)
