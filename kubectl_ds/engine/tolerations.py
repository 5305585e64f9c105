"""A DaemonSet's tolerations held against the cluster's taints: what keeps it out, what is idle, what would suffice.

Built on the controller's rule (``eligibility``). Of the namespace it says what PodTolerationRestriction really does to
DaemonSets: its default tolerations never widen coverage, because the controller decides from the template (k#94722),
and its whitelist must name the automatic tolerations too, or no pod is created at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kubectl_ds.engine.admission.admit import Admission
from kubectl_ds.engine.admission.pod_toleration_restriction import (
    DEFAULTS,
    PLUGIN,
    WHITELIST,
    TolerationsError,
    parse_tolerations,
)
from kubectl_ds.engine.admission.step import Step
from kubectl_ds.engine.admission.toleration_sets import is_superset, not_covered
from kubectl_ds.engine.eligibility import Controller, automatic_tolerations
from kubectl_ds.engine.toleration_list import (
    OF_A_DEAD_NODE,
    Asked,
    Suggestion,
    is_passing,
    keeps_out,
    smallest,
    suggest,
    with_tolerations,
)
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.meta import natural_key
from kubectl_ds.model.node import Node
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.taint import NO_EXECUTE, Taint, Toleration


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
        return self.taint.key in OF_A_DEAD_NODE


@dataclass(frozen=True)
class Idle:
    """A toleration of the template that opens nothing."""

    toleration: Toleration
    why: str
    """``noSuchTaint``, ``automatic`` (every DaemonSet pod has it anyway), ``standby`` (it is for a state of a node
    that comes and goes) or ``covered`` (another toleration of the template does the same)."""


@dataclass(frozen=True)
class Wide:
    """A toleration that opens more than it needs to."""

    toleration: Toleration
    needed: tuple[Toleration, ...]
    """What would do instead on the nodes there are."""
    unasked: tuple[str, ...]
    """Nodes that were not asked for, and that it alone opens."""


@dataclass(frozen=True)
class Circle:
    """A toleration with a time limit: pods are made, evicted and made again, for ever and without back-off."""

    toleration: Toleration
    taint: Taint
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Restriction:
    """What the namespace's annotations for PodTolerationRestriction do to this DaemonSet."""

    plugin: str
    """``on`` or ``off`` where pods prove it, else ``assumed``; ``none`` without the annotations."""
    defaults: tuple[Toleration, ...] | None
    """None without the annotation."""
    whitelist: tuple[Toleration, ...] | None
    """None without the annotation; an empty one restricts nothing."""
    unreadable: tuple[str, ...]
    """Annotations that are no JSON list of tolerations: then no pod is created."""
    not_allowed: tuple[Toleration, ...]
    """Tolerations of its pods that the whitelist does not cover, the automatic ones included."""
    not_allowed_then: tuple[Toleration, ...]
    """Of the suggested list, those that the whitelist does not cover."""
    would_open: tuple[str, ...]
    """Nodes whose taints the defaults tolerate, on which the controller still makes no pod."""

    @property
    def refuses(self) -> bool:
        """Whether no pod of the DaemonSet is created, if the plugin is on."""
        return self.plugin != "off" and bool(self.not_allowed or self.unreadable)


@dataclass(frozen=True)
class TolerationFindings:
    """All that is to be said of one DaemonSet's tolerations."""

    daemon_set: DaemonSet
    nodes: int | None
    """How many nodes there are; None when they could not be read, and nothing is known of their taints."""
    runs_on: int
    """On how many of them it should run now."""
    closed: tuple[str, ...]
    """Nodes asked for on which it should not run now."""
    keeping_out: tuple[KeepingOut, ...]
    """Most nodes first."""
    idle: tuple[Idle, ...]
    wide: tuple[Wide, ...]
    circles: tuple[Circle, ...]
    automatic: tuple[Toleration, ...]
    """What the controller adds to every pod."""
    restriction: Restriction | None
    """None when the namespace could not be read."""
    suggestion: Suggestion

    @property
    def wrong(self) -> bool:
        """Whether pods are refused, or made and evicted in a circle, or nodes that were asked for stay closed."""
        return bool(self.circles or self.closed) or (self.restriction is not None and self.restriction.refuses)


def review(snapshot: Snapshot, daemon_set: DaemonSet, asked_for: Asked | None = None) -> TolerationFindings:
    """Hold the tolerations of ``daemon_set`` against the nodes.

    Args:
        snapshot: the cluster, with the DaemonSet's namespace.
        daemon_set: the DaemonSet.
        asked_for: which nodes the suggested list is to cover; None for those that it covers now.
    """
    nodes = sorted(snapshot.nodes, key=lambda node: natural_key(node.name))
    controller = Controller(daemon_set)
    runs_on = frozenset(node.name for node in nodes if controller.eligibility(node).should_run)
    suggestion = suggest(daemon_set, nodes, asked_for)
    return TolerationFindings(
        daemon_set=daemon_set,
        nodes=len(nodes) if snapshot.denied("nodes") is None else None,
        runs_on=len(runs_on),
        closed=tuple(node.name for node in nodes if asked_for and asked_for(node) and node.name not in runs_on),
        keeping_out=_keeping_out(daemon_set, nodes),
        idle=tuple(_idle(daemon_set, nodes)),
        wide=tuple(_wide(daemon_set, nodes, asked_for)),
        circles=tuple(_circles(daemon_set, nodes)),
        automatic=automatic_tolerations(daemon_set.spec.template.spec),
        restriction=_restriction(snapshot, daemon_set, nodes, suggestion),
        suggestion=suggestion,
    )


def restricts(snapshot: Snapshot) -> bool:
    """Whether any namespace of the DaemonSets has annotations whose effect only pods can prove."""
    namespaces = {each.namespace for each in snapshot.daemon_sets}
    return any(
        key in each.metadata.annotations
        for each in snapshot.namespaces
        if each.metadata.name in namespaces
        for key in (DEFAULTS, WHITELIST)
    )


def _keeping_out(daemon_set: DaemonSet, nodes: list[Node]) -> tuple[KeepingOut, ...]:
    anything = Controller(with_tolerations(daemon_set, (Toleration(operator="Exists"),)))
    tolerations = Controller(daemon_set).tolerations
    nodes_of: dict[Taint, list[str]] = {}
    alone: dict[Taint, list[str]] = {}
    for node in nodes:
        if anything.eligibility(node).should_run:
            closing = list(dict.fromkeys(taint for taint in node.spec.taints if keeps_out(taint, tolerations)))
            for taint in closing:
                nodes_of.setdefault(taint, []).append(node.name)
                if len(closing) == 1:
                    alone.setdefault(taint, []).append(node.name)
    found = [KeepingOut(taint, tuple(names), tuple(alone.get(taint, ()))) for taint, names in nodes_of.items()]
    return tuple(sorted(found, key=lambda each: (-len(each.nodes), str(each.taint))))


def _idle(daemon_set: DaemonSet, nodes: list[Node]) -> Iterator[Idle]:
    own = daemon_set.spec.template.spec.tolerations
    automatic = automatic_tolerations(daemon_set.spec.template.spec)
    taints = {taint for node in nodes for taint in node.spec.taints if keeps_out(taint, automatic)}
    for position, each in enumerate(own):
        others = [other for other in own[:position] if is_superset(other, each)]
        others += [other for other in own[position + 1 :] if other != each and is_superset(other, each)]
        if any(is_superset(one, each) for one in automatic):
            yield Idle(each, "automatic")
        elif others:
            yield Idle(each, "covered")
        elif not any(each.tolerates(taint) for taint in taints):
            yield Idle(each, "standby" if is_passing(each.key) else "noSuchTaint")


def _wide(daemon_set: DaemonSet, nodes: list[Node], asked_for: Asked | None) -> Iterator[Wide]:
    """Tolerations without a key, and those that open nodes which were not asked for."""
    own = daemon_set.spec.template.spec.tolerations
    now = Controller(daemon_set)
    running = [node for node in nodes if now.eligibility(node).should_run]
    wanted = [node for node in running if asked_for is None or asked_for(node)]
    unwanted = [node for node in running if asked_for is not None and not asked_for(node)]
    automatic = automatic_tolerations(daemon_set.spec.template.spec)
    for each in own:
        without = Controller(with_tolerations(daemon_set, tuple(other for other in own if other != each)))
        unasked = tuple(node.name for node in unwanted if not without.eligibility(node).should_run)
        if unasked or not each.key:
            yield Wide(each, smallest(_matched(each, wanted, automatic), _matched(each, nodes, automatic)), unasked)


def _matched(toleration: Toleration, nodes: Iterable[Node], automatic: tuple[Toleration, ...]) -> set[Taint]:
    """The taints of these nodes that this toleration lets in, and the automatic ones do not."""
    return {
        taint
        for node in nodes
        for taint in node.spec.taints
        if taint.key and keeps_out(taint, automatic) and toleration.tolerates(taint)
    }


def _circles(daemon_set: DaemonSet, nodes: list[Node]) -> Iterator[Circle]:
    """NoExecute taints that the controller counts as tolerated, and the taint eviction only for a while.

    Upstream takes the shortest time of all tolerations that match (``getMinTolerationTime``, pkg/controller/
    tainteviction, Kubernetes 1.37); the controller looks at no times.
    """
    controller = Controller(daemon_set)
    limited = [
        each
        for each in daemon_set.spec.template.spec.tolerations
        if each.toleration_seconds is not None
        and not any(_differs_in_seconds(each, one) for one in automatic_tolerations(daemon_set.spec.template.spec))
    ]
    running = [node for node in nodes if controller.eligibility(node).should_run]
    for toleration in limited:
        nodes_of: dict[Taint, list[str]] = {}
        for node in running:
            for taint in dict.fromkeys(node.spec.taints):
                if taint.effect == NO_EXECUTE and toleration.tolerates(taint):
                    nodes_of.setdefault(taint, []).append(node.name)
        yield from (Circle(toleration, taint, tuple(names)) for taint, names in nodes_of.items())


def _differs_in_seconds(toleration: Toleration, automatic: Toleration) -> bool:
    """Whether the controller puts the automatic one in its place (``AddOrUpdateTolerationInPodSpec``)."""
    same = (toleration.key, toleration.operator, toleration.value, toleration.effect)
    return same == (automatic.key, automatic.operator, automatic.value, automatic.effect)


def _restriction(
    snapshot: Snapshot, daemon_set: DaemonSet, nodes: list[Node], suggestion: Suggestion
) -> Restriction | None:
    if snapshot.denied("namespaces") is not None:
        return None
    namespace = snapshot.namespaces_by_name.get(daemon_set.namespace)
    annotations = namespace.metadata.annotations if namespace is not None else {}
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
    own = daemon_set.spec.template.spec.tolerations
    now = Controller(daemon_set)
    widened = Controller(with_tolerations(daemon_set, (*own, *(defaults or ()))))
    not_allowed = not_covered((*now.tolerations, *(defaults or ())), whitelist or ())
    return Restriction(
        plugin=_plugin(snapshot, daemon_set) if defaults is not None or whitelist is not None or unreadable else "none",
        defaults=defaults,
        whitelist=whitelist,
        unreadable=tuple(unreadable),
        not_allowed=tuple(dict.fromkeys(not_allowed)),
        not_allowed_then=not_covered(suggestion.whole, whitelist or ()),
        would_open=tuple(
            node.name for node in nodes if widened.eligibility(node).should_run and not now.eligibility(node).should_run
        ),
    )


def _plugin(snapshot: Snapshot, daemon_set: DaemonSet) -> str:
    """Whether the plugin is on, by what admission foretells with and without supposing that it is."""
    supposed, proven = _turn(snapshot, daemon_set, assume=True), _turn(snapshot, daemon_set, assume=False)
    if supposed.assumed:
        return "assumed"
    if proven.refusals or proven.changes:
        return "on"
    blank = _turn(snapshot, daemon_set, assume=True, pods=False)
    return "off" if blank.refusals or blank.changes else "assumed"


def _turn(snapshot: Snapshot, daemon_set: DaemonSet, *, assume: bool, pods: bool = True) -> Step:
    known = snapshot if pods else replace(snapshot, pods=())
    steps = [step for step in Admission(known, daemon_set, assume=assume).steps if step.plugin == PLUGIN]
    return next((step for step in steps if step.refusals or step.changes), steps[0])
