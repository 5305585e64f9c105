"""``kubectl ds tolerations``: which taints keep nodes out, which tolerations are idle, and the smallest list."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.nodes import no_such_node, node_name
from kubectl_ds.cli.options import ExitCodes, Names, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.selectors import parse_selector
from kubectl_ds.cluster.source import Query
from kubectl_ds.engine.toleration_list import Asked, asked_for
from kubectl_ds.engine.tolerations import TolerationFindings, restricts, review
from kubectl_ds.errors import DsError, ExitCode, UsageError
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.render.structured import as_json, as_yaml
from kubectl_ds.render.tolerations import patch_of, tolerations_text

EXAMPLES = (
    ("Which taints keep nodes out, and which tolerations are idle", "kubectl ds tolerations fluentd -n logging"),
    ("The smallest list for all nodes", "kubectl ds tolerations fluentd -n logging --for-nodes all"),
    (
        "For the nodes it runs on now and the GPU nodes too, as a patch for a pipeline",
        "kubectl ds tolerations fluentd --for-nodes covered --for-nodes gpu=true --patch",
    ),
    (
        "Put it in place, after a server dry run and a look at what coverage becomes",
        "kubectl ds tolerations fluentd --for-nodes all --apply",
    ),
    ("Without a cluster", "kubectl ds tolerations --demo"),
)
_KINDS = (kinds.DAEMON_SETS, kinds.NODES, kinds.NAMESPACES)
_ALL, _COVERED = "all", "covered"


def command(
    ctx: typer.Context,
    names: Names = None,
    selector: Selector = "",
    output: Annotated[str, typer.Option("-o", "--output", metavar="json|yaml", help="For programs.")] = "",
    for_nodes: Annotated[
        list[str] | None,
        typer.Option(
            "--for-nodes",
            metavar="WHICH",
            help="Nodes that the list shall cover: labels (-l's form), all, or covered (those it runs on now); "
            "may be repeated.",
        ),
    ] = None,
    node: Annotated[
        str, typer.Option("--node", metavar="NODE", help="This node, beside those that it runs on now.")
    ] = "",
    patch: Annotated[bool, typer.Option("--patch", help="Print the strategic merge patch and nothing else.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Apply it: server dry run, predicted coverage, then the patch.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --apply: even if nodes that are covered now would be left out.")
    ] = False,
    dry_run: Annotated[
        str, typer.Option("--dry-run", metavar="none|server", help="With --apply: server stops before the patch.")
    ] = "none",
    exit_code: ExitCodes = False,
) -> int:
    """Which taints keep nodes out, which tolerations are idle or too wide, and the smallest list that does.

    Nodes that are down are never counted as a reason to tolerate more.
    """
    session: Session = ctx.obj
    wanted = node_name(node)
    asked = tuple(for_nodes or ()) + ((_COVERED,) if wanted else ())
    _expect_sense(session, output, asked, patch=patch, apply=apply, force=force, dry_run=dry_run)
    query = Query(_KINDS, session.namespace, daemon_set_names(names or ()), selector, version=output != "")
    snapshot = _read(session, query)
    if wanted and wanted not in snapshot.nodes_by_name:
        raise no_such_node(snapshot, wanted)
    ordered = sorted(snapshot.daemon_sets, key=lambda each: (each.namespace, each.name))
    findings = tuple(review(snapshot, each, _asked_for(snapshot, each, asked, wanted)) for each in ordered)
    if patch or apply:
        one = _the_one(findings)
        if apply:
            _apply(session, one, dry_run, force=force)
        else:
            session.terminal.write(as_json(patch_of(one)))
        return ExitCode.OK
    session.terminal.write(_rendered(session, snapshot, findings, output, bool(asked)))
    if not findings and not output:
        session.terminal.say(
            "No resources found" + (f" in {session.namespace} namespace." if session.namespace else "")
        )
    return _exit_code(snapshot, findings) if exit_code else ExitCode.OK


def _expect_sense(
    session: Session, output: str, asked: tuple[str, ...], *, patch: bool, apply: bool, force: bool, dry_run: str
) -> None:
    if output not in ("", "json", "yaml"):
        raise UsageError(f"-o {output} is not one of json, yaml")
    if (patch or apply) and not asked:
        option = "--apply" if apply else "--patch"
        raise UsageError(f"{option} needs to know for which nodes", hint="Give --for-nodes all, or --node NODE.")
    if patch and apply:
        raise UsageError("--patch prints, --apply changes; give one of them")
    if dry_run not in ("none", "server"):
        raise UsageError(f'Invalid dry-run value ({dry_run}). Must be "none" or "server".')
    if not apply and (force or dry_run != "none"):
        raise UsageError("--force and --dry-run go with --apply")
    if apply and session.offline:
        raise UsageError("a capture cannot be changed; --apply needs a cluster")


def _read(session: Session, query: Query) -> Snapshot:
    """Pods as well where an annotation is in force, or not: only they tell whether its plugin is on."""
    snapshot = session.source.snapshot(query)
    if not restricts(snapshot):
        return snapshot
    return session.source.snapshot(replace(query, kinds=(*_KINDS, kinds.PODS), version=True))


def _asked_for(snapshot: Snapshot, daemon_set: DaemonSet, asked: tuple[str, ...], node: str) -> Asked | None:
    selectors = [each for each in asked if each not in (_ALL, _COVERED)]
    parsed = [(each, parse_selector(each)) for each in selectors]
    for text, labels in parsed:
        if snapshot.nodes and not any(labels.matches(each.labels) for each in snapshot.nodes):
            raise DsError(f"no node has labels {text}", hint="See what there is: kubectl get nodes --show-labels")
    tests: list[Asked] = [lambda each, labels=labels: bool(labels.matches(each.labels)) for _, labels in parsed]  # type: ignore[misc]
    if _ALL in asked:
        tests.append(lambda each: True)
    if node:
        tests.append(lambda each: each.name == node)
    return asked_for(daemon_set, tests, covered=_COVERED in asked)


def _the_one(findings: tuple[TolerationFindings, ...]) -> TolerationFindings:
    if len(findings) != 1:
        raise UsageError(
            f"--patch and --apply are for one DaemonSet; {len(findings)} were meant", hint="Give its name."
        )
    if findings[0].nodes is None:
        raise DsError("nodes cannot be read, so nobody knows their taints", hint="Ask for the right to list nodes.")
    return findings[0]


def _rendered(
    session: Session, snapshot: Snapshot, findings: tuple[TolerationFindings, ...], output: str, asked: bool
) -> str:
    if output:
        from kubectl_ds.render.tolerations_document import tolerations_document

        document = tolerations_document(snapshot, findings)
        return as_json(document) if output == "json" else as_yaml(document)
    several = session.namespace is None
    return tolerations_text(snapshot, findings, session.theme, asked=asked, with_namespace=several, again=session.again)


def _apply(session: Session, one: TolerationFindings, dry_run: str, *, force: bool) -> None:
    """Server dry run first; then what coverage becomes, on stderr; then the patch."""
    from kubectl_ds.flow.patch import patch_daemon_set
    from kubectl_ds.flow.tolerate import rehearse
    from kubectl_ds.render.coverage import headline
    from kubectl_ds.render.fold import fold_names

    target = f"daemonset.apps/{one.daemon_set.name}"
    if not one.suggestion.changes:
        session.terminal.write(f"{target} unchanged\n")
        return
    body = patch_of(one)
    rehearsal = rehearse(session.client, session.source, one.daemon_set, one.suggestion, body)
    session.terminal.say(f"now:   {headline(rehearsal.now, with_namespace=False)}")
    session.terminal.say(f"then:  {headline(rehearsal.then, with_namespace=False)}")
    if rehearsal.loses and not force:
        names = fold_names(rehearsal.loses)
        raise DsError(
            f"not applied: it would no longer run on {len(rehearsal.loses)} of the nodes that it covers now: {names}",
            hint="Ask for them too (--for-nodes covered), or add --force.",
        )
    if dry_run == "server":
        session.terminal.write(f"{target} patched (server dry run)\n")
        return
    patch_daemon_set(session.client, one.daemon_set, body, dry_run=False)
    session.terminal.write(f"{target} patched\n")


def _exit_code(snapshot: Snapshot, findings: tuple[TolerationFindings, ...]) -> ExitCode:
    if any(each.wrong for each in findings):
        return ExitCode.WRONG
    return ExitCode.CANNOT_TELL if any(gap.denied for gap in snapshot.gaps) else ExitCode.OK
