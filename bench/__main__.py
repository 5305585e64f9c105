"""Measure kubectl-ds beside kubectl and other clients: ``python -m bench [--nodes N] [--quick]``, or ``make bench``.

Ten nodes, then a large cluster on one real control plane; then a server of recorded bytes; then printing. Every program
must have done the work, or it is out. What was measured goes to ``bench/RESULTS.md``, progress to stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import printing, recorded, results, works
from bench.measure import run_in_turn
from bench.places import THEIRS, Place, Real, install
from bench.places import recorded as recorded_server
from bench.population import TAINTED, populate
from bench.results import Promise, Result
from bench.works import FEW, KUBECTL, US, Work
from tests.controlplane.build import NEWEST
from tests.controlplane.plane import ControlPlane
from tests.controlplane.settings import PlaneSettings

SETTINGS = PlaneSettings(scheduler=False, controllers=("namespace-controller",))
"""Nobody but the API server: the population stays as it was put in."""
DAEMON_SETS = 5
MANY_DAEMON_SETS = 30
LINEAR = 6.6
"""At most so many times the time, for six times the pods."""


def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--nodes", type=int, default=5000, help="nodes of the large cluster (5000)")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of what takes no second (15)")
    parser.add_argument("--output", type=Path, default=results.PATH, help="where the tables go")
    given = parser.parse_args()
    with _step("installing kubectl-ds"):
        install()
    done: list[Result] = []
    promises: list[Promise] = []
    try:
        with tempfile.TemporaryDirectory(prefix="kubectl-ds-bench-") as folder, ControlPlane(SETTINGS) as plane:
            record = Path(folder) / "record.json"
            done += _on_a_real_server(plane, given.nodes, given.rounds, record)
            programs = plane.programs
            plane.stop()
            done += _on_recorded_bytes(record, given.nodes, programs)
        promises += [_linear(done[-2:]), printing.promise()]
    finally:  # half of the figures are better than none
        given.output.write_text(results.document(done, promises, _versions()))
    sys.stdout.write(given.output.read_text())


def _on_a_real_server(plane: ControlPlane, nodes: int, rounds: int, record: Path) -> Iterator[Result]:
    place = Real(plane)
    with plane.new_client() as client:
        populate(client, range(FEW), DAEMON_SETS)
        recorded.save(recorded.record(client), record)
    yield from _measured(works.starting(place.env(), rounds), place)
    with _step(f"loading {nodes} nodes with {DAEMON_SETS} pods each"), plane.new_client() as client:
        populate(client, range(FEW, nodes), DAEMON_SETS)
    covered = nodes - -(-nodes // TAINTED)
    yield from _measured(works.large(place.env(), nodes, DAEMON_SETS, covered), place)


def _on_recorded_bytes(record: Path, nodes: int, programs: Path) -> Iterator[Result]:
    for daemon_sets in (DAEMON_SETS, MANY_DAEMON_SETS):
        with recorded_server(record, nodes, daemon_sets, programs) as place:
            everybody = daemon_sets == DAEMON_SETS
            work = works.of_recorded_bytes(place.env(), nodes, daemon_sets, everybody=everybody)
            yield from _measured([work], place)


def _measured(tasks: Sequence[Work], place: Place) -> Iterator[Result]:
    for task in tasks:
        with _step(task.title):
            outcomes = run_in_turn(task.programs)
            for program, outcome in zip(task.programs, outcomes, strict=True):
                if outcome.samples and not outcome.failure and program.name in (US, KUBECTL):
                    place.count(program, outcome)
        yield Result(task, outcomes)


def _linear(pair: Sequence[Result]) -> Promise:
    small, large = (next(each for each in result.outcomes if each.name == US) for result in pair)
    title = "coverage on recorded bytes, six times the pods"
    if not small.samples or not large.samples:
        return Promise(title, f"time ≤ {LINEAR} ×", "not measured", False)
    times = large.seconds / small.seconds
    return Promise(title, f"time ≤ {LINEAR} ×", f"{times:.1f} ×", times <= LINEAR)


def _versions() -> dict[str, str]:
    bench = THEIRS.parent
    names = {"kubernetes": "kubernetes (typed)", "kr8s": "kr8s", "lightkube": "lightkube"}
    return {"Kubernetes and kubectl": NEWEST} | {
        name: results.version_of(package, bench) for package, name in names.items()
    }


@contextlib.contextmanager
def _step(words: str) -> Iterator[None]:
    print(f"bench: {words} …", file=sys.stderr, flush=True)
    began = time.monotonic()
    yield
    print(f"bench: {words}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if not THEIRS.exists():
        raise SystemExit("run it by `make bench`, which installs what is measured")
    main()
