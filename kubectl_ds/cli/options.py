"""Parameters that several commands have in their own signatures, spelt once."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

Names: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="DaemonSets: NAME, ds/NAME or daemonset.apps/NAME.")
]
Selector: TypeAlias = Annotated[
    str, typer.Option("-l", "--selector", metavar="SELECTOR", help="Labels of the DaemonSets: -l app=x,tier!=y.")
]
Output: TypeAlias = Annotated[
    str, typer.Option("-o", "--output", metavar="wide|json|yaml", help="Per node, or for programs.")
]
OnNode: TypeAlias = Annotated[str, typer.Option("--node", metavar="NODE", help="Only what concerns this node.")]
ExitCodes: TypeAlias = Annotated[
    bool,
    typer.Option("--exit-code", help="3 when something is wrong, 4 on its way, 5 blocked for good, 6 cannot tell."),
]
Files: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("-f", "--filename", metavar="FILE", help="Judge these manifests as if they were created now."),
]
Recursive: TypeAlias = Annotated[
    bool, typer.Option("-R", "--recursive", help="Read folders of -f with all below them.")
]
