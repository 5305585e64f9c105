"""``kubectl ds get``: the same bytes as ``kubectl get ds`` for the same flags, on clusters and on captures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_ds.cli.get_options import GetOptions
from kubectl_ds.cli.names import kubectl_arguments
from kubectl_ds.cli.options import Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.several import fail
from kubectl_ds.errors import DsError, ExitCode, NotFound, UsageError
from kubectl_ds.flow.get import Found, Info, fetch

if TYPE_CHECKING:
    from kubectl_ds.render.out import Printer

EXAMPLES = (
    ("All DaemonSets of a namespace", "kubectl ds get -n logging"),
    ("With images and selectors, everywhere", "kubectl ds get -A -o wide"),
    ("One of them, whole", "kubectl ds get ds/fluentd -n logging -o yaml"),
    ("Names and images alone", "kubectl ds get -A -o jsonpath='{.items[*].spec.template.spec.containers[*].image}'"),
    ("Those of a folder, as they are now, and every change", "kubectl ds get -f manifests/ -w"),
    ("Without a cluster", "kubectl ds get --demo"),
)
_FORMATS = (
    "wide|json|yaml|kyaml|name|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file"
    "|go-template|go-template-file"
)


def command(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="DaemonSets: NAME, ds NAME or ds/NAME.")
    ] = None,
    selector: Selector = "",
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar=_FORMATS, help="A printer, with =TEMPLATE where it takes one."),
    ] = "",
    field_selector: Annotated[
        str, typer.Option("--field-selector", metavar="SELECTOR", help="Fields of the DaemonSets: metadata.name=x.")
    ] = "",
    show_labels: Annotated[bool, typer.Option("--show-labels", help="A last column with all labels.")] = False,
    label_columns: Annotated[
        list[str] | None, typer.Option("-L", "--label-columns", metavar="KEYS", help="Labels as columns: -L app,tier.")
    ] = None,
    show_kind: Annotated[bool, typer.Option("--show-kind", help="Names with their kind.")] = False,
    no_headers: Annotated[bool, typer.Option("--no-headers", help="Rows alone.")] = False,
    sort_by: Annotated[
        str, typer.Option("--sort-by", metavar="PATH", help="In the order of a field: --sort-by=.metadata.name.")
    ] = "",
    template: Annotated[
        str, typer.Option("--template", metavar="TEXT", help="The template of -o go-template, jsonpath, ….")
    ] = "",
    allow_missing_template_keys: Annotated[
        str,
        typer.Option(
            "--allow-missing-template-keys", metavar="true|false", help="Whether templates may name what is absent."
        ),
    ] = "true",
    ignore_not_found: Annotated[bool, typer.Option("--ignore-not-found", help="An unknown name is no error.")] = False,
    show_managed_fields: Annotated[
        bool, typer.Option("--show-managed-fields", help="Keep managedFields in json, yaml and kyaml.")
    ] = False,
    filename: Annotated[
        list[str] | None, typer.Option("-f", "--filename", metavar="FILE", help="Those that these manifests name.")
    ] = None,
    kustomize: Annotated[
        str, typer.Option("-k", "--kustomize", metavar="FOLDER", help="Those that a kustomization makes.")
    ] = "",
    recursive: Annotated[
        bool, typer.Option("-R", "--recursive", help="Read folders of -f with all below them.")
    ] = False,
    watch: Annotated[bool, typer.Option("-w", "--watch", help="Then every change, until Ctrl-C.")] = False,
    watch_only: Annotated[bool, typer.Option("--watch-only", help="Every change, and not what is there.")] = False,
    output_watch_events: Annotated[
        bool, typer.Option("--output-watch-events", help="With -w: what kind of change each is.")
    ] = False,
    chunk_size: Annotated[
        int, typer.Option("--chunk-size", metavar="COUNT", help="Items of one page; 0 for all at once.")
    ] = 500,
    subresource: Annotated[
        str, typer.Option("--subresource", metavar="status|scale", help="status: what the controller writes.")
    ] = "",
    server_print: Annotated[
        str, typer.Option("--server-print", metavar="true|false", help="false: only what is known of any object.")
    ] = "true",
    raw: Annotated[str, typer.Option("--raw", metavar="PATH", help="Any path of the API, as it is answered.")] = "",
) -> int:
    """List DaemonSets: the same bytes as `kubectl get ds` for the same flags."""
    session: Session = ctx.obj
    options = GetOptions(
        output=output,
        template=template,
        allow_missing_template_keys=allow_missing_template_keys == "true",
        show_managed_fields=show_managed_fields,
        no_headers=no_headers,
        show_labels=show_labels,
        label_columns=tuple(key for group in filter(None, label_columns or ()) for key in group.split(",")),
        show_kind=show_kind,
        sort_by=sort_by,
        ignore_not_found=ignore_not_found,
        selector=selector.strip(),
        field_selector=field_selector.strip(),
        subresource=subresource,
        chunk_size=chunk_size,
        server_print=server_print == "true",
        filename=tuple(filename or ()),
        kustomize=kustomize,
        recursive=recursive,
        watch=watch,
        watch_only=watch_only,
        output_watch_events=output_watch_events,
        raw=raw,
        namespaces=session.invocation.given("all_namespaces"),
        arguments=kubectl_arguments(names or ()) if not raw else kubectl_arguments(()),
    )
    if raw:
        return _raw(session, options, names or ())
    for warning in options.warnings:
        session.terminal.say(warning)
    options.validate()
    if not options.human and options.go_template:
        from kubectl_ds.cli.kubectl_program import through_kubectl

        return through_kubectl(session, "get", insert_type=options.insert_type)
    if options.watch or options.watch_only:
        from kubectl_ds.cli.get_watch import watch_objects

        return watch_objects(session, options)
    found = _found(session, options)
    if options.ignore_not_found:
        found = Found(found.infos, tuple(each for each in found.errors if not isinstance(each, NotFound)), found.single)
    return _tables(session, options, found) if options.human else _in_full(session, options, found)


def _raw(session: Session, options: GetOptions, names: Sequence[str]) -> int:
    """The body of any answer. Mirrors ``rawhttp.RawGet`` (k8s.io/kubectl v0.37)."""
    options.validate_raw(names)
    if session.offline:
        raise UsageError("a capture has no paths: --raw needs a cluster")
    body = session.client.get_raw(options.raw, accept="*/*")
    session.terminal.write(body.decode(errors="surrogateescape"))
    return ExitCode.OK


def _found(session: Session, options: GetOptions) -> Found:
    wanted = options.wanted(session.namespace)
    if options.from_files:
        from kubectl_ds.cli.get_files import fetch_files

        return fetch_files(session, options, wanted)
    if session.offline:
        from kubectl_ds.cli.get_recorded import fetch_recorded

        return fetch_recorded(session.source, wanted)
    return fetch(session.client, wanted)


def _tables(session: Session, options: GetOptions, found: Found) -> int:
    """Mirrors ``GetOptions.Run`` (k8s.io/kubectl v0.37 pkg/cmd/get/get.go) for people."""
    objects = [info.object for info in found.infos]
    if options.sort_by:
        from kubectl_ds.render.kubectl_sort import sort_objects

        objects = list(sort_objects(objects, options.sort_path))
    infos = {id(info.object): info for info in found.infos}
    text = _laid_out(session, options, [infos[id(each)] for each in objects])
    session.terminal.write(text)
    if not text and not options.ignore_not_found and not found.errors:
        session.terminal.say(options.nothing_found(session.namespace))
    return fail(session, found.errors, introduced=not options.from_files)


def _laid_out(session: Session, options: GetOptions, infos: Sequence[Info]) -> str:
    """The tables of each kind below each other."""
    from kubectl_ds.render.out import FieldNotFound
    from kubectl_ds.render.tabwriter import TabWriter

    several = len({info.kind for info in infos}) > 1
    texts: list[str] = []
    printer: Printer | None = None
    kind, out = "", TabWriter.of_kubectl()
    for info in infos:
        if printer is None or info.kind != kind:
            texts.append(out.text())
            kind, out = info.kind, TabWriter.of_kubectl()
            printer = options.table_printer(
                session.namespace is None and info.namespaced, kind, partial(now_of, session), with_kind=several
            )
        try:
            printer.print(info.object, out)
        except FieldNotFound:
            continue  # kubectl passes over it, too
    texts.append(out.text())
    shown = [text for text in texts if text]
    return ("" if options.no_headers else "\n").join(shown)


def _in_full(session: Session, options: GetOptions, found: Found) -> int:
    """Mirrors ``GetOptions.printGeneric``."""
    from kubectl_ds.render.object_output import document_of
    from kubectl_ds.render.out import PlainText
    from kubectl_ds.render.tabwriter import TabWriter

    if (found.errors and found.single) or (not found.infos and options.ignore_not_found):
        return fail(session, found.errors)
    printer = options.printer()
    out = TabWriter.of_kubectl() if printer.aligned else PlainText()
    errors = list(found.errors)
    try:
        printer.print(document_of([info.object for info in found.infos], found.single), out)
    except DsError as error:
        errors.append(error)
    session.terminal.write(out.text())
    return fail(session, errors)


def now_of(session: Session) -> datetime:
    """The moment by which ages are told: a capture's own, or this one."""
    if session.offline:
        from kubectl_ds.cli.get_recorded import moment_of

        return moment_of(session.source)
    return datetime.now(timezone.utc)
