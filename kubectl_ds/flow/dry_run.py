"""How far a command that changes something may go."""

from __future__ import annotations

from enum import Enum


class DryRun(str, Enum):
    """How far to go, as kubectl's ``--dry-run`` says it."""

    NONE = "none"
    CLIENT = "client"
    SERVER = "server"

    @property
    def suffix(self) -> str:
        """What stands after the name of an operation (``PrintFlagsWithDryRunStrategy``, kubectl v0.37)."""
        return {"none": "", "client": " (dry run)", "server": " (server dry run)"}[self.value]
