"""What is measured: each piece of work, who does it, and what we mean to reach. Rows of a table; nothing runs here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.measure import Outcome, Program
from bench.places import THEIRS
from bench.population import NAMESPACE, SELECTOR, daemon_set_name

US = "kubectl-ds"
KUBECTL = "kubectl"
LIBRARIES = {"typed": "kubernetes (typed)", "kr8s": "kr8s", "lightkube": "lightkube"}
ONE = daemon_set_name(0)
_TOO_SLOW = frozenset({LIBRARIES["kr8s"]})
"""It is measured on the real server, where the same work takes it minutes."""
_START = (
    "About 0.09 s of it are Python's own start (0.016 s) and the import of typer with what that needs (0.07 s); what "
    "is left is ours. The ratio hangs on the hour: the same programs came to 1.75 × of kubectl, and to 1/6.2 of the "
    "typed client, earlier on the same machine. To be well below the goal at every hour, commands that read would need "
    "a command line that imports no typer."
)
_THE_SERVERS = (
    "Two fifths of the time are ours, the rest is the API server's, which encodes JSON on the same two processors. "
    "There is less to encode only in protobuf, for which a decoder would have to be written."
)
_SCANNING = (
    "Nearly all of it is one pass of msgspec over the JSON, at about 290 MB a second. Less would have to be sent: "
    "protobuf, or a Table, which does not hold what coverage needs."
)
_A_CELL = (
    "From 25,000 to 150,000 pods each further cell takes about 480 bytes: its pod's name (69) and uid (85), their "
    "metadata (88), the pod (40), the decision (112), and places in lists. To meet the goal, healthy cells would have "
    "to be kept in columns, and decisions made when they are asked for."
)
FEW = 10
"""Nodes of the small cluster, of which one is tainted."""


@dataclass(frozen=True)
class Goal:
    """What we mean to reach beside somebody."""

    beside: str
    seconds: float | None = None
    """At most so many times their seconds."""
    memory: float | None = None
    cpu: float | None = None
    mebibytes: float | None = None
    """At most so much memory, whatever others take."""
    otherwise: str = ""
    """Where it is known not to be reached: the measured reason, and what would be needed."""

    def judge(self, outcomes: Mapping[str, Outcome]) -> list[tuple[str, str, bool]]:
        """Each promise: in words, what was measured, whether it is kept."""
        ours, theirs = outcomes[US], outcomes[self.beside]
        if not ours.samples or not theirs.samples:
            return [(f"beside {self.beside}", "not measured", False)]
        told = []
        for limit, name, measured in (
            (self.seconds, "time", ours.seconds / theirs.seconds),
            (self.memory, "memory", ours.mebibytes / theirs.mebibytes),
            (self.cpu, "processor", ours.cpu / theirs.cpu),
        ):
            if limit is not None:
                words = f"{name} ≤ {_ratio(limit)} of {self.beside}"
                told.append((words, f"{_ratio(measured)}", measured <= limit))
        if self.mebibytes is not None:
            told.append((f"≤ {self.mebibytes:g} MiB", f"{ours.mebibytes:.0f} MiB", ours.mebibytes <= self.mebibytes))
        return told


@dataclass(frozen=True)
class Work:
    """One piece of work."""

    title: str
    programs: tuple[Program, ...]
    goals: tuple[Goal, ...] = ()


def starting(env: dict[str, str], rounds: int) -> list[Work]:
    """A small cluster: how long it takes to start."""
    return [
        Work(
            f"get ds, {FEW} nodes, real server",
            (
                Program(US, ((US, "get", "-A"),), env, rounds, ONE),
                Program(KUBECTL, ((KUBECTL, "get", "ds", "-A"),), env, rounds, ONE),
                *libraries("daemonsets", env, max(1, rounds // 3), expects=ONE),
            ),
            (
                Goal(KUBECTL, seconds=1.8, mebibytes=35, otherwise=_START),
                Goal(LIBRARIES["typed"], seconds=1 / 6, otherwise=_START),
            ),
        ),
        Work(
            "--help",
            (
                Program(US, ((US, "--help"),), env, rounds, "coverage"),
                Program(KUBECTL, ((KUBECTL, "get", "--help"),), env, rounds, "Examples"),
            ),
            (Goal(KUBECTL, seconds=2),),
        ),
        Work(
            "completion of a name, real server",
            (
                Program(US, (("kubectl_complete-ds", "get", "-n", NAMESPACE, ""),), env, rounds, ONE),
                Program(KUBECTL, ((KUBECTL, "__complete", "get", "ds", "-n", NAMESPACE, ""),), env, rounds, ONE),
            ),
            (Goal(KUBECTL, seconds=2),),
        ),
        Work(
            f"coverage of everything, {FEW} nodes, real server",
            (
                Program(US, ((US, "coverage", "-A"),), env, rounds, f"{ONE}: 9 of {FEW} nodes covered"),
                Program(
                    KUBECTL, ((KUBECTL, "get", "nodes"), (KUBECTL, "get", "pods", "-A")), env, rounds, f"{ONE}-00001"
                ),
                *libraries("coverage", env, max(1, rounds // 3), expects=f"{ONE}: 9 of {FEW} nodes covered"),
            ),
            (Goal(LIBRARIES["typed"], seconds=1 / 6, otherwise=_START),),
        ),
    ]


def large(env: dict[str, str], nodes: int, daemon_sets: int, covered: int) -> list[Work]:
    """A large cluster on a real server."""
    pods = (KUBECTL, "get", "pods")
    first = f"{ONE}-00001"
    told = f"{ONE}: {covered} of {nodes} nodes covered"
    return [
        Work(
            f"coverage of one DaemonSet, {nodes:,} nodes, real server",
            (
                Program(US, ((US, "coverage", ONE, "-n", NAMESPACE),), env, 5, told),
                Program(
                    KUBECTL,
                    ((KUBECTL, "get", "nodes"), (*pods, "-l", f"{SELECTOR}={ONE}", "-n", NAMESPACE)),
                    env,
                    5,
                    first,
                ),
                *libraries("coverage", env, 1, ONE, expects=f"{ONE}: {covered} of {nodes} nodes covered"),
            ),
            (Goal(KUBECTL, seconds=1 / 3, memory=1 / 8),),
        ),
        Work(
            f"coverage of {daemon_sets} DaemonSets, {nodes:,} nodes, {daemon_sets * covered:,} pods, real server",
            (
                Program(US, ((US, "coverage", "-A"),), env, 5, told),
                Program(KUBECTL, ((KUBECTL, "get", "nodes"), (*pods, "-A")), env, 3, first),
                *libraries("coverage", env, 1, expects=f"{ONE}: {covered} of {nodes} nodes covered"),
            ),
            (
                Goal(KUBECTL, seconds=1 / 4, cpu=1 / 8, mebibytes=64, otherwise=_THE_SERVERS),
                Goal(LIBRARIES["typed"], seconds=1 / 8),
            ),
        ),
    ]


def of_recorded_bytes(env: dict[str, str], nodes: int, daemon_sets: int, *, everybody: bool) -> Work:
    """A server that costs nothing: what is left is the client."""
    told = f"{ONE}: all {nodes} nodes covered"
    programs = [Program(US, ((US, "coverage", "-A"),), env, 3, told)]
    if everybody:
        told = f"{ONE}: {nodes} of {nodes} nodes covered"
        programs += [each for each in libraries("coverage", env, 1, expects=told) if each.name not in _TOO_SLOW]
        goals = (Goal(LIBRARIES["typed"], seconds=1 / 50, otherwise=_SCANNING),)
    else:
        programs.append(Program(KUBECTL, ((KUBECTL, "get", "pods", "-A"),), env, 1, f"{ONE}-00001"))
        goals = (Goal(KUBECTL, seconds=1 / 15, mebibytes=64, otherwise=_A_CELL),)
    title = f"coverage of {daemon_sets} DaemonSets, {nodes:,} nodes, {daemon_sets * nodes:,} pods, recorded bytes"
    return Work(title, tuple(programs), goals)


def libraries(work: str, env: dict[str, str], rounds: int, *rest: str, expects: str) -> tuple[Program, ...]:
    """The other Python clients at the same work."""
    script = str(THEIRS.parent.parent / "bench" / "clients.py")
    python = str(THEIRS / "python")
    return tuple(
        Program(name, ((python, script, key, work, *rest),), env, rounds, expects) for key, name in LIBRARIES.items()
    )


def _ratio(value: float) -> str:
    return f"{value:.2f} ×" if value > 0.5 else f"1/{1 / value:.1f}"
