"""The namespace enforces a Pod Security Standard that its pods violate: none is created.

Labels on a namespace are set by one team, agents with hostPath or hostNetwork by another. The DaemonSet is accepted,
its pods are not, `desired` looks right, and the only trace is an event (kubernetes/kubernetes#100683).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubectl_ds.engine.admission.pod_security import enforced, violated
from kubectl_ds.engine.admission.security_view import view_of
from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.decode import without_nulls
from kubectl_ds.model.kinds import NAMESPACES

_NEWEST = 37
_MINOR = re.compile(r"v1\.(\d+)")


def check(subject: Subject) -> Iterator[Problem]:
    """By upstream's own checks, of the server's version where it is known."""
    if subject.namespace is None:
        return
    level, version = enforced(subject.namespace.metadata.labels)
    template = without_nulls(subject.template.data)
    if level == "privileged" or not isinstance(template, dict):
        return
    server = _MINOR.match(subject.snapshot.source.version or "")
    minor = int(server[1]) if server else _NEWEST
    violations = violated(view_of(template, minor), level, version, minor)
    if violations:
        yield Problem(
            subject.pod.path,
            f"namespace {subject.daemon_set.namespace} enforces {level}: {', '.join(violations)}",
            "move it to a namespace of its own with pod-security.kubernetes.io/enforce: privileged",
        )


RULE = Rule(
    code="DS703",
    name="pod-security",
    level=Level.ERROR,
    why=__doc__,
    check=check,
    needs=(NAMESPACES,),
    cases="""
good:
  baseline is kept:
    objects: [{kind: Namespace, metadata: {name: agents, labels: {pod-security.kubernetes.io/enforce: baseline}}}]
bad:
  hostNetwork under baseline:
    pod: {hostNetwork: true}
    objects: [{kind: Namespace, metadata: {name: agents, labels: {pod-security.kubernetes.io/enforce: baseline}}}]
    finds: spec.template.spec
""",
)
