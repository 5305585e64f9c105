"""PodTopologySpread: matching pods must stay spread evenly over the values of a node label.

Mirrors ``PodTopologySpread`` (pkg/scheduler/framework/plugins/podtopologyspread, 1.37) for constraints that say
DoNotSchedule; the cluster's default constraints only ever prefer. With ``nodeAffinityPolicy: Honor``, the default, a
pod pinned to its node counts that node alone. Terminating pods are not counted at first, but taking one away in
preemption subtracts it all the same; the empty selector counts nothing at first, but then counts every pod: upstream
does both, so both are done here.
"""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import SpreadEvidence
from kubectl_ds.engine.fit.node_affinity import RequiredNodeAffinity
from kubectl_ds.engine.fit.plugin import Filter, Refusal, Refusals, cannot_tell, refuse
from kubectl_ds.engine.fit.selectors import Selector, SelectorError
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.fit.taint_toleration import tolerates_taints
from kubectl_ds.engine.node_info import NodeInfo, PodInfo
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod, TopologySpreadConstraint

NAME = "PodTopologySpread"
_NO_DOMAIN = 2**31 - 1
"""``newCriticalPaths``: the fewest of no domains."""


class Constraint:
    """A constraint with its selector parsed."""

    def __init__(self, source: TopologySpreadConstraint, labels: Mapping[str, str]) -> None:
        """Parse a constraint of a pod with these labels.

        Raises:
            SelectorError: upstream cannot parse its selector.
        """
        extra = {key: labels[key] for key in source.match_label_keys if key in labels}
        self.topology_key = source.topology_key
        self.max_skew = source.max_skew
        self.min_domains = source.min_domains if source.min_domains is not None else 1
        self.honors_affinity = source.node_affinity_policy == "Honor"
        self.honors_taints = source.node_taints_policy == "Honor"
        self.selector = Selector(source.label_selector, extra)
        self.itself = 1 if self.selector.matches(labels) else 0
        """Whether the pod counts as one of those it spreads from."""


class Domains:
    """Matching pods by the value of a topology key, and the two emptiest values (``criticalPaths``)."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts
        self._emptiest = sorted(counts.items(), key=lambda item: item[1])[:2]

    def fewest(self, value: str, count: int) -> int:
        """The lowest count when ``value`` has this count instead of its own."""
        others = [other for name, other in self._emptiest if name != value]
        known = [count] if value in self.counts else []
        return min(others[:1] + known, default=_NO_DOMAIN)


class PodTopologySpread(Filter):
    """The spread constraints of a pod."""

    across_nodes = True

    def __init__(self, pod: Pod, constraints: tuple[Constraint, ...], cluster: SharedLister) -> None:
        self._pod = pod
        self._constraints = constraints
        self._cluster = cluster
        self._required = RequiredNodeAffinity(pod)
        self._everywhere: dict[int, Domains] = {}
        self._deltas: dict[int, int] = {}
        """Pods that came to the one node under test, or went, by the constraint's place."""

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse a node without a topology label, or with a skew above what is allowed: one refusal a constraint."""
        refusals = []
        for place, constraint in enumerate(self._constraints):
            value = node.labels.get(constraint.topology_key)
            if value is None:
                evidence = SpreadEvidence(
                    topology_key=constraint.topology_key, domain=None, max_skew=constraint.max_skew
                )
                refusals.append(refuse(NAME, evidence, Fault.POLICY, unresolvable=True))
                continue
            refusal = self._skewed(place, constraint, value, node)
            if refusal is not None:
                refusals.append(refusal)
        gap = self._cluster.pods_gap
        return tuple(refusals) if refusals or gap is None else (cannot_tell(NAME, gap),)

    def update(self, pod: PodInfo, node: NodeInfo, delta: int) -> None:
        """Count a pod that comes or goes in every constraint whose selector takes it (``updateWithPod``)."""
        if pod.pod.namespace != self._pod.namespace or not self._has_all_keys(node.node):
            return
        for place, constraint in enumerate(self._constraints):
            if constraint.selector.matches(pod.pod.metadata.labels) and self._includes(constraint, node.node):
                self._deltas[place] = self._deltas.get(place, 0) + delta

    def clone(self) -> Filter:
        """A copy with counts of its own."""
        copy = PodTopologySpread(self._pod, self._constraints, self._cluster)
        copy._everywhere = self._everywhere
        copy._deltas = dict(self._deltas)
        return copy

    def _skewed(self, place: int, constraint: Constraint, value: str, node: NodeInfo) -> Refusal | None:
        domains = self._on_node(constraint, node) if constraint.honors_affinity else self._of_cluster(place, constraint)
        matching = domains.counts.get(value, 0) + self._deltas.get(place, 0)
        fewest = domains.fewest(value, matching) if len(domains.counts) >= constraint.min_domains else 0
        skew = matching + constraint.itself - fewest
        if skew <= constraint.max_skew:
            return None
        evidence = SpreadEvidence(
            topology_key=constraint.topology_key,
            domain=value,
            max_skew=constraint.max_skew,
            skew=skew,
            matching=matching,
            fewest=fewest,
        )
        return refuse(NAME, evidence, Fault.POLICY)

    def _on_node(self, constraint: Constraint, node: NodeInfo) -> Domains:
        """What a pod counts whose affinity lets it see its own node only."""
        if not self._has_all_keys(node.node) or not self._includes(constraint, node.node):
            return Domains({})
        before = self._cluster.node_info(node.name)
        count = sum(self._counts(constraint, pod.pod) for pod in before.pods) if before is not None else 0
        return Domains({node.labels[constraint.topology_key]: count})

    def _counts(self, constraint: Constraint, pod: Pod) -> bool:
        """Whether a pod is counted from the start (``countPodsMatchSelector``)."""
        return (
            not constraint.selector.empty
            and not pod.terminating
            and pod.metadata.namespace == self._pod.metadata.namespace
            and constraint.selector.matches(pod.metadata.labels)
        )

    def _of_cluster(self, place: int, constraint: Constraint) -> Domains:
        known = self._everywhere.get(place)
        if known is None:
            known = self._everywhere[place] = Domains(self._count(constraint))
        return known

    def _count(self, constraint: Constraint) -> dict[str, int]:
        eligible = {
            node.name: node.labels[constraint.topology_key]
            for node in self._cluster.snapshot.nodes
            if self._has_all_keys(node) and self._includes(constraint, node)
        }
        counts = dict.fromkeys(eligible.values(), 0)
        if constraint.selector.empty:
            return counts
        for pod in self._cluster.pods_selected(constraint.selector):
            value = eligible.get(pod.spec.node_name)
            if value is not None and pod.namespace == self._pod.namespace and not pod.terminating:
                counts[value] += 1
        return counts

    def _has_all_keys(self, node: Node) -> bool:
        labels = node.metadata.labels
        return all(constraint.topology_key in labels for constraint in self._constraints)

    def _includes(self, constraint: Constraint, node: Node) -> bool:
        """Whether the node counts for this constraint (``matchNodeInclusionPolicies``)."""
        if constraint.honors_affinity and not self._required.matches(node):
            return False
        return not constraint.honors_taints or tolerates_taints(self._pod, node)


def pre_filter(pod: Pod, cluster: SharedLister) -> Filter | Refusals | None:
    """Nothing to do for a pod without such constraints; a selector that does not parse is an error."""
    constraints = []
    for source in pod.spec.topology_spread_constraints:
        if source.when_unsatisfiable != "DoNotSchedule":
            continue
        try:
            constraints.append(Constraint(source, pod.metadata.labels))
        except SelectorError:
            evidence = SpreadEvidence(topology_key=source.topology_key, domain=None, max_skew=source.max_skew)
            return (refuse(NAME, evidence, Fault.POD, unresolvable=True, pre_filter=True),)
    return PodTopologySpread(pod, tuple(constraints), cluster) if constraints else None
