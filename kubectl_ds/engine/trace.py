"""A decision told step by step, in the order in which controller, API server, scheduler and kubelet take it.

A projection of ``Decision``: nothing is decided here. A step holds evidence, or the figures of what it passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from kubectl_ds.engine.admission.step import Change
from kubectl_ds.engine.admission.step import Step as PluginStep
from kubectl_ds.engine.decision import Cause, Decision, Preemption, Verdict
from kubectl_ds.engine.eligibility import automatic_tolerations
from kubectl_ds.engine.evidence import OrderEvidence, UnknownEvidence
from kubectl_ds.engine.rollout_budget import ON_DELETE, Budget
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.node import Node
from kubectl_ds.model.taint import NO_EXECUTE, NO_SCHEDULE, Taint, Toleration
from kubectl_ds.model.value import Value

PASSED, STOPPED, NOTED, UNKNOWN = "passed", "stopped", "noted", "unknown"


_USUAL = frozenset(
    {("spec.serviceAccountName", "default"), ("spec.priority", "0"), ("spec.preemptionPolicy", "PreemptLowerPriority")}
)
"""What admission sets on every pod that asks for nothing else."""


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


class OtherScheduler(Value, frozen=True):
    """The pod asks for a scheduler of another name, whose rules nobody here knows."""

    name: str


class Fits(Value, frozen=True):
    """Every filter lets the pod through now."""

    predicted: bool = False


class NotCreated(Value, frozen=True):
    """There is no pod, and nothing tells why."""


class Admitted(Value, frozen=True):
    """What a plugin made of the pod that would be created."""

    changes: tuple[Change, ...]
    sources: tuple[str, ...]
    """The objects or annotations that it acted by."""
    assumed: bool
    """Whether it is only supposed to be on."""
    computed: bool
    """False for webhooks and policies, which only the API server can ask."""


class Admissible(Value, frozen=True):
    """Nothing that is computed refuses the pod; webhooks and policies are not."""


class Evicted(Value, frozen=True):
    """Somebody was evicted here: the DaemonSet's own former pod, or another for its sake."""

    victim: str
    """``namespace/name``."""
    own: bool
    """Whether the victim was the DaemonSet's."""
    preemptor: str | None
    """``namespace/name``; None when nobody tells."""
    priority: int | None
    """Of the preemptor; None when it is gone."""
    since: datetime | None
    there: bool
    """Whether the victim is still there."""


class Prospect(Value, frozen=True):
    """What will let a waiting pod in."""

    passes_by: str
    """As in ``Decision``."""


class Running(Value, frozen=True):
    """The pod is ready."""

    since: datetime | None
    revision: str


Detail = (
    NoConstraint
    | Matches
    | Tolerated
    | NotCreated
    | Admitted
    | Admissible
    | Created
    | Bound
    | OtherScheduler
    | Fits
    | Evicted
    | Prospect
    | Running
    | Preemption
    | Budget
)


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
    minor: bool = False
    """Whether only those want to see it who look closely."""


def trace(
    decision: Decision,
    daemon_set: DaemonSet,
    node: Node | None,
    *,
    budget: Budget | None = None,
    admission: Iterable[PluginStep] = (),
    evictions: Iterable[Evicted] = (),
) -> tuple[Step, ...]:
    """All steps of a decision up to where it stops.

    Args:
        decision: the cell.
        daemon_set: whose it is.
        node: the node, if it could be read.
        budget: how the DaemonSet's update stands, if anybody knows.
        admission: of a pod that is not created yet, what each plugin would do with it.
        evictions: what is known of preemption on the node, around this DaemonSet.
    """
    return (
        *_controller(decision, daemon_set, node),
        *_admission(decision, tuple(admission)),
        *_scheduler(decision, daemon_set, predicted=decision.pod is None),
        *(Step(actor="preemption", check="Preempted", outcome=NOTED, detail=each) for each in evictions),
        *_kubelet(decision),
        *_rollout(decision, budget),
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


def _admission(decision: Decision, plugins: tuple[PluginStep, ...]) -> Iterator[Step]:
    if decision.verdict is Verdict.EXCLUDED:
        return
    for plugin in plugins:
        yield from _plugin(plugin)
    told = {cause for plugin in plugins for cause in (*plugin.refusals, *plugin.unknown)}
    for cause in decision.admission:
        if cause not in told:
            yield _stop("admission", "create pod", cause)
    if decision.pod is not None:
        created = Created(pod=decision.pod.name, since=decision.pod.metadata.creation_timestamp)
        yield Step(actor="admission", check="create pod", outcome=PASSED, detail=created)
    elif plugins and not decision.admission:
        yield Step(actor="admission", check="create pod", outcome=PASSED, detail=Admissible())
    elif decision.verdict is Verdict.MISSING and not decision.admission:
        yield Step(actor="admission", check="create pod", outcome=UNKNOWN, detail=NotCreated())


def _plugin(plugin: PluginStep) -> Iterator[Step]:
    """A step for each refusal; else one that is minor where the plugin changed nothing that somebody asked for."""
    actor = "controller" if plugin.plugin == "DaemonSet" else "admission"
    for cause in (*plugin.refusals, *plugin.unknown):
        yield _stop(actor, plugin.plugin, cause)
    if plugin.refusals or plugin.unknown:
        return
    detail = Admitted(changes=plugin.changes, sources=plugin.sources, assumed=plugin.assumed, computed=plugin.computed)
    outcome = PASSED if plugin.computed else NOTED
    usual = all((each.path, each.after) in _USUAL for each in plugin.changes)
    minor = usual or plugin.plugin in ("DaemonSet", "Defaulting")
    yield Step(actor=actor, check=plugin.plugin, outcome=outcome, detail=detail, minor=minor)


def _scheduler(decision: Decision, daemon_set: DaemonSet, *, predicted: bool) -> Iterator[Step]:
    spec = daemon_set.spec.template.spec
    computed = decision.scheduling or decision.verdict in (Verdict.PENDING, Verdict.RUNS)
    if spec.other_scheduler and computed and not spec.node_name:
        detail = OtherScheduler(name=spec.other_scheduler)
        yield Step(actor="scheduler", check="schedulerName", outcome=NOTED, detail=detail)
    for cause in decision.scheduling:
        yield _stop("scheduler", cause.code, cause)
    preemption = decision.preemption
    if preemption is not None:
        outcome = PASSED if preemption.possible or preemption.reason == "waitingForVictims" else STOPPED
        if preemption.reason == "unknown":
            outcome = UNKNOWN
        yield Step(actor="preemption", check="DefaultPreemption", outcome=outcome, detail=preemption)
    pod = decision.pod
    asked = not spec.node_name
    if pod is not None and pod.bound:
        scheduled = pod.condition("PodScheduled")
        since = scheduled.last_transition_time if scheduled is not None else None
        yield Step(actor="scheduler", check="bind", outcome=PASSED, detail=Bound(asked=asked, since=since))
    elif decision.verdict is Verdict.RUNS and not asked:
        yield Step(actor="scheduler", check="bind", outcome=PASSED, detail=Bound(asked=False, since=None))
    elif not decision.scheduling and decision.verdict in (Verdict.PENDING, Verdict.RUNS):
        yield Step(actor="scheduler", check="filters", outcome=PASSED, detail=Fits(predicted=predicted))
    if decision.passes_by is not None and decision.passes_by not in ("preemption", "unknown"):
        yield Step(actor="scheduler", check="next try", outcome=NOTED, detail=Prospect(passes_by=decision.passes_by))


def _kubelet(decision: Decision) -> Iterator[Step]:
    pod = decision.pod
    bad = decision.verdict not in (Verdict.OK, Verdict.OUTDATED, Verdict.SETTLING, Verdict.STARTING, Verdict.RUNS)
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


def _rollout(decision: Decision, budget: Budget | None) -> Iterator[Step]:
    """Why an old pod has not been replaced yet."""
    if budget is None or decision.verdict is not Verdict.OUTDATED:
        return
    check = "OnDelete" if budget.strategy == ON_DELETE else "RollingUpdate"
    outcome = STOPPED if budget.stands else NOTED
    yield Step(actor="controller", check=check, outcome=outcome, detail=budget)


def _answer(actor: str, check: str, causes: list[Cause], passed: Detail) -> Iterator[Step]:
    """A step that passes, or one for each cause that stops it."""
    if not causes:
        yield Step(actor=actor, check=check, outcome=PASSED, detail=passed)
    for cause in causes:
        yield _stop(actor, check, cause)


def _stop(actor: str, check: str, cause: Cause) -> Step:
    outcome = UNKNOWN if isinstance(cause.evidence, UnknownEvidence | OrderEvidence) else STOPPED
    return Step(actor=actor, check=check, outcome=outcome, cause=cause)
