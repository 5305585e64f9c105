"""The tables of ``kubectl get daemonsets``, to the byte: from the server's Table, or from the objects themselves.

Whatever the source, it becomes a ``meta.k8s.io/v1 Table`` as parsed JSON, and one printer prints it; the sentence for
an empty answer belongs on stderr and is not part of the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from kubectl_ds.render.ages import age, parse_time
from kubectl_ds.render.go_text import byte_length, escape_terminal, text_of
from kubectl_ds.render.label_text import format_labels, format_selector
from kubectl_ds.render.out import Out

Json = Mapping[str, Any]
Cells = list[Any]

COLUMNS: tuple[Json, ...] = (
    {"name": "Name", "type": "string", "format": "name", "priority": 0},
    {"name": "Desired", "type": "integer", "priority": 0},
    {"name": "Current", "type": "integer", "priority": 0},
    {"name": "Ready", "type": "integer", "priority": 0},
    {"name": "Up-to-date", "type": "integer", "priority": 0},
    {"name": "Available", "type": "integer", "priority": 0},
    {"name": "Node Selector", "type": "string", "priority": 0},
    {"name": "Age", "type": "string", "priority": 0},
    {"name": "Containers", "type": "string", "priority": 1},
    {"name": "Images", "type": "string", "priority": 1},
    {"name": "Selector", "type": "string", "priority": 1},
)
"""``daemonSetColumnDefinitions`` (kubernetes v1.37.2 pkg/printers/internalversion/printers.go)."""

_FLUSH_INTERVAL = 100
"""Rows between two flushes; widths are remembered across them."""

_BREAK = re.compile(r"[\f\n\r]")


class TableOptions(msgspec.Struct, frozen=True):
    """How a table is printed: the flags of ``kubectl get``."""

    wide: bool = False
    with_namespace: bool = False
    """``-A``: a NAMESPACE column in front."""
    show_labels: bool = False
    label_columns: tuple[str, ...] = ()
    """``-L``: label keys, each a column under the last part of its name."""
    no_headers: bool = False
    with_kind: bool = False
    """``--show-kind``: names as ``daemonset.apps/name``."""
    kind: str = "daemonset.apps"
    """What the rows are of: kind and group."""


class TablePrinter:
    """Prints what it is given one below the other, under one header as long as the columns stay the same.

    Mirrors ``HumanReadablePrinter`` (k8s.io/cli-runtime v0.37), as ``kubectl get`` calls it.
    """

    aligned = True

    def __init__(self, options: TableOptions, now: Callable[[], datetime]) -> None:
        """``now`` tells the ages of objects that come without a table."""
        self._options = options
        self._now = now
        self._columns: Sequence[Json] = ()
        self._printed_headers = False
        self._printed_objects = False

    def print(self, shown: Json, out: Out, event: str = "") -> None:
        """Print the rows of a server's Table, or an object that is none, each with the event that it comes with."""
        if "rows" in shown or "columnDefinitions" in shown:
            self._print_table(shown, out, event)
        else:
            self._print_objects(shown, out, event)

    def _print_table(self, table: Json, out: Out, event: str) -> None:
        columns = table.get("columnDefinitions") or ()
        with_header = not self._options.no_headers and not (
            self._printed_headers and (not columns or columns == self._columns)
        )
        if columns and columns != self._columns:
            self._columns, self._printed_headers = columns, False
        rows = table.get("rows") or ()
        self._printed_headers = self._printed_headers or bool(rows)
        decorated, cells = _decorated(self._columns, rows, self._options)
        if event:
            decorated = [{"name": "Event"}, *decorated]
            cells = [[f"{event:8}", *line] for line in cells]
        _print_lines(out, decorated, cells, wide=self._options.wide, with_header=with_header)

    def _print_objects(self, shown: Json, out: Out, event: str) -> None:
        """NAME and AGE, all that is known of any object. Mirrors ``printRowsForHandlerEntry``: nothing is escaped."""
        options = self._options
        before = ["EVENT"] * bool(event) + ["NAMESPACE"] * options.with_namespace
        if not options.no_headers and not self._printed_objects:
            out.write("\t".join([*before, "NAME", "AGE", *_label_headers(options)]) + "\n")
        self._printed_objects = True
        for each in shown.get("items") or () if "items" in shown else (shown,):
            metadata = each.get("metadata") or {}
            name = f"{options.kind}/" * options.with_kind + (metadata.get("name") or "")
            since = age(parse_time(metadata.get("creationTimestamp")), self._now())
            place = [metadata.get("namespace") or ""] * options.with_namespace
            labels = _label_cells(metadata, options)
            out.write("\t".join([*[f"{event:8}"] * bool(event), *place, name, since, *labels]) + "\n")


def table_of(daemon_sets: Iterable[Json], now: datetime) -> dict[str, Any]:
    """The Table that the API server would answer with at ``now``. Mirrors ``printDaemonSet`` (kubernetes v1.37.2)."""
    rows = [{"cells": _cells(each, now), "object": each} for each in daemon_sets]
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": COLUMNS, "rows": rows}


def nothing_found(namespace: str | None) -> str:
    """What kubectl says on stderr instead of an empty table; ``None`` stands for all namespaces."""
    return "No resources found" if namespace is None else f"No resources found in {namespace} namespace."


def _cells(daemon_set: Json, now: datetime) -> list[Any]:
    metadata, status = daemon_set.get("metadata") or {}, daemon_set.get("status") or {}
    spec = daemon_set.get("spec") or {}
    pods = (spec.get("template") or {}).get("spec") or {}
    containers = [each for each in pods.get("containers") or () if each is not None]
    return [
        metadata.get("name") or "",
        status.get("desiredNumberScheduled") or 0,
        status.get("currentNumberScheduled") or 0,
        status.get("numberReady") or 0,
        status.get("updatedNumberScheduled") or 0,
        status.get("numberAvailable") or 0,
        format_labels(pods.get("nodeSelector")),
        age(parse_time(metadata.get("creationTimestamp")), now),
        ",".join(container.get("name") or "" for container in containers),
        ",".join(container.get("image") or "" for container in containers),
        format_selector(spec.get("selector")),
    ]


def _decorated(columns: Sequence[Json], rows: Sequence[Json], options: TableOptions) -> tuple[list[Json], list[Cells]]:
    """The server's columns between those of ``-A`` and those of labels. Mirrors ``decorateTable``."""
    before = [{"name": "Namespace"}] if options.with_namespace else []
    added = [{"name": name} for name in _label_headers(options)]
    named = next((at for at, column in enumerate(columns) if column.get("format") == "name"), None)
    return [*before, *columns, *added], [_cells_of(row, named, options) for row in rows]


def _cells_of(row: Json, name_column: int | None, options: TableOptions) -> Cells:
    cells = list(row.get("cells") or ())
    if options.with_kind and name_column is not None:
        cells[name_column] = f"{options.kind}/{cells[name_column]}"
    metadata = (row.get("object") or {}).get("metadata") or {}
    return [
        *([metadata.get("namespace") or ""] if options.with_namespace else ()),
        *cells,
        *_label_cells(metadata, options),
    ]


def _label_headers(options: TableOptions) -> list[str]:
    return [key.split("/")[-1].upper() for key in options.label_columns] + ["LABELS"] * options.show_labels


def _label_cells(metadata: Json, options: TableOptions) -> list[str]:
    labels = metadata.get("labels") or {}
    return [labels.get(key, "") for key in options.label_columns] + [format_labels(labels)] * options.show_labels


def _print_lines(out: Out, columns: Sequence[Json], rows: Sequence[Cells], *, wide: bool, with_header: bool) -> None:
    """Mirrors ``printTable``: the first line is padded to the widest cell in bytes, so that no flush can misalign."""
    shown = [at for at, column in enumerate(columns) if wide or not column.get("priority")]
    lines = [
        ["" if cell is None else text_of(cell) for cell in (cells[at] for at in shown if at < len(cells))]
        for cells in rows
    ]
    if not lines or not shown:
        return
    widths = [max((byte_length(line[at]) for line in lines if at < len(line)), default=0) for at in range(len(shown))]
    widths[-1] = 0
    if with_header:
        names = [columns[at]["name"].upper() for at in shown]
        padding = _padding(names, widths)
        out.write("\t".join(map(str.__add__, names, padding)) + "\n")
    for number, line in enumerate(lines, start=1):
        padding = _padding(line, widths) if number == 1 and not with_header else [""] * len(line)
        out.write("\t".join(map(str.__add__, map(_safe_cell, line), padding)) + "\n")
        if number % _FLUSH_INTERVAL == 0:
            out.flush()


def _padding(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [" " * (width - byte_length(cell)) for cell, width in zip(line, widths, strict=False)]


def _safe_cell(cell: str) -> str:
    """A cell in one line: cut at the first line break. Mirrors ``appendCellValue``."""
    found = _BREAK.search(cell)
    return escape_terminal(cell) if found is None else f"{escape_terminal(cell[: found.start()])}..."
