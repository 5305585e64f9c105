"""Nothing tells a working pod from a broken one, so a bad version rolls over all nodes.

Without a readiness probe a pod is ready as soon as its process has started, and without minReadySeconds it is available
in that same second: the rollout goes on to the next node before the first crash. minReadySeconds of half a minute is
enough to stop at a version that does not stay up.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """A readiness or startup probe of any container will do, and so will minReadySeconds."""
    probed = any(each.has("readinessProbe") or each.has("startupProbe") for each in subject.running)
    if subject.rolling and subject.containers and not probed and not subject.daemon_set.spec.min_ready_seconds:
        yield Problem(
            subject.containers[0].at("readinessProbe"),
            "no readiness probe and no minReadySeconds: a version that crashes rolls over every node",
            "add a readinessProbe, or at least minReadySeconds: 30",
        )


RULE = Rule(
    code="DS304",
    name="no-readiness",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  half a minute to crash in:
    spec: {minReadySeconds: 30}
    container: {readinessProbe: null}
  nothing rolls:
    spec: {updateStrategy: {type: OnDelete, rollingUpdate: null}}
    container: {readinessProbe: null}
bad:
  neither:
    container: {readinessProbe: null}
    finds: spec.template.spec.containers[0].readinessProbe
""",
)
