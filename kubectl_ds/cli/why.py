"""``kubectl ds why``: one DaemonSet on one node, the whole decision step by step, and what would cure it."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ds.cli.coverage import decision_exit_code
from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.nodes import no_such_node, node_name
from kubectl_ds.cli.options import ExitCodes, Files
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.explain import explain
from kubectl_ds.errors import ExitCode, UsageError
from kubectl_ds.flow.read import read_decisions
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.structured import as_json, as_yaml
from kubectl_ds.render.why import why_document, why_text

EXAMPLES = (
    ("Why is there no pod, or a sick one", "kubectl ds why fluentd worker-11 -n logging"),
    ("Before it is created", "kubectl ds why -f fluentd.yaml worker-11"),
    ("For scripts", "kubectl ds why fluentd worker-11 -n logging -o json --exit-code"),
    ("Without a cluster", "kubectl ds why node-exporter gpu-1 --demo"),
)


def command(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME] NODE", help="The DaemonSet and the node; with -f the node alone."),
    ] = None,
    output: Annotated[str, typer.Option("-o", "--output", metavar="json|yaml", help="For programs.")] = "",
    filename: Files = None,
    exit_code: ExitCodes = False,
) -> int:
    """One DaemonSet on one node: the whole decision step by step, and the smallest change that would cure it.

    The steps stand in the order in which controller, API server, scheduler and kubelet take them.
    """
    if output not in ("", "json", "yaml"):
        raise UsageError(f"-o {output} is not one of json, yaml")
    words = words or []
    if len(words) != (1 if filename else 2):
        raise UsageError("why takes a DaemonSet and a node: why NAME NODE, or why -f FILE NODE")
    node = node_name(words[-1])
    session: Session = ctx.obj
    snapshot, daemon_set = _foretold(session, filename) if filename else _living(session, words[0])
    explanation = explain(snapshot, daemon_set, node, predicted=bool(filename))
    if explanation is None:
        raise no_such_node(snapshot, node)
    if output:
        document = why_document(explanation)
        session.terminal.write(as_json(document) if output == "json" else as_yaml(document))
    else:
        session.terminal.write(why_text(explanation, session.theme, closely=session.verbosity > 0))
    return decision_exit_code({explanation.decision.verdict}) if exit_code else ExitCode.OK


def _living(session: Session, name: str) -> tuple[Snapshot, DaemonSet]:
    wanted = daemon_set_names((name,))
    query = Query(kinds=(kinds.NAMESPACES,), namespace=session.namespace, names=wanted, version=True)
    snapshot = read_decisions(session.source, query, closely=True)
    if len(snapshot.daemon_sets) > 1:
        found = ", ".join(sorted(each.namespace for each in snapshot.daemon_sets))
        hint = "Give one namespace: -n NAMESPACE"
        raise UsageError(f"there are several DaemonSets {wanted[0]}: in {found}", hint=hint)
    return snapshot, snapshot.daemon_sets[0]


def _foretold(session: Session, files: list[str]) -> tuple[Snapshot, DaemonSet]:
    from kubectl_ds.flow.foretell import read_daemon_sets, read_for_prediction

    found = read_daemon_sets(
        files,
        session.terminal.stdin.buffer,
        namespace=session.namespace or "default",
        enforced=session.invocation.given("namespace"),
    )
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise UsageError(f"why explains one DaemonSet; there are several in the files: {names}")
    return read_for_prediction(session.source, found), found[0]
