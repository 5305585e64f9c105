"""Privileged and in the host's process namespace: it is root on every node.

From such a container `nsenter -t 1` is a shell on the machine. With a DaemonSet that is all machines, so one leaked
token or image is the whole cluster. Agents that need it (security sensors, kernel tracers) say so with an ignore
comment and a reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Both together; each alone is common and has its uses."""
    if not subject.pod.true("hostPID"):
        return
    for container in subject.every_container:
        context = container.part("securityContext")
        if context.true("privileged"):
            yield Problem(
                context.at("privileged"),
                f"container {container.text('name')} is privileged with hostPID: root on every node",
                "name the capabilities that it needs instead, or say why by an ignore comment",
            )


RULE = Rule(
    code="DS406",
    name="privileged-host-pid",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  hostPID alone:
    pod: {hostPID: true}
bad:
  both:
    pod: {hostPID: true}
    container: {securityContext: {privileged: true}}
    finds: spec.template.spec.containers[0].securityContext.privileged
""",
)
