"""A bad version takes every node down at once.

With maxUnavailable 100% the controller deletes all old pods in one go and asks nothing of the new ones. A typing error
in an image is then an outage of the whole fleet instead of one node.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, resolved
from kubectl_ds.model.kinds import NODES


def check(subject: Subject) -> Iterator[Problem]:
    """All of them by percentage; by number where the nodes are known and more than two."""
    strategy = subject.daemon_set.spec.update_strategy
    written, count = strategy.max_unavailable, len(subject.eligible)
    share = resolved(written, 100) if isinstance(written, str) else None
    everywhere = share is not None and share >= 100
    everywhere = everywhere or (isinstance(written, int) and count > 2 and written >= count)
    if subject.rolling and everywhere:
        yield Problem(
            subject.spec.part("updateStrategy").part("rollingUpdate").at("maxUnavailable"),
            f"maxUnavailable {written} replaces all pods at once, whether or not the new ones work",
            "set maxUnavailable: 10%",
        )


RULE = Rule(
    code="DS303",
    name="all-at-once",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    uses=(NODES,),
    cases="""
good:
  a tenth:
    spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 10%}}}
bad:
  all of them:
    spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}}
    finds: spec.updateStrategy.rollingUpdate.maxUnavailable
  as many as there are nodes:
    spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 10}}}
    nodes: 5
    finds: spec.updateStrategy.rollingUpdate.maxUnavailable
""",
)
