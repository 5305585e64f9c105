"""Which printer ``-o`` means; custom columns; and the order of ``--sort-by``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from kubectl_ds.errors import DsError, UsageError
from kubectl_ds.render.kubectl_get import TableOptions, TablePrinter
from kubectl_ds.render.kubectl_sort import SortingPrinter, sort_objects, sort_path
from kubectl_ds.render.out import FieldNotFound, PlainText, Printer
from kubectl_ds.render.printers import FORMATS, PrintFlags
from kubectl_ds.render.tabwriter import TabWriter

FILES = {
    "names": "{.metadata.name}",
    "columns": "NAME  N\n.metadata.name {.n}\n",
    "short": "NAME\n",
    "odd": "A B\n.a\n",
}


def read(name: str) -> str:
    if name not in FILES:
        raise FileNotFoundError(2, "No such file or directory", name)
    return FILES[name]


def agent(name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name}, **fields}


def printed(printer: Printer, *shown: dict[str, Any], event: str = "") -> str:
    out = TabWriter.of_kubectl() if printer.aligned else PlainText()
    for each in shown:
        printer.print(each, out, event)
    return out.text()


def of(output: str, template: str = "", **flags: Any) -> Printer:
    return PrintFlags(output, template, **flags).printer(read)


@pytest.mark.parametrize(
    ("output", "template", "text"),
    [
        ("name", "", "daemonset.apps/a\n"),
        ("NAME", "", "daemonset.apps/a\n"),
        ("jsonpath={.metadata.name}", "", "a"),
        ("jsonpath", "{.metadata.name}", "a"),
        ("jsonpath-file=names", "", "a"),
        ("jsonpath-as-json={.metadata.name}", "", '[\n    "a"\n]\n'),
        ("custom-columns=NAME:.metadata.name,X:.x,N:{.n}", "", "NAME   X        N\na      <none>   1\n"),
        ("custom-columns", "N:metadata.name", "N\na\n"),
        ("custom-columns-file=columns", "", "NAME   N\na      1\n"),
        ("custom-columns=N:", "", "N\n<none>\n"),
    ],
)
def test_a_format_and_its_template_choose_the_printer(output: str, template: str, text: str) -> None:
    assert printed(of(output, template), agent("a", n=1)) == text


@pytest.mark.parametrize(
    ("output", "template", "sentence"),
    [
        (
            "foo",
            "",
            f'unable to match a printer suitable for the output format "foo", allowed formats are: {",".join(FORMATS)}',
        ),
        ("Wide", "", 'unable to match a printer suitable for the output format "Wide"'),
        ("jsonpath", "", "template format specified but no template given"),
        ("jsonpath={", "", "error parsing jsonpath {, unclosed action"),
        ("jsonpath-file=absent", "", "error reading --template absent, open absent: no such file or directory"),
        ("custom-columns", "", "custom-columns format specified but no custom columns given"),
        ("custom-columns=A", "", "unexpected custom-columns spec: A, expected <header>:<json-path-expr>"),
        ("custom-columns=A:{.a}{.b}", "", "unexpected path string, expected a 'name1.name2' or"),
        ("custom-columns-file=absent", "", "error reading template absent, open absent: no such file or directory"),
        ("custom-columns-file=short", "", "invalid template, missing spec line."),
        ("custom-columns-file=odd", "", "number of headers (2) and field specifications (1) don't match"),
    ],
)
def test_what_is_no_format_is_said_in_kubectls_words(output: str, template: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        of(output, template)
    assert str(caught.value).startswith(sentence)


def test_a_template_that_does_not_fit_shows_itself_and_the_object() -> None:
    with pytest.raises(DsError) as caught:
        printed(of("jsonpath={.x}", allow_missing_template_keys=False), {"a": [1, "b", None, {"c": 0.5}]})
    assert str(caught.value) == (
        'error executing jsonpath "{.x}": Error executing template: x is not found. '
        "Printing more information for debugging the template:\n"
        "\ttemplate was:\n\t\t{.x}\n"
        '\tobject given to jsonpath engine was:\n\t\tmap[string]interface {}{"a":[]interface {}{1, "b", '
        'interface {}(nil), map[string]interface {}{"c":0.5}}}\n\n\n'
    )


def test_events_are_printed_with_their_type_in_every_format() -> None:
    managed = agent("a")
    managed["metadata"]["managedFields"] = [{}]
    assert printed(of("json"), managed, event="ADDED").startswith('{"type":"ADDED","object":{"apiVersion":')
    assert "managedFields" in printed(of("json"), managed, event="ADDED"), "as kubectl, which looks into no event"
    assert "managedFields" not in printed(of("json"), managed)
    assert printed(of("yaml"), managed, agent("b"), event="ADDED").count("---\n") == 1
    assert printed(of("custom-columns=T:.type,N:.object.metadata.name"), managed, event="DELETED") == (
        "T         N\nDELETED   a\n"
    )
    table = {"columnDefinitions": [{"name": "Name"}], "rows": [{"cells": ["a"]}]}
    assert printed(tables(), table, event="ADDED") == "EVENT      NAME\nADDED      a\n"


def tables(**options: Any) -> TablePrinter:
    return TablePrinter(TableOptions(**options), lambda: datetime(2026, 1, 1, tzinfo=timezone.utc))


def test_an_object_without_a_table_is_a_name_and_an_age() -> None:
    shown = agent("a", x=1)
    shown["metadata"] |= {"namespace": "n", "creationTimestamp": "2025-12-31T00:00:00Z", "labels": {"app": "x"}}
    assert printed(tables(), shown, agent("b")) == "NAME   AGE\na      24h\nb      <unknown>\n"
    assert printed(tables(with_namespace=True, with_kind=True, label_columns=("app",), show_labels=True), shown) == (
        "NAMESPACE   NAME               AGE   APP   LABELS\nn           daemonset.apps/a   24h   x     app=x\n"
    )


def named(objects: list[dict[str, Any]], field: str) -> str:
    return "".join(each["metadata"]["name"] for each in sort_objects(objects, sort_path(field)))


def test_objects_stand_in_the_order_of_a_field_and_those_without_it_come_first() -> None:
    objects = [agent("a", n=3), agent("b", n=1), agent("c"), agent("d", n=2)]
    assert named(objects, ".n") == "cbda"
    assert named(objects, "n") == named(objects, "{.n}") == named(objects, ".n")
    sizes = [agent("a", s="1Gi"), agent("b", s="500Mi"), agent("c", s="2")]
    assert named(sizes, ".s") == "cba", "as quantities"
    assert named([agent("a", s="b10"), agent("b", s="b9")], ".s") == "ab", "as text"


def test_a_field_that_has_no_order_or_is_nowhere_is_an_error() -> None:
    for value in ({"x": 1}, [1], True):
        with pytest.raises(DsError, match="unsortable type"):
            named([agent("a", v=value), agent("b", v=value)], ".v")
    with pytest.raises(DsError, match="unsortable interface"):
        named([agent("a", v=1), agent("b", v="x")], ".v")
    with pytest.raises(FieldNotFound, match=r'find any field with path "\{\.absent\}" in the list'):
        named([agent("a"), agent("b")], ".absent")
    assert named([agent("a")], ".absent") == "a", "one needs no order"


def test_a_path_that_is_none_is_an_error_even_where_nothing_is_to_be_sorted() -> None:
    with pytest.raises(UsageError, match="unterminated array"):
        sort_path(".a[")


def test_rows_and_items_are_sorted_before_they_are_printed() -> None:
    rows = [{"cells": [name], "object": {"n": n}} for name, n in (("a", 2), ("b", 1))]
    table = {"columnDefinitions": [{"name": "Name"}], "rows": rows}
    assert printed(SortingPrinter(tables(), "{.n}"), table) == "NAME\nb\na\n"
    listed = {"kind": "List", "items": [agent("a", n=2), agent("b", n=1)]}
    assert printed(SortingPrinter(of("name"), "{.n}"), listed) == "daemonset.apps/b\ndaemonset.apps/a\n"
