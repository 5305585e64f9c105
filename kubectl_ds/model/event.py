"""Events, in both of their API forms."""

from __future__ import annotations

from datetime import datetime

from kubectl_ds.model.meta import ObjectMeta, ObjectReference
from kubectl_ds.model.value import Value


class EventSource(Value, frozen=True):
    """Who reported it."""

    component: str = ""
    host: str = ""


class EventSeries(Value, frozen=True):
    """How often it has been repeated, in events of the newer form."""

    count: int = 0
    last_observed_time: datetime | None = None


class Event(Value, frozen=True):
    """Something that happened to an object; kept for one hour by default."""

    metadata: ObjectMeta = ObjectMeta()
    involved_object: ObjectReference = ObjectReference()
    related: ObjectReference | None = None
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int = 0
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None
    source: EventSource = EventSource()
    reporting_component: str = ""

    @property
    def last_seen(self) -> datetime | None:
        """The latest time at which it is known to have happened."""
        if self.series is not None and self.series.last_observed_time is not None:
            return self.series.last_observed_time
        return self.last_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def first_seen(self) -> datetime | None:
        """The earliest time at which it is known to have happened."""
        return self.first_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def times(self) -> int:
        """How often it happened."""
        if self.series is not None:
            return max(self.series.count, 1)
        return max(self.count, 1)

    @property
    def component(self) -> str:
        """Who reported it."""
        return self.source.component or self.reporting_component
