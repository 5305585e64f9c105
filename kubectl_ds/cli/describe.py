"""``kubectl ds describe``: everything that kubectl shows, to the byte, and then what it leaves out."""

from __future__ import annotations

from dataclasses import replace

import typer

from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.options import Names, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.pod_events import collapse_pod_events
from kubectl_ds.errors import NotFound
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.describe import describe_more
from kubectl_ds.render.kubectl_describe import describe, events_of, pods_status

EXAMPLES = (
    ("Everything there is to say of one DaemonSet", "kubectl ds describe fluentd -n logging"),
    ("All DaemonSets of a namespace", "kubectl ds describe -n kube-system"),
    ("Without a cluster", "kubectl ds describe fluentd --demo"),
)


def command(ctx: typer.Context, names: Names = None, selector: Selector = "") -> None:
    """Show a DaemonSet in full: kubectl's own text, then its coverage node by node and its pods' events."""
    session: Session = ctx.obj
    wanted = daemon_set_names(names or ())
    snapshot, exact = _read(session, wanted, selector)
    if not snapshot.daemon_sets:
        where = f" in {session.namespace} namespace." if session.namespace else ""
        session.terminal.say(f"No resources found{where}")
        return
    ordered = sorted(snapshot.daemon_sets, key=lambda each: (each.namespace, each.name))
    if wanted and exact:
        ordered.sort(key=lambda each: wanted.index(each.name))
    texts = [_text(snapshot, each, session, with_events=exact and len(ordered) == 1) for each in ordered]
    session.terminal.write("\n\n".join(texts))


def _read(session: Session, wanted: tuple[str, ...], selector: str) -> tuple[Snapshot, bool]:
    """The DaemonSets of these names; as kubectl, those whose names begin so when there is none of that very name."""
    query = Query(kinds=(), namespace=session.namespace, names=wanted, selector=selector)
    try:
        return read_decisions(session.source, query), bool(wanted)
    except NotFound:
        if len(wanted) != 1:
            raise
        snapshot = read_decisions(session.source, replace(query, names=()))
        begun = tuple(each for each in snapshot.daemon_sets if each.name.startswith(wanted[0]))
        if not begun:
            raise
        return replace(snapshot, daemon_sets=begun), False


def _text(snapshot: Snapshot, daemon_set: DaemonSet, session: Session, *, with_events: bool) -> str:
    plain = decode_generic(bytes(daemon_set.raw))
    events = events_of(plain, snapshot.events) if with_events and not snapshot.denied("events") else None
    kubectls = describe(plain, pods_status(plain, snapshot.pods), events, snapshot.now)
    more = describe_more(
        cover_one(snapshot, daemon_set),
        collapse_pod_events(snapshot, daemon_set),
        snapshot.gaps,
        snapshot.now,
        session.theme,
    )
    return kubectls + more
