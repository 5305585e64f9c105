"""Gates: commands of the user's own that judge a wave by their exit code, with its nodes in their environment."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from kubectl_ds.engine.stage.cells import NEW, Cell, Standing
from kubectl_ds.engine.stage.state import StageState
from kubectl_ds.model.meta import natural_key

_MOST = 100_000
"""Bytes of one variable: Linux takes no more than 128 KiB. The files hold all names whatever their number."""


@dataclass(frozen=True)
class Facts:
    """What a gate may want to know."""

    namespace: str
    daemon_set: str
    wave: int
    """From 1."""
    waves: int
    name: str
    revision: str
    nodes: tuple[str, ...]
    """The wave's nodes with an available new pod."""
    updated: tuple[str, ...]
    """All nodes with an available new pod so far."""
    ahead: tuple[str, ...]
    """Those of them, and others, that have a new pod before their turn."""
    aside: tuple[str, ...]
    """Nodes of the waves so far that are down."""


def facts_of(state: StageState, cells: Mapping[str, Cell], *, namespace: str, name: str, revision: str) -> Facts:
    """What there is to know of the present wave."""
    wave = state.waves[state.wave]
    reached = {node for each in state.waves[: state.wave + 1] for node in each.nodes}
    ready = {node for node, cell in cells.items() if cell.standing is Standing.READY}
    new = {node for node, cell in cells.items() if cell.standing in NEW}
    down = {node for node, cell in cells.items() if cell.standing is Standing.ASIDE}
    return Facts(
        namespace=namespace,
        daemon_set=name,
        wave=state.wave + 1,
        waves=len(state.waves),
        name=wave.name,
        revision=revision,
        nodes=_sorted(set(wave.nodes) & ready),
        updated=_sorted(ready),
        ahead=_sorted(new - reached),
        aside=_sorted(reached & down),
    )


def run_gate(command: str, facts: Facts, environ: Mapping[str, str], say: Callable[[str], None]) -> int:
    """The exit code of the command; ``say`` is told each line that it prints."""
    lists = {
        "KUBECTL_DS_NODES": facts.nodes,
        "KUBECTL_DS_UPDATED": facts.updated,
        "KUBECTL_DS_AHEAD": facts.ahead,
        "KUBECTL_DS_ASIDE": facts.aside,
    }
    given = {
        "KUBECTL_DS_NAMESPACE": facts.namespace,
        "KUBECTL_DS_NAME": facts.daemon_set,
        "KUBECTL_DS_WAVE": str(facts.wave),
        "KUBECTL_DS_WAVES": str(facts.waves),
        "KUBECTL_DS_WAVE_NAME": facts.name,
        "KUBECTL_DS_REVISION": facts.revision,
    }
    with tempfile.TemporaryDirectory(prefix="kubectl-ds-") as folder:
        for variable, nodes in lists.items():
            path = os.path.join(folder, variable.removeprefix("KUBECTL_DS_").lower())  # noqa: PTH118
            with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
                file.writelines(f"{node}\n" for node in nodes)
            given[f"{variable}_FILE"] = path
            names = " ".join(nodes)
            if len(names) <= _MOST:
                given[variable] = names
        with subprocess.Popen(
            command,
            shell=True,
            env={**environ, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as running:
            for line in running.stdout or ():
                say(line.rstrip("\n"))
    return running.returncode


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=natural_key))
