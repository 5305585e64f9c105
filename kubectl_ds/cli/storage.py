"""``kubectl ds storage``: shared claims that cannot work, folders with several writers, host ports wanted twice."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.options import ExitCodes, Names, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.selectors import parse_selector
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import cover
from kubectl_ds.engine.storage import StorageFindings, review_storage
from kubectl_ds.errors import ExitCode, NotFound, UsageError
from kubectl_ds.flow.read import DECIDING, SCHEDULING
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.storage import storage_document, storage_text
from kubectl_ds.render.structured import as_json, as_yaml

EXAMPLES = (
    ("Why all pods share one volume, and what to do instead", "kubectl ds storage fluentd -n logging"),
    ("With manifest fragments for each alternative", "kubectl ds storage fluentd -n logging -o wide"),
    ("Everything in the cluster, for scripts", "kubectl ds storage -A -o json --exit-code"),
)


def command(
    ctx: typer.Context,
    names: Names = None,
    selector: Selector = "",
    output: Annotated[str, typer.Option("-o", "--output", metavar="FORMAT", help="wide, json or yaml.")] = "",
    exit_code: ExitCodes = False,
) -> int:
    """Shared claims that cannot work, folders of the node with several writers, and host ports wanted twice."""
    if output not in ("", "wide", "json", "yaml"):
        raise UsageError(f"-o {output} is not one of wide, json, yaml")
    session: Session = ctx.obj
    wanted = daemon_set_names(names or ())
    snapshot = session.source.snapshot(
        Query(kinds=(*DECIDING, *SCHEDULING), namespace=session.namespace, version=output in ("json", "yaml"))
    )
    findings = review_storage(snapshot, cover(snapshot).daemon_sets, _asked(snapshot, wanted, selector))
    if output in ("json", "yaml"):
        document = storage_document(snapshot, findings)
        session.terminal.write(as_json(document) if output == "json" else as_yaml(document))
    else:
        several, fragments = session.namespace is None, output == "wide"
        text = storage_text(snapshot, findings, session.theme, with_namespace=several, fragments=fragments)
        session.terminal.write(text)
        if not findings:
            where = f" in {session.namespace} namespace." if session.namespace else ""
            session.terminal.say(f"No resources found{where}")
    return _exit_code(snapshot, findings) if exit_code else ExitCode.OK


def _asked(snapshot: Snapshot, wanted: tuple[str, ...], selector: str) -> frozenset[str]:
    """The DaemonSets to report on; the others are read all the same, because they may be in the way."""
    known = {each.name for each in snapshot.daemon_sets}
    for name in wanted:
        if name not in known:
            raise NotFound(f'daemonsets.apps "{name}" not found', status=404, reason="NotFound")
    labels = parse_selector(selector)
    return frozenset(
        each.key
        for each in snapshot.daemon_sets
        if (not wanted or each.name in wanted) and labels.matches(each.metadata.labels)
    )


def _exit_code(snapshot: Snapshot, findings: tuple[StorageFindings, ...]) -> ExitCode:
    if any(each.wrong for each in findings):
        return ExitCode.WRONG
    return ExitCode.CANNOT_TELL if any(gap.denied for gap in snapshot.gaps) else ExitCode.OK
