"""The namespace adds a node selector that the controller does not see.

PodNodeSelector writes the namespace's labels into each pod after the controller has chosen its node. Where they differ
from the template the pod is refused; where the node lacks them the pod is Pending for good and the node counts as
desired.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.engine.admission.pod_node_selector import ANNOTATION, SelectorError, selector_labels
from kubectl_ds.lint.rule import Level, Problem, Rule
from kubectl_ds.lint.subject import Subject, nodes_of
from kubectl_ds.model.kinds import NAMESPACES, NODES


def check(subject: Subject) -> Iterator[Problem]:
    """A conflict, or nodes that the controller wants and the namespace does not."""
    namespace = subject.namespace
    try:
        wanted = selector_labels(namespace.metadata.annotations.get(ANNOTATION, "")) if namespace else {}
    except SelectorError:
        return
    own = subject.pod_spec.node_selector
    clash = [key for key in sorted(wanted) if own.get(key, wanted[key]) != wanted[key]]
    misses = [
        node.name
        for node in subject.eligible
        if any(node.metadata.labels.get(key) != value for key, value in wanted.items())
    ]
    if clash:
        key = clash[0]
        message = f"{key}={own[key]} conflicts with {key}={wanted[key]} of the namespace: no pod is created"
    elif misses:
        message = f"the namespace's node selector keeps its pods off {nodes_of(len(misses))} that count as desired"
    else:
        return
    labels = ", ".join(f"{key}: {value}" for key, value in sorted(wanted.items()))
    yield Problem(
        subject.pod.at("nodeSelector"),
        f"{message}, if PodNodeSelector is on",
        f"write nodeSelector: {{{labels}}} into the template",
    )


RULE = Rule(
    code="DS702",
    name="namespace-node-selector",
    level=Level.WARNING,
    why=__doc__,
    check=check,
    needs=(NAMESPACES,),
    uses=(NODES,),
    cases="""
good:
  the template says the same:
    pod: {nodeSelector: {pool: a}}
    objects:
      - kind: Namespace
        metadata: {name: agents, annotations: {scheduler.alpha.kubernetes.io/node-selector: pool=a}}
bad:
  another value:
    pod: {nodeSelector: {pool: b}}
    objects:
      - kind: Namespace
        metadata: {name: agents, annotations: {scheduler.alpha.kubernetes.io/node-selector: pool=a}}
    finds: spec.template.spec.nodeSelector
  the controller wants more nodes:
    nodes: [{}, {labels: {pool: a}}]
    objects:
      - kind: Namespace
        metadata: {name: agents, annotations: {scheduler.alpha.kubernetes.io/node-selector: pool=a}}
    finds: spec.template.spec.nodeSelector
""",
)
