"""Terms of affinity between pods, parsed, and the pods of a cluster that they select or that hold them.

Mirrors ``AffinityTerm`` (k8s.io/kube-scheduler/framework v0.37) and the counting of ``getExistingAntiAffinityCounts``
and ``getIncomingAffinityAntiAffinityCounts`` (pkg/scheduler/framework/plugins/interpodaffinity, 1.37). Pods that are
alike are judged together, so that a cluster of 150,000 pods is counted once and not once for each pod that waits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import msgspec

from kubectl_ds.engine.fit.selectors import Labels, Selector, SelectorError
from kubectl_ds.engine.fit.shared_lister import SharedLister
from kubectl_ds.engine.node_info import pod_key, pod_name
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod, PodAffinityTerm
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

    def __init__(self, terms: Sequence[Term], pods: list[Pod], nodes: Mapping[str, Node]) -> None:
        self.terms = terms
        self.pods = pods
        self._nodes = nodes
        self._counts: dict[str, Counts] = {}
        self._first: dict[str, Mapping[str, str]] = {}

    def counts(self, topology_key: str) -> Counts:
        """How many of these pods there are in each topology of this key."""
        known = self._counts.get(topology_key)
        if known is None:
            known = self._counts[topology_key] = count_topologies(self.pods, (topology_key,), self._nodes)
        return known

    def first(self, topology_key: str) -> Mapping[str, str]:
        """The first of these pods by name, for each value of this label of their nodes."""
        known = self._first.get(topology_key)
        if known is None:
            known = self._first[topology_key] = first_by_value(self.pods, topology_key, self._nodes)
        return known


class AffinityIndex:
    """Answers of one cluster about affinity between its pods, each found out once."""

    def __init__(self, cluster: SharedLister, base: AffinityIndex | None = None) -> None:
        """``base`` is the index of the cluster that this one is made from, when some pods have come or gone."""
        self._cluster = cluster
        self._base = base
        self._nodes = cluster.snapshot.nodes_by_name
        self._selected: dict[object, Counts] = {}
        self._first: dict[object, Mapping[str, str]] = {}

    @property
    def holders(self) -> Iterable[Holders]:
        """The pods with required anti-affinity, those alike together; terms that do not parse count as none."""
        return self._holders.values()

    def selected(self, terms: Sequence[Term]) -> Counts:
        """Pods that all of these resolved terms of one pod select, in each topology of any of the terms."""
        key = tuple(map(_identity, terms))
        known = self._selected.get(key)
        if known is None:
            known = self._selected[key] = self._select(terms) if terms else {}
        return known

    def first_selected(self, term: Term) -> Mapping[str, str]:
        """The first pod by name that a resolved term selects, for each value of its label of the pods' nodes."""
        key = _identity(term)
        known = self._first.get(key)
        if known is None:
            pods = (pod for pod in self._cluster.pods_selected(term.selector) if matches_all((term,), pod))
            known = self._first[key] = first_by_value(pods, term.topology_key, self._nodes)
        return known

    def _select(self, terms: Sequence[Term]) -> Counts:
        keys = tuple(dict.fromkeys(term.topology_key for term in terms))
        if self._base is None:
            pods = (pod for pod in self._cluster.pods_selected(terms[0].selector) if matches_all(terms, pod))
            return count_topologies(pods, keys, self._nodes)
        counts = Counter(self._base.selected(terms))
        counts.update(self._count(terms, keys, self._cluster.came))
        counts.subtract(self._count(terms, keys, self._cluster.left))
        return {pair: count for pair, count in counts.items() if count}

    def _count(self, terms: Sequence[Term], keys: Sequence[str], pods: Iterable[Pod]) -> Counts:
        return count_topologies((pod for pod in pods if matches_all(terms, pod)), keys, self._nodes)

    @cached_property
    def _holders(self) -> Mapping[object, Holders]:
        """By what they have in common."""
        if self._base is None:
            return self._grouped(self._cluster.pods_with_anti_affinity)
        left, came = self._grouped(self._cluster.left), self._grouped(self._cluster.came)
        groups = dict(self._base._holders)
        for key in {**left, **came}:
            known, new, gone = groups.get(key), came.get(key), left.get(key)
            keys = {pod_key(pod) for pod in gone.pods} if gone is not None else set()
            pods = [pod for pod in known.pods if pod_key(pod) not in keys] if known is not None else []
            pods += new.pods if new is not None else ()
            if like := known or new:
                groups[key] = Holders(like.terms, pods, self._nodes)
        return {key: group for key, group in groups.items() if group.pods}

    def _grouped(self, pods: Iterable[Pod]) -> dict[object, Holders]:
        groups: dict[object, Holders] = {}
        for pod in pods:
            required = pod.required_anti_affinity
            if required:
                key = (pod.namespace, msgspec.json.encode(required))
                if key not in groups:
                    groups[key] = Holders(parse_terms(required, pod) or (), [], self._nodes)
                groups[key].pods.append(pod)
        return {key: group for key, group in groups.items() if group.terms}


def count_topologies(pods: Iterable[Pod], keys: Sequence[str], nodes: Mapping[str, Node]) -> dict[Pair, int]:
    """How many of the pods are on nodes with each value of these labels."""
    counts: defaultdict[Pair, int] = defaultdict(int)
    for pod in pods:
        labels = nodes[pod.spec.node_name].metadata.labels
        for key in keys:
            value = labels.get(key)
            if value is not None:
                counts[key, value] += 1
    return dict(counts)


def first_by_value(pods: Iterable[Pod], key: str, nodes: Mapping[str, Node]) -> dict[str, str]:
    """The first pod by name for each value of a label of their nodes."""
    first: dict[str, str] = {}
    for pod in pods:
        value = nodes[pod.spec.node_name].metadata.labels.get(key)
        if value is not None:
            name = pod_name(pod)
            first[value] = min(first.get(value, name), name)
    return first


def matches_all(terms: Sequence[Term], pod: Pod) -> bool:
    """Whether every one of some resolved terms selects the pod (``podMatchesAllAffinityTerms``)."""
    metadata = pod.metadata
    return bool(terms) and all(term.matches(metadata.namespace, metadata.labels, {}) for term in terms)


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


def _identity(term: Term) -> tuple[object, ...]:
    """What a resolved term comes to."""
    return term.topology_key, term.shown, term.namespaces, term.everywhere
