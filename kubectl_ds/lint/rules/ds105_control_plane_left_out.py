"""The control-plane nodes are left out, which is easily overlooked for agents that should see everything.

Log collectors, node exporters and security agents without a toleration of the control plane's taint are missing on
exactly the nodes whose logs are wanted when the cluster is down. Nothing reports it: `desired` simply does not count
them (kubernetes/kubernetes#72017).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.engine.eligibility import Controller
from kubectl_ds.engine.evidence import TaintEvidence
from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of
from kubectl_ds.model.kinds import NODES

_TAINTS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


def check(subject: Subject) -> Iterator[Problem]:
    """Nodes that only the control plane's own taint keeps it from; silent when it runs on no node at all."""
    controller = Controller(subject.daemon_set)
    left_out: list[str] = []
    for node in subject.snapshot.nodes:
        causes = controller.eligibility(node).causes
        keys = {each.evidence.key if isinstance(each.evidence, TaintEvidence) else "" for each in causes}
        if len(keys) == 1 and keys <= set(_TAINTS):
            left_out += keys
    if left_out and subject.eligible:
        key = left_out[0]
        yield Problem(
            subject.pod.at("tolerations"),
            f"left out of {nodes_of(len(left_out))} of the control plane by the taint {key}",
            f"if it should be there, add {{key: {key}, operator: Exists, effect: NoSchedule}}",
        )


RULE = Rule(
    code="DS105",
    name="control-plane-left-out",
    level=Level.INFO,
    why=__doc__,
    check=check,
    needs=(NODES,),
    cases="""
good:
  the taint is tolerated:
    pod: {tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]}
    nodes: [{}, {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}]
  another taint of the node keeps it out as well:
    pod: {tolerations: null}
    nodes:
      - {}
      - taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}, {key: own, effect: NoSchedule}]
bad:
  nothing is tolerated:
    pod: {tolerations: null}
    nodes: [{}, {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}]
    finds: spec.template.spec.tolerations
""",
)
