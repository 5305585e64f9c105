"""Cures for an update that stands still: what eats its budget, and the smallest change that lets it go on."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ds.engine.cure_admission import failed_create
from kubectl_ds.engine.decision import Cause, Cure
from kubectl_ds.engine.rollout_budget import ON_DELETE
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
    budget, pod = situation.budget, situation.decision.pod
    if budget is None or pod is None or not budget.stands:
        return
    if budget.strategy == ON_DELETE:
        command = f"kubectl delete pod {pod.name} -n {pod.namespace}"
        yield Cure(change="delete the pod: the controller makes a new one of the current revision", command=command)
    elif budget.refused is not None:
        yield from failed_create(situation, budget.refused)
    elif budget.revision_fails:
        yield undo(situation)
    elif budget.strategy == "maxUnavailable":
        limit = budget.used + 1
        body = {"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": limit}}}}
        nodes = ", ".join(each.node for each in budget.eaters[:3]) + (" …" if budget.used > 3 else "")
        yield Cure(
            change=f"let {limit} nodes be unavailable at a time, because {nodes} will not be available soon",
            command=situation.patch_whole(body),
        )
    else:
        nodes = ", ".join(each.node for each in budget.eaters[:3])
        yield Cure(change=f"let the surge pods on {nodes} become available, or undo the update", command=None)
