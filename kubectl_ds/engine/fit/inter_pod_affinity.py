"""InterPodAffinity: the pods that must be near are, and those that must not be are not; in both directions.

Mirrors ``InterPodAffinity`` (pkg/scheduler/framework/plugins/interpodaffinity, 1.37, without the alpha gate
InterPodAffinityHostnameFastPath): one pod must meet all affinity terms at once; a pod that meets its own terms may be
the first of its kind; when no pod in the cluster stands against it and it has no terms of its own, the plugin is
skipped, and then the anti-affinity of nominated pods is not looked at either.
"""

from __future__ import annotations

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.evidence import PodAffinityEvidence
from kubectl_ds.engine.fit.affinity_terms import (
    AffinityIndex,
    Counts,
    Pair,
    Term,
    matches_all,
    parse_terms,
)
from kubectl_ds.engine.fit.plugin import Filter, Refusal, Refusals, cannot_tell, refuse
from kubectl_ds.engine.fit.selectors import Labels
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import NodeInfo, PodInfo, pod_name
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.snapshot import Gap

NAME = "InterPodAffinity"
_AFFINITY = "affinity"
_ANTI_AFFINITY = "antiAffinity"
_EXISTING = "existingAntiAffinity"


class Tally:
    """Pods by topology: those of the cluster, shared, and those that came to a node or went."""

    __slots__ = ("_base", "_changes")

    def __init__(self, base: Counts, changes: dict[Pair, int] | None = None) -> None:
        self._base = base
        self._changes = changes if changes is not None else {}

    def on(self, node: NodeInfo, key: str) -> int:
        """How many there are in the node's topology of this key; none when the node lacks the label."""
        value = node.labels.get(key)
        if value is None:
            return 0
        return self._base.get((key, value), 0) + self._changes.get((key, value), 0)

    @property
    def empty(self) -> bool:
        """Whether there is no such pod in any topology."""
        if len(self._base) > len(self._changes):
            return False
        pairs = {*self._base, *self._changes}
        return not any(self._base.get(pair, 0) + self._changes.get(pair, 0) for pair in pairs)

    def change(self, node: NodeInfo, key: str, delta: int) -> None:
        """Count a pod on the node in or out."""
        value = node.labels.get(key)
        if value is not None:
            self._changes[key, value] = self._changes.get((key, value), 0) + delta

    def clone(self) -> Tally:
        """A copy with changes of its own."""
        return Tally(self._base, dict(self._changes))


class Opponents:
    """Pods whose anti-affinity takes in the pod (``existingClusterWideAntiAffinityCounts``)."""

    def __init__(self, index: AffinityIndex, pod: Pod, namespace_labels: Labels) -> None:
        self._pod = pod
        self._namespace_labels = namespace_labels
        self._held = tuple(
            (term, holders)
            for holders in index.holders
            for term in holders.terms
            if self.concerns(term) and holders.counts(term.topology_key)
        )
        self._changes = Tally({})
        self._came: list[tuple[Term, Pod]] = []

    def __bool__(self) -> bool:
        return bool(self._held)

    def concerns(self, term: Term) -> bool:
        """Whether a term takes in the pod."""
        return term.matches(self._pod.namespace, self._pod.metadata.labels, self._namespace_labels)

    def on(self, node: NodeInfo) -> list[Refusal]:
        """The terms that keep the pod off the node, each with a pod that holds it."""
        refusals = []
        for key in dict.fromkeys(term.topology_key for term, _ in (*self._held, *self._came)):
            held = [(term, holders) for term, holders in self._held if term.topology_key == key]
            total = sum(Tally(holders.counts(key)).on(node, key) for _, holders in held)
            if total + self._changes.on(node, key) <= 0:
                continue
            value = node.labels.get(key, "")
            found = [(term, holders.first(key).get(value)) for term, holders in held]
            found += [(term, pod_name(pod)) for term, pod in self._came if term.topology_key == key]
            refusals += [_refusal(_EXISTING, term, holder) for term, holder in found if holder is not None]
        return refusals

    def update(self, pod: Pod, node: NodeInfo, delta: int) -> None:
        """Count the terms of a pod that comes or goes."""
        required = pod.required_anti_affinity
        for term in parse_terms(required, pod) or () if required else ():
            if self.concerns(term):
                self._changes.change(node, term.topology_key, delta)
                if delta > 0:
                    self._came.append((term, pod))

    def clone(self) -> Opponents:
        """A copy with changes of its own."""
        copy = object.__new__(Opponents)
        copy.__dict__.update(self.__dict__)
        copy._changes = self._changes.clone()
        copy._came = list(self._came)
        return copy


class InterPodAffinity(Filter):
    """What a pod wants of others, and others of it."""

    across_nodes = True

    def __init__(
        self,
        pod: Pod,
        affinity: tuple[Term, ...],
        anti_affinity: tuple[Term, ...],
        opponents: Opponents,
        cluster: SharedLister,
        index: AffinityIndex,
    ) -> None:
        self._pod = pod
        self._affinity = affinity
        self._anti_affinity = anti_affinity
        self._opponents = opponents
        self._cluster = cluster
        self._index = index
        self._near = Tally(index.selected(affinity) if affinity else {})
        self._unwanted = tuple(Tally(index.selected((term,))) for term in anti_affinity)

    def filter(self, node: NodeInfo) -> Refusals:
        """Refuse for missing neighbours, for neighbours unwanted, and for neighbours that do not want the pod."""
        refusals = []
        alone = self._alone(node) if self._affinity else None
        if alone is not None:
            refusals.append(_refusal(_AFFINITY, alone, None, unresolvable=True))
        for term, unwanted in zip(self._anti_affinity, self._unwanted, strict=True):
            if unwanted.on(node, term.topology_key) > 0:
                holder = self._index.first_selected(term).get(node.labels[term.topology_key])
                refusals.append(_refusal(_ANTI_AFFINITY, term, holder))
        refusals += self._opponents.on(node)
        gap = self._cluster.pods_gap
        return tuple(refusals) if refusals or gap is None else (cannot_tell(NAME, gap),)

    def update(self, pod: PodInfo, node: NodeInfo, delta: int) -> None:
        """Count a pod that comes or goes in all three directions (``preFilterState.updateWithPod``)."""
        namespace, labels = pod.pod.namespace, pod.pod.metadata.labels
        if matches_all(self._affinity, pod.pod):
            for key in dict.fromkeys(term.topology_key for term in self._affinity):
                self._near.change(node, key, delta)
        for term, unwanted in zip(self._anti_affinity, self._unwanted, strict=True):
            if term.matches(namespace, labels, {}):
                unwanted.change(node, term.topology_key, delta)
        self._opponents.update(pod.pod, node, delta)

    def clone(self) -> Filter:
        """A copy with tallies of its own."""
        copy = object.__new__(InterPodAffinity)
        copy.__dict__.update(self.__dict__)
        copy._near = self._near.clone()
        copy._unwanted = tuple(each.clone() for each in self._unwanted)
        copy._opponents = self._opponents.clone()
        return copy

    def _alone(self, node: NodeInfo) -> Term | None:
        """The first term that nobody on the node's side meets; None when all is well.

        ``nodeTopologyMatchesAffinity``: every topology must be there and hold a pod that meets all terms, unless no
        such pod exists anywhere and the pod itself would be the first.
        """
        lonely = None
        for term in self._affinity:
            if term.topology_key not in node.labels:
                return term
            if lonely is None and self._near.on(node, term.topology_key) <= 0:
                lonely = term
        if lonely is None:
            return None
        first = self._near.empty and matches_all(self._affinity, self._pod)
        return None if first else lonely


class Undecided(Filter):
    """A pod that may or may not be refused, because namespaces could not be read."""

    across_nodes = True

    def __init__(self, known: Filter | None, gap: Gap, doubtful_rule: str) -> None:
        self._known = known
        self._gap = gap
        self._doubtful_rule = doubtful_rule

    def filter(self, node: NodeInfo) -> Refusals:
        """What refuses for certain, else that nobody can tell."""
        refusals = self._known.filter(node) if self._known is not None else ()
        certain = tuple(each for each in refusals if not self._doubtful(each))
        return certain or (cannot_tell(NAME, self._gap),)

    def _doubtful(self, refusal: Refusal) -> bool:
        evidence = refusal.cause.evidence
        return isinstance(evidence, PodAffinityEvidence) and evidence.rule == self._doubtful_rule

    def update(self, pod: PodInfo, node: NodeInfo, delta: int) -> None:
        """Pass it on."""
        if self._known is not None:
            self._known.update(pod, node, delta)

    def clone(self) -> Filter:
        """A copy around a copy."""
        return Undecided(self._known.clone() if self._known is not None else None, self._gap, self._doubtful_rule)


def pre_filter(pod: Pod, cluster: SharedLister, index: AffinityIndex) -> Filter | Refusals | None:
    """Nothing to do for a pod that has no terms and that nobody in the cluster has terms against."""
    parsed: list[tuple[Term, ...]] = []
    for rule, sources in ((_AFFINITY, pod.required_affinity), (_ANTI_AFFINITY, pod.required_anti_affinity)):
        terms = parse_terms(sources, pod)
        if terms is None:
            return (_unparsable(rule, sources[0].topology_key),)
        parsed.append(terms)
    own, own_anti = parsed
    namespace = cluster.namespaces.get(pod.namespace)
    opponents = Opponents(index, pod, namespace.metadata.labels if namespace is not None else {})
    resolved = tuple(term.resolved(cluster) for term in own)
    resolved_anti = tuple(term.resolved(cluster) for term in own_anti)
    found: Filter | None = None
    if resolved or resolved_anti or opponents or cluster.pods_gap is not None:
        found = InterPodAffinity(pod, resolved, resolved_anti, opponents, cluster, index)
    gap = cluster.snapshot.denied("namespaces")
    if gap is not None and _asks_for_namespaces((*own, *own_anti), pod, index):
        # a neighbour may be in a namespace that was not read, so only affinity may be better off than it seems
        doubtful = _AFFINITY if any(term.asks_for_namespace_labels for term in own) else ""
        return Undecided(found, gap, doubtful)
    return found


def _asks_for_namespaces(own: tuple[Term, ...], pod: Pod, index: AffinityIndex) -> bool:
    """Whether the labels of namespaces decide, on either side."""
    if any(term.asks_for_namespace_labels for term in own):
        return True
    return any(
        term.asks_for_namespace_labels
        and pod.namespace not in term.namespaces
        and term.selector.matches(pod.metadata.labels)
        for holders in index.holders
        for term in holders.terms
    )


def _unparsable(rule: str, key: str) -> Refusal:
    evidence = PodAffinityEvidence(rule=rule, topology_key=key, selector="")
    return refuse(NAME, evidence, Fault.POD, unresolvable=True, pre_filter=True)


def _refusal(rule: str, term: Term, holder: str | None, *, unresolvable: bool = False) -> Refusal:
    evidence = PodAffinityEvidence(rule=rule, topology_key=term.topology_key, selector=term.shown, holder=holder)
    return refuse(NAME, evidence, Fault.POLICY, unresolvable=unresolvable)
