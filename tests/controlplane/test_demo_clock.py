"""Stretching the clock of the demo changes when things were, never what came before what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .demo_clock import Clock, seconds, stretch
from .objects import timestamp

Object = dict[str, Any]

START = 1_700_000_000
END = START + 40
CLOCK = Clock([(START, 86400 * 100), (START + 10, 3600.0), (START + 30, -1)])
"""The first ten seconds are a hundred days, the next twenty most of an hour, the last ten are real."""

moments = st.integers(START - 5000, END + 1000)


def at(second: int) -> str:
    """A moment of the recording, as the API writes it."""
    return timestamp(START + second)


def aged(item: Object) -> Object:
    """The object after the clock was stretched."""
    return stretch([{"kind": "Pod", "metadata": {}} | item], CLOCK, timestamp(END))[0]


@given(moments, moments)
def test_what_was_before_stays_before_and_what_was_at_once_stays_at_once(one: int, other: int) -> None:
    before, after = (int(CLOCK.aged(moment, END)) for moment in (one, other))

    assert (before < after, before == after) == (one < other, one == other)


@given(moments)
def test_nothing_gets_younger_and_the_present_stays_the_present(moment: int) -> None:
    assert CLOCK.aged(moment, END) <= moment
    assert CLOCK.aged(END, END) == END
    assert all(CLOCK.aged(second, END) == second for second in range(START + 30, END + 1000, 7))


@pytest.mark.parametrize(
    ("second", "ago"), [(0, 86400 * 100), (10, 3600), (20, 1805), (30, 10), (35, 5), (40, 0), (-7, 86400 * 100 + 7)]
)
def test_between_the_marks_time_runs_straight(second: int, ago: int) -> None:
    moved = aged({"metadata": {"creationTimestamp": at(second)}})

    assert END - seconds(moved["metadata"]["creationTimestamp"]) == ago


def test_every_time_in_an_object_moves_and_nothing_else() -> None:
    moved = aged(
        {
            "metadata": {"name": at(10) + "-pod"},
            "status": {"conditions": [{"lastTransitionTime": at(10), "status": "True", "count": 3}]},
            "eventTime": at(10).replace("Z", ".123456Z"),
        }
    )

    an_hour_ago = timestamp(END - 3600)
    assert moved["metadata"]["name"] == at(10) + "-pod"
    assert moved["status"]["conditions"] == [{"lastTransitionTime": an_hour_ago, "status": "True", "count": 3}]
    assert moved["eventTime"] == an_hour_ago.replace("Z", ".123456Z")


def test_a_deletion_moves_with_the_moment_at_which_it_was_asked_for() -> None:
    moved = aged({"metadata": {"deletionTimestamp": at(10 + 30), "deletionGracePeriodSeconds": 30}})

    assert moved["metadata"]["deletionTimestamp"] == timestamp(END - 3600 + 30)


def test_a_first_time_from_before_the_recording_moves_with_the_last() -> None:
    event = {"kind": "Event", "firstTimestamp": at(20 - 600), "lastTimestamp": at(20)}

    moved = aged(event)

    assert seconds(moved["lastTimestamp"]) - seconds(moved["firstTimestamp"]) == 600


def test_events_are_forgotten_after_an_hour() -> None:
    old, young = ({"kind": "Event", "metadata": {}, "lastTimestamp": at(second)} for second in (9, 10))

    assert len(stretch([old, young], CLOCK, timestamp(END))) == 1
