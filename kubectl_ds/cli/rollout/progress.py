"""How a follow of an update is shown while it lasts: a bar on a terminal, a line at each change off it, JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from kubectl_ds.cli.session import Session
from kubectl_ds.engine.rollout import RolloutStatus
from kubectl_ds.engine.rollout_budget import ON_DELETE
from kubectl_ds.render.theme import clean

Show = Callable[[RolloutStatus], None]


@contextmanager
def shown(session: Session, output: str, progress_deadline: timedelta | None) -> Iterator[Show]:
    """Something to be told of each status; what it draws is gone when it ends."""
    if output:
        yield _documents(session, output, progress_deadline)
    elif session.terminal.interactive:
        with _bar(session) as show:
            yield show
    else:
        yield _lines(session)


def _documents(session: Session, output: str, progress_deadline: timedelta | None) -> Show:
    """One document for each change: a line of JSON, or YAML between dashes."""
    import msgspec

    from kubectl_ds.render.rollout_document import rollout_document
    from kubectl_ds.render.structured import as_yaml

    before: dict[str, object] = {}

    def show(status: RolloutStatus) -> None:
        nonlocal before
        document = rollout_document(status, progress_deadline)
        lasting = {key: value for key, value in document.items() if key not in ("generatedAt", "estimate")}
        if lasting == before:
            return
        before = lasting
        text = msgspec.json.encode(document).decode() + "\n" if output == "json" else f"---\n{as_yaml(document)}"
        session.terminal.write(text)
        session.terminal.stdout.flush()

    return show


def _lines(session: Session) -> Show:
    """The sentence of kubectl at each change; ours where it has none."""
    from kubectl_ds.render.kubectl_rollout import status_sentence
    from kubectl_ds.render.rollout import rollout_line

    before = ""

    def show(status: RolloutStatus) -> None:
        nonlocal before
        daemon_set = status.coverage.daemon_set
        strange = daemon_set.spec.update_strategy.type == ON_DELETE
        line = f"{rollout_line(status)}\n" if strange else status_sentence(daemon_set)[0]
        if line != before:
            before = line
            session.terminal.write(line)
            session.terminal.stdout.flush()

    return show


@contextmanager
def _bar(session: Session) -> Iterator[Show]:
    """One redrawn line on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from kubectl_ds.render.rollout import bar_words

    console = Console(file=session.terminal.stderr, no_color=not session.terminal.colour)
    words = TextColumn("{task.fields[words]}", markup=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=20), MofNCompleteColumn(), words)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, words="")

        def show(status: RolloutStatus) -> None:
            counts = status.coverage.counts
            bar.update(
                task,
                description=clean(status.coverage.daemon_set.name),
                total=counts.desired if counts is not None else None,
                completed=min(counts.up_to_date, counts.available) if counts is not None else 0,
                words=bar_words(status),
            )

        yield show
