"""The outline of a pod that runs well: all that is asked of it, in a fraction of the time and memory of the whole.

On a large cluster nearly all pods are bound and ready, and of these nobody asks what they consist of: what matters is
whose they are, where they are, since when they are ready, and from which template. What pods have in common is held
once. A pod of which more may be asked is decoded whole; ``_is_well`` draws the line. Other people's pods are left out.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from kubectl_ds.model.decode import decode_items
from kubectl_ds.model.kinds import PODS
from kubectl_ds.model.meta import Condition, OwnerReference, controller_of, find_condition
from kubectl_ds.model.pod import Pod, PodMeta, PodSpec, PodStatus
from kubectl_ds.model.value import Value

_WHOLE = Value()
"""Stands for a pod that must be decoded whole."""


class _Meta(Value, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: msgspec.Raw = msgspec.Raw(b"{}")
    owner_references: msgspec.Raw = msgspec.Raw(b"[]")
    finalizers: tuple[str, ...] = ()


class _Spec(Value, frozen=True):
    node_name: str = ""


class _Status(Value, frozen=True):
    phase: str = ""
    nominated_node_name: str = ""
    conditions: tuple[Condition, ...] = ()


class _Outline(Value, frozen=True):
    metadata: _Meta = _Meta()
    spec: _Spec = _Spec()
    status: _Status = _Status()


class PodOutlineDecoder:
    """Decodes the pods that certain objects control: of those that run well the outline, the others whole."""

    def __init__(self, controllers: frozenset[str]) -> None:
        """``controllers`` are the uids of those whose pods are wanted."""
        self._controllers = controllers
        self._outlines = msgspec.json.Decoder(tuple[_Outline, ...])
        self._owners: dict[bytes, tuple[OwnerReference, ...] | None] = {}
        """By their JSON; None where nobody wanted is among them."""
        self._labels: dict[bytes, dict[str, str]] = {}
        self._namespaces: dict[str, str] = {}
        self._moments: dict[datetime | None, datetime | None] = {}
        self._specs: dict[str, PodSpec] = {}
        self._statuses: dict[tuple[str, Condition], PodStatus] = {}

    def __call__(self, array: bytes) -> tuple[Value, ...]:
        """The wanted pods of a JSON array.

        Raises:
            msgspec.DecodeError: it is no JSON array.
            CaptureError: an item cannot be understood; names the item and the field.
        """
        try:
            pods = [self._pod(each) for each in self._outlines.decode(array)]
        except msgspec.ValidationError:
            return decode_items(PODS, array)
        if _WHOLE in pods:
            whole = decode_items(PODS, array)
            pods = [each if pod is _WHOLE else pod for pod, each in zip(pods, whole, strict=True)]
        return tuple(filter(None, pods))

    def _pod(self, outline: _Outline) -> Value | None:
        """The pod in outline; ``_WHOLE`` when more may be asked of it, None when it is nobody's in question."""
        metadata = outline.metadata
        owners = self._owners_of(bytes(metadata.owner_references))
        if owners is None:
            return None
        ready = find_condition(outline.status.conditions, "Ready")
        if ready is None or not _is_well(outline, ready):
            return _WHOLE
        return Pod(
            metadata=PodMeta(
                name=metadata.name,
                namespace=self._namespaces.setdefault(metadata.namespace, metadata.namespace),
                uid=metadata.uid,
                creation_timestamp=self._moments.setdefault(metadata.creation_timestamp, metadata.creation_timestamp),
                labels=self._labels_of(bytes(metadata.labels)),
                owner_references=owners,
                finalizers=metadata.finalizers,
            ),
            spec=self._spec(outline.spec.node_name),
            status=self._status(outline.status.phase, ready),
        )

    def _owners_of(self, encoded: bytes) -> tuple[OwnerReference, ...] | None:
        try:
            return self._owners[encoded]
        except KeyError:
            owners = msgspec.json.decode(encoded, type=tuple[OwnerReference, ...])
            controller = controller_of(owners)
            wanted = controller is not None and controller.uid in self._controllers
            self._owners[encoded] = owners if wanted else None
            return self._owners[encoded]

    def _labels_of(self, encoded: bytes) -> dict[str, str]:
        labels = self._labels.get(encoded)
        if labels is None:
            labels = self._labels[encoded] = msgspec.json.decode(encoded, type=dict[str, str])
        return labels

    def _spec(self, node: str) -> PodSpec:
        spec = self._specs.get(node)
        if spec is None:
            spec = self._specs[node] = PodSpec(node_name=node)
        return spec

    def _status(self, phase: str, ready: Condition) -> PodStatus:
        key = (phase, ready)
        status = self._statuses.get(key)
        if status is None:
            status = self._statuses[key] = PodStatus(phase=phase, conditions=(ready,))
        return status


def _is_well(outline: _Outline, ready: Condition) -> bool:
    """Whether it is bound, ready, and stays: then nobody asks more of it than its outline tells."""
    return (
        ready.status == "True"
        and outline.spec.node_name != ""
        and outline.metadata.deletion_timestamp is None
        and outline.status.phase not in ("Succeeded", "Failed")
        and outline.status.nominated_node_name == ""
    )
