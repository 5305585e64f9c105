"""Terms of affinity between pods, parsed, and the pods of a cluster that they select or that hold them.

Mirrors ``AffinityTerm`` (k8s.io/kube-scheduler/framework v0.37) and the counting of ``getExistingAntiAffinityCounts``
and ``getIncomingAffinityAntiAffinityCounts`` (pkg/scheduler/framework/plugins/interpodaffinity, 1.37). Pods that are
alike are judged together, so that a cluster of 150,000 pods is counted once and not once for each pod that waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kubectl_ds.engine.fit.selectors import Labels, Selector, SelectorError
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Affinity, Pod, PodAffinity, PodAffinityTerm
from kubectl_ds.model.selector import LabelSelector, SelectorRequirement

Pair = tuple[str, str]
"""A topology key and its value."""

Counts = Mapping[Pair, int]
"""Pods by the topology that they are in."""


class Term:
    """A required term: which pods, seen over which label of their nodes."""

    def __init__(self, source: PodAffinityTerm, namespace: str, labels: Labels) -> None:
        """Parse a term of a pod in this namespace with these labels.

        Raises:
            SelectorError: upstream cannot parse one of its selectors.
        """
        self.topology_key = source.topology_key
        selector = with_label_keys(source, labels)
        self.shown = str(selector) if selector is not None else ""
        """The selector as ``kubectl -l`` takes it."""
        self.selector = Selector(selector)
        self.namespace_selector = Selector(source.namespace_selector)
        own = not source.namespaces and source.namespace_selector is None
        self.namespaces = frozenset((namespace,)) if own else frozenset(source.namespaces)

    @property
    def asks_for_namespace_labels(self) -> bool:
        """Whether namespaces are chosen by their labels, and not all of them."""
        selector = self.namespace_selector
        return not selector.empty and not selector.selects_nothing

    @property
    def everywhere(self) -> bool:
        """Whether pods of every namespace are meant."""
        return self.namespace_selector.empty

    def resolved(self, cluster: SharedLister) -> Term:
        """The same term with its namespaces looked up (``mergeAffinityTermNamespacesIfNotEmpty``)."""
        if not self.asks_for_namespace_labels:
            return self
        chosen = (
            name for name, each in cluster.namespaces.items() if self.namespace_selector.matches(each.metadata.labels)
        )
        copy = object.__new__(Term)
        copy.topology_key, copy.shown, copy.selector = self.topology_key, self.shown, self.selector
        copy.namespace_selector = Selector(None)
        copy.namespaces = self.namespaces | frozenset(chosen)
        return copy

    def matches(self, namespace: str, labels: Labels, namespace_labels: Labels) -> bool:
        """Whether the term selects a pod of this namespace with these labels."""
        if namespace not in self.namespaces and not self.namespace_selector.matches(namespace_labels):
            return False
        return self.selector.matches(labels)


class Holders:
    """Pods of one namespace with the same required anti-affinity."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = terms
        self.pods: list[tuple[Pod, Node]] = []
        self._counts: dict[str, Counts] = {}

    def counts(self, topology_key: str) -> Counts:
        """How many of these pods there are in each topology of this key."""
        known = self._counts.get(topology_key)
        if known is None:
            known = self._counts[topology_key] = count_topologies(self.pods, (topology_key,))
        return known


class AffinityIndex:
    """Answers of one cluster about affinity between its pods, each found out once."""

    def __init__(self, cluster: SharedLister) -> None:
        self._cluster = cluster
        self._holders: tuple[Holders, ...] | None = None
        self._selected: dict[object, Counts] = {}

    def holders(self) -> tuple[Holders, ...]:
        """The pods with required anti-affinity, those alike together; terms that do not parse count as none."""
        if self._holders is None:
            groups: dict[tuple[str, bytes], Holders] = {}
            for pod, node in self._cluster.pods_with_anti_affinity:
                required = required_terms(anti_affinity_of(pod))
                key = (pod.namespace, msgspec.json.encode(required))
                if key not in groups:
                    groups[key] = Holders(parse_terms(required, pod) or ())
                groups[key].pods.append((pod, node))
            self._holders = tuple(group for group in groups.values() if group.terms)
        return self._holders

    def selected(self, terms: Sequence[Term]) -> Counts:
        """Pods that all of these resolved terms of one pod select, in each topology of any of the terms."""
        key = tuple((term.topology_key, term.shown, term.namespaces, term.everywhere) for term in terms)
        known = self._selected.get(key)
        if known is None:
            keys = tuple(dict.fromkeys(term.topology_key for term in terms))
            found: defaultdict[Pair, int] = defaultdict(int)
            for group, labels, pods in self._cluster.pods_by_labels:
                if matches_all(terms, group, labels):
                    for pair, count in count_topologies(pods, keys).items():
                        found[pair] += count
            known = self._selected[key] = dict(found)
        return known


def count_topologies(pods: Iterable[tuple[Pod, Node]], keys: Sequence[str]) -> dict[Pair, int]:
    """How many of the pods are on nodes with each value of these labels."""
    counts: defaultdict[Pair, int] = defaultdict(int)
    for _, node in pods:
        labels = node.metadata.labels
        for key in keys:
            value = labels.get(key)
            if value is not None:
                counts[key, value] += 1
    return dict(counts)


def matches_all(terms: Sequence[Term], namespace: str, labels: Labels) -> bool:
    """Whether every one of some resolved terms selects the pod (``podMatchesAllAffinityTerms``)."""
    return bool(terms) and all(term.matches(namespace, labels, {}) for term in terms)


def parse_terms(sources: Iterable[PodAffinityTerm], pod: Pod) -> tuple[Term, ...] | None:
    """The parsed terms of a pod; None when any of them does not parse, for then upstream drops them all."""
    try:
        return tuple(Term(source, pod.namespace, pod.metadata.labels) for source in sources)
    except SelectorError:
        return None


def with_label_keys(term: PodAffinityTerm, labels: Labels) -> LabelSelector | None:
    """The term's selector with its matchLabelKeys and mismatchLabelKeys worked in.

    The API server does it when the pod is created (``applyMatchLabelKeysAndMismatchLabelKeys``,
    pkg/registry/core/pod, 1.37) and then the scheduler looks at the selector alone; so keys that the selector speaks
    of already are left as they are.
    """
    selector = term.label_selector
    if selector is None or not (term.match_label_keys or term.mismatch_label_keys):
        return selector
    named = {requirement.key for requirement in selector.match_expressions}
    added = [
        SelectorRequirement(key=key, operator=operator, values=(labels[key],))
        for keys, operator in ((term.match_label_keys, "In"), (term.mismatch_label_keys, "NotIn"))
        for key in keys
        if key in labels and key not in named
    ]
    return LabelSelector(match_labels=selector.match_labels, match_expressions=(*selector.match_expressions, *added))


def required_terms(affinity: PodAffinity | None) -> tuple[PodAffinityTerm, ...]:
    """The required terms, if there are any."""
    return affinity.required_during_scheduling_ignored_during_execution if affinity is not None else ()


def affinity_of(pod: Pod) -> PodAffinity | None:
    """The pod's affinity to other pods."""
    affinity: Affinity | None = pod.spec.affinity
    return affinity.pod_affinity if affinity is not None else None


def anti_affinity_of(pod: Pod) -> PodAffinity | None:
    """The pod's anti-affinity to other pods."""
    affinity: Affinity | None = pod.spec.affinity
    return affinity.pod_anti_affinity if affinity is not None else None
