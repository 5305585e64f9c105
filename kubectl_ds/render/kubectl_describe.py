"""``kubectl describe daemonset`` to the byte: what kubectl says of the object, and then of its events.

Mirrors ``DaemonSetDescriber`` (k8s.io/kubectl v0.37 pkg/describe/describe.go). The object comes as parsed JSON,
because kubectl shows fields that no answer of ours leans on; pods and events come as values. What is said is said
as upstream says it, oddities included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from kubectl_ds.model.decode import from_builtins, without_nulls
from kubectl_ds.model.event import Event
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.selector import LabelSelector
from kubectl_ds.render.ages import age
from kubectl_ds.render.go_sort import go_sorted
from kubectl_ds.render.go_text import trim_space
from kubectl_ds.render.kubectl_describe_labels import write_annotations, write_labels
from kubectl_ds.render.kubectl_describe_pod_template import write_pod_template
from kubectl_ds.render.label_text import format_labels, selector_text
from kubectl_ds.render.prefix_writer import PrefixWriter

Json = Mapping[str, Any]

_COUNTS = (
    ("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
    ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
    ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
    ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
    ("Number of Nodes Misscheduled", "numberMisscheduled"),
)


class PodsStatus(NamedTuple):
    """How many pods of a DaemonSet are in which phase; a phase that is not one of these is not counted."""

    running: int = 0
    waiting: int = 0
    succeeded: int = 0
    failed: int = 0


def pods_status(daemon_set: Json, pods: Iterable[Pod]) -> PodsStatus:
    """The phases of the pods that the DaemonSet selects and controls. Mirrors ``getPodStatusForController``."""
    metadata = daemon_set.get("metadata") or {}
    place, uid = metadata.get("namespace") or "", metadata.get("uid") or ""
    selector = from_builtins(LabelSelector, (daemon_set.get("spec") or {}).get("selector") or {})
    phases = [
        pod.status.phase
        for pod in pods
        if (owner := pod.metadata.controller) is not None
        and (owner.uid, pod.namespace) == (uid, place)
        and selector.matches(pod.metadata.labels)
    ]
    return PodsStatus(*(phases.count(phase) for phase in ("Running", "Pending", "Succeeded", "Failed")))


def events_of(daemon_set: Json, events: Iterable[Event]) -> tuple[Event, ...]:
    """The events about the DaemonSet itself, in the order given. Mirrors the selector of ``searchEvents``."""
    metadata = daemon_set.get("metadata") or {}
    about = tuple(metadata.get(field) or "" for field in ("name", "namespace", "uid"))
    return tuple(
        event
        for event in events
        if (target := event.involved_object).kind == "DaemonSet"
        and (target.name, target.namespace, target.uid) == about
    )


def describe(daemon_set: Json, pods: PodsStatus, events: Sequence[Event] | None, now: datetime) -> str:
    """All that ``kubectl describe`` says of a DaemonSet; no Events section where ``events`` is None.

    kubectl shows events for one object by its full name, and leaves them out for several and for a prefix.
    """
    writer = PrefixWriter()
    _write_daemon_set(writer, daemon_set, pods)
    if events is not None:
        _write_events(writer, events, now)
    return writer.text()


def describe_object(daemon_set: Json, pods: PodsStatus) -> str:
    """The object alone: exactly the beginning of what ``describe`` says with events."""
    writer = PrefixWriter()
    _write_daemon_set(writer, daemon_set, pods)
    return writer.text()


def describe_events(events: Sequence[Event], now: datetime) -> str:
    """The Events section alone: exactly the end of what ``describe`` says, were it not for ``Events:  <none>``.

    That line stands here without the alignment that it has there.
    """
    writer = PrefixWriter()
    _write_events(writer, events, now)
    return writer.text()


def _write_daemon_set(writer: PrefixWriter, daemon_set: Json, pods: PodsStatus) -> None:
    """``describeDaemonSet`` without events."""
    known = cast("Json", without_nulls(dict(daemon_set)))
    metadata, spec, status = (known.get(field) or {} for field in ("metadata", "spec", "status"))
    template = spec.get("template") or {}
    writer.write(0, f"Name:\t{metadata.get('name') or ''}\n")
    writer.write(0, f"Namespace:\t{metadata.get('namespace') or ''}\n")
    writer.write(0, f"Selector:\t{selector_text(spec.get('selector'))}\n")
    writer.write(0, f"Node-Selector:\t{format_labels((template.get('spec') or {}).get('nodeSelector'))}\n")
    write_labels(writer, "Labels", metadata.get("labels"))
    write_annotations(writer, "Annotations", metadata.get("annotations"))
    for title, field in _COUNTS:
        writer.write(0, f"{title}: {status.get(field) or 0}\n")
    writer.write(
        0,
        f"Pods Status:\t{pods.running} Running / {pods.waiting} Waiting / "
        f"{pods.succeeded} Succeeded / {pods.failed} Failed\n",
    )
    write_pod_template(writer, template)


def _write_events(writer: PrefixWriter, events: Sequence[Event], now: datetime) -> None:
    """``DescribeEvents``: oldest last sighting first."""
    if not events:
        writer.write(0, "Events:\t<none>\n")
        return
    writer.write(0, "Events:\n  Type\tReason\tAge\tFrom\tMessage\n")
    writer.write(1, "----\t------\t----\t----\t-------\n")
    for event in go_sorted(events, _seen_before):
        source = event.source.component or event.reporting_component
        message = trim_space(event.message)
        if event.involved_object.field_path:
            message = f"{event.involved_object.field_path}: {message}"
        writer.write(1, f"{event.type}\t{event.reason}\t{_interval(event, now)}\t{source}\t{message}\n")


def _seen_before(left: Event, right: Event) -> bool:
    """``SortableEvents.Less``: an event without lastTimestamp comes before all that have one."""
    if left.last_timestamp is None or right.last_timestamp is None:
        return left.last_timestamp is None and right.last_timestamp is not None
    return left.last_timestamp < right.last_timestamp


def _interval(event: Event, now: datetime) -> str:
    first = age(event.event_time or event.first_timestamp, now)
    if event.series is not None:
        return f"{age(event.series.last_observed_time, now)} (x{event.series.count} over {first})"
    if event.count > 1:
        return f"{age(event.last_timestamp, now)} (x{event.count} over {first})"
    return first
