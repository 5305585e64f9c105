"""With nodeName in its template it runs on that one node, and the scheduler is never asked.

Left over from a test, it turns the DaemonSet into one pod on one machine: all other nodes are excluded by design, and
on that node nothing checks whether there is room; the kubelet rejects what does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject


def check(subject: Subject) -> Iterator[Problem]:
    """Any node name."""
    name = subject.pod.text("nodeName")
    if name:
        yield Problem(
            subject.pod.at("nodeName"),
            f"nodeName: {name} leaves out every other node and bypasses the scheduler",
            "remove it; a nodeSelector on kubernetes.io/hostname keeps the scheduler's checks",
        )


RULE = Rule(
    code="DS113",
    name="node-name",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    cases="""
good:
  no node name: {}
bad:
  one node:
    pod: {nodeName: worker-1}
    finds: spec.template.spec.nodeName
""",
)
