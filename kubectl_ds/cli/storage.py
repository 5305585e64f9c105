"""``kubectl ds storage``: shared claims that cannot work, folders with several writers, host ports wanted twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.nodes import no_such_node, node_name
from kubectl_ds.cli.options import ExitCodes, Names, OnNode, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.storage import StorageFindings, review_storage
from kubectl_ds.errors import ExitCode, Forbidden, UsageError
from kubectl_ds.model import kinds
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.structured import as_json, as_yaml

EXAMPLES = (
    ("Why all pods share one volume, and what to do instead", "kubectl ds storage fluentd -n logging"),
    ("With manifest fragments for each alternative", "kubectl ds storage fluentd -n logging -o wide"),
    ("Who else wants the same host port, or writes into the same folder, on one node", "kubectl ds storage --node n1"),
    ("Everything in the cluster, for scripts", "kubectl ds storage -A -o json --exit-code"),
)
_KINDS = (
    kinds.DAEMON_SETS,
    kinds.NODES,
    kinds.PODS,
    kinds.CLAIMS,
    kinds.VOLUMES,
    kinds.STORAGE_CLASSES,
    kinds.CSI_NODES,
    kinds.CSI_DRIVERS,
    kinds.VOLUME_ATTACHMENTS,
)


def command(
    ctx: typer.Context,
    names: Names = None,
    selector: Selector = "",
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="wide|json|yaml", help="In full, or for programs.")
    ] = "",
    node: OnNode = "",
    exit_code: ExitCodes = False,
) -> int:
    """Shared claims that cannot work, folders of the node with several writers, and host ports wanted twice.

    DaemonSets of other namespaces count as neighbours where they may be read.
    """
    if output not in ("", "wide", "json", "yaml"):
        raise UsageError(f"-o {output} is not one of wide, json, yaml")
    session: Session = ctx.obj
    meant = Query((kinds.DAEMON_SETS,), session.namespace, daemon_set_names(names or ()), selector)
    asked = frozenset(each.key for each in session.source.snapshot(meant).daemon_sets)
    (snapshot, elsewhere), only = _read(session, output), node_name(node)
    if only and only not in snapshot.nodes_by_name:
        raise no_such_node(snapshot, only)
    findings = review_storage(snapshot, asked, only, elsewhere=elsewhere)
    session.terminal.write(_rendered(session, snapshot, findings, output))
    if not findings and output in ("", "wide"):
        where = f" in {session.namespace} namespace." if session.namespace else ""
        session.terminal.say(f"No resources found{where}")
    return _exit_code(snapshot, findings) if exit_code else ExitCode.OK


def _read(session: Session, output: str) -> tuple[Snapshot, bool]:
    """Every DaemonSet of the cluster, because any may be in the way; those of the namespace where that is denied.

    Also whether those of other namespaces could be read.
    """
    query = Query(_KINDS, None, whole_nodes=True, version=output in ("json", "yaml"))
    try:
        return session.source.snapshot(query), True
    except Forbidden:
        if session.namespace is None:
            raise
        return session.source.snapshot(replace(query, namespace=session.namespace)), False


def _rendered(session: Session, snapshot: Snapshot, findings: tuple[StorageFindings, ...], output: str) -> str:
    if output in ("json", "yaml"):
        from kubectl_ds.render.storage_document import storage_document

        document = storage_document(snapshot, findings)
        return as_json(document) if output == "json" else as_yaml(document)
    from kubectl_ds.render.storage import storage_text

    several, fragments = session.namespace is None, output == "wide"
    return storage_text(snapshot, findings, session.theme, with_namespace=several, fragments=fragments)


def _exit_code(snapshot: Snapshot, findings: tuple[StorageFindings, ...]) -> ExitCode:
    if any(each.wrong for each in findings):
        return ExitCode.WRONG
    unknown = any(each.unknown for each in findings) or any(gap.denied for gap in snapshot.gaps)
    return ExitCode.CANNOT_TELL if unknown else ExitCode.OK
