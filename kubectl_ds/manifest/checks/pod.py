"""The pod of the template (``ValidatePodSpec``)."""

from __future__ import annotations

from kubectl_ds.manifest.checks.fault import Faults, required
from kubectl_ds.manifest.checks.node import Node


def pod_spec(pod: Node) -> Faults:
    """``spec.template.spec``."""
    if not pod.items("containers") and pod.sound("containers"):
        yield required(pod.child("containers"))
