"""What is shown, and asked, before ``create`` creates: the coverage that is foretold, and what the pods would miss."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ds.cli.session import Session
from kubectl_ds.errors import ApiError
from kubectl_ds.flow.outlook import Outlook, look_ahead
from kubectl_ds.manifest.documents import Document
from kubectl_ds.render.theme import clean


def agreed(session: Session, documents: Sequence[Document], namespace: str, *, asks: bool) -> bool:
    """Show the outlook on stderr; False when others would be evicted, and the user does not want that."""
    say = session.terminal.say
    try:
        outlook = look_ahead(session.client, documents, namespace)
    except ApiError as error:
        say(f"Warning: the coverage cannot be foretold: {clean(error.message)}")
        return True
    if outlook is None:
        return True
    say(_text(session, outlook).rstrip("\n"))
    if outlook.evicts and asks and not ask(session, "Pods of others would be evicted. Create it?"):
        say("nothing was created")
        return False
    return True


def ask(session: Session, question: str) -> bool:
    """The user's answer; yes where nobody can be asked."""
    terminal = session.terminal
    if not terminal.interactive or not terminal.stdin.isatty():
        return True
    terminal.stderr.write(f"{question} [y/N] ")
    terminal.stderr.flush()
    return terminal.stdin.readline().strip().lower() in ("y", "yes")


def _text(session: Session, outlook: Outlook) -> str:
    from kubectl_ds.render.coverage import coverage_text
    from kubectl_ds.render.fold import fold_text

    spaces = {each.daemon_set.namespace for each in outlook.report.daemon_sets}
    lines = [coverage_text(outlook.report, session.theme, with_namespace=len(spaces) > 1)]
    for each in outlook.absent:
        what = f"{each.kind.lower()} {each.namespace}/{each.name}"
        said = f"! {what} does not exist: the pods of {each.daemon_set} do not start without it"
        lines += [f"{line}\n" for line in fold_text(clean(said), session.theme.width, 2)]
    return session.theme.finish("".join(lines))
