"""Whether a plugin that is off by default is on, which no API tells: what pods of the namespace prove.

A pod that carries what only the plugin can have put there proves that it was on; a pod that was made after the
annotation was last set, and does not carry it, proves that it was off. The latest proof counts. It must not know what
the plugins do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum

from kubectl_ds.engine.admission.request import Request
from kubectl_ds.model.daemonset import TEMPLATE_GENERATION_ANNOTATION, TEMPLATE_GENERATION_LABEL, DaemonSet
from kubectl_ds.model.pod import Pod, PodSpec
from kubectl_ds.model.policy import AnnotationFields


class Standing(Enum):
    """How a plugin stands in a namespace that has its annotation."""

    ON = "on"
    OFF = "off"
    ASSUMED = "assumed"
    """Taken to be on: nothing proves either."""


Carries = Callable[[PodSpec], bool]
"""Whether a pod, or a template, has everything that the plugin would put there, or insist on."""


def standing(request: Request, annotation: Callable[[AnnotationFields], object], carries: Carries) -> Standing:
    """How the plugin stands, judged by the pods of all DaemonSets of the namespace.

    Args:
        request: with the namespace, whose annotation is there.
        annotation: picks the annotation's ownership from a manager's fields.
        carries: see ``Carries``.
    """
    last_set = _last_set(request, annotation)
    latest: tuple[datetime, bool] | None = None
    for daemon_set in request.snapshot.daemon_sets:
        if daemon_set.namespace != request.namespace_name:
            continue
        template_carries = carries(daemon_set.spec.template.spec)
        for pod in request.snapshot.pods_by_owner.get(daemon_set.metadata.uid, ()):
            created = pod.metadata.creation_timestamp
            proof = _proof(pod, daemon_set, template_carries, carries(pod.spec), last_set)
            if created is not None and proof is not None and (latest is None or created >= latest[0]):
                latest = (created, proof)
    if latest is not None:
        return Standing.ON if latest[1] else Standing.OFF
    return Standing.ASSUMED if request.assume else Standing.OFF


def _proof(
    pod: Pod, daemon_set: DaemonSet, template_carries: bool, pod_carries: bool, last_set: datetime | None
) -> bool | None:
    """What one pod proves: True that the plugin was on, False that it was off, None nothing."""
    created = pod.metadata.creation_timestamp
    if not pod_carries:
        after = created is not None and last_set is not None and created > last_set
        return False if after else None
    generation = daemon_set.metadata.annotations.get(TEMPLATE_GENERATION_ANNOTATION)
    of_this_template = generation is not None and pod.metadata.labels.get(TEMPLATE_GENERATION_LABEL) == generation
    return True if of_this_template and not template_carries else None


def _last_set(request: Request, annotation: Callable[[AnnotationFields], object]) -> datetime | None:
    """The latest moment at which the annotation can have changed; None when nobody recorded it."""
    namespace = request.namespace
    if namespace is None:
        return None
    times = [
        each.time
        for each in namespace.metadata.managed_fields
        if each.time is not None and annotation(each.fields_v1.metadata.annotations) is not None
    ]
    return max(times, default=None)
