"""``get -w``: what is there, and then every change as it comes.

Mirrors ``GetOptions.watch`` (k8s.io/kubectl v0.37 pkg/cmd/get/get.go) with one difference: kubectl ends in silence when
the server ends the watch, which it does after an hour at the latest; this one goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from kubectl_ds.cli.get_options import GetOptions
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.client import WatchEvent
from kubectl_ds.cluster.retry import Patience
from kubectl_ds.cluster.watch import ADDED, DELETED, changes
from kubectl_ds.errors import DsError, ExitCode, NotFound, UsageError
from kubectl_ds.flow.get import Found, Wanted, fetch, listed
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
    screen = _Screen(session, options)
    if not wanted.names and not options.from_files:
        pages: Sequence[bytes] = listed(session.client, wanted)
        screen.show_all([session.client.plain(page) for page in pages])
    else:
        found = _named(session, options, wanted)
        if found.errors:
            if options.ignore_not_found and isinstance(found.errors[0], NotFound):
                return ExitCode.OK
            raise found.errors[0]
        screen.show_all([info.object for info in found.infos])
        wanted, pages = _only(found, wanted)
    for event in _changes(session, wanted, pages):
        screen.show(event)
    return ExitCode.OK


def _named(session: Session, options: GetOptions, wanted: Wanted) -> Found:
    if options.from_files:
        from kubectl_ds.cli.get_files import fetch_files

        return fetch_files(session, options, wanted)
    return fetch(session.client, wanted)


def _only(found: Found, wanted: Wanted) -> tuple[Wanted, list[bytes]]:
    """The one object that was found, as what to watch and as a List of the moment when it was read.

    Raises:
        DsError: there are more.
    """
    if len(found.infos) != 1:
        raise DsError(
            "watch is only supported on individual resources and resource collections - "
            f"{len(found.infos)} resources were found"
            if found.single
            else "you may only watch a single resource or type of resource at a time"
        )
    (info,) = found.infos
    if info.kind != "daemonset.apps":
        raise DsError(f"only DaemonSets are watched here, and this is a {info.kind}")
    metadata = _metadata_of(info.object)
    whole = info.object if "rows" in info.object else {"items": [info.object]}
    page = msgspec.json.encode({**whole, "metadata": {"resourceVersion": metadata["resourceVersion"]}})
    return replace(wanted, namespace=metadata["namespace"], names=(metadata["name"],)), [page]


def _changes(session: Session, wanted: Wanted, pages: Sequence[bytes]) -> Iterator[WatchEvent]:
    by_name = tuple(("fieldSelector", f"metadata.name={name}") for name in wanted.names)
    patience = Patience()
    timeout = session.client.connection.timeout
    return changes(
        session.client,
        DAEMON_SETS.path(wanted.namespace),
        (*by_name, *wanted.selectors),
        accept=wanted.accept,
        listed=pages,
        deadline=None if timeout is None else patience.clock() + timeout,
        patience=patience,
    )


def _metadata_of(shown: Json) -> Json:
    metadata: Json = (shown["rows"][0]["object"] if shown.get("rows") else shown)["metadata"]
    return metadata


class _Screen:
    """Prints one below the other, each at once; remembers the last of each, should it vanish unseen."""

    def __init__(self, session: Session, options: GetOptions) -> None:
        self._terminal = session.terminal
        self._events = options.output_watch_events
        self._silent = options.watch_only
        self._out = TabWriter.of_kubectl()
        now = partial(datetime.now, timezone.utc)
        plain = replace(options, sort_by="" if options.watch_only else options.sort_by)
        self._printer: Printer = (
            plain.table_printer(session.namespace is None, "daemonset.apps", now) if options.human else plain.printer()
        )
        self._last: dict[str, Json] = {}

    def show_all(self, found: Sequence[Json]) -> None:
        """Print tables as they are, and the items of a list one by one, though not of several pages: as kubectl."""
        if self._silent:
            return
        whole = len(found) > 1
        for each in found:
            for item in (each,) if whole or "items" not in each else each["items"]:
                try:
                    self._print(item, ADDED)
                except DsError as error:
                    self._flush()
                    raise DsError(f"unable to output the provided object: {error}") from error
        self._flush()

    def show(self, event: WatchEvent) -> None:
        """Print a change."""
        shown: Json = decode_generic(event.object)
        metadata = _metadata_of(shown)
        if event.type == DELETED:
            last = self._last.pop(metadata["uid"], shown)
            shown = shown if "creationTimestamp" in metadata else last
        else:
            self._last[metadata["uid"]] = shown
        self._print(shown, event.type)
        self._flush()

    def _print(self, shown: Json, event: str) -> None:
        if "items" in shown:
            shown = {**shown, "items": [typed(each) for each in shown["items"]]}
        self._printer.print(shown if "rows" in shown else typed(shown), self._out, event if self._events else "")

    def _flush(self) -> None:
        self._terminal.write(self._out.text())
        self._terminal.stdout.flush()
