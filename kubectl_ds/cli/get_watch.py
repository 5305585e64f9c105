"""``get -w``: what is there, and then every change as it comes.

Mirrors ``GetOptions.watch`` (k8s.io/kubectl v0.37 pkg/cmd/get/get.go) with one difference: kubectl ends in silence when
the server ends the watch, which it does after an hour at the latest; this one goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import msgspec

from kubectl_ds.cli.get_options import GetOptions
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.client import WatchEvent
from kubectl_ds.cluster.retry import Patience
from kubectl_ds.cluster.watch import ADDED, DELETED, changes
from kubectl_ds.errors import DsError, ExitCode, NotFound, UsageError
from kubectl_ds.flow.get import Wanted, listed, named
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.model.kinds import DAEMON_SETS
from kubectl_ds.render.object_output import typed
from kubectl_ds.render.out import Printer
from kubectl_ds.render.tabwriter import TabWriter

Json = Mapping[str, Any]


def watch_objects(session: Session, options: GetOptions) -> int:
    """Print what is there, and every change until the deadline, or Ctrl-C."""
    if session.offline:
        raise UsageError("a capture does not change: --watch needs a cluster")
    wanted = options.wanted(session.namespace)
    if options.from_files:
        from kubectl_ds.cli.get_files import watched

        namespace, name = watched(session, options)
        wanted = replace(wanted, namespace=namespace or wanted.namespace, names=(name,))
    try:
        bodies = _begin(session, wanted)
    except NotFound:
        if options.ignore_not_found:
            return ExitCode.OK
        raise
    screen = _Screen(session, options)
    if not options.watch_only:
        screen.show_all(decode_generic(body) for body in bodies)
    if len(wanted.names) > 1:
        raise DsError("you may only watch a single resource or type of resource at a time")
    for event in _changes(session, wanted, bodies):
        screen.show(event)
    return ExitCode.OK


def _begin(session: Session, wanted: Wanted) -> list[bytes]:
    """What is there now: the pages of the list, or each that is named, as a list of one."""
    if not wanted.names:
        return listed(session.client, wanted)
    return [msgspec.json.encode(named(session.client, wanted, name)) for name in wanted.names]


def _changes(session: Session, wanted: Wanted, bodies: Sequence[bytes]) -> Iterator[WatchEvent]:
    query = wanted.selectors
    pages = list(bodies)
    if wanted.names:
        query = (("fieldSelector", f"metadata.name={wanted.names[0]}"), *query)
        pages = [_list_of(decode_generic(body)) for body in bodies]
    patience = Patience()
    timeout = session.client.connection.timeout
    return changes(
        session.client,
        DAEMON_SETS.path(wanted.namespace),
        query,
        accept=wanted.accept,
        listed=pages,
        deadline=None if timeout is None else patience.clock() + timeout,
        patience=patience,
    )


def _list_of(found: Json) -> bytes:
    """The List of one object, as of the moment when it was read; a table of one row is one already."""
    if "rows" in found:
        metadata = found["rows"][0]["object"]["metadata"]
        return msgspec.json.encode({**found, "metadata": {"resourceVersion": metadata["resourceVersion"]}})
    version = found["metadata"]["resourceVersion"]
    return msgspec.json.encode({"metadata": {"resourceVersion": version}, "items": [found]})


class _Screen:
    """Prints one below the other, each at once; remembers the last of each, should it vanish unseen."""

    def __init__(self, session: Session, options: GetOptions) -> None:
        self._terminal = session.terminal
        self._events = options.output_watch_events
        self._out = TabWriter.of_kubectl()
        now = datetime.now(timezone.utc)
        plain = replace(options, sort_by="" if options.watch_only else options.sort_by)
        self._printer: Printer = (
            plain.table_printer(session.namespace is None, "daemonset.apps", now) if options.human else plain.printer()
        )
        self._columns: Any = ()
        self._last: dict[str, Json] = {}

    def show_all(self, found: Iterator[Json]) -> None:
        """Print tables as they are, and the items of lists one by one."""
        for each in found:
            for item in each.get("items", (each,)):
                self._print(item, ADDED)
        self._flush()

    def show(self, event: WatchEvent) -> None:
        """Print a change."""
        shown: Json = decode_generic(event.object)
        row = shown["rows"][0]["object"] if shown.get("rows") else shown
        uid = row["metadata"]["uid"]
        if event.type == DELETED:
            last = self._last.pop(uid, shown)
            shown = shown if "creationTimestamp" in row["metadata"] else last
        else:
            self._last[uid] = shown
        self._print(shown, event.type)
        self._flush()

    def _print(self, shown: Json, event: str) -> None:
        shown = shown if "rows" in shown else typed(shown)
        self._printer.print(shown, self._out, event if self._events else "")

    def _flush(self) -> None:
        self._terminal.write(self._out.text())
        self._terminal.stdout.flush()
