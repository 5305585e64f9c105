"""Without a memory limit a leak in the agent takes every node down, not one.

The same version runs everywhere and leaks everywhere: when all nodes run out of memory in the same hour, workloads are
evicted and killed in the agent's place. With a limit the kernel kills the agent alone. Node-critical agents are left
out of this rule: to kill them may cost more than the memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import LIMIT_RANGES


def check(subject: Subject) -> Iterator[Problem]:
    """The pod's own limit and the default of a LimitRange count."""
    if subject.critical or subject.pod.part("resources").part("limits").has("memory"):
        return
    for limit_range in subject.snapshot.limit_ranges:
        if limit_range.metadata.namespace == subject.daemon_set.namespace and any(
            item.type == "Container" and "memory" in item.default for item in limit_range.spec.limits
        ):
            return
    for container in subject.running:
        limits = container.part("resources").part("limits")
        if not limits.has("memory"):
            yield Problem(
                container.part("resources").at("limits"),
                f"container {container.text('name')} has no memory limit: a leak in it takes its node down",
                "set resources.limits.memory well above what it uses",
            )


RULE = Rule(
    code="DS202",
    name="no-memory-limit",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    uses=(LIMIT_RANGES,),
    cases="""
good:
  a limit of the whole pod:
    container: {resources: {limits: null}}
    pod: {resources: {limits: {memory: 200Mi}}}
  node-critical:
    container: {resources: {limits: null}}
    pod: {priorityClassName: system-node-critical}
bad:
  no limit:
    container: {resources: {limits: null}}
    finds: spec.template.spec.containers[0].resources.limits
""",
)
