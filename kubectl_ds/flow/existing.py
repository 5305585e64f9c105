"""A DaemonSet that exists already under the name of one that was to be created: whether it could be changed into it."""

from __future__ import annotations

from kubectl_ds.cluster.client import LiveClient, object_path
from kubectl_ds.errors import ApiError, CaptureError
from kubectl_ds.flow.foretell import daemon_set_of
from kubectl_ds.manifest.documents import Document
from kubectl_ds.model import kinds
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_item
from kubectl_ds.model.selector import LabelSelector


def selector_conflict(client: LiveClient, document: Document, namespace: str) -> str:
    """What to do when the selectors differ, which no change can cure; empty when they do not, or nobody can know.

    ``spec.selector`` is immutable: ``ValidateDaemonSetUpdate`` in registry/apps/daemonset/strategy.go.
    """
    wanted = daemon_set_of(document, namespace)
    try:
        path = object_path(kinds.DAEMON_SETS.path(namespace), document.name)
        there = decode_item(kinds.DAEMON_SETS, client.get_raw(path))
    except (ApiError, CaptureError):
        return ""
    if not isinstance(wanted, DaemonSet) or not isinstance(there, DaemonSet):
        return ""
    if wanted.spec.selector == there.spec.selector:
        return ""
    return (
        f"{document.name} exists with the selector {_words(there.spec.selector)}, and spec.selector is immutable: "
        f"write that one, choose another name, or kubectl delete daemonset {document.name} -n {namespace} first"
    )


def _words(selector: LabelSelector) -> str:
    """As ``kubectl get -o wide`` shows it, where it is of labels alone."""
    if selector.match_expressions:
        return "of its own"
    return ",".join(f"{key}={value}" for key, value in sorted(selector.match_labels.items()))
