"""Programs that do the same work, run in turn, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

STOPWATCH = Path(__file__).with_name("stopwatch.py")
LIMIT = 400
"""Seconds after which a program is ended."""


@dataclass(frozen=True)
class Sample:
    """What one run took."""

    seconds: float
    cpu: float
    """Seconds of all processors together."""
    mebibytes: float
    """The most memory that was resident."""


@dataclass(frozen=True)
class Program:
    """Somebody who does the work: one command, or several one after the other."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    env: Mapping[str, str]
    rounds: int
    """In how many rounds it takes part."""
    expects: str = ""
    """What stands in its output when it did the work."""


@dataclass
class Outcome:
    """What came of a program."""

    name: str
    samples: list[Sample] = field(default_factory=list)
    failure: str = ""
    requests: int | None = None
    received: int | None = None
    """Bytes that came from the server in one run, as they went over the wire."""

    @property
    def seconds(self) -> float:
        """The median."""
        return median(each.seconds for each in self.samples)

    @property
    def cpu(self) -> float:
        """The median."""
        return median(each.cpu for each in self.samples)

    @property
    def mebibytes(self) -> float:
        """The largest."""
        return max(each.mebibytes for each in self.samples)


def run_in_turn(programs: Sequence[Program]) -> list[Outcome]:
    """Round after round, each program that still takes part; who fails is out."""
    outcomes = [Outcome(each.name) for each in programs]
    for turn in range(max(each.rounds for each in programs)):
        for program, outcome in zip(programs, outcomes, strict=True):
            if turn < program.rounds and not outcome.failure:
                try:
                    outcome.samples.append(run(program))
                except RuntimeError as error:
                    outcome.failure = str(error)
                    print(f"bench: {program.name}: {error}", file=sys.stderr, flush=True)
    return outcomes


def run(program: Program) -> Sample:
    """One run of a program.

    Raises:
        RuntimeError: it did not do the work.
    """
    parts = [_run(program, command) for command in program.commands]
    return Sample(
        sum(each.seconds for each in parts), sum(each.cpu for each in parts), max(each.mebibytes for each in parts)
    )


def _run(program: Program, command: tuple[str, ...]) -> Sample:
    with tempfile.NamedTemporaryFile() as output:
        stopwatch = [sys.executable, "-I", "-S", str(STOPWATCH), str(LIMIT), output.name, *command]
        done = subprocess.run(stopwatch, env=dict(program.env), capture_output=True, text=True, check=True)
        seconds, cpu, kibibytes, status = done.stdout.split()
        if int(status) < 0:
            raise RuntimeError(f"was ended after {float(seconds):.0f} s")
        written = Path(output.name).read_text(errors="replace")
        if int(status) or (command is program.commands[-1] and program.expects not in written):
            said = (done.stderr or written).strip().splitlines() or [""]
            raise RuntimeError(f"did not do the work (exit {status}): {said[-1].strip()[-200:]}")
    return Sample(float(seconds), float(cpu), int(kibibytes) / 1024)
