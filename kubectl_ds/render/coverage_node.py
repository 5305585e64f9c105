"""``coverage --node``: the other way round, every DaemonSet on one node, sick ones first."""

from __future__ import annotations

from kubectl_ds.engine.coverage import CoverageReport, DaemonSetCoverage
from kubectl_ds.engine.decision import COVERED, Decision, Verdict
from kubectl_ds.render.fold import fold_text
from kubectl_ds.render.gaps import gap_lines
from kubectl_ds.render.theme import Theme, clean
from kubectl_ds.render.words import sentence

_ORDER = {verdict: position for position, verdict in enumerate(Verdict)}


def coverage_on_node(report: CoverageReport, node: str, theme: Theme, *, with_namespace: bool) -> str:
    """One line per DaemonSet that has something to do with the node; those left out by design come last."""
    cells = [(each, decision) for each in report.daemon_sets for decision in each.decisions]
    cells.sort(key=lambda cell: _ORDER[cell[1].verdict])
    names = [clean(each.daemon_set.key if with_namespace else each.daemon_set.name) for each, _ in cells]
    verdicts = max((len(decision.verdict.value) for _, decision in cells), default=0)
    widest = max((len(name) for name in names), default=0)
    lines = [f"{theme.bold(clean(node))}: {_headline(cells)}", ""]
    for name, (_, decision) in zip(names, cells, strict=True):
        head = f"{_symbol(decision, theme)} {decision.verdict.value:<{verdicts}}  {name:<{widest}}"
        lines += _hang(head, 2 + verdicts + 2 + widest, _reason(decision, report), theme)
    lines += gap_lines(report.gaps, theme)
    return theme.finish("\n".join(lines) + "\n")


def _headline(cells: list[tuple[DaemonSetCoverage, Decision]]) -> str:
    wanted = [decision for _, decision in cells if decision.eligibility.should_run]
    covered = sum(decision.verdict in COVERED for decision in wanted)
    if not cells:
        return "there are no DaemonSets"
    if not wanted:
        return f"none of {len(cells)} DaemonSets should be here"
    if covered == len(wanted):
        return f"all {covered} DaemonSets that should be here are"
    return f"{covered} of {len(wanted)} DaemonSets that should be here are available"


def _reason(decision: Decision, report: CoverageReport) -> str:
    causes = decision.causes
    if not causes:
        return clean(decision.pod.name) if decision.pod is not None else ""
    return f"{clean(causes[0].code)}: {sentence(causes[0], report.snapshot.now)}"


def _symbol(decision: Decision, theme: Theme) -> str:
    if decision.verdict in COVERED or decision.verdict in (Verdict.EXCLUDED, Verdict.STARTING, Verdict.SETTLING):
        return " "
    return theme.yellow("!") if decision.verdict in (Verdict.MISSCHEDULED, Verdict.TERMINATING) else theme.red("✗")


def _hang(head: str, indent: int, text: str, theme: Theme) -> list[str]:
    if not text:
        return [head.rstrip()]
    if theme.width is not None and theme.width - indent - 2 < 30:
        return [head.rstrip(), *(f"    {theme.dim(part)}" for part in fold_text(text, theme.width - 4))]
    parts = fold_text(text, None if theme.width is None else theme.width - indent - 2)
    return [f"{head}  {theme.dim(parts[0])}", *(" " * (indent + 2) + theme.dim(part) for part in parts[1:])]
