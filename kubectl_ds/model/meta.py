"""Object metadata, owner references, conditions and references: what every kind shares."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from kubectl_ds.model.value import Value


class OwnerReference(Value, frozen=True):
    """Who owns an object; at most one owner is the controller."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False


class ObjectMeta(Value, frozen=True):
    """The metadata that answers lean on; managedFields are never decoded."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    """When the grace period ends: the moment of the delete plus ``deletion_grace_period_seconds``."""
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()

    @property
    def controller(self) -> OwnerReference | None:
        """The managing owner (upstream ``metav1.GetControllerOf``)."""
        return controller_of(self.owner_references)


def controller_of(owners: tuple[OwnerReference, ...]) -> OwnerReference | None:
    """The owner that is the controller, if there is one."""
    for owner in owners:
        if owner.controller:
            return owner
    return None


class ObjectReference(Value, frozen=True):
    """What an event is about, or relates to."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    field_path: str = ""


class Condition(Value, frozen=True):
    """A condition of a node, pod or other object."""

    type: str = ""
    status: str = ""
    """``True``, ``False`` or ``Unknown``."""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


def find_condition(conditions: tuple[Condition, ...], condition_type: str) -> Condition | None:
    """The condition of this type, if the object has one."""
    for condition in conditions:
        if condition.type == condition_type:
            return condition
    return None


@lru_cache(maxsize=65536)
def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key under which ``worker-2`` comes before ``worker-11``."""
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", name) if part)
