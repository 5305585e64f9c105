"""The tables of ``kubectl get daemonsets``, to the byte: from the server's Table, or from the objects themselves.

Whatever the source, it becomes a ``meta.k8s.io/v1 Table`` as parsed JSON, and one printer prints it. Sorting is
the server's; the sentence for an empty answer belongs on stderr and is not part of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kubectl_ds.render.ages import age, parse_time
from kubectl_ds.render.go_text import byte_length, escape_terminal, text_of
from kubectl_ds.render.label_text import format_labels, format_selector
from kubectl_ds.render.tabwriter import TabWriter

Json = Mapping[str, Any]

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


@dataclass(frozen=True)
class TableOptions:
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


def print_tables(tables: Iterable[Json], options: TableOptions) -> str:
    """Server tables as one text under one header: the pages of a list, or one table for each name asked for.

    Mirrors ``HumanReadablePrinter.PrintObj`` (k8s.io/cli-runtime v0.37), as ``kubectl get`` calls it.
    """
    writer = TabWriter(min_width=6, padding=3, remember_widths=True)
    header_of: Sequence[Json] = ()
    for table in tables:
        columns = table.get("columnDefinitions") or header_of
        rows = table.get("rows") or ()
        with_header = not options.no_headers and (not header_of or columns != header_of)
        if rows:
            header_of = columns
        _print_table(writer, _decorated_columns(columns, options), rows, options, with_header)
    return writer.text()


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


def _decorated_columns(columns: Sequence[Json], options: TableOptions) -> list[Json]:
    """The server's columns between those of ``-A`` and those of labels (upstream ``decorateTable``)."""
    added = [key.split("/")[-1] for key in options.label_columns] + ["Labels"] * options.show_labels
    before = [{"name": "Namespace"}] if options.with_namespace else []
    return [*before, *columns, *({"name": name} for name in added)]


def _decorated_cells(row: Json, columns: Sequence[Json], options: TableOptions) -> list[Any]:
    cells = list(row.get("cells") or ())
    if options.with_kind:
        name = next((at for at, column in enumerate(columns) if column.get("format") == "name"), None)
        if name is not None:
            at = name - options.with_namespace
            cells[at] = f"daemonset.apps/{cells[at]}"
    metadata = (row.get("object") or {}).get("metadata") or {}
    labels = metadata.get("labels") or {}
    if options.with_namespace:
        cells.insert(0, metadata.get("namespace") or "")
    cells += [labels.get(key, "") for key in options.label_columns]
    if options.show_labels:
        cells.append(format_labels(labels))
    return cells


def _print_table(
    writer: TabWriter, columns: Sequence[Json], rows: Sequence[Json], options: TableOptions, with_header: bool
) -> None:
    """Mirrors ``printTable``: the first line is padded to the widest cell in bytes, so that no flush can misalign."""
    shown = [at for at, column in enumerate(columns) if options.wide or not column.get("priority")]
    lines = [
        ["" if cell is None else text_of(cell) for cell in (cells[at] for at in shown if at < len(cells))]
        for cells in (_decorated_cells(row, columns, options) for row in rows)
    ]
    if not lines:
        return
    widths = [max((byte_length(line[at]) for line in lines if at < len(line)), default=0) for at in range(len(shown))]
    widths[-1] = 0
    if with_header:
        names = [columns[at]["name"].upper() for at in shown]
        padding = _padding(names, widths)
        writer.write("\t".join(map(str.__add__, names, padding)) + "\n")
    for number, line in enumerate(lines, start=1):
        padding = _padding(line, widths) if number == 1 and not with_header else [""] * len(line)
        writer.write("\t".join(map(str.__add__, map(_safe_cell, line), padding)) + "\n")
        if number % _FLUSH_INTERVAL == 0:
            writer.flush()


def _padding(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [" " * (width - byte_length(cell)) for cell, width in zip(line, widths, strict=False)]


def _safe_cell(cell: str) -> str:
    """A cell in one line: cut at the first line break. Mirrors ``appendCellValue``."""
    found = _BREAK.search(cell)
    return escape_terminal(cell) if found is None else f"{escape_terminal(cell[: found.start()])}..."
