"""What is to be told of each revision beyond kubectl's table: its pods, its images, who made it.

A ControllerRevision does not say who changed the template: the DaemonSet's own record of field managers does, as long
as nobody has changed it again in the same name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kubectl_ds.engine.field_managers import TEMPLATE, FieldManager, field_managers
from kubectl_ds.engine.revisions import controlled_history, hash_of, matches, template_of
from kubectl_ds.model.daemonset import REVISION_HASH_LABEL, ControllerRevision, DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from kubectl_ds.model.value import Value

CHANGE_CAUSE = "kubernetes.io/change-cause"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


class Image(Value, frozen=True):
    """The image of a container."""

    container: str
    image: str


class Revision(Value, frozen=True):
    """One remembered template, and what is left of it in the cluster."""

    number: int
    name: str
    """Of the ControllerRevision."""
    hash: str
    current: bool
    """Whether it is the DaemonSet's template now."""
    created: datetime | None
    """When its template was first seen; an undo gives an old revision a new number and not a new time."""
    change_cause: str
    restarted_at: str
    """When a restart made it; empty where it is no restart."""
    images: tuple[Image, ...]
    managers: tuple[FieldManager, ...]
    """Who last changed the template while it was this."""
    pods: int | None
    """Live pods of it; None where pods could not be read."""
    ready: int | None


def revision_list(snapshot: Snapshot, daemon_set: DaemonSet) -> tuple[Revision, ...]:
    """All revisions of a DaemonSet, lowest number first."""
    history = controlled_history(daemon_set, snapshot.revisions)
    managers = _by_revision(history, field_managers(daemon_set))
    known = snapshot.denied("pods", daemon_set.namespace) is None
    pods = [each for each in snapshot.pods_by_owner.get(daemon_set.metadata.uid, ()) if not each.terminal]
    found = []
    for each in history:
        own = [pod for pod in pods if pod.metadata.labels.get(REVISION_HASH_LABEL) == hash_of(each)]
        template = template_of(bytes(each.data)) or {}
        annotations = (template.get("metadata") or {}).get("annotations") or {}
        found.append(
            Revision(
                number=each.revision,
                name=each.metadata.name,
                hash=hash_of(each),
                current=matches(daemon_set, each),
                created=each.metadata.creation_timestamp,
                change_cause=each.metadata.annotations.get(CHANGE_CAUSE, ""),
                restarted_at=str(annotations.get(RESTARTED_AT, "")),
                images=_images(template),
                managers=managers.get(each.metadata.name, ()),
                pods=len(own) if known else None,
                ready=sum(pod.ready and not pod.terminating for pod in own) if known else None,
            )
        )
    return tuple(found)


def _by_revision(
    history: Sequence[ControllerRevision], managers: Sequence[FieldManager]
) -> dict[str, tuple[FieldManager, ...]]:
    """Each manager beside the revision that its change surely made.

    The latest change made the newest revision, whose template an undo may have taken from of old; an earlier one made
    that which was made within the same second.
    """
    found: dict[str, tuple[FieldManager, ...]] = {}
    latest_first = [each for each in managers if TEMPLATE in each.owns and each.time is not None]
    for index, manager in enumerate(latest_first if history else ()):
        made = [each for each in history if each.metadata.creation_timestamp == manager.time]
        whose = made[-1] if made else None if index else history[-1]
        if whose is not None:
            found[whose.metadata.name] = (*found.get(whose.metadata.name, ()), manager)
    return found


def _images(template: dict[str, Any]) -> tuple[Image, ...]:
    spec = template.get("spec") or {}
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return tuple(Image(container=each.get("name") or "", image=each.get("image") or "") for each in containers)
