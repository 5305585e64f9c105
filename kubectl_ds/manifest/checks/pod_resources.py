"""What the pod as a whole requests and is limited to (``validatePodResources``)."""

from __future__ import annotations

from fractions import Fraction

from kubectl_ds.manifest.checks.fault import Faults, forbidden, invalid
from kubectl_ds.manifest.checks.node import Node
from kubectl_ds.manifest.checks.resources import HUGE, amount, pod_resource_name, resource_requirements

Amounts = dict[str, Fraction]


def pod_resources(pod: Node) -> Faults:
    """Of their own, and beside what the containers ask for (``validatePodResourceConsistency``)."""
    resources = pod.object("resources")
    if resources is None:
        return
    if pod.below("os").text("name") == "windows":
        yield forbidden(resources.path, "may not be set for a windows pod")
        return
    if resources.has("claims"):
        yield forbidden(resources.child("claims"), "claims may not be set for Resources at pod-level")
    claimless = Node(resources.path, {**resources.data, "claims": None}, resources.spoiled)
    yield from resource_requirements(claimless, frozenset(), pod_resource_name)
    yield from _sums(pod, resources)
    yield from _limits(pod, resources)


def _sums(pod: Node, resources: Node) -> Faults:
    for kind, names in (("requests", ""), ("limits", HUGE)):
        own = resources.below(kind)
        for name, total in _together(pod, kind).items():
            number = amount(own, name) if name in own.data else None
            if number is not None and total > number and name.startswith(names):
                detail = f"must be greater than or equal to what the containers have together: {_words(total)}"
                yield invalid(f"{own.path}[{name}]", own.data[name], detail)


def _limits(pod: Node, resources: Node) -> Faults:
    own = resources.below("limits")
    for container in pod.items("containers"):
        limits = container.below("resources").below("limits")
        for name in limits.data:
            mine, theirs = amount(own, name) if name in own.data else None, amount(limits, name)
            if mine is not None and theirs is not None and theirs > mine:
                detail = f"must be less than or equal to pod limits of {own.data[name]}"
                yield invalid(f"{limits.path}[{name}]", limits.data[name], detail)


def _together(pod: Node, kind: str) -> Amounts:
    """The containers side by side, or the largest step of the start (component-helpers, ``AggregateContainer…``)."""
    running: Amounts = {}
    for container in pod.items("containers"):
        running = _plus(running, _of(container, kind))
    beside: Amounts = {}
    start: Amounts = {}
    for container in pod.items("initContainers"):
        mine = _of(container, kind)
        if container.text("restartPolicy") == "Always":
            beside = _plus(beside, mine)
            start = _most(start, beside)
        else:
            start = _most(start, _plus(beside, mine))
    return _most(_plus(running, beside), start)


def _of(container: Node, kind: str) -> Amounts:
    """As written: a limit becomes a request only in the pod (``SetDefaults_Pod``)."""
    node = container.below("resources").below(kind)
    return {name: number for name in node.data if (number := amount(node, name)) is not None}


def _plus(one: Amounts, other: Amounts) -> Amounts:
    return {name: one.get(name, Fraction(0)) + other.get(name, Fraction(0)) for name in {**one, **other}}


def _most(one: Amounts, other: Amounts) -> Amounts:
    return {name: max(one.get(name, Fraction(0)), other.get(name, Fraction(0))) for name in {**one, **other}}


def _words(number: Fraction) -> str:
    return str(number) if number.denominator == 1 else f"{float(number):g}"
