"""Who set a DaemonSet's template and its update strategy, by the server's own record of field managers.

The API server writes into ``metadata.managedFields`` which client set which field, and when it last did. A controller
that keeps applying a manifest stands there too, and will undo what others change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.value import Value

TEMPLATE, STRATEGY = "template", "updateStrategy"
_BY_HAND = re.compile(r"kubectl(-(?!.*controller).*)?|kubectl-ds|helm|Mozilla|before-first-apply|curl|python-requests")
"""Managers behind which a person or a script stands that acts once; whoever else may act again by itself."""
_SYSTEM = frozenset({"kube-controller-manager", "kube-apiserver"})


class FieldManager(Value, frozen=True):
    """One client, and what it has set."""

    name: str
    operation: str
    """``Apply`` for server-side apply, ``Update`` for everything else."""
    time: datetime | None
    """When it last changed something of what it owns."""
    owns: tuple[str, ...]
    """``template``, ``updateStrategy`` or both."""

    @property
    def comes_back(self) -> bool:
        """Whether it may be a controller that sets its fields again: a GitOps tool, an operator."""
        return not _BY_HAND.fullmatch(self.name) and self.name not in _SYSTEM


class _Entry(Value, frozen=True):
    manager: str = ""
    operation: str = ""
    time: datetime | None = None
    subresource: str = ""
    fields_v1: dict[str, Any] = msgspec.field(name="fieldsV1", default={})


class _Meta(Value, frozen=True):
    managed_fields: tuple[_Entry, ...] = ()


class _Managed(Value, frozen=True):
    metadata: _Meta = _Meta()


def field_managers(daemon_set: DaemonSet) -> tuple[FieldManager, ...]:
    """Who set the template or the strategy, latest first; empty where the record was left out."""
    if not daemon_set.raw:
        return ()
    entries = msgspec.json.decode(daemon_set.raw, type=_Managed).metadata.managed_fields
    found = [each for entry in entries if not entry.subresource for each in _manager(entry)]
    return tuple(sorted(found, key=lambda each: -(each.time.timestamp() if each.time else 0)))


def opponents(daemon_set: DaemonSet, field: str) -> tuple[FieldManager, ...]:
    """Those who own this field and may set it again when it has been changed."""
    return tuple(each for each in field_managers(daemon_set) if field in each.owns and each.comes_back)


def _manager(entry: _Entry) -> Iterator[FieldManager]:
    spec = entry.fields_v1.get("f:spec") or {}
    owns = tuple(field for field in (TEMPLATE, STRATEGY) if f"f:{field}" in spec)
    if owns:
        yield FieldManager(name=entry.manager, operation=entry.operation, time=entry.time, owns=owns)
