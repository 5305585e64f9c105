"""The persistent volume claims behind a pod's volumes: named ones, and those made for the pod alone.

Mirrors k8s.io/component-helpers/storage/ephemeral v0.37 and, for pods that do not exist yet, what the ephemeral volume
controller and the DefaultStorageClass admission will make of a template.
"""

from __future__ import annotations

import msgspec

from kubectl_ds.engine.fit.storage_lister import StorageLister, claim_class
from kubectl_ds.model.meta import ObjectMeta
from kubectl_ds.model.pod import Pod, Volume
from kubectl_ds.model.storage import PersistentVolumeClaim

_DELAYED = "WaitForFirstConsumer"
_BIND_COMPLETED = "pv.kubernetes.io/bind-completed"


class PodClaim:
    """A claim that a pod uses."""

    __slots__ = ("claim", "ephemeral", "expected", "foreign", "name")

    def __init__(self, name: str, claim: PersistentVolumeClaim | None, *, ephemeral: bool = False) -> None:
        self.name = name
        self.claim = claim
        """None when it does not exist."""
        self.ephemeral = ephemeral
        """Whether it is made for this pod."""
        self.foreign = False
        """Whether it has the name of one made for this pod, and is another's (``VolumeIsForPod``)."""
        self.expected = False
        """Whether it does not exist yet only because the pod does not."""


def pod_claims(pod: Pod, storage: StorageLister) -> tuple[PodClaim, ...]:
    """The claims of all volumes that have one, in the order of the volumes."""
    return tuple(
        _pod_claim(pod, volume, storage)
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim is not None or volume.ephemeral is not None
    )


def is_bound(claim: PersistentVolumeClaim) -> bool:
    """Whether the binding is complete on both sides (``isPVCFullyBound``)."""
    return claim.spec.volume_name != "" and _BIND_COMPLETED in claim.metadata.annotations


def binds_late(claim: PersistentVolumeClaim, storage: StorageLister) -> bool:
    """Whether it waits for a pod before it is bound (``IsDelayBindingMode``); not so when its class does not exist."""
    storage_class = storage.storage_classes.get(claim_class(claim))
    return storage_class is not None and storage_class.volume_binding_mode == _DELAYED


def _pod_claim(pod: Pod, volume: Volume, storage: StorageLister) -> PodClaim:
    if volume.persistent_volume_claim is not None:
        name = volume.persistent_volume_claim.claim_name
        return PodClaim(name, storage.claims.get((pod.namespace, name)))
    name = f"{pod.metadata.name}-{volume.name}"
    claim = storage.claims.get((pod.namespace, name)) if pod.metadata.uid else None
    found = PodClaim(name, claim, ephemeral=True)
    if claim is not None:
        controller = claim.metadata.controller
        found.foreign = controller is None or controller.uid != pod.metadata.uid
    elif not pod.metadata.uid:
        found.claim = expected_claim(pod, volume, storage)
        found.expected = True
        found.name = volume.name
    return found


def expected_claim(pod: Pod, volume: Volume, storage: StorageLister) -> PersistentVolumeClaim:
    """The claim that will be made for a pod that does not exist yet."""
    assert volume.ephemeral is not None
    spec = volume.ephemeral.volume_claim_template.spec
    if spec.storage_class_name is None and storage.default_class is not None:
        spec = msgspec.structs.replace(spec, storage_class_name=storage.default_class)
    return PersistentVolumeClaim(metadata=ObjectMeta(name=volume.name, namespace=pod.namespace), spec=spec)
