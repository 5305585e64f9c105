"""What the server accepts, and what will surprise whoever wrote it."""

from __future__ import annotations

from kubectl_ds.manifest.checks.fault import Faults, warning
from kubectl_ds.manifest.checks.node import Node


def daemon_set(document: Node) -> Faults:
    """All warnings about a DaemonSet."""
    yield from _template_metadata(document)


def _template_metadata(document: Node) -> Faults:
    meta = document.below("spec").below("template").below("metadata")
    for name in ("name", "namespace", "generateName"):
        if meta.text(name):
            path = meta.child(name)
            yield warning(path, f"{path} has no effect", f"remove it: the pods of a DaemonSet get their {name} from it")
