"""Affinity and topology spread (``validateAffinity``, ``validateTopologySpreadConstraints``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks import formats
from kubectl_ds.manifest.checks.fault import (
    Faults,
    duplicate,
    each_invalid,
    forbidden,
    invalid,
    not_supported,
    required,
)
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.selector import label_selector, node_selector_term

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")


def affinity(pod: Node) -> Faults:
    """To nodes, to pods, and against pods."""
    found = pod.below("affinity")
    nodes = found.below("nodeAffinity")
    wanted = nodes.object(_REQUIRED)
    if wanted is not None:
        if not wanted.items("nodeSelectorTerms") and wanted.sound("nodeSelectorTerms"):
            yield required(wanted.child("nodeSelectorTerms"), "must have at least one node selector term")
        for term in wanted.items("nodeSelectorTerms"):
            yield from node_selector_term(term, check_values=True)
    for preferred in nodes.items(_PREFERRED):
        yield from _weight(preferred)
        yield from node_selector_term(preferred.below("preference"), check_values=False)
    for name in ("podAffinity", "podAntiAffinity"):
        pods = found.below(name)
        for term in pods.items(_REQUIRED):
            yield from _pod_term(term)
        for preferred in pods.items(_PREFERRED):
            yield from _weight(preferred)
            yield from _pod_term(preferred.below("podAffinityTerm"))


def _weight(term: Node) -> Faults:
    weight = term.number("weight") or 0
    if not 1 <= weight <= 100 and term.sound("weight"):
        yield invalid(term.child("weight"), weight, "must be in the range 1-100")


def _pod_term(term: Node) -> Faults:
    for name in ("labelSelector", "namespaceSelector"):
        yield from label_selector(term.object(name))
    for path, namespace in term.texts("namespaces"):
        yield from each_invalid(path, namespace, formats.dns_label(namespace))
    yield from _label_keys(term, ("matchLabelKeys", "mismatchLabelKeys"))
    key = term.text("topologyKey")
    if not key:
        if term.sound("topologyKey"):
            yield required(term.child("topologyKey"), "can not be empty")
    else:
        yield from each_invalid(term.child("topologyKey"), key, formats.label_key(key))


def _label_keys(term: Node, names: tuple[str, ...]) -> Faults:
    """``ValidateMatchLabelKeysAndMismatchLabelKeys``."""
    lists = {name: term.texts(name) for name in names}
    for name, keys in lists.items():
        if keys and not term.has("labelSelector") and term.sound("labelSelector"):
            yield forbidden(term.child(name), "must not be specified when labelSelector is not set")
            continue
        for path, key in keys:
            yield from each_invalid(path, key, formats.label_key(key))
    mismatched = {key for _, key in lists.get("mismatchLabelKeys", ())}
    for path, key in lists["matchLabelKeys"]:
        if key in mismatched:
            yield invalid(path, key, "exists in both matchLabelKeys and mismatchLabelKeys")


def topology_spread(pod: Node) -> Faults:
    """How evenly pods are to be spread."""
    seen = set()
    for constraint in pod.items("topologySpreadConstraints"):
        skew = constraint.number("maxSkew") or 0
        if skew <= 0 and constraint.sound("maxSkew"):
            yield invalid(constraint.child("maxSkew"), skew, "must be greater than 0")
        key, action = constraint.text("topologyKey"), constraint.text("whenUnsatisfiable")
        if not key and constraint.sound("topologyKey"):
            yield required(constraint.child("topologyKey"), "can not be empty")
        if action not in _ACTIONS and constraint.sound("whenUnsatisfiable"):
            yield not_supported(constraint.child("whenUnsatisfiable"), action, _ACTIONS)
        if (key, action) in seen:
            yield duplicate(constraint.path, f"{{{key}, {action}}}")
        seen.add((key, action))
        domains = constraint.number("minDomains")
        if domains is not None:
            if domains <= 0:
                yield invalid(constraint.child("minDomains"), domains, "must be greater than 0")
            if action != "DoNotSchedule":
                detail = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
                yield invalid(constraint.child("minDomains"), domains, detail)
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            policy = constraint.data.get(name)
            if isinstance(policy, str) and policy not in ("Honor", "Ignore"):
                yield not_supported(constraint.child(name), policy, ("Honor", "Ignore"))
        yield from _label_keys(constraint, ("matchLabelKeys",))
        yield from label_selector(constraint.object("labelSelector"))
