"""``coverage -w``: the report, and again whenever it has become another one, until Ctrl-C.

Coverage hangs on nodes, pods, events and all that a scheduler looks at, so it is read anew as a whole every few
seconds; what has not changed is not shown again.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import NoReturn

from kubectl_ds.cli.session import Session
from kubectl_ds.engine.coverage import CoverageReport
from kubectl_ds.engine.coverage_changes import coverage_changes
from kubectl_ds.errors import ApiError, ConnectionFailed, UsageError
from kubectl_ds.render.coverage_changes import change_lines

PAUSE = 3.0
"""Seconds between two looks."""
_CLEAR = "\x1b[H\x1b[2J\x1b[3J"


def watch_coverage(
    session: Session,
    output: str,
    look: Callable[[], CoverageReport],
    rendered: Callable[[CoverageReport], str],
    pause: Callable[[float], None] = time.sleep,
) -> NoReturn:
    """Show what there is, and every change: anew on a terminal, line by line off it, a document each for programs.

    Once it has looked, a server that cannot be reached, or cannot answer for a while, does not end it.

    Args:
        session: where to write.
        output: the form, as ``-o`` names it.
        look: reads it all anew.
        rendered: the whole report in that form.
        pause: waits between two looks; what it raises ends the watch.

    Raises:
        UsageError: what is read cannot change.
        ConnectionFailed: the API server could not be reached at first.
        ApiError: it refuses, and not only for a while.
    """
    if session.offline:
        raise UsageError("a capture does not change: --watch needs a cluster")
    gc.enable()  # short runs do without
    terminal = session.terminal
    redraws = terminal.interactive and output in ("", "wide")
    shown: CoverageReport | None = None
    lost = False
    while True:
        try:
            report = look()
        except (ConnectionFailed, ApiError) as error:
            if shown is None or (isinstance(error, ApiError) and not error.may_pass):
                raise
            if not lost:
                terminal.say(f"cannot look any more, and try again: {error.message}")
            lost = True
            pause(PAUSE)
            continue
        if lost:
            terminal.say("looking again")
            lost = False
        changes = coverage_changes(shown, report) if shown is not None else ()
        if shown is None or changes:
            if redraws:
                terminal.write(_CLEAR + rendered(report))
            elif shown is None or output == "json":
                terminal.write(rendered(report))
            elif output == "yaml":
                terminal.write("---\n" + rendered(report))
            else:
                terminal.write(change_lines(changes, report.snapshot.now, session.theme))
            terminal.stdout.flush()
            shown = report
        pause(PAUSE)
