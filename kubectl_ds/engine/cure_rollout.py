"""Cures for an update that stands still: what eats its budget, and the smallest change that lets it go on."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.engine.cure_admission import failed_create
from kubectl_ds.engine.decision import Cause, Cure, Fault
from kubectl_ds.engine.rollout_budget import ON_DELETE, Budget
from kubectl_ds.engine.saved_strategy import is_paused, is_staged
from kubectl_ds.engine.situation import Situation


def undo(situation: Situation) -> Cure:
    """Go back to the template whose pods ran."""
    daemon_set = situation.daemon_set
    return Cure(
        change="go back to the revision whose pods ran",
        command=f"kubectl rollout undo daemonset/{daemon_set.name} -n {daemon_set.namespace}",
    )


def old_revision(situation: Situation, cause: Cause) -> Iterator[Cure]:
    """What lets a node with an available old pod get a new one; nothing where its turn will come."""
    budget, pod, daemon_set = situation.budget, situation.decision.pod, situation.daemon_set
    if budget is None or pod is None or not budget.stands:
        return
    if is_staged(daemon_set):
        command = f"kubectl ds rollout stage {daemon_set.name} -n {daemon_set.namespace} --resume"
        yield Cure(change="go on with the staged rollout, if nobody does", command=command)
    elif is_paused(daemon_set):
        command = f"kubectl ds rollout resume {daemon_set.name} -n {daemon_set.namespace}"
        yield Cure(change="resume: the strategy that was kept is put back", command=command)
    elif budget.strategy == ON_DELETE:
        command = f"kubectl delete pod {pod.name} -n {pod.namespace}"
        yield Cure(change="delete the pod: the controller makes a new one of the current revision", command=command)
    elif budget.refused is not None:
        yield from failed_create(situation, budget.refused)
    elif budget.revision_fails:
        yield undo(situation)
    elif budget.strategy == "maxUnavailable":
        yield from _more_unavailable(situation, budget)
    else:
        yield from _other_than_surge(situation, budget)


def _more_unavailable(situation: Situation, budget: Budget) -> Iterator[Cure]:
    """A larger budget where nodes eat it; where there is no room for the new pods, more of them help nobody."""
    if all(each.fault is Fault.CAPACITY for each in budget.eaters):
        yield undo(situation)
        return
    limit = budget.used + 1
    body = {"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": limit}}}}
    yield Cure(
        change=f"let {limit} nodes be unavailable at a time, because {_nodes(budget)} will not be available soon",
        command=situation.patch_whole(body),
    )


def _other_than_surge(situation: Situation, budget: Budget) -> Iterator[Cure]:
    """No surge where the new pod cannot be on a node beside the old one."""
    if any(each.fault is Fault.REVISION for each in budget.eaters):
        body = {"spec": {"updateStrategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": budget.limit}}}}
        yield Cure(
            change="replace pods without surge, because a new one cannot be on a node beside the old one",
            command=situation.patch_whole(body),
        )
        return
    yield Cure(change=f"let the surge pods on {_nodes(budget)} become available, or undo the update", command=None)


def _nodes(budget: Budget) -> str:
    return ", ".join(each.node for each in budget.eaters[:3]) + (" …" if budget.used > 3 else "")
