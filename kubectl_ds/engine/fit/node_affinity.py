"""NodeAffinity: the node must match the pod's nodeSelector and one term of its required node affinity.

Mirrors ``NodeAffinity.Filter`` (pkg/scheduler/framework/plugins/nodeaffinity, 1.37) and ``RequiredNodeAffinity``
(component-helpers v0.37): a term that does not parse matches nothing. A DaemonSet pod carries its pin as the only
required term; a pod without one is judged as pinned to whatever node is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_ds.engine.admission.pod_node_selector import ANNOTATION, SelectorError, selector_labels
from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import RequirementEvidence
from kubectl_ds.engine.fit.plugin import Filter, Refusal, Refusals, refuse
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.selector import NodeSelector

NAME = "NodeAffinity"


class RequiredNodeAffinity:
    """What a pod requires of a node's labels and name."""

    def __init__(self, pod: Pod) -> None:
        self.labels = tuple(pod.spec.node_selector.items())
        """The nodeSelector."""
        self.selector = pod.spec.affinity.required_node_selector if pod.spec.affinity else None
        """The required node affinity."""

    def matches(self, node: Node) -> bool:
        """Whether the node meets both."""
        labels = node.metadata.labels
        for key, value in self.labels:
            if labels.get(key) != value:
                return False
        return self.selector is None or self.selector.matches(node.name, labels)


class NodeAffinity(Filter):
    """A pod that requires something of its node."""

    def __init__(self, required: RequiredNodeAffinity, sources: Mapping[str, str]) -> None:
        self._required = required
        self._sources = sources

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node that does not match: one refusal for each label of the nodeSelector, one for the affinity."""
        if self._required.matches(node.node):
            return ()
        refusals = [
            _unmet(self._sources.get(key, "nodeSelector"), key, "In", (value,), node.labels.get(key))
            for key, value in self._required.labels
            if node.labels.get(key) != value
        ]
        selector = self._required.selector
        if selector is not None and not selector.matches(node.name, node.labels):
            refusals.append(_unmet_term(selector, node))
        return tuple(refusals)


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | None:
    """Nothing to do for a pod without any such requirement."""
    required = RequiredNodeAffinity(pod)
    if not required.labels and required.selector is None:
        return None
    return NodeAffinity(required, _added(pod, cluster) if required.labels else {})


def _added(pod: Pod, cluster: SharedLister) -> dict[str, str]:
    """Who put keys into the node selector that the controller cannot have seen: it would have made no pod.

    So what the namespace's annotation does not name comes from the RuntimeClass, if the pod has one.
    """
    namespace = cluster.namespaces.get(pod.namespace)
    try:
        named = selector_labels(namespace.metadata.annotations.get(ANNOTATION, "")) if namespace is not None else {}
    except SelectorError:
        named = {}
    other = "runtimeClass" if pod.spec.runtime_class_name else "nodeSelector"
    return {key: "namespace" if named.get(key) == value else other for key, value in pod.spec.node_selector.items()}


def refuse_absent_node(name: str) -> Refusal:
    """The refusal of a pod that is pinned to a node which does not exist."""
    return _unmet("affinity", "metadata.name", "In", (name,), None)


def _unmet_term(selector: NodeSelector, node: NodeInfo) -> Refusal:
    """What keeps the first term from matching; without any valid term, the requirement has no key."""
    terms = selector.node_selector_terms
    for term in terms:
        unmet = term.unmet(node.name, node.labels) if term.parses else None
        if unmet is not None:
            actual = node.name if unmet.key == "metadata.name" else node.labels.get(unmet.key)
            return _unmet("affinity", unmet.key, unmet.operator, unmet.values, actual, len(terms))
    return _unmet("affinity", "", "", (), None, len(terms))


def _unmet(
    source: str, key: str, operator: str, values: tuple[str, ...], actual: str | None, terms: int = 1
) -> Refusal:
    evidence = RequirementEvidence(source=source, key=key, operator=operator, values=values, actual=actual, terms=terms)
    return refuse(NAME, evidence, Fault.POLICY, unresolvable=True)
