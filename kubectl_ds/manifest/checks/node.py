"""A value of a manifest with its path: read as Go reads it into a struct, so that a check need not mind odd types.

What is missing, null or of the wrong type is the zero value; that a type is wrong is said elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Node:
    """A mapping, and where it stands."""

    path: str
    data: dict[str, Any]
    spoiled: frozenset[str] = frozenset()
    """Paths of fields that could not be read, for they are misspelt or of another type."""

    def child(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Whether the field is there and not null, whatever it is."""
        return self.data.get(name) is not None

    def sound(self, name: str) -> bool:
        """Whether the field could be read as it was meant."""
        path = self.child(name)
        return not any(each == path or each.startswith((f"{path}.", f"{path}[")) for each in self.spoiled)

    def text(self, name: str) -> str:
        """A text; empty when there is none."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        """A whole number; None when there is none."""
        value = self.data.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool:
        """True only where true is written."""
        return self.data.get(name) is True

    def object(self, name: str) -> Node | None:
        """A mapping; None where the field is missing, null or no mapping."""
        value = self.data.get(name)
        return Node(self.child(name), value, self.spoiled) if isinstance(value, dict) else None

    def below(self, name: str) -> Node:
        """A mapping, empty where there is none."""
        return self.object(name) or Node(self.child(name), {}, self.spoiled)

    def items(self, name: str) -> tuple[Node, ...]:
        """The mappings of a list; null is an empty one, as to Go."""
        value = self.data.get(name)
        if not isinstance(value, list):
            return ()
        path = self.child(name)
        return tuple(
            Node(f"{path}[{index}]", item or {}, self.spoiled)
            for index, item in enumerate(value)
            if item is None or isinstance(item, dict)
        )

    def texts(self, name: str) -> tuple[tuple[str, str], ...]:
        """The texts of a list, each with its path."""
        value = self.data.get(name)
        if not isinstance(value, list):
            return ()
        path = self.child(name)
        return tuple(
            (f"{path}[{index}]", item or "")
            for index, item in enumerate(value)
            if item is None or isinstance(item, str)
        )

    def mapping(self, name: str) -> dict[str, str]:
        """A mapping of texts; null is an empty text."""
        value = self.data.get(name)
        if not isinstance(value, dict):
            return {}
        return {key: each or "" for key, each in value.items() if each is None or isinstance(each, str)}
