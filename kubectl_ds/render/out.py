"""What kubectl's printers write to, and what they have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kubectl_ds.errors import DsError


class FieldNotFound(DsError):
    """No object has the field by which to sort."""


class Out(Protocol):
    """Where text goes."""

    def write(self, text: str) -> None:
        """Add text."""

    def flush(self) -> None:
        """What has been written is laid out."""


class Printer(Protocol):
    """One of the forms that ``-o`` names. Mirrors ``printers.ResourcePrinter`` (k8s.io/cli-runtime v0.37)."""

    @property
    def aligned(self) -> bool:
        """Whether tabs in its text are columns."""

    def print(self, shown: Mapping[str, Any], out: Out, event: str = "") -> None:
        """Print an object, a List or a Table, with the type of the watch event that it comes with, if any.

        Raises:
            DsError: it cannot be printed so; the message is kubectl's.
        """


class PlainText:
    """Text as it is."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def write(self, text: str) -> None:
        """Add text."""
        self._parts.append(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def text(self) -> str:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return "".join(parts)
