"""YAML and JSON text as plain data, with the types that JSON has.

Timestamps stay text and dates stay text, as they do in Kubernetes. Names that an alias repeats are shared, not copied;
``expands_beyond`` finds out when they would explode.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Malformed(Exception):
    """Text that is no YAML; where, counted from 1."""

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column


def load_documents(text: str | bytes) -> Iterator[Any]:
    """Every document of a YAML stream.

    Raises:
        Malformed: the text is not YAML.
    """
    import yaml

    try:
        yield from yaml.load_all(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        raise Malformed(problem, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise Malformed(str(error).splitlines()[0], 1, 1) from error
    except (ValueError, RecursionError, OverflowError) as error:
        raise Malformed(str(error) or "nested too deeply", 1, 1) from error


def expands_beyond(data: Any, limit: int) -> bool:
    """Whether writing ``data`` out, aliases repeated, would take more than ``limit`` values (a YAML bomb)."""
    sizes: dict[int, int] = {}

    def size(value: Any) -> int:
        if not isinstance(value, (dict, list)):
            return 1
        known = sizes.get(id(value))
        if known is None:
            sizes[id(value)] = limit + 1  # a value that holds itself has no end
            inner = value.values() if isinstance(value, dict) else value
            known = sizes[id(value)] = 1 + sum(map(size, inner))
        return known

    return size(data) > limit


_LOADER: Any = None


def _loader() -> Any:
    global _LOADER
    if _LOADER is None:
        import re

        import yaml

        base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        resolvers = {
            first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
            for first, rules in base.yaml_implicit_resolvers.items()
        }
        values = {**base.bool_values, "y": True, "n": False}
        _LOADER = type("_Loader", (base,), {"yaml_implicit_resolvers": resolvers, "bool_values": values})
        _LOADER.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("[yYnN]$"), list("yYnN"))  # as in YAML 1.1
    return _LOADER
