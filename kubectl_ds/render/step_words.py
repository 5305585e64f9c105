"""What a step passed, or noted, in words; what stopped it is said by the words of its cause."""

from __future__ import annotations

from datetime import datetime
from functools import singledispatch
from typing import Any

from kubectl_ds.engine.admission.step import Change
from kubectl_ds.engine.decision import Preemption
from kubectl_ds.engine.rollout_budget import Budget
from kubectl_ds.engine.trace import (
    Admissible,
    Admitted,
    Bound,
    Created,
    Evicted,
    Fits,
    Matches,
    NoConstraint,
    NotCreated,
    OtherScheduler,
    Prospect,
    Running,
    Step,
    Tolerated,
)
from kubectl_ds.render.ages import age
from kubectl_ds.render.rollout_words import budget_words
from kubectl_ds.render.theme import clean
from kubectl_ds.render.words import other_scheduler, preemption_sentence, sentence

_MOST_CHANGES = 4
_PROSPECTS = {
    "fits": "nothing refuses it any more; the scheduler tries again at the next change, or within 5m",
    "victimsTerminating": "it gets in when those that were evicted for it are gone",
    "podsTerminating": "it gets in when those that are going away from the node are gone",
}


def step_words(step: Step, now: datetime) -> str:
    """What a step comes to, on one line."""
    if step.cause is not None:
        return sentence(step.cause, now)
    return "" if step.detail is None else clean(_say(step.detail, now))


@singledispatch
def _say(detail: Any, now: datetime) -> str:
    raise NotImplementedError(f"no words for {type(detail).__name__}")


@_say.register
def _(detail: NoConstraint, now: datetime) -> str:
    return "no constraint"


@_say.register
def _(detail: Matches, now: datetime) -> str:
    labels = ", ".join(f"{key}={value}" for key, value in sorted(detail.node_selector.items()))
    has = f"the node has {labels}" if labels else ""
    fulfils = "required node affinity is fulfilled" if detail.terms else ""
    return "; ".join(part for part in (has, fulfils) if part)


@_say.register
def _(detail: Tolerated, now: datetime) -> str:
    if not detail.taints:
        return "none on the node that keeps pods out"
    told = ", ".join(
        f"{taint} ({'automatic' if by == 'automatic' else 'by the template'})" for taint, by in detail.taints
    )
    return f"{len(detail.taints)} on the node, tolerated: {told}"


@_say.register
def _(detail: NotCreated, now: datetime) -> str:
    return "no pod, and no event says why: the controller has not come to it yet, or the event is gone (after an hour)"


@_say.register
def _(detail: Admitted, now: datetime) -> str:
    if not detail.computed:
        return "not computed: only the API server can ask"
    changes = [each for each in detail.changes if each.before or each.after]
    if not changes:
        return "lets it pass"
    shown = ", ".join(_change(each) for each in changes[:_MOST_CHANGES])
    left = len(changes) - _MOST_CHANGES
    by = f" (by {', '.join(detail.sources)})" if detail.sources else ""
    supposed = ", if the plugin is on, which no pod shows yet" if detail.assumed else ""
    return f"sets {shown}" + (f" and {left} more" if left > 0 else "") + by + supposed


@_say.register
def _(detail: Admissible, now: datetime) -> str:
    return "nothing refuses the pod; webhooks and policies only the API server can ask"


def _change(change: Change) -> str:
    path = change.path.removeprefix("spec.").removeprefix("metadata.")
    if change.after is None:
        return f"{path} without {change.before}"
    return f"{path} {change.after}" + (f" (was {change.before})" if change.before is not None else "")


@_say.register
def _(detail: Created, now: datetime) -> str:
    return f"pod {detail.pod} was created {age(detail.since, now)} ago"


@_say.register
def _(detail: Bound, now: datetime) -> str:
    if not detail.asked:
        return "the template names the node, so the scheduler is never asked"
    return f"bound {age(detail.since, now)} ago" if detail.since else "bound"


@_say.register
def _(detail: OtherScheduler, now: datetime) -> str:
    return other_scheduler(detail.name)


@_say.register
def _(detail: Fits, now: datetime) -> str:
    return "every filter would let it through" if detail.predicted else "every filter lets it through now"


@_say.register
def _(detail: Evicted, now: datetime) -> str:
    when = f" {age(detail.since, now)} ago" if detail.since else ""
    gone = "" if not detail.there else ", and is not gone yet"
    if not detail.own:
        return f"for it {detail.victim} was evicted{when}{gone}"
    priority = f" (priority {detail.priority})" if detail.priority is not None else ""
    whom = f"{detail.preemptor}{priority}" if detail.preemptor else "somebody whom nobody names any more"
    return f"its pod {detail.victim} was evicted{when} for {whom}{gone}"


@_say.register
def _(detail: Prospect, now: datetime) -> str:
    return _PROSPECTS[detail.passes_by]


@_say.register
def _(detail: Running, now: datetime) -> str:
    since = f" for {age(detail.since, now)}" if detail.since else ""
    return f"ready{since}" + (f", revision {detail.revision}" if detail.revision else "")


@_say.register
def _(detail: Budget, now: datetime) -> str:
    return budget_words(detail, now)


@_say.register
def _(detail: Preemption, now: datetime) -> str:
    return preemption_sentence(detail)
