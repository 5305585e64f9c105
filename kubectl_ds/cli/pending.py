"""``kubectl ds pending``: every DaemonSet pod that waits, what keeps it out, and whether that will pass."""

from __future__ import annotations

import typer

from kubectl_ds.cli.coverage import decision_exit_code
from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.nodes import no_such_node, node_name
from kubectl_ds.cli.options import ExitCodes, Names, OnNode, Output, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.pending import PendingReport, pending
from kubectl_ds.errors import ExitCode, UsageError
from kubectl_ds.flow.read import read_decisions

EXAMPLES = (
    ("Everything that waits in a namespace, with its figures", "kubectl ds pending -n logging"),
    ("Who waits for one node, and whom they would evict", "kubectl ds pending -A --node worker-11"),
    ("The scheduler's own words beside ours", "kubectl ds pending fluentd -n logging -v 1"),
    ("For scripts: 0 nobody waits, 3 somebody does, 5 all in vain", "kubectl ds pending -A -o json --exit-code"),
    ("Without a cluster", "kubectl ds pending --demo"),
)
_FORMATS = ("", "wide", "json", "yaml")


def command(
    ctx: typer.Context,
    names: Names = None,
    selector: Selector = "",
    output: Output = "",
    node: OnNode = "",
    exit_code: ExitCodes = False,
) -> int:
    """Every DaemonSet pod that waits for its node: what keeps it out, in figures, and whether that will pass.

    With --exit-code: 0 nobody waits; 3 somebody waits who may still get in; 5 all that wait are blocked, nothing now
    in the cluster will let them in; 6 nobody can tell, because pods or nodes could not be read.
    """
    if output not in _FORMATS:
        raise UsageError(f"-o {output} is not one of wide, json, yaml")
    wanted = daemon_set_names(names or ())
    session: Session = ctx.obj
    query = Query(kinds=(), namespace=session.namespace, names=wanted, selector=selector, version=bool(output))
    snapshot = read_decisions(session.source, query)
    node = node_name(node)
    report = pending(snapshot, node)
    if node and not report.pods and node not in snapshot.nodes_by_name:
        raise no_such_node(snapshot, node)
    session.terminal.write(_rendered(report, session, output, node))
    if not snapshot.daemon_sets and output in ("", "wide"):
        session.terminal.say(
            "No resources found" + (f" in {session.namespace} namespace." if session.namespace else "")
        )
    return pending_exit_code(report) if exit_code else ExitCode.OK


def pending_exit_code(report: PendingReport) -> ExitCode:
    """As in ``coverage``: somebody may still get in before all blocked, all blocked before nobody can tell."""
    return decision_exit_code(set(report.verdicts), denied=report.pods_denied)


def _rendered(report: PendingReport, session: Session, output: str, node: str) -> str:
    if output in ("json", "yaml"):
        from kubectl_ds.render.pending_document import pending_document
        from kubectl_ds.render.structured import as_json, as_yaml

        document = pending_document(report)
        return as_json(document) if output == "json" else as_yaml(document)
    from kubectl_ds.render.pending import pending_text, pending_wide

    several = session.namespace is None or len({each.daemon_set.namespace for each in report.pods}) > 1
    if output == "wide" and report.pods:
        return pending_wide(report, session.theme, with_namespace=several)
    return pending_text(
        report,
        session.theme,
        with_namespace=several,
        quoting=session.invocation.text("verbosity") != "",
        node=node,
        again=session.again,
    )
