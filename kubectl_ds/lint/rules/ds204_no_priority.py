"""Without a priority class nothing makes room for it on a full node.

A DaemonSet pod has one node to go to. If that is full of pods of the same priority, 0, none of them is ever evicted
for it: it is Pending for good (kubernetes/kubernetes#140984). For a network or storage plug-in that is a node lost, so
there it is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import PRIORITY_CLASSES


def check(subject: Subject) -> Iterator[Problem]:
    """Silent where a class is the default of the cluster."""
    if subject.pod.has("priorityClassName") or subject.pod_spec.effective_priority > 0:
        return
    if any(each.global_default and each.value > 0 for each in subject.snapshot.priority_classes):
        return
    unless = "" if subject.knows(PRIORITY_CLASSES) else ", unless the cluster has a default class"
    plugin = "network" if subject.network_plugin else "storage" if subject.storage_plugin else ""
    wanted = "system-node-critical" if plugin else "a class above that of ordinary workloads"
    yield Problem(
        subject.pod.at("priorityClassName"),
        f"{f'a {plugin} plug-in' if plugin else 'it is'} of priority 0: on a full node its pod waits for good{unless}",
        f"set priorityClassName: {wanted}",
        Level.WARNING if plugin else None,
    )


RULE = Rule(
    code="DS204",
    name="no-priority",
    level=Level.INFO,
    why=__doc__,
    check=check,
    uses=(PRIORITY_CLASSES,),
    cases="""
good:
  the default of the cluster will do:
    pod: {priorityClassName: null}
    objects: [{kind: PriorityClass, metadata: {name: standard}, value: 100, globalDefault: true}]
bad:
  none:
    pod: {priorityClassName: null}
    finds: spec.template.spec.priorityClassName
""",
)
