"""A DaemonSet's tolerations held against the cluster's taints: what keeps it out, what is idle, what would suffice.

Built on the controller's rule (``eligibility``). Of the namespace it says what PodTolerationRestriction really does to
DaemonSets: its default tolerations never widen coverage, because the controller decides from the template (k#94722),
and its whitelist must name the automatic tolerations too, or no pod is created at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from kubectl_ds.engine.admission.pod_toleration_restriction import (
    DEFAULTS,
    WHITELIST,
    TolerationsError,
    parse_tolerations,
)
from kubectl_ds.engine.admission.toleration_sets import not_covered
from kubectl_ds.engine.eligibility import Controller, automatic_tolerations
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.node import Node
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.taint import NO_EXECUTE, NO_SCHEDULE, Taint, Toleration

_KEEP_OUT = (NO_SCHEDULE, NO_EXECUTE)
_OF_A_DEAD_NODE = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})


@dataclass(frozen=True)
class KeepingOut:
    """A taint that keeps the DaemonSet out of nodes that it would otherwise run on."""

    taint: Taint
    nodes: tuple[str, ...]
    """In natural order."""
    alone: tuple[str, ...]
    """Those of them that have no other such taint."""

    @property
    def passing(self) -> bool:
        """Whether the taint marks a node that is down, and goes by itself when the node is back."""
        return self.taint.key in _OF_A_DEAD_NODE


@dataclass(frozen=True)
class Wide:
    """A toleration that opens more than the nodes' taints need."""

    toleration: Toleration
    needed: tuple[Toleration, ...]
    """What would do instead on the nodes there are."""


@dataclass(frozen=True)
class Restriction:
    """What the namespace's annotations for PodTolerationRestriction do to this DaemonSet."""

    defaults: tuple[Toleration, ...] | None
    """None without the annotation."""
    whitelist: tuple[Toleration, ...] | None
    """None without the annotation; an empty one restricts nothing."""
    unreadable: tuple[str, ...]
    """Annotations that are no JSON list of tolerations: then no pod is created."""
    not_allowed: tuple[Toleration, ...]
    """Tolerations of its pods that the whitelist does not cover, the automatic ones included."""
    would_open: tuple[str, ...]
    """Nodes whose taints the defaults tolerate, on which the controller still makes no pod."""


@dataclass(frozen=True)
class Suggestion:
    """The smallest list that covers the nodes asked for."""

    tolerations: tuple[Toleration, ...]
    covers: tuple[str, ...]
    """Nodes that the DaemonSet would run on."""
    out_of_reach: tuple[str, ...]
    """Nodes asked for that no toleration opens: labels or a node name keep it out."""
    changes: bool
    """Whether the list differs from what the template has."""


@dataclass(frozen=True)
class TolerationFindings:
    """All that is to be said of one DaemonSet's tolerations."""

    daemon_set: DaemonSet
    keeping_out: tuple[KeepingOut, ...]
    """Most nodes first."""
    idle: tuple[Toleration, ...]
    """Tolerations of the template that match no taint in the cluster, or only what is tolerated anyway."""
    wide: tuple[Wide, ...]
    restriction: Restriction | None
    """None when the namespace has no such annotation, or could not be read."""
    suggestion: Suggestion


def review(
    snapshot: Snapshot, daemon_set: DaemonSet, asked_for: Callable[[Node], bool] | None = None
) -> TolerationFindings:
    """Hold the tolerations of ``daemon_set`` against the nodes.

    Args:
        snapshot: the cluster, with the DaemonSet's namespace.
        daemon_set: the DaemonSet.
        asked_for: which nodes the suggested list is to cover; None for those that it covers now.
    """
    nodes = sorted(snapshot.nodes, key=lambda node: natural_key(node.name))
    spec = daemon_set.spec.template.spec
    return TolerationFindings(
        daemon_set=daemon_set,
        keeping_out=_keeping_out(daemon_set, nodes),
        idle=tuple(each for each in spec.tolerations if not _useful(each, daemon_set, nodes)),
        wide=tuple(_wide(daemon_set, nodes)),
        restriction=_restriction(snapshot, daemon_set, nodes),
        suggestion=suggest(daemon_set, nodes, asked_for),
    )


def suggest(daemon_set: DaemonSet, nodes: Iterable[Node], asked_for: Callable[[Node], bool] | None) -> Suggestion:
    """The smallest list of tolerations with which the DaemonSet runs on the nodes asked for."""
    everything = Controller(with_tolerations(daemon_set, (Toleration(operator="Exists"),)))
    now = Controller(daemon_set)
    nodes = tuple(nodes)
    wanted = [node for node in nodes if (asked_for(node) if asked_for else now.eligibility(node).should_run)]
    reachable = [node for node in wanted if everything.eligibility(node).should_run]
    automatic = automatic_tolerations(daemon_set.spec.template.spec)
    taints = [taint for node in reachable for taint in node.spec.taints if taint.effect in _KEEP_OUT]
    needed = smallest(taint for taint in taints if not any(each.tolerates(taint) for each in automatic))
    after = Controller(with_tolerations(daemon_set, needed))
    return Suggestion(
        tolerations=needed,
        covers=tuple(node.name for node in nodes if after.eligibility(node).should_run),
        out_of_reach=tuple(node.name for node in wanted if node not in reachable),
        changes=set(needed) != set(daemon_set.spec.template.spec.tolerations),
    )


def smallest(taints: Iterable[Taint]) -> tuple[Toleration, ...]:
    """One toleration per taint key, no wider than its taints: one value is named, several become Exists."""
    by_key: dict[str, list[Taint]] = {}
    for taint in taints:
        by_key.setdefault(taint.key, []).append(taint)
    found = []
    for key, group in sorted(by_key.items()):
        values = {taint.value for taint in group}
        effects = {taint.effect for taint in group}
        effect = effects.pop() if len(effects) == 1 else ""
        if len(values) == 1 and "" not in values:
            found.append(Toleration(key=key, operator="Equal", value=values.pop(), effect=effect))
        else:
            found.append(Toleration(key=key, operator="Exists", effect=effect))
    return tuple(found)


def with_tolerations(daemon_set: DaemonSet, tolerations: tuple[Toleration, ...]) -> DaemonSet:
    """The same DaemonSet with another list in its template."""
    replace = msgspec.structs.replace
    spec = replace(daemon_set.spec.template.spec, tolerations=tolerations)
    template = replace(daemon_set.spec.template, spec=spec)
    return replace(daemon_set, spec=replace(daemon_set.spec, template=template))


def _keeping_out(daemon_set: DaemonSet, nodes: list[Node]) -> tuple[KeepingOut, ...]:
    everything = Controller(with_tolerations(daemon_set, (Toleration(operator="Exists"),)))
    tolerations = Controller(daemon_set).tolerations
    nodes_of: dict[Taint, list[str]] = {}
    alone: dict[Taint, list[str]] = {}
    for node in nodes:
        if not everything.eligibility(node).should_run:
            continue
        open_ = [
            taint
            for taint in node.spec.taints
            if taint.effect in _KEEP_OUT and not any(each.tolerates(taint) for each in tolerations)
        ]
        for taint in open_:
            nodes_of.setdefault(taint, []).append(node.name)
            if len(open_) == 1:
                alone.setdefault(taint, []).append(node.name)
    found = [KeepingOut(taint, tuple(names), tuple(alone.get(taint, ()))) for taint, names in nodes_of.items()]
    return tuple(sorted(found, key=lambda each: (-len(each.nodes), str(each.taint))))


def _useful(toleration: Toleration, daemon_set: DaemonSet, nodes: list[Node]) -> bool:
    automatic = automatic_tolerations(daemon_set.spec.template.spec)
    return any(
        toleration.tolerates(taint) and not any(each.tolerates(taint) for each in automatic)
        for node in nodes
        for taint in node.spec.taints
        if taint.effect in _KEEP_OUT
    )


def _wide(daemon_set: DaemonSet, nodes: list[Node]) -> Iterable[Wide]:
    """Tolerations without a key, or without a value where all taints that need them share one."""
    controller = Controller(daemon_set)
    automatic = automatic_tolerations(daemon_set.spec.template.spec)
    taints = [
        taint
        for node in nodes
        if controller.eligibility(node).should_run
        for taint in node.spec.taints
        if taint.effect in _KEEP_OUT and not any(each.tolerates(taint) for each in automatic)
    ]
    for toleration in daemon_set.spec.template.spec.tolerations:
        if toleration.operator == "Exists":
            needed = smallest(taint for taint in taints if toleration.tolerates(taint))
            narrower = tuple(each for each in needed if each != toleration)
            if not toleration.key or (narrower and len(needed) == 1):
                yield Wide(toleration, narrower)


def _restriction(snapshot: Snapshot, daemon_set: DaemonSet, nodes: list[Node]) -> Restriction | None:
    namespace = snapshot.namespaces_by_name.get(daemon_set.namespace)
    annotations = namespace.metadata.annotations if namespace is not None else {}
    if DEFAULTS not in annotations and WHITELIST not in annotations:
        return None
    unreadable: list[str] = []

    def listed(key: str) -> tuple[Toleration, ...] | None:
        if key not in annotations:
            return None
        try:
            return parse_tolerations(annotations[key]) if annotations[key] else ()
        except TolerationsError:
            unreadable.append(key)
            return None

    defaults, whitelist = listed(DEFAULTS), listed(WHITELIST)
    own = Controller(daemon_set).tolerations
    spec = daemon_set.spec.template.spec
    widened = Controller(with_tolerations(daemon_set, (*spec.tolerations, *(defaults or ()))))
    now = Controller(daemon_set)
    return Restriction(
        defaults=defaults,
        whitelist=whitelist,
        unreadable=tuple(unreadable),
        not_allowed=tuple(not_covered((*own, *(defaults or ())), whitelist or ())),
        would_open=tuple(
            node.name for node in nodes if widened.eligibility(node).should_run and not now.eligibility(node).should_run
        ),
    )
