"""Preferred node affinity has no effect on a DaemonSet.

The controller pins each pod to one node before the scheduler sees it; there is nothing left to prefer. People who wrote
`preferred…` to keep an agent off some nodes find it on all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject

_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def check(subject: Subject) -> Iterator[Problem]:
    """Node affinity alone: preferences among pods are equally idle, but nobody relies on them to keep pods away."""
    affinity = subject.pod.part("affinity").part("nodeAffinity")
    if affinity.parts(_PREFERRED):
        yield Problem(
            affinity.at(_PREFERRED),
            "preferred node affinity has no effect: each pod of a DaemonSet is pinned to its node",
            "write requiredDuringSchedulingIgnoredDuringExecution if nodes are to be left out, or remove it",
        )


RULE = Rule(
    code="DS110",
    name="preferred-affinity",
    level=Level.INFO,
    why=__doc__,
    check=check,
    cases="""
good:
  no affinity: {}
bad:
  a preference:
    pod:
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              preference: {matchExpressions: [{key: pool, operator: NotIn, values: [gpu]}]}
    finds: spec.template.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution
""",
)
