"""From manifests that are not created yet to the DaemonSets in them and the snapshot they are judged against."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

import msgspec

from kubectl_ds.cluster.inputs import load
from kubectl_ds.cluster.source import Query, Source
from kubectl_ds.errors import ManifestError
from kubectl_ds.flow.read import ADMITTING, DECIDING, SCHEDULING
from kubectl_ds.manifest.documents import Document, read_all
from kubectl_ds.manifest.finding import Finding, ManifestRefused
from kubectl_ds.manifest.source import MAX_BYTES
from kubectl_ds.manifest.validate import errors, validate
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.snapshot import Snapshot

_SERVED = "apps/v1"


def read_daemon_sets(
    files: Iterable[str], stdin: BinaryIO, *, namespace: str, enforced: bool = False, recursive: bool = False
) -> tuple[DaemonSet, ...]:
    """The DaemonSets of these manifests, in order, each in its namespace; other kinds are passed over.

    With ``enforced`` a manifest may not name another namespace, as with ``kubectl create -n``.

    Raises:
        ManifestRefused: something in them cannot be read, or is no DaemonSet that a server takes; names every place.
        ManifestError: there is no DaemonSet in them.
    """
    reading = read_all(load(list(files), stdin, limit=MAX_BYTES, recursive=recursive))
    findings = list(reading.findings)
    daemon_sets: list[DaemonSet] = []
    for document in reading.documents:
        if document.kind == "DaemonSet" and not document.flawed:
            refused = list(errors(validate([document])))
            findings += refused
            other = enforced and document.namespace not in ("", namespace)
            value = _elsewhere(document, namespace) if other else daemon_set_of(document, namespace)
            if not isinstance(value, Finding):
                daemon_sets.append(value)
            elif other or not refused:
                findings.append(value)
    if findings:
        raise ManifestRefused("the manifests cannot be judged as they are", tuple(findings))
    if not daemon_sets:
        raise ManifestError("there is no DaemonSet in these files", hint="Its manifest says kind: DaemonSet.")
    return tuple(daemon_sets)


def _elsewhere(document: Document, namespace: str) -> Finding:
    return document.finding(
        document.find("metadata.namespace"),
        f'namespace "{document.namespace}" is not the one that -n names, "{namespace}"',
        suggestion=f"remove it, or pass -n {document.namespace}",
        key=False,
    )


def read_for_prediction(source: Source, daemon_sets: tuple[DaemonSet, ...]) -> Snapshot:
    """Everything that may decide about these DaemonSets, whether or not they exist already."""
    namespaces = sorted({each.namespace for each in daemon_sets})
    query = Query(
        kinds=tuple(dict.fromkeys((*DECIDING, *SCHEDULING, *ADMITTING))),
        namespace=namespaces[0] if len(namespaces) == 1 else None,
        namespaces=tuple(namespaces),
        names=tuple(dict.fromkeys(each.name for each in daemon_sets)),
        whole_nodes=True,
        optional=True,
        version=True,
    )
    return source.snapshot(query)


def daemon_set_of(document: Document, namespace: str) -> DaemonSet | Finding:
    """The DaemonSet that a document holds, in its namespace; a finding where no server would take it."""
    if document.api_version != _SERVED:
        message = f"DaemonSet of {document.api_version} is not served"
        return document.finding(document.find("apiVersion"), message, suggestion=f"write apiVersion: {_SERVED}")
    if not document.name:
        return document.finding(document.find("metadata"), "the DaemonSet has no name", suggestion="set metadata.name")
    metadata = {**document.metadata, "namespace": document.namespace or namespace}
    data = {**document.data, "metadata": metadata}
    try:
        value = from_builtins(DaemonSet, data)
    except msgspec.ValidationError as error:
        words, _, path = str(error).partition(" - at `$.")
        return document.finding(document.find(path.rstrip("`")), words)
    return msgspec.structs.replace(value, raw=msgspec.Raw(msgspec.json.encode(data)))
