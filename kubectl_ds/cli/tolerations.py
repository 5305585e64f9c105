"""``kubectl ds tolerations``: which taints keep nodes out, which tolerations are idle, and the smallest list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.options import ExitCodes, Names, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.selectors import parse_selector
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.coverage import cover_one
from kubectl_ds.engine.predict import predict
from kubectl_ds.engine.tolerations import TolerationFindings, review, with_tolerations
from kubectl_ds.errors import ExitCode, UsageError
from kubectl_ds.model import kinds
from kubectl_ds.model.node import Node
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.structured import as_json, as_yaml
from kubectl_ds.render.tolerations import patch_of, tolerations_document, tolerations_text

EXAMPLES = (
    ("Which taints keep nodes out, and which tolerations are idle", "kubectl ds tolerations fluentd -n logging"),
    (
        "The smallest list for all nodes, as a patch",
        "kubectl ds tolerations fluentd -n logging --for-nodes all --patch",
    ),
    (
        "Put it in place, after a look at what coverage becomes",
        "kubectl ds tolerations fluentd --for-nodes a=b --apply",
    ),
    ("Without a cluster", "kubectl ds tolerations --demo"),
)
_KINDS = (kinds.DAEMON_SETS, kinds.NODES, kinds.NAMESPACES)
_ALL = "all"


def command(
    ctx: typer.Context,
    names: Names = None,
    selector: Selector = "",
    output: Annotated[str, typer.Option("-o", "--output", metavar="FORMAT", help="json or yaml.")] = "",
    for_nodes: Annotated[
        str, typer.Option("--for-nodes", metavar="SELECTOR", help="Nodes that the list shall cover, by labels; or all.")
    ] = "",
    node: Annotated[
        str, typer.Option("--node", metavar="NODE", help="The one node that the list shall cover too.")
    ] = "",
    patch: Annotated[bool, typer.Option("--patch", help="Print the strategic merge patch and nothing else.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Apply it: server dry run, predicted coverage, then the patch.")
    ] = False,
    dry_run: Annotated[
        str, typer.Option("--dry-run", metavar="MODE", help="With --apply: server stops before the patch.")
    ] = "none",
    exit_code: ExitCodes = False,
) -> int:
    """Which taints keep nodes out, which tolerations are idle or too wide, and the smallest list that does."""
    if output not in ("", "json", "yaml"):
        raise UsageError(f"-o {output} is not one of json, yaml")
    session: Session = ctx.obj
    wanted = daemon_set_names(names or ())
    query = Query(kinds=_KINDS, namespace=session.namespace, names=wanted, selector=selector, version=output != "")
    snapshot = session.source.snapshot(query)
    asked_for = _asked_for(for_nodes, node)
    ordered = sorted(snapshot.daemon_sets, key=lambda each: (each.namespace, each.name))
    findings = tuple(review(snapshot, each, asked_for) for each in ordered)
    if patch or apply:
        one = _the_one(findings)
        if patch:
            session.terminal.write(as_json(patch_of(one.suggestion)))
        if apply:
            _apply(session, one, dry_run)
        return ExitCode.OK
    if output:
        document = tolerations_document(snapshot, findings)
        session.terminal.write(as_json(document) if output == "json" else as_yaml(document))
    else:
        several = session.namespace is None
        session.terminal.write(
            tolerations_text(snapshot, findings, session.theme, asked=asked_for is not None, with_namespace=several)
        )
        if not findings:
            session.terminal.say(
                "No resources found" + (f" in {session.namespace} namespace." if session.namespace else "")
            )
    return _exit_code(snapshot, findings) if exit_code else ExitCode.OK


def _asked_for(for_nodes: str, node: str) -> Callable[[Node], bool] | None:
    if not for_nodes and not node:
        return None
    labels = parse_selector(for_nodes) if for_nodes not in ("", _ALL) else None

    def asked(each: Node) -> bool:
        if each.name == node or for_nodes == _ALL:
            return True
        return labels is not None and labels.matches(each.labels)

    return asked


def _the_one(findings: tuple[TolerationFindings, ...]) -> TolerationFindings:
    if len(findings) != 1:
        raise UsageError(
            f"--patch and --apply are for one DaemonSet; {len(findings)} were meant", hint="Give its name."
        )
    return findings[0]


def _apply(session: Session, one: TolerationFindings, dry_run: str) -> None:
    """Server dry run first; then what coverage becomes, on stderr; then the patch."""
    from kubectl_ds.flow.foretell import read_for_prediction
    from kubectl_ds.flow.patch import patch_daemon_set
    from kubectl_ds.render.coverage import headline

    if session.offline:
        raise UsageError("a capture cannot be changed; --apply needs a cluster")
    if dry_run not in ("none", "server"):
        raise UsageError(f'Invalid dry-run value ({dry_run}). Must be "none" or "server".')
    target = f"daemonset.apps/{one.daemon_set.name}"
    if not one.suggestion.changes:
        session.terminal.write(f"{target} unchanged\n")
        return
    body = patch_of(one.suggestion)
    patch_daemon_set(session.client, one.daemon_set, body, dry_run=True)
    changed = with_tolerations(one.daemon_set, one.suggestion.tolerations)
    snapshot = read_for_prediction(session.source, (changed,))
    live = next((each for each in snapshot.daemon_sets if each.key == changed.key), one.daemon_set)
    session.terminal.say(f"now:    {headline(cover_one(snapshot, live), with_namespace=False)}")
    foretold = predict(snapshot, (changed,)).daemon_sets[0]
    session.terminal.say(f"then:   {headline(foretold, with_namespace=False)}")
    if dry_run == "server":
        session.terminal.write(f"{target} patched (server dry run)\n")
        return
    patch_daemon_set(session.client, one.daemon_set, body, dry_run=False)
    session.terminal.write(f"{target} patched\n")


def _exit_code(snapshot: Snapshot, findings: tuple[TolerationFindings, ...]) -> ExitCode:
    refused = any(
        each.restriction is not None and (each.restriction.not_allowed or each.restriction.unreadable)
        for each in findings
    )
    if refused or any(each.keeping_out for each in findings):
        return ExitCode.WRONG
    return ExitCode.CANNOT_TELL if any(gap.denied for gap in snapshot.gaps) else ExitCode.OK
