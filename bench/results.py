"""``bench/RESULTS.md``: what was measured, as tables, and of goals that are not met the reason where it is known."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path

from bench.measure import Outcome
from bench.works import US, Work

PATH = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Result:
    """A piece of work that was done."""

    work: Work
    outcomes: Sequence[Outcome]


@dataclass(frozen=True)
class Promise:
    """A goal that is not beside anybody."""

    title: str
    goal: str
    measured: str
    kept: bool


def document(results: Sequence[Result], promises: Sequence[Promise], versions: dict[str, str]) -> str:
    """The whole page."""
    lines = [
        "# Measured",
        "",
        f"By `make bench` on {date.today().isoformat()}: {_machine()}.",
        ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        "",
        "Programs of one table ran in turn; times are medians of whole processes, memory is the largest peak,",
        "processor seconds are those of all processors. Clients and server shared the machine. Requests and bytes are",
        "of one run; bytes are what the server sent, compressed where it compressed. The server of recorded bytes",
        "answers what a real one had answered, multiplied, in plain HTTP without compression.",
        "",
        "## Goals",
        "",
        "| work | goal | measured | |",
        "|---|---|---|---|",
    ]
    lines += [f"| {title} | {goal} | {measured} | {_met(kept)} |" for title, goal, measured, kept in _goals(results)]
    lines += [f"| {each.title} | {each.goal} | {each.measured} | {_met(each.kept)} |" for each in promises]
    lines += [
        line
        for reason in dict.fromkeys(each for result in results for each in _reasons(result))
        for line in ("", reason)
    ]
    for result in results:
        lines += ["", f"## {result.work.title}", "", *_table(result.outcomes)]
    return "\n".join(lines) + "\n"


def _goals(results: Sequence[Result]) -> list[tuple[str, str, str, bool]]:
    return [
        (result.work.title, words, measured, kept)
        for result in results
        for goal in result.work.goals
        for words, measured, kept in goal.judge({each.name: each for each in result.outcomes})
    ]


def _reasons(result: Result) -> list[str]:
    """Why goals are not met, where that is known."""
    outcomes = {each.name: each for each in result.outcomes}
    return [
        f"{result.work.title}: {goal.otherwise}"
        for goal in result.work.goals
        if goal.otherwise and not all(kept for _, _, kept in goal.judge(outcomes))
    ]


def _table(outcomes: Sequence[Outcome]) -> list[str]:
    ours = next(each for each in outcomes if each.name == US)
    lines = [
        "| who | seconds | × kubectl-ds | processor s | peak MiB | requests | MB received | runs |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for each in outcomes:
        if not each.samples:
            lines.append(f"| {each.name} | {each.failure or 'did not run'} | | | | | | |")
            continue
        times = f"{each.seconds / ours.seconds:.1f}" if ours.samples else ""
        requests = "" if each.requests is None else str(each.requests)
        received = "" if each.received is None else f"{each.received / 1e6:.2f}"
        lines.append(
            f"| {each.name} | {each.seconds:.3f} | {times} | {each.cpu:.3f} | {each.mebibytes:.0f} | {requests} "
            f"| {received} | {len(each.samples)} |"
        )
    return lines


def _met(kept: bool) -> str:
    return "met" if kept else "**not met**"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = os.getloadavg()[2]
    return (
        f"{os.cpu_count()} processors ({_processor()}), {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load {busy:.1f} before the end"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def version_of(package: str, folder: Path) -> str:
    """The version of a package that is installed under a folder."""
    found = metadata.distributions(name=package, path=[str(each) for each in folder.glob("lib/python*/site-packages")])
    return next((each.version for each in found), "absent")
