"""It picks nodes by the label node-role.kubernetes.io/master, which nodes no longer have.

kubeadm stopped setting the label in 1.24 and removed it from existing nodes (KEP-2067). A DaemonSet that asks for it
falls to `desired 0` on the day of the upgrade, without an event. One that asks that it be absent lands on control-plane
nodes instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.model.kinds import NODES

_OLD, _NEW = "node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane"


def check(subject: Subject) -> Iterator[Problem]:
    """Silent where a node of the cluster still has the label."""
    if any(_OLD in node.metadata.labels for node in subject.snapshot.nodes):
        return
    for label in subject.node_labels:
        if label.key == _OLD:
            message = f"nodes since 1.24 do not have the label {_OLD}"
            yield Problem(label.path, message, f"write {_NEW}", fix=label.renamed(_NEW))


RULE = Rule(
    code="DS108",
    name="master-label",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    fixable=True,
    uses=(NODES,),
    cases="""
good:
  the new label:
    pod: {nodeSelector: {node-role.kubernetes.io/control-plane: ""}}
  a distribution that still sets it:
    pod: {nodeSelector: {node-role.kubernetes.io/master: ""}}
    nodes: [{labels: {node-role.kubernetes.io/master: ""}}]
bad:
  as a node selector:
    pod: {nodeSelector: {node-role.kubernetes.io/master: ""}}
    finds: spec.template.spec.nodeSelector[node-role.kubernetes.io/master]
  in affinity:
    pod:
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions: [{key: node-role.kubernetes.io/master, operator: DoesNotExist}]
    finds: >-
      spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key
""",
)
