"""It runs on Linux and Windows nodes alike, and hardly any image can.

The controller knows nothing of operating systems, and `spec.os.name` does not keep a pod away either: the kubelet of
the wrong one refuses it after it was bound. Adding one Windows pool has left agents in ImagePullBackOff on all of its
nodes, and their rollouts unfinished.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of
from kubectl_ds.model.kinds import NODES


def check(subject: Subject) -> Iterator[Problem]:
    """By what the kubelets say of their machines."""
    systems = [node.status.node_info.operating_system for node in subject.eligible]
    windows = systems.count("windows")
    if windows and len(set(systems) - {""}) > 1:
        yield Problem(
            subject.pod.at("nodeSelector"),
            f"it runs on {nodes_of(windows)} with Windows as well as on {len(systems) - windows} with Linux",
            "write nodeSelector: {kubernetes.io/os: linux}",
        )


RULE = Rule(
    code="DS112",
    name="windows-nodes",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    needs=(NODES,),
    cases="""
good:
  the system is asked for:
    nodes: [{}, {os: windows}]
  Linux alone:
    pod: {nodeSelector: null}
    nodes: [{}, {}]
bad:
  both:
    pod: {nodeSelector: null}
    nodes: [{}, {os: windows}]
    finds: spec.template.spec.nodeSelector
""",
)
