"""Its annotations have had no effect for years, and what they asked for does not happen.

`scheduler.alpha.kubernetes.io/critical-pod` ended with 1.16, the tolerations and affinity annotations long before, and
seccomp annotations with 1.27. After the upgrade the agent is neither critical, nor tolerant, nor confined, and says
nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject

_FIELDS = {
    "scheduler.alpha.kubernetes.io/critical-pod": "priorityClassName: system-node-critical",
    "scheduler.alpha.kubernetes.io/tolerations": "spec.template.spec.tolerations",
    "scheduler.alpha.kubernetes.io/affinity": "spec.template.spec.affinity",
    "seccomp.security.alpha.kubernetes.io/pod": "securityContext.seccompProfile",
}


def check(subject: Subject) -> Iterator[Problem]:
    """On the template, where they once worked."""
    annotations = subject.template.part("metadata").part("annotations")
    for key, field in _FIELDS.items():
        if annotations.has(key):
            yield Problem(annotations.at(key), f"the annotation {key} has no effect any more", f"write {field}")


RULE = Rule(
    code="DS604",
    name="dead-annotations",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  an annotation of one's own:
    template: {metadata: {annotations: {example.com/team: a}}}
bad:
  critical by annotation:
    template: {metadata: {annotations: {scheduler.alpha.kubernetes.io/critical-pod: ""}}}
    finds: spec.template.metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]
""",
)
