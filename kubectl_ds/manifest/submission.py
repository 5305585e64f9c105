"""The object as it is sent for a document: kubectl's few changes to what was written, and no other.

Mirrors the visitors of ``kubectl create`` (k8s.io/cli-runtime v0.37.2 ``SetNamespace``, ``FilterNamespace``,
``Helper.CreateWithOptions``; k8s.io/kubectl v0.37.2 ``util.CreateOrUpdateAnnotation``).
"""

from __future__ import annotations

import json
from typing import Any

from kubectl_ds.manifest.documents import Document

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_HTML = str.maketrans({each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"})


def as_sent(document: Document, *, namespace: str, save_config: bool = False) -> dict[str, Any]:
    """The object with its namespace set, or taken away where it lives in none (``namespace`` is empty).

    With ``save_config``, or when the manifest brings one along, the annotation that ``kubectl apply`` compares with is
    written anew.
    """
    metadata = document.data.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        return document.data  # the server says it better
    sent = dict(metadata or {})
    if not isinstance(sent.get("namespace", ""), (str, type(None))):
        return document.data  # a number, say: nobody can know which namespace was meant
    if namespace:
        sent["namespace"] = namespace
    else:
        sent.pop("namespace", None)
    prepared = {**document.data, "metadata": sent}
    annotations = sent.get("annotations") or {}
    if isinstance(annotations, dict) and (save_config or annotations.get(LAST_APPLIED)):
        others = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
        sent["annotations"] = others
        sent["annotations"] = {**others, LAST_APPLIED: f"{_go_json(prepared)}\n"}
    return prepared


def to_create(sent: dict[str, Any]) -> dict[str, Any]:
    """The same without a resourceVersion, which an object that is to be created cannot have."""
    metadata = sent.get("metadata")
    if not isinstance(metadata, dict) or "resourceVersion" not in metadata:
        return sent
    return {**sent, "metadata": {key: value for key, value in metadata.items() if key != "resourceVersion"}}


def _go_json(data: dict[str, Any]) -> str:
    """Compact JSON as Go's encoder writes it: sorted keys, and what browsers might mistake escaped."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).translate(_HTML)
