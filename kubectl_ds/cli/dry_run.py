"""``--dry-run`` as kubectl reads it."""

from __future__ import annotations

from kubectl_ds.cli.session import Session
from kubectl_ds.errors import UsageError
from kubectl_ds.flow.dry_run import DryRun

YES = ("1", "t", "T", "TRUE", "true", "True")
NO = ("0", "f", "F", "FALSE", "false", "False")
"""What Go's ``strconv.ParseBool`` takes: kubectl still takes booleans here and there."""


def dry_run_mode(value: str, session: Session) -> DryRun:
    """Mirrors ``GetDryRunStrategy`` (k8s.io/kubectl v0.37.2), old booleans included.

    Raises:
        UsageError: there is no such mode.
    """
    if value in YES or value in NO or value == "unchanged":
        written, meant = ("", DryRun.CLIENT) if value == "unchanged" else (f"={value}", DryRun.CLIENT)
        meant = DryRun.NONE if value in NO else meant
        boolean = " (boolean value)" if written else ""
        session.terminal.say(
            f"Warning: --dry-run{written} is deprecated{boolean} and can be replaced with --dry-run={meant.value}."
        )
        return meant
    try:
        return DryRun(value)
    except ValueError:
        raise UsageError(f'Invalid dry-run value ({value}). Must be "none", "server", or "client".') from None
