"""The engine's benchmark measures what it says: every cell is judged, some are refused and some fit."""

from __future__ import annotations

from bench.engine import DAEMON_SETS, measure


def test_every_daemon_set_is_judged_on_every_node() -> None:
    gathered, judged, cells, refused = measure(21)

    assert cells == 21 * DAEMON_SETS
    assert 0 < refused < cells
    assert gathered > 0
    assert judged > 0
