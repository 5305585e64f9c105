"""``kubectl ds preemptions``: who evicted whom, where and when; and whom the pods that wait now would evict."""

from __future__ import annotations

import typer

from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.nodes import no_such_node, node_name
from kubectl_ds.cli.options import ExitCodes, Names, OnNode, Output, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.preemptions import PreemptionReport, preemptions
from kubectl_ds.errors import ExitCode, UsageError
from kubectl_ds.flow.read import read_preemptions

EXAMPLES = (
    ("Who evicted whom, around all DaemonSets", "kubectl ds preemptions -A"),
    ("Who preempted the pods of one DaemonSet", "kubectl ds preemptions fluentd -n logging"),
    ("What happened on one node, a row for each victim", "kubectl ds preemptions -A --node worker-11 -o wide"),
    ("Without a cluster", "kubectl ds preemptions --demo"),
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
    """Who evicted whom, where and when, with a DaemonSet on either side; and whom waiting pods would evict now.

    Events are kept for an hour by default, so the answer says how far back it reaches. With --exit-code: 0 no
    preemption is known or foretold; 3 there is one; 6 nobody can tell, because events or pods could not be read.
    """
    if output not in _FORMATS:
        raise UsageError(f"-o {output} is not one of wide, json, yaml")
    wanted = daemon_set_names(names or ())
    session: Session = ctx.obj
    query = Query(kinds=(), namespace=session.namespace, names=wanted, selector=selector)
    snapshot = read_preemptions(session.source, query)
    node = node_name(node)
    report = preemptions(snapshot, node)
    empty = not (report.observed or report.unattributed or report.predicted)
    if node and empty and node not in snapshot.nodes_by_name:
        raise no_such_node(snapshot, node)
    session.terminal.write(_rendered(report, session, output, node, empty=empty))
    if not snapshot.daemon_sets and output in ("", "wide"):
        session.terminal.say(
            "No resources found" + (f" in {session.namespace} namespace." if session.namespace else "")
        )
    return preemption_exit_code(report) if exit_code else ExitCode.OK


def preemption_exit_code(report: PreemptionReport) -> ExitCode:
    """Something is known or foretold before nobody can tell."""
    if report.observed or report.predicted:
        return ExitCode.WRONG
    denied = any(gap.denied and gap.resource in ("events", "pods") for gap in report.gaps)
    return ExitCode.CANNOT_TELL if denied or report.unattributed else ExitCode.OK


def _rendered(report: PreemptionReport, session: Session, output: str, node: str, *, empty: bool) -> str:
    if output in ("json", "yaml"):
        from kubectl_ds.render.preemption_document import preemption_document
        from kubectl_ds.render.structured import as_json, as_yaml

        document = preemption_document(report)
        return as_json(document) if output == "json" else as_yaml(document)
    from kubectl_ds.render.preemptions import preemptions_text, preemptions_wide

    if output == "wide" and not empty:
        return preemptions_wide(report, session.theme)
    return preemptions_text(report, session.theme, node=node, again=session.again)
