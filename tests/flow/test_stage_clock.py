"""The API server's clock between its answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from kubectl_ds.flow.stage.clock import ServerClock
from tests.cluster.fakes import Table, client

START = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def test_it_goes_on_between_answers_and_never_back_when_an_answer_tells_an_older_second() -> None:
    ours = 100.0
    asked = client(Table())
    clock = ServerClock(asked, lambda: ours)
    asked.server_time = START
    assert clock.now() == START
    ours += 2.5
    assert clock.now() == START + timedelta(seconds=2.5)
    asked.server_time = START + timedelta(seconds=2)
    assert clock.now() == START + timedelta(seconds=2.5)
    asked.server_time = START + timedelta(seconds=9)
    assert clock.now() == START + timedelta(seconds=9)
