"""``create --wait``: progress on stderr until the pods are there, then the coverage."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import CoverageReport, cover
from kubectl_ds.engine.decision import Verdict
from kubectl_ds.errors import ExitCode
from kubectl_ds.flow.follow import End, Progress, follow, stands_still
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.render.theme import clean

_FAILED = frozenset({Verdict.NOT_READY, Verdict.FAILED, Verdict.MISSING, Verdict.MISSCHEDULED})


def wait_for(
    session: Session, wanted: Sequence[tuple[str, str]], seconds: float | None, *, exit_code: bool, to_stderr: bool
) -> int:
    """Follow the DaemonSets, given as (namespace, name), for so long; show the coverage of each in the end."""
    deadline = None if seconds is None else time.monotonic() + seconds
    worst = ExitCode.OK
    for namespace, name in wanted:
        end = _followed(session, namespace, name, deadline)
        if end is End.GONE:
            session.terminal.say(f"error: daemonset {clean(namespace)}/{clean(name)} has been deleted meanwhile")
            return ExitCode.ERROR
        report = _coverage(session, namespace, name)
        text = _text(session, report, several=len(wanted) > 1)
        if to_stderr:
            session.terminal.say(text.rstrip("\n"))
        else:
            session.terminal.write(text)
            session.terminal.stdout.flush()
        if end is End.DEADLINE:
            session.terminal.say("error: timed out waiting for the condition")
        worst = max(worst, _code(end, report))
    return worst if exit_code or not worst else ExitCode.ERROR


def _followed(session: Session, namespace: str, name: str, deadline: float | None) -> End:
    def is_stuck() -> bool:
        return any(stands_still(each) for each in _coverage(session, namespace, name).daemon_sets)

    def run(report: Callable[[Progress], None]) -> End:
        return follow(session.client, namespace, name, report, is_stuck, time.monotonic, deadline)

    if session.terminal.interactive:
        return _with_bar(session, name, run)
    return run(lambda progress: session.terminal.say(_line(progress)))


def _with_bar(session: Session, name: str, run: Callable[[Callable[[Progress], None]], End]) -> End:
    """One redrawn line, gone before the answer."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(file=session.terminal.stderr, no_color=not session.terminal.colour)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(clean(name), total=None)
        return run(lambda each: bar.update(task, total=each.desired or None, completed=each.available))


def _line(progress: Progress) -> str:
    name = clean(progress.name)
    if not progress.observed:
        return f"{name}: waiting for the controller"
    return f"{name}: {progress.available} of {progress.desired} nodes available"


def _coverage(session: Session, namespace: str, name: str) -> CoverageReport:
    query = Query(kinds=(), namespace=namespace, names=(name,))
    return cover(read_decisions(LiveSource(session.client), query))


def _text(session: Session, report: CoverageReport, *, several: bool) -> str:
    from kubectl_ds.render.coverage import coverage_text

    return coverage_text(report, session.theme, with_namespace=several, again=session.again)


def _code(end: End, report: CoverageReport) -> ExitCode:
    """As ``rollout status --exit-code``: failed before blocked, blocked before on its way."""
    if end is End.COMPLETE:
        return ExitCode.OK
    verdicts = {verdict for each in report.daemon_sets for verdict in each.verdicts}
    if verdicts & _FAILED:
        return ExitCode.WRONG
    if Verdict.BLOCKED in verdicts:
        return ExitCode.BLOCKED
    if Verdict.UNKNOWN in verdicts or any(gap.denied for gap in report.gaps):
        return ExitCode.CANNOT_TELL
    return ExitCode.PROGRESSING
