"""The engine's benchmark measures what it says: every cell is judged, some are refused and some fit."""

from __future__ import annotations

from bench.engine import DAEMON_SETS, measure


def test_every_daemon_set_is_judged_and_foretold_on_every_node() -> None:
    measured = measure(21)

    assert measured.cells == 21 * DAEMON_SETS
    assert 0 < measured.refused < measured.cells
    assert 0 < measured.runs <= measured.cells - measured.refused
    assert min(measured.gather, measured.judge, measured.predict) > 0
