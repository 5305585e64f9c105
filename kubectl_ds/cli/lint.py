"""``kubectl ds lint``: rules with stable codes over manifests, a capture, or the DaemonSets of the cluster."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Annotated, Any

import typer

from kubectl_ds import __version__
from kubectl_ds.cli.files import read_files
from kubectl_ds.cli.names import daemon_set_names
from kubectl_ds.cli.options import Names, Recursive, Selector
from kubectl_ds.cli.session import Session
from kubectl_ds.cluster.inputs import STDIN
from kubectl_ds.cluster.selectors import parse_selector
from kubectl_ds.cluster.source import OTHERS, Query, gap
from kubectl_ds.errors import ExitCode, Forbidden, UsageError
from kubectl_ds.lint.catalogue import chosen, rule_of
from kubectl_ds.lint.review import UNREADABLE, Fix, LintReport, from_manifests, review
from kubectl_ds.lint.rule import Level, Rule
from kubectl_ds.lint.subject import MANIFEST, from_cluster
from kubectl_ds.manifest.documents import Reading, read_all
from kubectl_ds.model import kinds
from kubectl_ds.model.snapshot import Snapshot, Source

EXAMPLES = (
    ("A manifest, before anybody else sees it; no cluster is asked", "kubectl ds lint -f fluentd.yaml"),
    ("The same, and against the nodes and namespaces of the cluster", "kubectl ds lint -f fluentd.yaml --live"),
    ("What runs in a namespace now", "kubectl ds lint -n logging"),
    (
        "In a workflow: annotations beside the lines, without one rule",
        "kubectl ds lint -f deploy/ -o github --ignore DS202",
    ),
    ("Why a rule exists, and what it accepts", "kubectl ds lint --explain DS306"),
    ("Without a cluster", "kubectl ds lint --demo"),
)
_FORMATS = ("", "json", "yaml", "sarif", "github")


def command(
    ctx: typer.Context,
    names: Names = None,
    selector: Selector = "",
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="json|yaml|sarif|github", help="For programs; github prints annotations."
        ),
    ] = "",
    filename: Annotated[
        list[str] | None,
        typer.Option("-f", "--filename", metavar="FILE", help="Look at these manifests, not at a cluster."),
    ] = None,
    recursive: Recursive = False,
    live: Annotated[
        bool, typer.Option("--live", help="With -f: hold the manifests against the cluster as well.")
    ] = False,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="CODES", help="Only these rules: DS306, DS3 for all that begin so, or names."),
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="CODES", help="All rules but these.")] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="With -f: put right in the files what needs no decision; comments stay.")
    ] = False,
    list_rules: Annotated[bool, typer.Option("--list", help="Print the table of rules.")] = False,
    explain: Annotated[
        str, typer.Option("--explain", metavar="CODE", help="Print why a rule exists, with its cases.")
    ] = "",
) -> int:
    """Look for what has hurt others: rules with stable codes, each from a real incident.

    Exit code 3 when there are errors or warnings, 6 when part of the data was denied, else 0.
    """
    if output not in _FORMATS:
        raise UsageError(f"-o {output} is not one of json, yaml, sarif, github")
    session: Session = ctx.obj
    rules = chosen(select or (), ignore or ())
    if explain or list_rules:
        from kubectl_ds.render.lint import rule_text, rules_text

        theme = session.theme
        session.terminal.write(rule_text(rule_of(explain), theme) if explain else rules_text(rules, theme))
        return ExitCode.OK
    wanted = daemon_set_names(names or ())
    if filename:
        if wanted or selector:
            raise UsageError("-f names the DaemonSets; leave out NAME and -l")
        report = _of_files(session, filename, rules, recursive=recursive, live=live, fix=fix)
    else:
        if live:
            raise UsageError("--live goes with -f; without it the cluster is read anyway")
        if fix:
            raise UsageError("--fix goes with -f; it changes files, never a cluster")
        report = _of_source(session, rules, wanted, selector)
    session.terminal.write(_rendered(report, session, output))
    if not report.subjects and not report.findings:
        where = "in these files" if filename else f"in {session.namespace} namespace" if session.namespace else ""
        session.terminal.say(f"No DaemonSets found {where}".rstrip())
    if report.fails:
        return ExitCode.WRONG
    return ExitCode.CANNOT_TELL if report.denied else ExitCode.OK


def _of_files(
    session: Session, files: list[str], rules: tuple[Rule, ...], *, recursive: bool, live: bool, fix: bool
) -> LintReport:
    """Manifests alone, unless a cluster or a capture was named to hold them against."""
    sources = read_files(session.terminal, files, recursive=recursive)
    reading = read_all(sources)
    if live or session.offline:
        namespace = session.namespace or "default"
        names = {each.namespace or namespace for each in reading.documents if each.kind == kinds.DAEMON_SETS.kind}
        around = _around(session, rules, sorted(names) or [namespace])
    else:
        around = Snapshot(now=datetime.now(timezone.utc), source=Source(type=MANIFEST))
        namespace = session.invocation.text("namespace") or "default"
    report = _reviewed(reading, rules, around, namespace)
    broken = {each.place.file for each in report.findings if each.code == UNREADABLE and each.level is Level.ERROR}
    fixes = tuple(each for each in report.fixes if each.document.file not in broken)
    if not fix or not fixes:
        return report
    after = _fix(session, sources, reading, fixes)
    return _reviewed(read_all((name, after.get(name, content)) for name, content in sources), rules, around, namespace)


def _reviewed(reading: Reading, rules: tuple[Rule, ...], around: Snapshot, namespace: str) -> LintReport:
    found = from_manifests(reading, around, namespace)
    return review(found.subjects, rules, found.snapshot, found.unreadable)


def _fix(
    session: Session, sources: tuple[tuple[str, bytes], ...], reading: Reading, fixes: tuple[Fix, ...]
) -> dict[str, bytes]:
    """Write the files, or none of them; returns their new content by name."""
    from kubectl_ds.flow.upgrade import UpgradedFile, write_back
    from kubectl_ds.lint.fix import fixed

    contents = dict(sources)
    rewritten = fixed(reading.documents, fixes)
    for name in rewritten:
        if name == STDIN or name.startswith(("http://", "https://")):
            raise UsageError(f"--fix cannot write to {name}", hint="name files; a copy of it will do")
    for name, (text, upgrades) in rewritten.items():
        write_back(UpgradedFile(name, contents[name], upgrades[0].before.source.text, text, upgrades))
    for each in fixes:
        session.terminal.say(f"fixed {each.finding.place.place}: {each.finding.code} {each.finding.message}")
    return {name: text.encode() for name, (text, _) in rewritten.items()}


def _around(session: Session, rules: tuple[Rule, ...], namespaces: list[str]) -> Snapshot:
    """What manifests for these namespaces would find there, whether or not the namespaces have DaemonSets yet."""
    wanted = _kinds(rules)
    if session.offline:
        return session.source.snapshot(Query(kinds=wanted, optional=True, version=True))
    first, *others = namespaces
    around = session.source.snapshot(Query(kinds=wanted, namespace=first, optional=True, version=True))
    own = tuple(kind for kind in wanted if kind.namespaced or kind is kinds.NAMESPACES)
    for each in others:
        more = session.source.snapshot(Query(kinds=own, namespace=each, optional=True))
        fields: dict[str, Any] = {kind.field: getattr(around, kind.field) + getattr(more, kind.field) for kind in own}
        around = replace(around, **fields, gaps=tuple(dict.fromkeys((*around.gaps, *more.gaps))))
    return _among_all(session, around, rules)


def _of_source(session: Session, rules: tuple[Rule, ...], wanted: tuple[str, ...], selector: str) -> LintReport:
    """DaemonSets of a cluster or a capture, among all those that may be in their way."""
    namespace = session.namespace
    query = Query(kinds=_kinds(rules), namespace=namespace, names=wanted, selector=selector, version=True)
    asked = session.source.snapshot(query)
    labels = parse_selector(selector)
    own = tuple(each for each in asked.daemon_sets if labels.matches(each.metadata.labels))
    narrow = namespace is not None or wanted or selector
    snapshot = _among_all(session, asked, rules) if narrow else asked
    ordered = sorted(own, key=lambda each: (each.namespace, each.name))
    return review((from_cluster(each, snapshot) for each in ordered), rules, snapshot)


def _among_all(session: Session, asked: Snapshot, rules: tuple[Rule, ...]) -> Snapshot:
    """The snapshot with the DaemonSets of every namespace, if a rule compares; where they are denied, a gap says so."""
    if not any(kinds.DAEMON_SETS in rule.uses for rule in rules):
        return asked
    try:
        everyone = session.source.snapshot(Query(kinds=(kinds.DAEMON_SETS,), optional=True))
        return replace(asked, daemon_sets=everyone.daemon_sets)
    except Forbidden as error:
        missing = gap(kinds.DAEMON_SETS, OTHERS, error.message)
    here = session.source.snapshot(Query(kinds=(kinds.DAEMON_SETS,), namespace=session.namespace, optional=True))
    known = {each.key: each for each in (*asked.daemon_sets, *here.daemon_sets)}
    return replace(asked, daemon_sets=tuple(known.values()), gaps=(*asked.gaps, missing))


def _kinds(rules: tuple[Rule, ...]) -> tuple[kinds.Kind, ...]:
    """What the rules lean on."""
    leaned_on = (kind for rule in rules for kind in (*rule.needs, *rule.uses))
    return tuple(dict.fromkeys((kinds.DAEMON_SETS, *leaned_on)))


def _rendered(report: LintReport, session: Session, output: str) -> str:
    if output in ("sarif", "github"):
        from kubectl_ds.render.lint_exchange import github, sarif
        from kubectl_ds.render.structured import as_json

        return github(report) if output == "github" else as_json(sarif(report, __version__))
    if output:
        from kubectl_ds.render.lint import lint_document
        from kubectl_ds.render.structured import as_json, as_yaml

        document = lint_document(report)
        return as_json(document) if output == "json" else as_yaml(document)
    if not report.subjects and not report.findings:
        return ""
    from kubectl_ds.render.lint import lint_text

    return lint_text(report, session.theme)
