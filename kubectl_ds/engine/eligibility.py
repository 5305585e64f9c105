"""Whether a DaemonSet should run on a node, exactly as its controller decides it, and why not.

Mirrors ``NodeShouldRunDaemonPod``, ``predicates`` and ``AddOrUpdateDaemonPodTolerations``
(pkg/controller/daemon, Kubernetes 1.37). The controller looks at the template alone: never at readiness, resources,
ports, volumes, admission or the namespace. The result depends on few properties of a node, so nodes that look alike to
a DaemonSet share one ``Eligibility``.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Cause, Eligibility
from kubectl_ds.engine.evidence import Evidence, NodeNameEvidence, RequirementEvidence, TaintEvidence
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import PodSpec
from kubectl_ds.model.selector import NodeSelector
from kubectl_ds.model.taint import NO_EXECUTE, NO_SCHEDULE, Toleration, untolerated

_KEEPS_OUT = frozenset({NO_SCHEDULE, NO_EXECUTE})
_EVICTS = frozenset({NO_EXECUTE})

_AUTOMATIC = (
    Toleration(key="node.kubernetes.io/not-ready", operator="Exists", effect=NO_EXECUTE),
    Toleration(key="node.kubernetes.io/unreachable", operator="Exists", effect=NO_EXECUTE),
    Toleration(key="node.kubernetes.io/disk-pressure", operator="Exists", effect=NO_SCHEDULE),
    Toleration(key="node.kubernetes.io/memory-pressure", operator="Exists", effect=NO_SCHEDULE),
    Toleration(key="node.kubernetes.io/pid-pressure", operator="Exists", effect=NO_SCHEDULE),
    Toleration(key="node.kubernetes.io/unschedulable", operator="Exists", effect=NO_SCHEDULE),
)
_HOST_NETWORK = Toleration(key="node.kubernetes.io/network-unavailable", operator="Exists", effect=NO_SCHEDULE)


def automatic_tolerations(spec: PodSpec) -> tuple[Toleration, ...]:
    """The tolerations that the controller adds to every pod of a DaemonSet with this pod spec."""
    return (*_AUTOMATIC, _HOST_NETWORK) if spec.host_network else _AUTOMATIC


class Controller:
    """The DaemonSet controller's rule for one DaemonSet, remembering what it decided for nodes that look alike."""

    def __init__(self, daemon_set: DaemonSet) -> None:
        spec = daemon_set.spec.template.spec
        self._spec = spec
        self.tolerations = spec.tolerations + automatic_tolerations(spec)
        """Those of the template, then the automatic ones."""
        self._affinity = spec.affinity.required_node_selector if spec.affinity else None
        self._labels = _labels_consulted(spec, self._affinity)
        self._by_name = bool(spec.node_name) or _consults_name(self._affinity)
        self._known: dict[object, Eligibility] = {}

    def eligibility(self, node: Node) -> Eligibility:
        """Whether the DaemonSet should run, and may stay, on ``node``; with every reason against it."""
        labels = node.metadata.labels
        looks = (
            tuple(labels.get(key) for key in self._labels),
            node.spec.taints,
            node.name if self._by_name else "",
        )
        known = self._known.get(looks)
        if known is None:
            known = self._known[looks] = self._decide(node)
        return known

    def _decide(self, node: Node) -> Eligibility:
        causes = []
        if self._spec.node_name and self._spec.node_name != node.name:
            causes.append(Cause(code="NodeName", evidence=NodeNameEvidence(node_name=self._spec.node_name)))
        causes += [Cause(code="NodeAffinity", evidence=each) for each in self._unmet_requirements(node)]
        taints = untolerated(node.spec.taints, self.tolerations, _KEEPS_OUT)
        causes += [
            Cause(code="TaintToleration", evidence=TaintEvidence(key=each.key, value=each.value, effect=each.effect))
            for each in taints
        ]
        only_taints = all(cause.code == "TaintToleration" for cause in causes)
        evicted = any(taint.effect in _EVICTS for taint in taints)
        return Eligibility(
            should_run=not causes, should_continue_running=only_taints and not evicted, causes=tuple(causes)
        )

    def _unmet_requirements(self, node: Node) -> list[Evidence]:
        labels = node.metadata.labels
        unmet: list[Evidence] = [
            RequirementEvidence(source="nodeSelector", key=key, operator="In", values=(value,), actual=labels.get(key))
            for key, value in sorted(self._spec.node_selector.items())
            if labels.get(key) != value
        ]
        if self._affinity is not None and not self._affinity.matches(node.name, labels):
            unmet.append(_nearest_requirement(self._affinity, node))
        return unmet


def _nearest_requirement(affinity: NodeSelector, node: Node) -> RequirementEvidence:
    """What keeps the first term from matching; terms that do not parse, or are empty, match no node at all."""
    terms = affinity.node_selector_terms
    for term in terms:
        unmet = term.unmet(node.name, node.metadata.labels) if term.parses else None
        if unmet is not None:
            actual = node.name if unmet.key == "metadata.name" else node.metadata.labels.get(unmet.key)
            return RequirementEvidence(
                source="affinity",
                key=unmet.key,
                operator=unmet.operator,
                values=unmet.values,
                actual=actual,
                terms=len(terms),
            )
    return RequirementEvidence(source="affinity", key="", operator="", values=(), actual=None, terms=len(terms))


def _labels_consulted(spec: PodSpec, affinity: NodeSelector | None) -> tuple[str, ...]:
    keys = set(spec.node_selector)
    for term in affinity.node_selector_terms if affinity else ():
        keys |= {requirement.key for requirement in term.match_expressions}
    return tuple(sorted(keys))


def _consults_name(affinity: NodeSelector | None) -> bool:
    return affinity is not None and any(term.match_fields for term in affinity.node_selector_terms)
