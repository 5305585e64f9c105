"""``kubectl ds describe``: everything that kubectl shows, to the byte, and then what it leaves out.

Mirrors ``DescribeOptions.Run`` (k8s.io/kubectl v0.37 pkg/cmd/describe/describe.go). Whatever is added stands below
kubectl's whole text, so that whoever reads that finds it where it always was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from kubectl_ds.cli.get_options import GetOptions
from kubectl_ds.cli.names import kubectl_arguments
from kubectl_ds.cli.options import Recursive, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.several import fail
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.pod_events import collapse_pod_events
from kubectl_ds.errors import ApiError, DsError, Forbidden, NotFound
from kubectl_ds.flow.get import enhanced, is_name, named, not_found
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_generic
from kubectl_ds.model.kinds import DAEMON_SETS
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.describe import describe_more
from kubectl_ds.render.kubectl_describe import describe, events_of, pods_status

EXAMPLES = (
    ("Everything there is to say of one DaemonSet", "kubectl ds describe fluentd -n logging"),
    ("All DaemonSets of a namespace", "kubectl ds describe -n kube-system"),
    ("Those of a manifest, with their events", "kubectl ds describe -f agents.yaml --show-events"),
    ("Without a cluster", "kubectl ds describe fluentd --demo"),
)

Key = tuple[str, str]
"""Namespace and name."""


@dataclass(frozen=True)
class _Found:
    """What is to be described, and what could not be found."""

    snapshot: Snapshot
    daemon_sets: tuple[DaemonSet, ...]
    errors: tuple[DsError, ...] = ()
    by_prefix: bool = False
    """Whether there was none of that very name, and these begin so."""


def command(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="DaemonSets: NAME or its beginning, ds/NAME.")
    ] = None,
    selector: Selector = "",
    filename: Annotated[
        list[str] | None, typer.Option("-f", "--filename", metavar="FILE", help="Those that these manifests name.")
    ] = None,
    kustomize: Annotated[
        str, typer.Option("-k", "--kustomize", metavar="FOLDER", help="Those that a kustomization makes.")
    ] = "",
    recursive: Recursive = False,
    show_events: Annotated[
        str, typer.Option("--show-events", metavar="true|false", help="The DaemonSet's own events; else of one alone.")
    ] = "",
    chunk_size: Annotated[
        int, typer.Option("--chunk-size", metavar="COUNT", help="As in kubectl; the answer is the same.")
    ] = 500,
) -> int:
    """Show a DaemonSet in full: kubectl's own text, then its coverage node by node and its pods' events."""
    session: Session = ctx.obj
    options = GetOptions(
        selector=selector.strip(),
        filename=tuple(filename or ()),
        kustomize=kustomize,
        recursive=recursive,
        chunk_size=chunk_size,
        namespaces=session.invocation.given("all_namespaces"),
        arguments=kubectl_arguments(names or ()),
    )
    options.validate()
    found = _found(session, options)
    alone = len(found.daemon_sets) == 1 and not found.errors and not found.by_prefix
    with_events = show_events == "true" if show_events else alone
    denied = {each.key: _denied(found.snapshot, each) for each in found.daemon_sets}
    texts = [
        _kubectls(found.snapshot, each, with_events=with_events)
        for each in found.daemon_sets
        if denied[each.key] is None
    ]
    session.terminal.write("".join(f"{text}\n" for text in texts) if found.by_prefix else "\n\n".join(texts))
    for each in {each.key: each for each in found.daemon_sets}.values():
        session.terminal.write(_ours(session, found.snapshot, each, several=len(found.daemon_sets) > 1))
    if not found.daemon_sets and not found.errors:
        session.terminal.say(options.nothing_found(session.namespace))
    refused = {error.message: error for error in denied.values() if error is not None}
    return fail(session, (*found.errors, *refused.values()))


def _found(session: Session, options: GetOptions) -> _Found:
    if options.from_files:
        from kubectl_ds.cli.get_files import keys_of

        keys, errors = keys_of(session, options)
        return _of_keys(session, keys, errors)
    if not options.arguments.names:
        return _all(session, options)
    names = options.arguments.names
    found = _read(session, options, tuple(filter(is_name, names)))
    by_name = {each.name: each for each in found.daemon_sets}
    daemon_sets = tuple(by_name[name] for name in names if name in by_name)
    errors = tuple(_missing(session, options, name) for name in names if name not in by_name)
    if len(errors) == 1 and not daemon_sets and not options.arguments.typed and isinstance(errors[0], NotFound):
        return _by_prefix(session, options, errors[0])
    return _Found(found, daemon_sets, errors)


def _by_prefix(session: Session, options: GetOptions, error: DsError) -> _Found:
    """Those whose names begin so. Mirrors ``DescribeMatchingResources``."""
    snapshot = _read(session, options)
    (prefix,) = options.arguments.names
    begun = tuple(each for each in snapshot.daemon_sets if each.name.startswith(prefix))
    return _Found(snapshot, begun, () if begun else (error,), by_prefix=True)


def _all(session: Session, options: GetOptions) -> _Found:
    snapshot = _read(session, options)
    return _Found(snapshot, snapshot.daemon_sets)


def _missing(session: Session, options: GetOptions, name: str) -> DsError:
    """Why there is none of this name, in the server's words; on a terminal with a hint where it may be."""
    namespace = session.namespace
    try:
        if session.offline:
            session.source.snapshot(Query(kinds=(DAEMON_SETS,), namespace=namespace, names=(name,)))
        else:
            named(session.client, options.wanted(namespace), name)
    except DsError as error:
        if isinstance(error, NotFound) and session.terminal.interactive and not error.hint:
            from kubectl_ds.cluster.hints import not_found_hint

            error.hint = not_found_hint(session.client, namespace, name)
        return error
    return not_found(name)


def _of_keys(session: Session, keys: tuple[Key, ...], errors: tuple[DsError, ...]) -> _Found:
    """Those of these very names, wherever they are."""
    namespaces = {namespace for namespace, _ in keys}
    place = namespaces.pop() if len(namespaces) == 1 else ""
    names = tuple(dict.fromkeys(name for _, name in keys))
    snapshot = read_decisions(session.source, Query(kinds=(), namespace=place or None, names=names, optional=True))
    there = {(each.namespace, each.name): each for each in snapshot.daemon_sets}
    if session.offline:
        there |= {("", each.name): each for each in snapshot.daemon_sets}
    absent = tuple(not_found(name if namespace else "") for namespace, name in keys if (namespace, name) not in there)
    return _Found(snapshot, tuple(there[key] for key in keys if key in there), (*errors, *absent))


def _read(session: Session, options: GetOptions, names: tuple[str, ...] = ()) -> Snapshot:
    query = Query(kinds=(), namespace=session.namespace, names=names, selector=options.selector, optional=True)
    try:
        return read_decisions(session.source, query)
    except ApiError as error:
        raise enhanced(error, options.wanted(session.namespace)) from error


def _denied(snapshot: Snapshot, daemon_set: DaemonSet) -> Forbidden | None:
    """Why kubectl says nothing of a DaemonSet: it cannot count the pods. What we know of it is told all the same."""
    gap = snapshot.denied("pods", daemon_set.namespace)
    return Forbidden(gap.error, status=403, reason="Forbidden") if gap else None


def _kubectls(snapshot: Snapshot, daemon_set: DaemonSet, *, with_events: bool) -> str:
    plain = decode_generic(bytes(daemon_set.raw))
    events = events_of(plain, snapshot.events) if with_events else None
    return describe(plain, pods_status(plain, snapshot.pods), events, snapshot.now)


def _ours(session: Session, snapshot: Snapshot, daemon_set: DaemonSet, *, several: bool) -> str:
    more = describe_more(
        cover_one(snapshot, daemon_set),
        collapse_pod_events(snapshot, daemon_set),
        snapshot.gaps,
        snapshot.now,
        session.theme,
    )
    return f"\n{daemon_set.namespace}/{daemon_set.name}\n{more}" if several else more
