"""What events and conditions tell of one preemption: the wordings of scheduler and kubelet, in all versions.

Wordings: ``by ns/name on node n``, ``Preempted by ns/name on node n`` and ``Preempted by a pod on node n`` of older
schedulers; ``Preempted by pod <uid> on node n`` (pkg/scheduler/framework/preemption, 1.33 to 1.35); the same with
``podgroup`` or ``compositepodgroup`` too, and with ``(in kube-scheduler memory).`` after it when the victim was not yet
bound (1.36 and 1.37); the kubelet's ``Preempted in order to admit critical pod`` (pkg/kubelet/preemption). The
``related`` reference names the preemptor where the recorder fills it in.
"""

from __future__ import annotations

import re
from datetime import datetime

from kubectl_ds.model.event import Event
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.value import Value

SCHEDULER, KUBELET = "scheduler", "kubelet"
_REASONS = {"Preempted": SCHEDULER, "Preempting": KUBELET}
_WORDING = re.compile(
    r"^(?:preempted )?by (?P<who>.+?) on node (?P<node>\S+?)(?: \(in kube-scheduler memory\)\.)?$", re.IGNORECASE
)
_BY_UID = re.compile(r"^(?P<kind>pod|podgroup|compositepodgroup) (?P<uid>\S+)$", re.IGNORECASE)
_BY_NAME = re.compile(r"^(?P<namespace>[a-z0-9.-]+)/(?P<name>[a-z0-9.-]+)$")


class Named(Value, frozen=True):
    """A pod, or a group of pods, as far as somebody named it; what is not known is empty."""

    namespace: str = ""
    name: str = ""
    uid: str = ""
    kind: str = "pod"
    """``pod``, ``podgroup`` or ``compositepodgroup``."""


class Told(Value, frozen=True):
    """One preemption, as one source tells it."""

    victim: Named
    preemptor: Named | None
    """None when it is not told."""
    node: str
    """Empty when it is not told."""
    by: str
    """``scheduler`` or ``kubelet``."""
    source: str
    """``event`` or ``condition``."""
    first: datetime | None
    last: datetime | None
    times: int = 1
    quoted: str = ""


def told_by_event(event: Event) -> Told | None:
    """The preemption that an event tells of; None when it tells of none."""
    by = _REASONS.get(event.reason)
    about = event.involved_object
    if by is None or about.kind != "Pod":
        return None
    message = event.message.strip()
    match = _WORDING.match(message)
    node = match["node"] if match else event.source.host if by == KUBELET else ""
    preemptor = _preemptor_in(match["who"]) if match else None
    if event.related is not None and (event.related.uid or event.related.name):
        related = event.related
        preemptor = Named(
            namespace=related.namespace, name=related.name, uid=related.uid, kind=(related.kind or "pod").lower()
        )
    return Told(
        victim=Named(namespace=about.namespace, name=about.name, uid=about.uid),
        preemptor=preemptor,
        node=node,
        by=by,
        source="event",
        first=event.first_seen,
        last=event.last_seen,
        times=event.times,
        quoted=message,
    )


def told_by_pod(pod: Pod) -> Told | None:
    """The preemption that a pod which is still there tells of itself; None when it was not preempted."""
    condition = pod.condition("DisruptionTarget")
    true = condition is not None and condition.status == "True"
    if true and condition is not None and condition.reason == "PreemptionByScheduler":
        by = SCHEDULER
    elif pod.status.reason == "Preempting" and pod.terminal:
        by = KUBELET
    else:
        return None
    when = condition.last_transition_time if true and condition is not None else None
    return Told(
        victim=Named(namespace=pod.namespace, name=pod.name, uid=pod.metadata.uid),
        preemptor=None,
        node=pod.spec.node_name,
        by=by,
        source="condition",
        first=when,
        last=when,
        quoted=condition.message if true and condition is not None else pod.status.message,
    )


def _preemptor_in(words: str) -> Named | None:
    by_uid = _BY_UID.match(words)
    if by_uid:
        return Named(uid=by_uid["uid"], kind=by_uid["kind"].lower())
    by_name = _BY_NAME.match(words)
    return Named(namespace=by_name["namespace"], name=by_name["name"]) if by_name else None
