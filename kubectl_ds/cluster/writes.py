"""Changes to the cluster: sent once, with a field manager, validated by the server, and never more than was asked."""

from __future__ import annotations

from kubectl_ds.cluster.client import Answer, LiveClient
from kubectl_ds.cluster.discovery import Resource, collection_path
from kubectl_ds.cluster.exchange import JSON

FIELD_MANAGER = "kubectl-ds"


def create(
    client: LiveClient,
    resource: Resource,
    namespace: str,
    body: bytes,
    *,
    field_manager: str = FIELD_MANAGER,
    field_validation: str = "Strict",
    dry_run: bool = False,
    content_type: str = JSON,
) -> Answer:
    """POST an object; ``namespace`` counts only where the kind lives in one.

    ``field_validation`` is ``Strict``, ``Warn`` or ``Ignore``. ``dry_run`` lets the server do everything but store it.
    ``content_type`` may be ``application/yaml``, so that the server sees the bytes of a manifest as they are.

    Raises:
        ApiError: the server refused; ``reason`` says why (``AlreadyExists``, ``Invalid``, ``BadRequest``…).
        ConnectionFailed: no answer came: whether the object exists is not known, for it is never sent twice.
    """
    params = (
        *((("dryRun", "All"),) if dry_run else ()),
        ("fieldManager", field_manager),
        ("fieldValidation", field_validation),
    )
    return client.create(collection_path(resource, namespace), body, content_type, params)
