"""With maxSurge the new pod must fit beside the old one, and a host port does not.

The API server accepts it, and the rollout is stuck from the first node on: the new pod waits for the port that the old
one holds, and the old one is kept until the new one is ready (kubernetes/kubernetes#106417).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Under hostNetwork every port that is declared is one of the host."""
    if not subject.surges:
        return
    for container in subject.running:
        for port in container.parts("ports"):
            number = port.value("hostPort") or (subject.pod.true("hostNetwork") and port.value("containerPort"))
            if number:
                field = "hostPort" if port.has("hostPort") else "containerPort"
                yield Problem(
                    port.at(field),
                    f"host port {number} with maxSurge: the new pod never fits beside the old one",
                    "set maxSurge: 0 and maxUnavailable: 10%",
                )


RULE = Rule(
    code="DS306",
    name="surge-host-port",
    level=Level.ERROR,
    why=__doc__,
    check=check,
    cases="""
good:
  no surge:
    container: {ports: [{containerPort: 80, hostPort: 80}]}
  no port of the host:
    spec: {updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}}
    container: {ports: [{containerPort: 80}]}
bad:
  a host port:
    spec: {updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}}
    container: {ports: [{containerPort: 80, hostPort: 80}]}
    finds: spec.template.spec.containers[0].ports[0].hostPort
  a port under hostNetwork:
    spec: {updateStrategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}}
    pod: {hostNetwork: true}
    container: {ports: [{containerPort: 80}]}
    finds: spec.template.spec.containers[0].ports[0].containerPort
""",
)
