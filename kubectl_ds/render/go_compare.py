"""Values compared as a JSONPath filter compares them: strictly within one kind.

Ports ``Equal``, ``Less`` and their kin (k8s.io/client-go v0.37 third_party/forked/golang/template/funcs.go).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kubectl_ds.render.go_text import Byte

_KINDS: tuple[tuple[type, str], ...] = ((bool, "bool"), (Byte, "uint"), (int, "int"), (float, "float"), (str, "string"))
_INTEGERS = frozenset({"int", "uint"})


def compare(operator: str, left: object, right: object) -> bool:
    """Whether ``left operator right`` holds.

    Raises:
        ValueError: they cannot be compared so; the message is upstream's.
    """
    if operator not in _OPERATORS:
        raise ValueError(f"unrecognized filter operator {operator}")
    return _OPERATORS[operator](left, right)


def _equal(left: Any, right: Any) -> bool:
    _common_kind(left, right)
    return bool(left == right)


def _less(left: Any, right: Any) -> bool:
    if _common_kind(left, right) == "bool":
        raise ValueError("invalid type for comparison")
    if isinstance(left, str):
        return left.encode(errors="surrogateescape") < right.encode(errors="surrogateescape")  # type: ignore[no-any-return]
    return bool(left < right)


def _less_or_equal(left: object, right: object) -> bool:
    return _less(left, right) or _equal(left, right)


def _common_kind(left: object, right: object) -> str:
    kinds = _basic_kind(left), _basic_kind(right)
    if kinds[0] != kinds[1] and not _INTEGERS.issuperset(kinds):
        raise ValueError("incompatible types for comparison")
    return kinds[0]


def _basic_kind(value: object) -> str:
    for known, kind in _KINDS:
        if isinstance(value, known):
            return kind
    raise ValueError("invalid type for comparison")


_OPERATORS: dict[str, Callable[[object, object], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _less,
    "<=": _less_or_equal,
    ">": lambda left, right: not _less_or_equal(left, right),
    ">=": lambda left, right: not _less(left, right),
}
