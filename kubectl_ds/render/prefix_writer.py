"""What kubectl's describers write to: indented, safe for a terminal, its columns aligned."""

from __future__ import annotations

from kubectl_ds.render.go_text import escape_terminal
from kubectl_ds.render.tabwriter import TabWriter


class PrefixWriter:
    """Mirrors ``PrefixWriter`` and ``tabbedString`` (k8s.io/kubectl v0.37 pkg/describe/describe.go)."""

    def __init__(self) -> None:
        self._tabs = TabWriter(min_width=0, padding=2)

    def write(self, level: int, text: str) -> None:
        """Add text after two spaces for each level, wherever in a line it lands."""
        self._tabs.write(escape_terminal("  " * level + text))

    def write_line(self, text: str) -> None:
        """Add a line without indentation."""
        self._tabs.write(escape_terminal(f"{text}\n"))

    def text(self) -> str:
        """Everything so far, aligned."""
        return self._tabs.text()


class NestedPrefixWriter(PrefixWriter):
    """Writes to another writer, some levels deeper. Mirrors ``NewNestedPrefixWriter``."""

    def __init__(self, outer: PrefixWriter, indent: int) -> None:
        self._outer = outer
        self._indent = indent

    def write(self, level: int, text: str) -> None:
        """Add text after two spaces for each level, those of the nesting included."""
        self._outer.write(level + self._indent, text)

    def write_line(self, text: str) -> None:
        """Add a line after the spaces of the nesting, even where a line has begun, as upstream does."""
        self._outer.write(self._indent, f"{text}\n")

    def text(self) -> str:
        """Everything in the outer writer, aligned."""
        return self._outer.text()


class UnalignedPrefixWriter(PrefixWriter):
    """Leaves the tabs as they are, as ``rollout history`` and ``rollout undo`` show a template."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, level: int, text: str) -> None:
        """Add text after two spaces for each level."""
        self._parts.append(escape_terminal("  " * level + text))

    def write_line(self, text: str) -> None:
        """Add a line without indentation."""
        self._parts.append(escape_terminal(f"{text}\n"))

    def text(self) -> str:
        """Everything so far, its tabs included."""
        return "".join(self._parts)
