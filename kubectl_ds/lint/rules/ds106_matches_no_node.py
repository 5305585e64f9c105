"""It is meant for no node at all, and everything calls that success.

A misspelt label in nodeSelector, or a taint on every node, makes `desired` 0; kubectl then says "successfully rolled
out", dashboards are green, and the agent runs nowhere (kubernetes/kubernetes#72017).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kubectl_ds.engine.eligibility import Controller
from kubectl_ds.engine.evidence import NodeNameEvidence, RequirementEvidence, TaintEvidence
from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of
from kubectl_ds.model.kinds import NODES
from kubectl_ds.model.selector import SelectorRequirement


def check(subject: Subject) -> Iterator[Problem]:
    """By the controller's own rule; the cause named is the first one of most nodes."""
    nodes = subject.snapshot.nodes
    if not nodes or subject.eligible:
        return
    controller = Controller(subject.daemon_set)
    first = Counter(_words(controller.eligibility(node).causes[0].evidence) for node in nodes)
    (member, words), count = first.most_common(1)[0]
    yield Problem(
        subject.pod.at(member),
        f"none of the {nodes_of(len(nodes))} is meant; {count} for {words}",
        "kubectl ds coverage shows every node with its reason",
    )


def _words(evidence: object) -> tuple[str, str]:
    """The member of the pod spec that keeps it out, and what it says."""
    if isinstance(evidence, TaintEvidence):
        value = f"={evidence.value}" if evidence.value else ""
        return "tolerations", f"the taint {evidence.key}{value}:{evidence.effect}"
    if isinstance(evidence, RequirementEvidence):
        words = str(SelectorRequirement(key=evidence.key, operator=evidence.operator, values=evidence.values))
        member = "nodeSelector" if evidence.source == "nodeSelector" else "affinity"
        return member, f"{member}: {words}, which they do not fulfil"
    if isinstance(evidence, NodeNameEvidence):
        return "nodeName", f"nodeName: {evidence.node_name}"
    return "", "another reason"


RULE = Rule(
    code="DS106",
    name="matches-no-node",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    needs=(NODES,),
    cases="""
good:
  one node is enough:
    pod: {nodeSelector: {pool: gpu}}
    nodes: [{}, {labels: {pool: gpu}}]
bad:
  a misspelt label:
    pod: {nodeSelector: {pol: gpu}}
    nodes: [{}, {labels: {pool: gpu}}]
    finds: spec.template.spec.nodeSelector
  a taint on every node:
    nodes: [{taints: [{key: own, effect: NoSchedule}]}]
    finds: spec.template.spec.tolerations
""",
)
