"""What will become of manifests before they are created: the coverage that is foretold, and what their pods would miss.

What the same manifests bring (a namespace, a ServiceAccount, a PriorityClass) counts as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.engine.coverage import CoverageReport
from kubectl_ds.engine.decision import Verdict
from kubectl_ds.engine.predict import predict
from kubectl_ds.errors import ApiError, NotFound
from kubectl_ds.flow.foretell import daemon_set_of, read_for_prediction
from kubectl_ds.manifest.documents import Document
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.snapshot import Snapshot

_BROUGHT = (
    kinds.NAMESPACES,
    kinds.LIMIT_RANGES,
    kinds.SERVICE_ACCOUNTS,
    kinds.PRIORITY_CLASSES,
    kinds.RUNTIME_CLASSES,
    kinds.CLAIMS,
    kinds.VOLUMES,
    kinds.STORAGE_CLASSES,
)
"""What may stand in the same manifests and decides about the pods."""
_METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""So that no Secret's content is ever sent here."""


@dataclass(frozen=True)
class Absent:
    """A ConfigMap or Secret that the pods of a DaemonSet cannot start without."""

    daemon_set: str
    kind: str
    name: str
    namespace: str


@dataclass(frozen=True)
class Outlook:
    """What is foretold."""

    report: CoverageReport
    """Of the DaemonSets that do not exist yet."""
    absent: tuple[Absent, ...] = ()

    @property
    def evicts(self) -> bool:
        """Whether pods of others would have to go."""
        return any(Verdict.PREEMPTS in each.verdicts for each in self.report.daemon_sets)


def look_ahead(client: LiveClient, documents: Sequence[Document], namespace: str) -> Outlook | None:
    """The outlook for the DaemonSets among these documents; None when there is none that is new.

    Raises:
        ApiError: what it leans on may not be read.
        ConnectionFailed: the API server could not be reached.
    """
    values = [daemon_set_of(each, namespace) for each in documents if each.kind == "DaemonSet" and not each.flawed]
    wanted = tuple(value for value in values if isinstance(value, DaemonSet))
    if not wanted:
        return None
    snapshot = read_for_prediction(LiveSource(client), wanted)
    there = {each.key for each in snapshot.daemon_sets}
    new = tuple(each for each in wanted if each.key not in there)
    if not new:
        return None
    report = predict(with_brought(snapshot, documents, namespace), new)
    return Outlook(report, tuple(_absent(client, new, documents, namespace)))


def with_brought(snapshot: Snapshot, documents: Sequence[Document], namespace: str) -> Snapshot:
    """The snapshot as it would be once the documents' other objects are there."""
    fields: dict[str, Any] = {}
    for kind in _BROUGHT:
        there = getattr(snapshot, kind.field)
        known = {(each.metadata.namespace, each.metadata.name) for each in there}
        added = [
            value
            for data in _objects(documents, kind.kind)
            if (value := _decoded(kind, data, namespace)) is not None
            and (value.metadata.namespace, value.metadata.name) not in known
        ]
        fields[kind.field] = (*there, *added)
    return replace(snapshot, **fields)


def _objects(documents: Sequence[Document], kind: str) -> Iterator[dict[str, Any]]:
    """The objects of a kind; each new namespace brings the account that its controller makes."""
    for document in documents:
        if document.flawed or not document.name:
            continue
        if document.kind == kind:
            yield document.data
        elif document.kind == "Namespace" and kind == "ServiceAccount":
            yield {"metadata": {"name": "default", "namespace": document.name}}


def _decoded(kind: kinds.Kind, data: Mapping[str, Any], namespace: str) -> Any:
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        return None
    place = {"namespace": metadata.get("namespace") or namespace} if kind.namespaced else {}
    try:
        return from_builtins(kind.value, {**data, "metadata": {**metadata, **place}})
    except msgspec.ValidationError:
        return None  # the checks have named what is wrong with it


def _absent(
    client: LiveClient, daemon_sets: Sequence[DaemonSet], documents: Sequence[Document], namespace: str
) -> Iterator[Absent]:
    brought = {(each.kind, each.namespace or namespace, each.name) for each in documents}
    for daemon_set in daemon_sets:
        data = msgspec.json.decode(daemon_set.raw)
        for kind, name in dict.fromkeys(_references(data["spec"]["template"].get("spec") or {})):
            if (kind, daemon_set.namespace, name) not in brought and _is_absent(
                client, kind, daemon_set.namespace, name
            ):
                yield Absent(daemon_set.name, kind, name, daemon_set.namespace)


def _is_absent(client: LiveClient, kind: str, namespace: str, name: str) -> bool:
    """Whether it surely is not there; where it may not be read, nobody knows."""
    try:
        client.get_raw(object_path(f"/api/v1/namespaces/{namespace}/{kind.lower()}s", name), accept=_METADATA_ONLY)
    except NotFound:
        return True
    except ApiError:
        return False
    return False


def _references(pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(kind, name) of every ConfigMap and Secret without which a container does not start."""
    for container in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
        for source in container.get("envFrom") or ():
            yield from _named("ConfigMap", source.get("configMapRef"), "name")
            yield from _named("Secret", source.get("secretRef"), "name")
        for variable in container.get("env") or ():
            source = variable.get("valueFrom") or {}
            yield from _named("ConfigMap", source.get("configMapKeyRef"), "name")
            yield from _named("Secret", source.get("secretKeyRef"), "name")
    for volume in pod.get("volumes") or ():
        yield from _named("ConfigMap", volume.get("configMap"), "name")
        yield from _named("Secret", volume.get("secret"), "secretName")
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _named("ConfigMap", source.get("configMap"), "name")
            yield from _named("Secret", source.get("secret"), "name")


def _named(kind: str, reference: Any, field: str) -> Iterator[tuple[str, str]]:
    if isinstance(reference, dict) and reference.get(field) and not reference.get("optional"):
        yield kind, reference[field]
