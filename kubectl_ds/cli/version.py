"""``kubectl ds version``."""

from __future__ import annotations

import typer

from kubectl_ds import __version__
from kubectl_ds.cli.session import Session

EXAMPLES = (("Which version is this", "kubectl ds version"),)


def command(ctx: typer.Context) -> None:
    """Print the version of kubectl-ds."""
    session: Session = ctx.obj
    session.terminal.write(f"kubectl-ds {__version__}\n")
