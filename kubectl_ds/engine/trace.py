"""A decision told step by step, in the order in which controller, API server, scheduler and kubelet take it.

A projection of ``Decision``: nothing is decided here. A step holds evidence, or the figures of what it passed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kubectl_ds.engine.decision import Cause, Decision, Preemption, Verdict
from kubectl_ds.engine.eligibility import automatic_tolerations
from kubectl_ds.engine.evidence import UnknownEvidence
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.node import Node
from kubectl_ds.model.taint import NO_EXECUTE, NO_SCHEDULE, Taint, Toleration
from kubectl_ds.model.value import Value

PASSED, STOPPED, NOTED, UNKNOWN = "passed", "stopped", "noted", "unknown"


class NoConstraint(Value, frozen=True):
    """The template asks for nothing here."""


class Matches(Value, frozen=True):
    """What the template asks for and the node has."""

    node_selector: dict[str, str]
    terms: int
    """ORed terms of required node affinity; 0 for none."""


class Tolerated(Value, frozen=True):
    """The node's taints that keep pods out, each with the toleration that lets this one in."""

    taints: tuple[tuple[str, str], ...]
    """(taint, ``automatic`` or ``template``)."""


class Created(Value, frozen=True):
    """The API server let the pod in."""

    pod: str
    since: datetime | None


class Bound(Value, frozen=True):
    """The scheduler, or the template itself, put the pod on the node."""

    asked: bool
    """False when the template names the node, so that the scheduler is never asked."""
    since: datetime | None


class Fits(Value, frozen=True):
    """Every filter lets the pod through now."""


class Running(Value, frozen=True):
    """The pod is ready."""

    since: datetime | None
    revision: str


Detail = NoConstraint | Matches | Tolerated | Created | Bound | Fits | Running | Preemption


class Step(Value, frozen=True):
    """One question and its answer."""

    actor: str
    """``controller``, ``admission``, ``scheduler``, ``preemption``, ``kubelet`` or ``node``."""
    check: str
    """What is looked at, under upstream's name."""
    outcome: str
    """``passed``, ``stopped``, ``noted`` or ``unknown``."""
    cause: Cause | None = None
    detail: Detail | None = None


def trace(decision: Decision, daemon_set: DaemonSet, node: Node | None) -> tuple[Step, ...]:
    """All steps of a decision up to where it stops."""
    return (
        *_controller(decision, daemon_set, node),
        *_admission(decision),
        *_scheduler(decision, daemon_set),
        *_kubelet(decision),
    )


def _controller(decision: Decision, daemon_set: DaemonSet, node: Node | None) -> Iterator[Step]:
    spec = daemon_set.spec.template.spec
    by_code: dict[str, list[Cause]] = {}
    for cause in decision.eligibility.causes:
        by_code.setdefault(cause.code, []).append(cause)
    for cause in by_code.get("Denied", ()):
        yield _stop("controller", "nodes", cause)
    if node is None:
        return
    if spec.node_name:
        yield from _answer("controller", "nodeName", by_code.get("NodeName", []), NoConstraint())
    required = spec.affinity.required_node_selector if spec.affinity else None
    constraint: Detail = NoConstraint()
    if spec.node_selector or required is not None:
        terms = len(required.node_selector_terms) if required is not None else 0
        constraint = Matches(node_selector=spec.node_selector, terms=terms)
    yield from _answer("controller", "nodeSelector, affinity", by_code.get("NodeAffinity", []), constraint)
    yield from _answer("controller", "taints", by_code.get("TaintToleration", []), _tolerated(daemon_set, node))


def _tolerated(daemon_set: DaemonSet, node: Node) -> Tolerated:
    spec = daemon_set.spec.template.spec
    automatic = automatic_tolerations(spec)
    keep_out = [taint for taint in node.spec.taints if taint.effect in (NO_SCHEDULE, NO_EXECUTE)]
    return Tolerated(
        taints=tuple(
            (str(taint), "template" if _any(spec.tolerations, taint) else "automatic")
            for taint in keep_out
            if _any((*spec.tolerations, *automatic), taint)
        )
    )


def _any(tolerations: tuple[Toleration, ...], taint: Taint) -> bool:
    return any(each.tolerates(taint) for each in tolerations)


def _admission(decision: Decision) -> Iterator[Step]:
    if decision.admission:
        for cause in decision.admission:
            yield _stop("admission", "create pod", cause)
    elif decision.pod is not None:
        created = Created(pod=decision.pod.name, since=decision.pod.metadata.creation_timestamp)
        yield Step(actor="admission", check="create pod", outcome=PASSED, detail=created)


def _scheduler(decision: Decision, daemon_set: DaemonSet) -> Iterator[Step]:
    for cause in decision.scheduling:
        yield _stop("scheduler", cause.code, cause)
    preemption = decision.preemption
    if preemption is not None:
        outcome = PASSED if preemption.possible or preemption.reason == "waitingForVictims" else STOPPED
        yield Step(actor="preemption", check="DefaultPreemption", outcome=outcome, detail=preemption)
    pod = decision.pod
    if pod is not None and pod.bound:
        scheduled = pod.condition("PodScheduled")
        asked = not daemon_set.spec.template.spec.node_name
        since = scheduled.last_transition_time if scheduled is not None else None
        yield Step(actor="scheduler", check="bind", outcome=PASSED, detail=Bound(asked=asked, since=since))
    elif not decision.scheduling and decision.verdict in (Verdict.PENDING, Verdict.RUNS):
        yield Step(actor="scheduler", check="filters", outcome=PASSED, detail=Fits())


def _kubelet(decision: Decision) -> Iterator[Step]:
    pod = decision.pod
    bad = decision.verdict not in (Verdict.OK, Verdict.OUTDATED, Verdict.SETTLING, Verdict.STARTING)
    for cause in decision.running:
        actor = "node" if cause.code.startswith("Node") else "kubelet"
        if cause.code == "Misscheduled":
            actor = "controller"
        if isinstance(cause.evidence, UnknownEvidence):
            yield Step(actor=actor, check=cause.evidence.resource, outcome=UNKNOWN, cause=cause)
        else:
            yield Step(actor=actor, check=cause.code, outcome=STOPPED if bad else NOTED, cause=cause)
    if pod is not None and pod.ready and decision.verdict in (Verdict.OK, Verdict.OUTDATED):
        ready = pod.condition("Ready")
        running = Running(
            since=ready.last_transition_time if ready is not None else None,
            revision=pod.metadata.labels.get("controller-revision-hash", ""),
        )
        yield Step(actor="kubelet", check="Ready", outcome=PASSED, detail=running)


def _answer(actor: str, check: str, causes: list[Cause], passed: Detail) -> Iterator[Step]:
    """A step that passes, or one for each cause that stops it."""
    if not causes:
        yield Step(actor=actor, check=check, outcome=PASSED, detail=passed)
    for cause in causes:
        yield _stop(actor, check, cause)


def _stop(actor: str, check: str, cause: Cause) -> Step:
    outcome = UNKNOWN if isinstance(cause.evidence, UnknownEvidence) else STOPPED
    return Step(actor=actor, check=check, outcome=outcome, cause=cause)
