"""Leases of coordination.k8s.io: who does something that nobody else may do at the same time, and when they last were
heard of.

A lease is taken when there is none, when it was given back, or when its holder has been silent for longer than it may
be. All times in it are the API server's own, so that clocks of different machines do not matter.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import msgspec

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.cluster.writes import FIELD_MANAGER
from kubectl_ds.errors import ApiError, NotFound
from kubectl_ds.model.value import Value

API = "coordination.k8s.io/v1"
_PARAMS = (("fieldManager", FIELD_MANAGER),)
_CONFLICT = 409


class LeaseOwner(Value, frozen=True):
    """The object with which the lease goes."""

    api_version: str
    kind: str
    name: str
    uid: str


class LeaseMeta(Value, frozen=True):
    """Where it is, and which version of it."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class LeaseSpec(Value, frozen=True):
    """Who holds it."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: datetime | None = None
    renew_time: datetime | None = None
    lease_transitions: int | None = None

    def ends(self) -> datetime | None:
        """When its holder has been silent for too long; None when nobody holds it."""
        if not self.holder_identity or self.renew_time is None:
            return None
        return self.renew_time + timedelta(seconds=self.lease_duration_seconds or 0)


class Lease(Value, frozen=True):
    """A lease as the server has it."""

    metadata: LeaseMeta = LeaseMeta()
    spec: LeaseSpec = LeaseSpec()


def path_of(namespace: str) -> str:
    """The collection's path."""
    return f"/apis/{API}/namespaces/{namespace}/leases"


def find(client: LiveClient, namespace: str, name: str) -> Lease | None:
    """The lease of this name; None when there is none.

    Raises:
        ApiError: it may not be read.
    """
    try:
        return _decoded(client.get_raw(object_path(path_of(namespace), name)))
    except NotFound:
        return None


def create(
    client: LiveClient, namespace: str, name: str, holder: str, seconds: int, now: datetime, owner: LeaseOwner
) -> Lease | None:
    """A new lease, held; None when somebody else was quicker.

    Raises:
        ApiError: it may not be created.
    """
    metadata: dict[str, object] = {
        "name": name,
        "namespace": namespace,
        "ownerReferences": [msgspec.to_builtins(owner)],
    }
    body = _body(metadata, holder, seconds, acquired=now, now=now, transitions=0)
    try:
        return _decoded(client.create(path_of(namespace), body, params=_PARAMS).body)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        return None


def hold(client: LiveClient, lease: Lease, holder: str, seconds: int, now: datetime) -> Lease | None:
    """The lease as it was read, taken over or held on; None when somebody else has changed it since.

    Raises:
        ApiError: it may not be changed, or is gone.
    """
    spec = lease.spec
    mine = spec.holder_identity == holder
    body = msgspec.json.encode(
        {
            "metadata": {"resourceVersion": lease.metadata.resource_version, "uid": lease.metadata.uid},
            "spec": _spec(
                holder,
                seconds,
                acquired=spec.acquire_time if mine and spec.acquire_time else now,
                now=now,
                transitions=(spec.lease_transitions or 0) + (not mine),
            ),
        }
    )
    target = object_path(path_of(lease.metadata.namespace), lease.metadata.name)
    try:
        return _decoded(client.patch(target, body, "application/merge-patch+json", _PARAMS).body)
    except ApiError as error:
        if error.status != _CONFLICT:
            raise
        return None


def give_back(client: LiveClient, lease: Lease) -> None:
    """Delete the lease, if nobody has changed it since it was read.

    Raises:
        ApiError: it may not be deleted.
    """
    metadata = lease.metadata
    preconditions = {"uid": metadata.uid, "resourceVersion": metadata.resource_version}
    body = msgspec.json.encode({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions})
    try:
        client.delete(object_path(path_of(metadata.namespace), metadata.name), body)
    except NotFound:
        return
    except ApiError as error:
        if error.status != _CONFLICT:
            raise


def _body(
    metadata: dict[str, object], holder: str, seconds: int, *, acquired: datetime, now: datetime, transitions: int
) -> bytes:
    spec = _spec(holder, seconds, acquired=acquired, now=now, transitions=transitions)
    return msgspec.json.encode({"apiVersion": API, "kind": "Lease", "metadata": metadata, "spec": spec})


def _spec(holder: str, seconds: int, *, acquired: datetime, now: datetime, transitions: int) -> dict[str, object]:
    return {
        "holderIdentity": holder,
        "leaseDurationSeconds": seconds,
        "acquireTime": _micro_time(acquired),
        "renewTime": _micro_time(now),
        "leaseTransitions": transitions,
    }


def _micro_time(moment: datetime) -> str:
    """As ``metav1.MicroTime`` is written: six figures after the point, always."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _decoded(body: bytes) -> Lease:
    return msgspec.json.decode(body, type=Lease)
