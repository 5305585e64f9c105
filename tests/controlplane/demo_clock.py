"""Stretching the clock of a recording: a minute on the test plane becomes the months that a cluster has lived.

The API server stamps every object with the present, so a cluster that was built a minute ago looks like it. While
the story is told, each chapter puts a mark: this moment shall be that long ago. Every time in the recorded objects is
then moved by one rule, straight lines between the marks. The rule only ever grows with time and keeps the moment of
the recording, so what was before stays before, what was at once stays at once, and after the last mark seconds stay
seconds. Verdicts depend on nothing else; the recorder decides before and after, and refuses when any of them differ.

Beyond the rule: a deletionTimestamp is the moment of deletion plus the grace period, and moves as that moment does;
the stand-in for the kubelet dates the first of repeated events before the recording began, which moves with the last;
and events that have become older than an hour are left out, as an API server would have dropped them.
"""

from __future__ import annotations

import bisect
import re
import time
from calendar import timegm
from dataclasses import dataclass, field
from typing import Any

from .objects import timestamp

Object = dict[str, Any]

EVENTS_LIVE = 3600
"""Seconds: the default of kube-apiserver's --event-ttl."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{6})?Z")


@dataclass
class Clock:
    """The marks, from the first to the last."""

    marks: list[tuple[int, float]] = field(default_factory=list)
    """(seconds since 1970, the age in seconds that this moment shall have)."""

    def mark(self, days: float = 0, minutes: float = 0) -> None:
        """From the next full second on, it is so long ago; the API writes times in full seconds."""
        moment = _next_second()
        self.marks.append((moment, days * 86400 + minutes * 60))

    def real_from_here(self) -> None:
        """From the next full second on, times stay as they are."""
        self.marks.append((_next_second(), -1))

    def aged(self, moment: float, end: int) -> float:
        """The moment, moved, in a recording that was made at ``end``; both in seconds since 1970."""
        marks = [(at, end - at if age < 0 else age) for at, age in self.marks]
        index = bisect.bisect_right([at for at, _ in marks], moment)
        if index == len(marks):
            return moment
        if index == 0:
            first, age = marks[0]
            return end - age - (first - moment)
        (start, before), (stop, after) = marks[index - 1], marks[index]
        return end - before + (before - after) * (moment - start) / (stop - start)


def stretch(items: list[Object], clock: Clock, captured_at: str) -> list[Object]:
    """The recorded objects with all their times moved; ``captured_at`` is the moment of the recording."""
    end = seconds(captured_at)
    moved = [_moved(one, clock, end) for one in items]
    return [one for one in moved if one["kind"] != "Event" or end - _last_seen(one) <= EVENTS_LIVE]


def seconds(text: str) -> int:
    """A time as the API writes it, in whole seconds since 1970."""
    return timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def _moved(item: Object, clock: Clock, end: int) -> Object:
    def aged(text: str) -> str:
        match = _TIME.fullmatch(text)
        if match is None:
            return text
        whole = timestamp(clock.aged(seconds(text), end))
        return f"{whole[:-1]}{match[2]}Z" if match[2] else whole

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        return aged(value) if isinstance(value, str) else value

    moved: Object = walk(item)
    metadata = item["metadata"]
    if "deletionTimestamp" in metadata:
        grace = metadata["deletionGracePeriodSeconds"]
        deleted = clock.aged(seconds(metadata["deletionTimestamp"]) - grace, end)
        moved["metadata"]["deletionTimestamp"] = timestamp(deleted + grace)
    first = item.get("firstTimestamp")
    if item["kind"] == "Event" and first and seconds(first) < clock.marks[0][0]:
        apart = seconds(item["lastTimestamp"]) - seconds(first)
        moved["firstTimestamp"] = timestamp(seconds(moved["lastTimestamp"]) - apart)
    return moved


def _last_seen(event: Object) -> int:
    series = event.get("series") or {}
    last = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return seconds(last or event["metadata"]["creationTimestamp"])


def _next_second() -> int:
    moment = int(time.time()) + 1
    time.sleep(max(0.0, moment - time.time()))
    return moment
