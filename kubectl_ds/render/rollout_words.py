"""How an update stands, in words: how far it has come, what eats its budget, whose fault that is."""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.rollout_budget import ON_DELETE, Budget, Eater
from kubectl_ds.render.fold import fold_names
from kubectl_ds.render.theme import clean
from kubectl_ds.render.words import sentence

_MOST_EATERS = 3
_WHOSE = {
    Fault.NODE: "the node's fault",
    Fault.REVISION: "the revision's fault",
    Fault.POD: "the pod's fault",
    Fault.POLICY: "a policy's fault",
    Fault.CAPACITY: "for lack of room",
}


def budget_words(budget: Budget, now: datetime) -> str:
    """The update in one sentence."""
    far = f"{budget.updated} of {budget.desired} nodes updated"
    if budget.strategy == ON_DELETE:
        waits = "waits" if len(budget.old) == 1 else "wait"
        return f"{far}; OnDelete replaces a pod only when somebody deletes it: {_nodes(budget)} {waits}"
    if budget.refused is not None and budget.old:
        return f"{far}; nothing is replaced while a pod cannot be created: {sentence(budget.refused, now)}"
    used = f"{budget.strategy} {budget.limit}, {budget.used} used"
    if budget.eaters:
        shown = "; ".join(_eater(each, now) for each in budget.eaters[:_MOST_EATERS])
        left = len(budget.eaters) - _MOST_EATERS
        used += f" by {shown}" + (f"; and {left} more" if left > 0 else "")
    if budget.stands:
        return f"{far}, and {_nodes(budget)} cannot follow: {used}"
    return f"{far}; {used}"


def _nodes(budget: Budget) -> str:
    return clean(fold_names(budget.old))


def _eater(eater: Eater, now: datetime) -> str:
    why = f"{clean(eater.cause.code)}: {sentence(eater.cause, now)}" if eater.cause is not None else "no pod yet"
    whose = f", {_WHOSE[eater.fault]}" if eater.fault is not None else ""
    return f"{clean(eater.node)} ({why}{whose})"
