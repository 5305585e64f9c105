"""Its grace period is longer than a rollout or a drain can bear.

The controller starts the next pod of a node only when the old one is gone. A process that ignores SIGTERM uses up the
whole grace period on each node, one step after the other, and every drain of a node waits as long.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of, resolved
from kubectl_ds.model.kinds import NODES

_LONG = 600
_ROLLOUT = 4 * 3600


def check(subject: Subject) -> Iterator[Problem]:
    """Ten minutes; or less, where all steps of a rollout together may take four hours."""
    grace = subject.pod.number("terminationGracePeriodSeconds", 30)
    count = len(subject.eligible)
    pace = resolved(subject.daemon_set.spec.update_strategy.max_unavailable, count)
    steps = -(-count // pace) if pace and subject.rolling and not subject.surges else 0
    total = steps * grace
    if grace >= _LONG or (grace > 30 and total >= _ROLLOUT):
        cost = f"; a rollout over {nodes_of(count)} may take {total / 3600:.0f} hours" if total >= _ROLLOUT else ""
        yield Problem(
            subject.pod.at("terminationGracePeriodSeconds"),
            f"each pod may take {grace} s to end{cost}",
            "shorten it, let the process end on SIGTERM, and raise maxUnavailable",
        )


RULE = Rule(
    code="DS307",
    name="long-grace",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    uses=(NODES,),
    cases="""
good:
  two minutes on few nodes:
    pod: {terminationGracePeriodSeconds: 120}
    nodes: 20
bad:
  an hour:
    pod: {terminationGracePeriodSeconds: 3600}
    finds: spec.template.spec.terminationGracePeriodSeconds
  two minutes, one node after the other:
    spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 1}}}
    pod: {terminationGracePeriodSeconds: 120}
    nodes: 120
    finds: spec.template.spec.terminationGracePeriodSeconds
""",
)
