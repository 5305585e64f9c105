"""At this pace a rollout takes hours, and a fix for a bad version takes as long again.

maxUnavailable is 1 by default, whatever the size of the cluster: on 1,000 nodes at half a minute each it is a working
day, and every pod that is stuck holds up all others (kubernetes/kubernetes#117204). A percentage grows with the
cluster.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of, resolved
from kubectl_ds.model.kinds import NODES

_STEPS = 200
_SECONDS = 30
"""For a pod to stop, start and be ready, beside minReadySeconds."""


def check(subject: Subject) -> Iterator[Problem]:
    """More than 200 steps, one after the other."""
    strategy = subject.daemon_set.spec.update_strategy
    count = len(subject.eligible)
    pace = resolved(strategy.max_surge if subject.surges else strategy.max_unavailable, count)
    if not subject.rolling or not pace or -(-count // pace) <= _STEPS:
        return
    steps = -(-count // pace)
    hours = steps * (_SECONDS + subject.daemon_set.spec.min_ready_seconds) / 3600
    field = "maxSurge" if subject.surges else "maxUnavailable"
    yield Problem(
        subject.spec.part("updateStrategy").part("rollingUpdate").at(field),
        f"{pace} at a time on {nodes_of(count)} is {steps} steps: about {hours:.0f} hours",
        f"set {field}: 5%",
    )


RULE = Rule(
    code="DS302",
    name="slow-rollout",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    needs=(NODES,),
    cases="""
good:
  a percentage:
    nodes: 250
  one at a time on few nodes:
    spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 1}}}
    nodes: 50
bad:
  one at a time:
    spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 1}}}
    nodes: 250
    finds: spec.updateStrategy.rollingUpdate.maxUnavailable
""",
)
