"""How an update stands, in words: how far it has come, what eats its budget, whose fault that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from kubectl_ds.engine.decision import Fault
from kubectl_ds.engine.rollout_budget import ON_DELETE, Budget, Eater
from kubectl_ds.render.fold import fold_names
from kubectl_ds.render.theme import clean
from kubectl_ds.render.words import sentence

_MOST_GROUPS = 3
WHOSE = {
    Fault.NODE: "the node's fault",
    Fault.REVISION: "the revision's fault",
    Fault.POD: "the pod's fault",
    Fault.POLICY: "a policy's fault",
    Fault.CAPACITY: "for lack of room",
}


def budget_words(budget: Budget, now: datetime, *, brief: bool = False, coming: bool = False) -> str:
    """The update in one sentence; brief where the nodes' own causes are told beside it.

    With ``coming`` something is on its way, so that those who wait will have their turn.
    """
    far = f"{budget.updated} of {budget.desired} nodes updated"
    if budget.strategy == ON_DELETE:
        waits = "waits" if len(budget.old) == 1 else "wait"
        return f"{far}; OnDelete replaces a pod only when somebody deletes it: {_nodes(budget)} {waits}"
    if budget.refused is not None and budget.old:
        return f"{far}; nothing is replaced while a pod cannot be created: {sentence(budget.refused, now)}"
    used = f"{budget.strategy} {budget.limit}, {budget.used} used"
    if budget.eaters:
        used += f" by {eaters_text(budget.eaters, now, brief=brief)}"
    if coming and budget.old:
        waits = "waits for its turn" if len(budget.old) == 1 else "wait for their turn"
        return f"{far}; {_nodes(budget)} {waits}: {used}"
    if budget.stands:
        return f"{far}, and {_nodes(budget)} cannot follow: {used}"
    return f"{far}; {used}"


def _nodes(budget: Budget) -> str:
    return clean(fold_names(budget.old))


def eaters_text(eaters: Sequence[Eater], now: datetime, *, brief: bool = False) -> str:
    """The nodes that eat a budget, grouped by why they do."""
    groups = list(_groups(eaters))
    shown = "; ".join(_eaters(group, now, brief) for group in groups[:_MOST_GROUPS])
    left = sum(len(group) for group in groups[_MOST_GROUPS:])
    return shown + (f"; and {left} more" if left else "")


def _groups(eaters: Sequence[Eater]) -> Iterable[list[Eater]]:
    """Nodes that eat the budget for the same reason, the most first."""
    found: dict[tuple[str, Fault | None], list[Eater]] = {}
    for each in eaters:
        found.setdefault((each.cause.code if each.cause is not None else "", each.fault), []).append(each)
    return sorted(found.values(), key=lambda group: -len(group))


def _eaters(group: Sequence[Eater], now: datetime, brief: bool) -> str:
    first = group[0]
    why = clean(first.cause.code) if first.cause is not None else "no pod yet"
    if first.cause is not None and not brief:
        why += f": {'e.g. ' if len(group) > 1 else ''}{sentence(first.cause, now)}"
    whose = f", {WHOSE[first.fault]}" if first.fault is not None else ""
    return f"{clean(fold_names([each.node for each in group]))} ({why}{whose})"
