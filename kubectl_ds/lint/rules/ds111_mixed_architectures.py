"""It runs on nodes of several architectures and says nothing of its own.

When the first arm64 pool joins, an image built for amd64 alone goes there too and ends in `exec format error` or
`no match for platform in manifest`, on every new node. Whoever has checked that the image holds all architectures says
so with a node selector or affinity on kubernetes.io/arch.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of
from kubectl_ds.model.kinds import NODES

_LABELS = ("kubernetes.io/arch", "beta.kubernetes.io/arch")


def check(subject: Subject) -> Iterator[Problem]:
    """By what the kubelets say of their machines."""
    counts: dict[str, int] = {}
    for node in subject.eligible:
        counts[node.status.node_info.architecture] = counts.get(node.status.node_info.architecture, 0) + 1
    counts.pop("", None)
    if len(counts) > 1 and not any(label.key in _LABELS for label in subject.node_labels):
        each = ", ".join(f"{name} on {nodes_of(counts[name])}" for name in sorted(counts))
        yield Problem(
            subject.pod.at("nodeSelector"),
            f"its images must hold every architecture: {each}",
            "once checked, say so: require kubernetes.io/arch by affinity",
        )


RULE = Rule(
    code="DS111",
    name="mixed-architectures",
    level=Level.INFO,
    why=__doc__,
    check=check,
    needs=(NODES,),
    cases="""
good:
  one architecture:
    nodes: [{}, {}]
  the architecture is asked for:
    pod: {nodeSelector: {kubernetes.io/arch: amd64}}
    nodes: [{}, {arch: arm64}]
bad:
  two architectures:
    nodes: [{}, {arch: arm64}]
    finds: spec.template.spec.nodeSelector
""",
)
