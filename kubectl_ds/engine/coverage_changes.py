"""What has become of the cells of a coverage report since an earlier one; figures and ages alone are no change."""

from __future__ import annotations

from kubectl_ds.engine.coverage import CoverageReport
from kubectl_ds.engine.decision import Decision
from kubectl_ds.model.value import Value


class CellChange(Value, frozen=True):
    """One DaemonSet on one node, before and after."""

    namespace: str
    name: str
    node: str
    before: Decision | None
    """None when the DaemonSet or the node is new."""
    after: Decision | None
    """None when one of them has gone."""


def coverage_changes(before: CoverageReport, after: CoverageReport) -> tuple[CellChange, ...]:
    """The cells with another verdict, first cause or pod, in the order of the reports."""
    old, new = _cells(before), _cells(after)
    return tuple(
        CellChange(namespace=key[0], name=key[1], node=key[2], before=old.get(key), after=new.get(key))
        for key in dict.fromkeys((*new, *old))
        if _outcome(old.get(key)) != _outcome(new.get(key))
    )


def _cells(report: CoverageReport) -> dict[tuple[str, str, str], Decision]:
    return {
        (each.daemon_set.namespace, each.daemon_set.name, decision.node): decision
        for each in report.daemon_sets
        for decision in each.decisions
    }


def _outcome(decision: Decision | None) -> object:
    if decision is None:
        return None
    pod = decision.pod.metadata.uid if decision.pod is not None else ""
    return decision.verdict, [cause.code for cause in decision.causes[:1]], pod
