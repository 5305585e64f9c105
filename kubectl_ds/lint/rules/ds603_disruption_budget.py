"""A PodDisruptionBudget selects its pods, and does not do for them what it says.

Rolling updates and `kubectl drain --ignore-daemonsets` never ask a budget. DaemonSets have no scale subresource, so a
budget with maxUnavailable or a percentage cannot be computed and allows no eviction at all, also of the other pods that
it selects (kubernetes/kubernetes#106309). Often it was meant for a Deployment with the same labels.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import DISRUPTION_BUDGETS


def check(subject: Subject) -> Iterator[Problem]:
    """Budgets of the namespace that select the template's labels."""
    labels = subject.daemon_set.spec.template.metadata.labels
    for budget in subject.snapshot.disruption_budgets:
        selector = budget.spec.selector
        same = budget.metadata.namespace == subject.daemon_set.namespace
        if same and selector is not None and selector.matches(labels):
            yield Problem(
                subject.template.part("metadata").at("labels"),
                f"PodDisruptionBudget {budget.metadata.name} selects its pods: rollouts and drains never ask it, "
                "and as a percentage or maxUnavailable it blocks every eviction",
                "leave DaemonSet pods out of its selector; maxUnavailable of the DaemonSet is the budget",
            )


RULE = Rule(
    code="DS603",
    name="disruption-budget",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    needs=(DISRUPTION_BUDGETS,),
    cases="""
good:
  a budget for others:
    objects:
      - kind: PodDisruptionBudget
        metadata: {name: web, namespace: agents}
        spec: {selector: {matchLabels: {app: web}}}
bad:
  a budget for all pods of the namespace:
    objects:
      - kind: PodDisruptionBudget
        metadata: {name: everything, namespace: agents}
        spec: {selector: {}}
    finds: spec.template.metadata.labels
""",
)
