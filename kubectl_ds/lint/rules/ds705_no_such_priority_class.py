"""Its PriorityClass does not exist, so no pod is created.

The DaemonSet is accepted all the same; every pod is refused with `no PriorityClass with name … was found`, which only
an event tells. It happens when manifests move between clusters.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import PRIORITY_CLASSES


def check(subject: Subject) -> Iterator[Problem]:
    """The two classes of the system are always there."""
    name = subject.pod_spec.priority_class_name
    known = {each.metadata.name for each in subject.snapshot.priority_classes}
    if name and name not in known and not subject.critical and not subject.alone:
        yield Problem(
            subject.pod.at("priorityClassName"),
            f"PriorityClass {name} does not exist: no pod is created",
            f"create it, or use one of {', '.join(sorted(known)) or 'those there are'}",
        )


RULE = Rule(
    code="DS705",
    name="no-such-priority-class",
    level=Level.ERROR,
    why=__doc__,
    check=check,
    needs=(PRIORITY_CLASSES,),
    cases="""
good:
  it is there:
    source: live
    objects: [{kind: PriorityClass, metadata: {name: agents}, value: 1000}]
bad:
  it is not there:
    source: live
    finds: spec.template.spec.priorityClassName
""",
)
