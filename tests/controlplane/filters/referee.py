"""The real scheduler as the referee: a drawn cluster, pods put before it one at a time, and what it said.

There are no kubelets and next to no controllers, so that nothing moves but what the scheduler itself moves.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from kubectl_ds.model import kinds
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.snapshot import Snapshot, Source
from tests.controlplane.client import ApiError
from tests.controlplane.filters.drawing import NAMESPACES, Made, Object
from tests.controlplane.plane import ControlPlane
from tests.controlplane.settings import PlaneSettings

KINDS = (
    kinds.NAMESPACES,
    kinds.NODES,
    kinds.PODS,
    kinds.CLAIMS,
    kinds.VOLUMES,
    kinds.STORAGE_CLASSES,
    kinds.CSI_NODES,
    kinds.CSI_DRIVERS,
    kinds.VOLUME_ATTACHMENTS,
    kinds.DISRUPTION_BUDGETS,
)
BY_KIND = {each.kind: each for each in KINDS}
PATIENCE = 6.0
AT_ONCE: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}
MERGE = "application/merge-patch+json"


def settings(version: str) -> PlaneSettings:
    """A plane on which drawn objects stay as they were drawn."""
    return PlaneSettings(
        version=version,
        controllers=("namespace-controller",),
        without_admission=(
            *("TaintNodesByCondition", "Priority", "RuntimeClass"),
            *("ServiceAccount", "DefaultStorageClass", "StorageObjectInUseProtection"),
        ),
    )


@dataclass(frozen=True)
class Ruling:
    """What the scheduler did with one pod."""

    binds: bool = False
    """Whether it was bound to its node, or its volumes are being bound there."""
    binds_volumes: bool = False
    reason: str = ""
    """Of the condition PodScheduled; empty when the pod binds, or nothing was said in time."""
    message: str = ""
    nominated: str = ""
    """The node that is kept for it after an eviction."""


class Referee:
    """A plane of its own, and what is asked of it."""

    def __init__(self, plane: ControlPlane) -> None:
        """Take over the plane; its settings are ``settings``."""
        self._plane = plane
        self._client = plane.new_client()
        self.minor = int(plane.settings.version.split(".")[1])
        self.rejected: Counter[str] = Counter()
        """Why the API server did not take what was drawn."""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def set_up(self, drawn: Iterable[Made]) -> None:
        """Another cluster in place of the last one, in order; returns when the scheduler knows it."""
        self._wipe()
        for each in drawn:
            self._make(each)
        canary: Object = {"kind": "Pod", "metadata": {"name": "canary", "namespace": NAMESPACES[0]}}
        canary["spec"] = {"containers": [{"name": "c", "image": "i"}], "nodeSelector": {"no": "node"}}
        self.create(canary)
        self.ask(canary, "")
        self.forget(NAMESPACES[0], "canary")
        time.sleep(0.15)

    def snapshot(self) -> Snapshot:
        """What there is now."""
        found: dict[str, Any] = {
            kind.field: tuple(from_builtins(kind.value, each) for each in self._list(kind.path())) for kind in KINDS
        }
        source = Source(type="live", version=f"v{self._plane.settings.version}")
        return Snapshot(now=datetime.now(timezone.utc), source=source, **found)

    def create(self, pod: Object) -> Object | None:
        """The pod as the API server took it; None when it did not."""
        return self._make(Made(pod))

    def ask(self, pod: Object, node: str) -> Ruling:
        """Wait for what the scheduler says of a pod that was created, pinned to this node."""
        path = _object_path(pod)
        started = time.monotonic()
        while time.monotonic() < started + PATIENCE:
            found = self._client.request("GET", path)
            ruling = _ruling(found)
            if ruling is not None:
                return ruling
            if self.minor < 35 and self._binds_volumes(pod, node) and time.monotonic() > started + 1:
                return Ruling(binds=True, binds_volumes=True)
            time.sleep(0.008)
        return Ruling()

    def rest(self, ruling: Ruling) -> None:
        """Give the scheduler the time to see that a pod is gone whose volumes it is binding: it only polls."""
        if ruling.binds_volumes:
            time.sleep(0.5 if self.minor >= 35 else 2.5)

    def terminating(self) -> set[str]:
        """The pods that are being deleted, as ``namespace/name``."""
        names = [each["metadata"] for each in self._list(kinds.PODS.path())]
        return {f"{each['namespace']}/{each['name']}" for each in names if each.get("deletionTimestamp")}

    def evicted(self, before: set[str], expected: int) -> set[str]:
        """The pods that are being deleted and were not before, waiting for as many as are expected."""
        deadline = time.monotonic() + PATIENCE
        while len(self.terminating() - before) < expected and time.monotonic() < deadline:
            time.sleep(0.03)
        time.sleep(0.05)  # one too many would come now
        return self.terminating() - before

    def forget(self, namespace: str, name: str) -> None:
        """Delete a pod at once."""
        try:
            self._client.request("DELETE", f"{kinds.PODS.path(namespace)}/{name}", AT_ONCE)
        except ApiError as error:
            if error.status != 404:
                raise

    def _binds_volumes(self, pod: Object, node: str) -> bool:
        """Whether the scheduler before 1.35, which does not say so on the pod, is binding one of its claims."""
        namespace = pod["metadata"]["namespace"]
        volumes = pod["spec"].get("volumes", ())
        names = {each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each}
        waiting = [
            claim["metadata"]
            for claim in (self._list(kinds.CLAIMS.path(namespace)) if names else ())
            if claim["metadata"]["name"] in names and "volumeName" not in claim["spec"]
        ]
        if any(each.get("annotations", {}).get("volume.kubernetes.io/selected-node") == node for each in waiting):
            return True
        kept = [each["spec"].get("claimRef", {}) for each in (self._list(kinds.VOLUMES.path()) if waiting else ())]
        kept_names = {each.get("name") for each in kept if each.get("namespace") == namespace}
        return any(each["name"] in kept_names for each in waiting)

    def _make(self, made: Made) -> Object | None:
        path = _object_path(made.plain)
        body = {"apiVersion": BY_KIND[made.plain["kind"]].api} | made.plain
        try:
            created: Object = self._client.request("POST", path.rpartition("/")[0], body)
        except ApiError as error:
            if error.reason == "AlreadyExists" and made.plain["kind"] == "Namespace":
                labels = {"metadata": {"labels": {"team": None} | made.plain["metadata"]["labels"]}}
                return dict(self._client.request("PATCH", path, labels, content_type=MERGE))
            if error.status not in (400, 403, 422):
                raise
            self.rejected[str(error)[:160]] += 1
            return None
        if made.status is not None:
            created = self._client.request("PATCH", f"{path}/status", {"status": made.status}, content_type=MERGE)
        if made.deleted:
            self._client.request("DELETE", path)
        return created

    def _list(self, path: str) -> list[Object]:
        return self._client.request("GET", path)["items"] or []

    def _wipe(self) -> None:
        for namespace in NAMESPACES:
            pods = kinds.PODS.path(namespace)
            while self._list(pods):
                self._client.request("DELETE", pods, AT_ONCE)
            for claim in self._list(kinds.CLAIMS.path(namespace)):
                if claim["metadata"].get("finalizers"):
                    path = f"{kinds.CLAIMS.path(namespace)}/{claim['metadata']['name']}"
                    self._client.request("PATCH", path, {"metadata": {"finalizers": None}}, content_type=MERGE)
            for kind in (kinds.CLAIMS, kinds.DISRUPTION_BUDGETS):
                self._client.request("DELETE", kind.path(namespace))
        for kind in KINDS:
            if not kind.namespaced and kind is not kinds.NAMESPACES:
                self._client.request("DELETE", kind.path())


def _object_path(plain: Object) -> str:
    metadata = plain["metadata"]
    return f"{BY_KIND[plain['kind']].path(metadata.get('namespace'))}/{metadata['name']}"


def _ruling(pod: Object) -> Ruling | None:
    """What a pod tells; None when the scheduler has not got to it yet."""
    if pod["spec"].get("nodeName"):
        return Ruling(binds=True)
    status = pod["status"]
    nominated = status.get("nominatedNodeName", "")
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            message = condition.get("message", "")
            if condition["reason"] == "SchedulerError" and "PreBind" in message:  # it fitted; a volume was quicker
                return Ruling(binds=True, binds_volumes=True)
            return Ruling(reason=condition["reason"], message=message, nominated=nominated)
    claims = any("persistentVolumeClaim" in each for each in pod["spec"].get("volumes", ()))
    return Ruling(binds=True, binds_volumes=True) if nominated and claims else None
