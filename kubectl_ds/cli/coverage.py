"""``kubectl ds coverage``: for each node, should the DaemonSet be there, is it, and if not, why."""

from __future__ import annotations

from typing import Annotated

import typer

from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.nodes import no_such_node, node_name
from kubectl_ds.cli.options import ExitCodes, Files, Names, OnNode, Output, Recursive, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import CoverageReport, cover, on_node
from kubectl_ds.engine.decision import Verdict
from kubectl_ds.errors import ExitCode, UsageError
from kubectl_ds.flow.read import read_decisions

EXAMPLES = (
    ("Everything in a namespace, sick things first", "kubectl ds coverage -n logging"),
    ("One DaemonSet, a row per node", "kubectl ds coverage fluentd -n logging -o wide"),
    ("For scripts: all namespaces as JSON, and an exit code that tells", "kubectl ds coverage -A -o json --exit-code"),
    ("The other way round: every DaemonSet on one node", "kubectl ds coverage -A --node worker-11"),
    ("Live: again whenever it changes", "kubectl ds coverage -n logging -w"),
    ("Before it is created: what it would cover, whom it would evict", "kubectl ds coverage -f fluentd.yaml"),
    ("Without a cluster", "kubectl ds coverage --demo"),
)
_FORMATS = ("", "wide", "json", "yaml")
_WRONG = frozenset(
    {
        Verdict.NOT_READY,
        Verdict.FAILED,
        Verdict.PENDING,
        Verdict.MISSING,
        Verdict.MISSCHEDULED,
        Verdict.TERMINATING,
    }
)


def command(
    ctx: typer.Context,
    names: Names = None,
    selector: Selector = "",
    output: Output = "",
    node: OnNode = "",
    filename: Files = None,
    recursive: Recursive = False,
    watch: Annotated[
        bool, typer.Option("-w", "--watch", help="Show it again whenever it changes, until Ctrl-C.")
    ] = False,
    exit_code: ExitCodes = False,
) -> int:
    """For each node: should the DaemonSet be there, is it, and if not, why."""
    if output not in _FORMATS:
        raise UsageError(f"-o {output} is not one of wide, json, yaml")
    if watch and exit_code:
        raise UsageError("-w goes on until Ctrl-C and has no exit code to tell by; leave out --exit-code")
    wanted = daemon_set_names(names or ())
    session: Session = ctx.obj
    if filename:
        if wanted or selector:
            raise UsageError("-f names the DaemonSets; leave out NAME and -l")
        if watch:
            raise UsageError("-w follows DaemonSets that exist; leave out -f")
        report = _on(node, _predicted(session, filename, recursive=recursive))
        session.terminal.write(_rendered(report, session, output, node_name(node)))
        return verdict_exit_code(report) if exit_code else ExitCode.OK
    namespace = session.namespace
    query = Query(
        kinds=(),
        namespace=namespace,
        names=wanted,
        selector=selector,
        outlines=True,
        version=output in ("json", "yaml"),
    )

    def look() -> CoverageReport:
        return _on(node, cover(read_decisions(session.source, query)))

    if watch:
        from kubectl_ds.cli.coverage_watch import watch_coverage

        watch_coverage(session, output, look, lambda report: _rendered(report, session, output, node_name(node)))
    report = look()
    session.terminal.write(_rendered(report, session, output, node_name(node)))
    if not report.daemon_sets and output in ("", "wide"):
        session.terminal.say("No resources found" + (f" in {namespace} namespace." if namespace else ""))
    return verdict_exit_code(report) if exit_code else ExitCode.OK


def _on(node: str, report: CoverageReport) -> CoverageReport:
    """The report narrowed to one node, if one was named."""
    if not node:
        return report
    name = node_name(node)
    narrowed = on_node(report, name)
    if report.daemon_sets and not any(each.decisions for each in narrowed.daemon_sets):
        raise no_such_node(report.snapshot, name)
    return narrowed


def _predicted(session: Session, files: list[str], *, recursive: bool) -> CoverageReport:
    from kubectl_ds.engine.predict import predict
    from kubectl_ds.flow.foretell import read_daemon_sets, read_for_prediction

    stdin = session.terminal.stdin.buffer
    daemon_sets = read_daemon_sets(
        files,
        stdin,
        namespace=session.namespace or "default",
        enforced=session.invocation.given("namespace"),
        recursive=recursive,
    )
    return predict(read_for_prediction(session.source, daemon_sets), daemon_sets)


def verdict_exit_code(report: CoverageReport) -> ExitCode:
    """What the report comes to."""
    verdicts = {verdict for each in report.daemon_sets for verdict in each.verdicts}
    return decision_exit_code(verdicts, denied=any(gap.denied for gap in report.gaps))


def decision_exit_code(verdicts: set[Verdict], *, denied: bool = False) -> ExitCode:
    """What verdicts come to: wrong before blocked, blocked before unknown, unknown before on its way."""
    if verdicts & _WRONG:
        return ExitCode.WRONG
    if Verdict.BLOCKED in verdicts:
        return ExitCode.BLOCKED
    if Verdict.UNKNOWN in verdicts or denied:
        return ExitCode.CANNOT_TELL
    if verdicts & {Verdict.STARTING, Verdict.SETTLING}:
        return ExitCode.PROGRESSING
    return ExitCode.OK


def _rendered(report: CoverageReport, session: Session, output: str, node: str) -> str:
    if output in ("json", "yaml"):
        from kubectl_ds.render.structured import as_json, as_yaml, coverage_document

        document = coverage_document(report)
        return as_json(document) if output == "json" else as_yaml(document)
    if not report.daemon_sets:
        return ""
    namespaces = {each.daemon_set.namespace for each in report.daemon_sets}
    predicted = any(each.predicted for each in report.daemon_sets)
    several = (session.namespace is None and not predicted) or len(namespaces) > 1
    if output == "wide":
        from kubectl_ds.render.coverage_wide import coverage_wide

        return coverage_wide(report, session.theme, with_namespace=several)
    if node:
        from kubectl_ds.render.coverage_node import coverage_on_node

        return coverage_on_node(report, node, session.theme, with_namespace=several)
    from kubectl_ds.render.coverage import coverage_text

    return coverage_text(report, session.theme, with_namespace=several, again=session.again)
