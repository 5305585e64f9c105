"""The tables of ``get``, from the server's Table and from objects; the golden files are the real kubectl's."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from kubectl_ds.render.kubectl_get import TableOptions, TablePrinter, nothing_found, table_of
from kubectl_ds.render.tabwriter import TabWriter

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
COLUMNS = [
    {"name": "Name", "type": "string", "format": "name", "priority": 0},
    {"name": "Node Selector", "type": "string", "priority": 0},
    {"name": "Images", "type": "string", "priority": 1},
]

Object = dict[str, Any]


def row(name: str, *cells: object, namespace: str = "default", labels: Object | None = None) -> Object:
    return {"cells": [name, *cells], "object": {"metadata": {"name": name, "namespace": namespace, "labels": labels}}}


def table(*rows: Object, columns: list[Object] | None = None) -> Object:
    return {"columnDefinitions": COLUMNS if columns is None else columns, "rows": list(rows)}


def printed(*tables: Object, **options: Any) -> str:
    printer, out = TablePrinter(TableOptions(**options), lambda: NOW), TabWriter.of_kubectl()
    for each in tables:
        printer.print(each, out)
    return out.text()


def test_a_daemon_set_with_everything_is_printed_as_kubectl_printed_it() -> None:
    daemon_set = json.loads((GOLDEN / "everything.json").read_text())
    expected = (GOLDEN / "everything.wide.txt").read_text()
    created = datetime.fromisoformat(daemon_set["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    moments = [created + timedelta(seconds=age) for age in range(60)]
    assert expected in [printed(table_of([daemon_set], moment), wide=True) for moment in moments]


def test_columns_of_lower_priority_are_only_for_wide() -> None:
    shown = table(row("a", "<none>", "img:1"))
    assert printed(shown) == "NAME   NODE SELECTOR\na      <none>\n"
    assert printed(shown, wide=True) == "NAME   NODE SELECTOR   IMAGES\na      <none>          img:1\n"


def test_the_namespace_comes_first_and_labels_come_last() -> None:
    shown = table(
        row("a", "<none>", "img", namespace="logging", labels={"x.y/tier": "b", "app": "a"}), row("b", "", "")
    )
    assert printed(shown, with_namespace=True, label_columns=("x.y/tier",), show_labels=True) == (
        "NAMESPACE   NAME   NODE SELECTOR   TIER   LABELS\n"
        "logging     a      <none>          b      app=a,x.y/tier=b\n"
        "default     b                             <none>\n"
    )


def test_names_may_show_their_kind() -> None:
    assert printed(table(row("a", "b")), with_kind=True, with_namespace=True) == (
        "NAMESPACE   NAME               NODE SELECTOR\ndefault     daemonset.apps/a   b\n"
    )


def test_several_tables_share_one_header_and_their_columns() -> None:
    assert printed(table(row("a", "1")), table(row("much-longer", "2"))) == (
        "NAME          NODE SELECTOR\na             1\nmuch-longer   2\n"
    )


def test_without_headers_only_rows_are_printed_and_without_rows_nothing() -> None:
    assert printed(table(row("a", "1"), row("bcdef", "2")), no_headers=True) == "a       1\nbcdef   2\n"
    assert printed(table()) == printed() == ""
    assert printed(table(), table(row("a", "1"))) == "NAME   NODE SELECTOR\na      1\n"


def test_a_cell_ends_at_its_first_line_break_and_harms_no_terminal() -> None:
    shown = table(row("a", "\x1b[31mred", "one\ntwo"), row("b", "x\ry", "z"))
    assert printed(shown, wide=True) == (
        "NAME   NODE SELECTOR   IMAGES\na      ^[[31mred       one...\nb      x...            z\n"
    )


def test_cells_of_any_json_type_are_printed() -> None:
    assert (
        printed(table(row("a", None), row("b", True), row("c", 7)))
        == "NAME   NODE SELECTOR\na      \nb      true\nc      7\n"
    )


def test_the_header_is_padded_to_the_bytes_of_the_widest_cell() -> None:
    """A difference from the width in characters that upstream accepts to keep flushes aligned."""
    assert printed(table(row("äöü" * 3, "x"))) == "NAME                 NODE SELECTOR\näöüäöüäöü            x\n"


def test_wide_rows_after_the_hundredth_do_not_shift_the_columns() -> None:
    lines = printed(table(*(row(f"n{'x' * (at // 10)}", "s") for at in range(250)))).splitlines()
    assert {line.rindex(" ") for line in lines[1:]} == {25 + 2}
    assert lines[0].index("NODE") == 28


def test_a_table_of_objects_counts_what_status_says() -> None:
    daemon_set: Object = {
        "metadata": {"name": "agent", "namespace": "logging", "creationTimestamp": "2026-11-21T12:00:00Z"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}, "matchExpressions": [{"key": "a", "operator": "Exists"}]},
            "template": {
                "spec": {
                    "nodeSelector": {"zone": "b", "disk": "ssd"},
                    "containers": [{"name": "main", "image": "a:1"}, {"name": "side", "image": "b:2"}],
                }
            },
        },
        "status": {"desiredNumberScheduled": 5, "currentNumberScheduled": 4, "numberReady": 3, "numberAvailable": 1},
    }
    assert table_of([daemon_set], NOW)["rows"][0]["cells"] == [
        *("agent", 5, 4, 3, 0, 1, "disk=ssd,zone=b", "2d", "main,side", "a:1,b:2", "a,app=agent")
    ]


def test_an_object_of_which_little_is_known_still_has_a_row() -> None:
    assert table_of([{}], NOW)["rows"][0]["cells"] == ["", 0, 0, 0, 0, 0, "<none>", "<unknown>", "", "", "<none>"]


def test_nothing_found_names_the_namespace() -> None:
    assert nothing_found("default") == "No resources found in default namespace."
    assert nothing_found(None) == "No resources found"
