"""Ages are Kubernetes' own: the rows are those of ``duration_test.go`` (k8s.io/apimachinery v0.37)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from kubectl_ds.render.ages import age, human_duration, parse_time

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta(microseconds=1)
YEAR = 365 * DAY
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)

ROWS = (
    (SECOND, "1s"),
    (70 * SECOND, "70s"),
    (190 * SECOND, "3m10s"),
    (70 * MINUTE, "70m"),
    (47 * HOUR, "47h"),
    (49 * HOUR, "2d1h"),
    (8 * DAY + 2 * HOUR, "8d"),
    (367 * DAY, "367d"),
    (2 * YEAR + 25 * HOUR, "2y1d"),
    (8 * YEAR + 2 * HOUR, "8y"),
    (-2 * SECOND, "<invalid>"),
    (-2 * SECOND + INSTANT, "0s"),
    (timedelta(), "0s"),
    (SECOND - INSTANT, "0s"),
    (2 * MINUTE - INSTANT, "119s"),
    (2 * MINUTE, "2m"),
    (2 * MINUTE + SECOND, "2m1s"),
    (10 * MINUTE - INSTANT, "9m59s"),
    (10 * MINUTE, "10m"),
    (10 * MINUTE + SECOND, "10m"),
    (3 * HOUR - INSTANT, "179m"),
    (3 * HOUR, "3h"),
    (3 * HOUR + MINUTE, "3h1m"),
    (8 * HOUR - INSTANT, "7h59m"),
    (8 * HOUR, "8h"),
    (8 * HOUR + 59 * MINUTE, "8h"),
    (2 * DAY - INSTANT, "47h"),
    (2 * DAY, "2d"),
    (2 * DAY + HOUR, "2d1h"),
    (8 * DAY - INSTANT, "7d23h"),
    (8 * DAY, "8d"),
    (8 * DAY + 23 * HOUR, "8d"),
    (2 * YEAR - INSTANT, "729d"),
    (2 * YEAR, "2y"),
    (2 * YEAR + 23 * HOUR, "2y"),
    (2 * YEAR + DAY - INSTANT, "2y"),
    (2 * YEAR + DAY, "2y1d"),
    (3 * YEAR, "3y"),
    (7 * YEAR, "7y"),
    (8 * YEAR - INSTANT, "7y364d"),
    (8 * YEAR, "8y"),
    (8 * YEAR + 364 * DAY, "8y"),
    (9 * YEAR, "9y"),
)


@pytest.mark.parametrize(("duration", "words"), ROWS, ids=str)
def test_a_duration_is_written_as_kubernetes_writes_it(duration: timedelta, words: str) -> None:
    assert human_duration(duration) == words


def test_the_age_of_something_without_a_time_is_unknown() -> None:
    assert age(None, NOW) == "<unknown>"
    assert age(parse_time("0001-01-01T00:00:00Z"), NOW) == "<unknown>", "Go's zero time"
    assert age(NOW - 49 * HOUR, NOW) == "2d1h"


@pytest.mark.parametrize("text", ["2026-11-23T11:00:00Z", "2026-11-23T12:00:00+01:00", "2026-11-23T11:00:00.000000Z"])
def test_times_of_every_form_are_read(text: str) -> None:
    assert parse_time(text) == NOW - HOUR


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-11-23T11:00:00", 5])
def test_what_is_no_time_of_the_api_is_none(text: object) -> None:
    assert parse_time(text) is None
