"""The smallest list of tolerations with which a DaemonSet runs on the nodes asked for, and on no more than need be.

Built on the controller's rule (``eligibility``): labels decide first, and a node is open when every NoSchedule and
NoExecute taint on it is tolerated. It must not know what a namespace allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations

import msgspec

from kubectl_ds.engine.eligibility import Controller, automatic_tolerations
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.node import Node
from kubectl_ds.model.taint import NO_EXECUTE, NO_SCHEDULE, Taint, Toleration

OF_A_DEAD_NODE = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
_KEEP_OUT = (NO_SCHEDULE, NO_EXECUTE)
_PASSING_DOMAINS = ("node.kubernetes.io", "node.cloudprovider.kubernetes.io")
_PASSING_WORDS = ("not-ready", "uninitialized", "startup")

Asked = Callable[[Node], bool]


@dataclass(frozen=True)
class Suggestion:
    """The smallest list that covers the nodes asked for."""

    tolerations: tuple[Toleration, ...]
    """Without any one of them a node asked for would be left out."""
    kept: tuple[Toleration, ...]
    """Tolerations of the template for states of a node that come and go; they open nothing now, and are kept."""
    covers: tuple[str, ...]
    """Nodes that the DaemonSet would run on with the list."""
    besides: tuple[str, ...]
    """Those of them that were not asked for; no list keeps it out of them and covers the others."""
    leaves: tuple[str, ...]
    """Nodes that it should run on now, and would not with the list."""
    down: tuple[str, ...]
    """Nodes asked for that are down: the list opens them once their own taint has gone."""
    out_of_reach: tuple[str, ...]
    """Nodes asked for that no toleration opens: labels or a node name keep the DaemonSet out."""
    changes: bool
    """Whether the list differs from what the template has."""

    @property
    def whole(self) -> tuple[Toleration, ...]:
        """What the template is to hold."""
        return (*self.tolerations, *self.kept)


def suggest(daemon_set: DaemonSet, nodes: Iterable[Node], asked_for: Asked | None) -> Suggestion:
    """The smallest list for the nodes asked for; without a question, for those that it should run on now.

    What a dead node is tainted with is tolerated only if the template does so already. The template's own list stays
    when it does the same and has no needless entry.
    """
    nodes = tuple(nodes)
    own = daemon_set.spec.template.spec.tolerations
    now = Controller(daemon_set)
    anything = Controller(with_tolerations(daemon_set, (Toleration(operator="Exists"),)))
    covered_now = {node.name for node in nodes if now.eligibility(node).should_run}
    wanted = [node for node in nodes if (asked_for(node) if asked_for else node.name in covered_now)]
    reachable = [node for node in wanted if anything.eligibility(node).should_run and _has_keys(node)]
    passed_over = _taints_of_the_dead(reachable, own)
    down = [node for node in reachable if any(taint in passed_over for taint in node.spec.taints)]
    kept = tuple(each for each in own if is_passing(each.key))
    settled = (*kept, *automatic_tolerations(daemon_set.spec.template.spec), *_exactly(passed_over))
    tolerations = smallest(_keeping_out(reachable, settled), _keeping_out(nodes, settled))
    before = tuple(each for each in own if each not in kept)
    if _does_the_same(daemon_set, nodes, reachable, before, tolerations, settled):
        tolerations = before
    after = Controller(with_tolerations(daemon_set, (*tolerations, *kept)))
    covers = tuple(node.name for node in nodes if after.eligibility(node).should_run)
    covered_then = frozenset(covers)
    asked = {node.name for node in wanted}
    reached = {node.name for node in reachable}
    return Suggestion(
        tolerations=tolerations,
        kept=kept,
        covers=covers,
        besides=tuple(name for name in covers if name not in asked),
        leaves=tuple(node.name for node in nodes if node.name in covered_now and node.name not in covered_then),
        down=tuple(node.name for node in down if node.name not in covered_then),
        out_of_reach=tuple(node.name for node in wanted if node.name not in reached),
        changes={*tolerations, *kept} != set(own),
    )


def asked_for(daemon_set: DaemonSet, tests: Iterable[Asked], *, covered: bool) -> Asked | None:
    """What picks the nodes of any test, with ``covered`` those too on which it should run now; None for no question."""
    every = list(tests)
    now = Controller(daemon_set)

    def runs(node: Node) -> bool:
        return bool(now.eligibility(node).should_run)

    def asked(node: Node) -> bool:
        return any(test(node) for test in every)

    if covered:
        every.append(runs)
    return asked if every else None


def smallest(needed: Iterable[Taint], present: Iterable[Taint]) -> tuple[Toleration, ...]:
    """The fewest tolerations that match every taint of ``needed`` and no other taint of ``present``; none idle.

    Of lists of the same length the one with fewer open values and effects; sorted by key.
    """
    needed_by_key: dict[str, set[tuple[str, str]]] = {}
    for taint in needed:
        needed_by_key.setdefault(taint.key, set()).add((taint.value, taint.effect))
    present_by_key: dict[str, set[tuple[str, str]]] = {}
    for taint in present:
        if taint.effect in _KEEP_OUT:
            present_by_key.setdefault(taint.key, set()).add((taint.value, taint.effect))
    return tuple(
        toleration
        for key, pairs in sorted(needed_by_key.items())
        for toleration in _for_key(key, pairs, present_by_key.get(key, set()) - pairs)
    )


def with_tolerations(daemon_set: DaemonSet, tolerations: tuple[Toleration, ...]) -> DaemonSet:
    """The same DaemonSet with another list in its template."""
    replace = msgspec.structs.replace
    spec = replace(daemon_set.spec.template.spec, tolerations=tolerations)
    template = replace(daemon_set.spec.template, spec=spec)
    return replace(daemon_set, spec=replace(daemon_set.spec, template=template))


def keeps_out(taint: Taint, tolerations: Iterable[Toleration]) -> bool:
    """Whether the taint has an effect that keeps pods out, and nobody tolerates it."""
    return taint.effect in _KEEP_OUT and not any(each.tolerates(taint) for each in tolerations)


def is_passing(key: str) -> bool:
    """Whether taints of this key mark a state of a node that comes and goes: not ready, not initialised, pressed."""
    domain, _, name = key.rpartition("/")
    return domain in _PASSING_DOMAINS or any(word in name for word in _PASSING_WORDS)


def _taints_of_the_dead(nodes: Iterable[Node], own: tuple[Toleration, ...]) -> frozenset[Taint]:
    """Taints of nodes that are down, as far as the template does not tolerate them."""
    return frozenset(
        taint for node in nodes for taint in node.spec.taints if taint.key in OF_A_DEAD_NODE and keeps_out(taint, own)
    )


def _exactly(taints: Iterable[Taint]) -> tuple[Toleration, ...]:
    return tuple(Toleration(key=each.key, operator="Equal", value=each.value, effect=each.effect) for each in taints)


def _keeping_out(nodes: Iterable[Node], tolerations: Iterable[Toleration]) -> set[Taint]:
    """The taints of these nodes that keep pods out, whatever the tolerations do."""
    known = tuple(tolerations)
    return {taint for node in nodes for taint in node.spec.taints if keeps_out(taint, known)}


def _has_keys(node: Node) -> bool:
    """Whether a list that names keys can open the node: the API refuses taints without a key, a file may hold them."""
    return all(taint.key or taint.effect not in _KEEP_OUT for taint in node.spec.taints)


def _does_the_same(
    daemon_set: DaemonSet,
    nodes: tuple[Node, ...],
    reachable: list[Node],
    before: tuple[Toleration, ...],
    found: tuple[Toleration, ...],
    settled: tuple[Toleration, ...],
) -> bool:
    """Whether the list that is there opens the same nodes as the one found, and could spare none of its entries."""
    if len(before) > len(found) or not all(each.key for each in before):
        return False

    def opened(tolerations: tuple[Toleration, ...]) -> set[str]:
        controller = Controller(with_tolerations(daemon_set, (*tolerations, *settled)))
        return {node.name for node in nodes if controller.eligibility(node).should_run}

    wanted = {node.name for node in reachable}
    return opened(before) == opened(found) and all(
        wanted - opened(tuple(other for other in before if other != each)) for each in before
    )


def _for_key(key: str, needed: set[tuple[str, str]], others: set[tuple[str, str]]) -> tuple[Toleration, ...]:
    """The fewest tolerations of one key for ``needed`` (value, effect) that match none of ``others``."""
    values = {value for value, _ in needed}
    effects = sorted({effect for _, effect in needed}, reverse=True)
    if (len(values) > 1 or values == {""}) and len(effects) > 1 and not others:
        return (Toleration(key=key, operator="Exists"),)
    open_effects = [
        effect
        for effect in effects
        if not any(other == effect for _, other in others)
        and (len({value for value, each in needed if each == effect}) > 1 or values == {""})
    ]
    lists = [
        _by_effect_then_value(key, needed, frozenset(chosen))
        for count in range(len(open_effects) + 1)
        for chosen in combinations(open_effects, count)
    ]
    return min(lists, key=lambda each: (len(each), sum(map(_oddity, each))))


def _oddity(toleration: Toleration) -> int:
    """A named value is best; Equal without a value is read wrongly by everybody."""
    if toleration.operator == "Exists":
        return 1
    return 0 if toleration.value else 2


def _by_effect_then_value(key: str, needed: set[tuple[str, str]], by_effect: frozenset[str]) -> tuple[Toleration, ...]:
    """Every value for the effects chosen, and one toleration for each value that is left."""
    found = [Toleration(key=key, operator="Exists", effect=effect) for effect in sorted(by_effect)]
    left: dict[str, set[str]] = {}
    for value, effect in needed:
        if effect not in by_effect:
            left.setdefault(value, set()).add(effect)
    for value, effects in sorted(left.items()):
        effect = min(effects) if len(effects) == 1 else ""
        found.append(Toleration(key=key, operator="Equal", value=value, effect=effect))
    return tuple(found)
