"""``kubectl ds get``: the same bytes as ``kubectl get ds`` for the same flags, on clusters and on captures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from kubectl_ds.cli import error_line
from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.options import Names, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.errors import ApiError, ExitCode, NotFound, UsageError
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.model.kinds import DAEMON_SETS
from kubectl_ds.render.kubectl_get import TableOptions, nothing_found, print_tables, table_of

EXAMPLES = (
    ("All DaemonSets of a namespace", "kubectl ds get -n logging"),
    ("With images and selectors, everywhere", "kubectl ds get -A -o wide"),
    ("One of them, whole", "kubectl ds get ds/fluentd -n logging -o yaml"),
    ("Without a cluster", "kubectl ds get --demo"),
)
_FORMATS = ("json", "name", "wide", "yaml")
_JSON = "application/json"
_TABLE = ";as=Table;v=v1;g=meta.k8s.io"

Json = dict[str, Any]
Fetch = Callable[[str], list[Json]]
"""The documents for one name, or for all DaemonSets when it is empty: Tables, or objects."""


def command(
    ctx: typer.Context,
    names: Names = None,
    selector: Selector = "",
    output: Annotated[str, typer.Option("-o", "--output", metavar="FORMAT", help="wide, json, yaml or name.")] = "",
    show_labels: Annotated[bool, typer.Option("--show-labels", help="A last column with all labels.")] = False,
    label_columns: Annotated[
        list[str] | None, typer.Option("-L", "--label-columns", metavar="KEYS", help="Labels as columns: -L app,tier.")
    ] = None,
    no_headers: Annotated[bool, typer.Option("--no-headers", help="Rows alone.")] = False,
    ignore_not_found: Annotated[bool, typer.Option("--ignore-not-found", help="An unknown name is no error.")] = False,
    show_managed_fields: Annotated[
        bool, typer.Option("--show-managed-fields", help="Keep managedFields in json and yaml.")
    ] = False,
) -> int:
    """List DaemonSets: the same bytes as `kubectl get ds` for the same flags."""
    session: Session = ctx.obj
    wanted = daemon_set_names(names or ())
    _check(session, wanted, selector, output)
    as_table = output in ("", "wide")
    fetch = _from_capture(session, selector, as_table) if session.offline else _live(session, selector, as_table)
    documents, errors = _collect(wanted, selector, fetch, ignore_not_found=ignore_not_found)
    if as_table:
        options = TableOptions(
            wide=output == "wide",
            with_namespace=session.namespace is None,
            show_labels=show_labels,
            label_columns=tuple(key for group in label_columns or () for key in group.split(",")),
            no_headers=no_headers,
        )
        session.terminal.write(print_tables(documents, options))
        empty = not any(table.get("rows") for table in documents)
    else:
        single = len(wanted) == 1
        if documents or not single:
            session.terminal.write(_in_full(documents, output, single, show_managed_fields))
        empty = False
    if empty and not errors and not (wanted and ignore_not_found):
        session.terminal.say(nothing_found(session.namespace))
    for error in errors[:-1]:
        session.terminal.say(error_line(error))
    if errors:
        raise errors[-1]
    return ExitCode.OK


def _check(session: Session, wanted: tuple[str, ...], selector: str, output: str) -> None:
    if output and output not in _FORMATS:
        raise UsageError(
            f'unable to match a printer suitable for the output format "{output}", '
            f"allowed formats are: {','.join(_FORMATS)}"
        )
    if wanted and selector:
        raise UsageError("name cannot be provided when a selector is specified")
    if wanted and session.invocation.given("all_namespaces"):
        raise UsageError("a resource cannot be retrieved by name across all namespaces")


def _collect(
    wanted: tuple[str, ...], selector: str, fetch: Fetch, *, ignore_not_found: bool
) -> tuple[list[Json], list[ApiError]]:
    """All documents, name by name; one that fails does not keep the others from being shown."""
    documents: list[Json] = []
    errors: list[ApiError] = []
    for name in wanted or ("",):
        try:
            documents += fetch(name)
        except ApiError as error:
            if not name:
                raise _as_kubectl_says(error, selector) from error
            if not (ignore_not_found and isinstance(error, NotFound)):
                errors.append(error)
    return documents, errors


def _as_kubectl_says(error: ApiError, selector: str) -> ApiError:
    """A selector that the server cannot parse, in kubectl's words (cli-runtime v0.37 ``resource.Selector.Visit``)."""
    if error.reason == "BadRequest" and selector:
        where = (
            f'Unable to find "apps/v1, Resource=daemonsets" that match label selector "{selector}", field selector ""'
        )
        error.args = (f"{where}: {error.message}",)
        error.message = error.args[0]
    return error


def _live(session: Session, selector: str, as_table: bool) -> Fetch:
    from kubectl_ds.cluster.client import object_path

    client = session.client
    collection = DAEMON_SETS.path(session.namespace)
    accept = f"{_JSON}{_TABLE},{_JSON}{_TABLE.replace('v=v1', 'v=v1beta1')},{_JSON}" if as_table else _JSON
    query = (("labelSelector", selector),) if selector else ()

    def fetch(name: str) -> list[Json]:
        if name:
            return [decode_generic(client.get_raw(object_path(collection, name), accept=accept))]
        pages = [decode_generic(page) for page in client.list_raw(collection, query, accept)]
        return pages if as_table else [item for page in pages for item in page.get("items") or ()]

    return fetch


def _from_capture(session: Session, selector: str, as_table: bool) -> Fetch:
    from kubectl_ds.cluster.source import Query

    def fetch(name: str) -> list[Json]:
        names = (name,) if name else ()
        query = Query(kinds=(DAEMON_SETS,), namespace=session.namespace, names=names, selector=selector)
        snapshot = session.source.snapshot(query)
        objects: list[Json] = [decode_generic(bytes(each.raw)) for each in snapshot.daemon_sets]
        return [table_of(objects, snapshot.now)] if as_table else objects

    return fetch


def _in_full(objects: list[Json], output: str, single: bool, managed_fields: bool) -> str:
    from kubectl_ds.render import object_output

    if output == "name":
        return object_output.name_text(objects)
    text = object_output.json_text if output == "json" else object_output.yaml_text
    return text(objects, single, managed_fields)
