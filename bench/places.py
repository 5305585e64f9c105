"""Where the work is done: a real control plane that can count, a server of recorded bytes, and whose programs do it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import yaml

from bench.counting import Relay
from bench.measure import Outcome, Program, run
from tests.controlplane.plane import ControlPlane

ROOT = Path(__file__).parent.parent
OURS = ROOT / ".venv-run" / "bin"
"""kubectl-ds as pip installs it."""
THEIRS = ROOT / ".venv-bench" / "bin"
"""The other Python clients."""
_COUNTED = re.compile(r'^apiserver_request_total\{.*verb="(?:GET|LIST|WATCH)".*\} (\S+)$')


class Place(Protocol):
    """A server with programs at hand."""

    def env(self) -> dict[str, str]:
        """The variables of a program that is to reach it."""

    def count(self, program: Program, outcome: Outcome) -> None:
        """Run a program once more, and note its requests and the bytes that it was sent."""


@dataclass
class Real:
    """A control plane."""

    plane: ControlPlane

    def env(self) -> dict[str, str]:
        """The plane's own kubectl and home."""
        config = self._kubeconfig("kubeconfig", json.loads(self.plane.kubeconfig().read_text()))
        return _environment(self.plane.data / "home", config, self.plane.programs)

    def count(self, program: Program, outcome: Outcome) -> None:
        """Bytes by a relay, requests by the API server's own metrics."""
        config = json.loads(self.plane.kubeconfig().read_text())
        with Relay(int(self.plane.server.rpartition(":")[2])) as relay:
            config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{relay.port}"
            path = self._kubeconfig("relayed", config)
            relayed = replace(program, env={**program.env, "KUBECONFIG": str(path)})
            run(relayed)  # for kubectl to remember what an address that is new to it serves
            before, received = self._requests(), relay.received
            run(relayed)
            outcome.requests = self._requests() - before
            outcome.received = relay.received - received

    def _kubeconfig(self, name: str, content: Any) -> Path:
        """A kubeconfig in YAML, as users have it."""
        path = self.plane.data / name
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(content))
        return path

    def _requests(self) -> int:
        """All about objects that were ever answered."""
        with self.plane.new_client() as client:
            text: str = client.request("GET", "/metrics")
        counted = (_COUNTED.match(line) for line in text.splitlines())
        return int(sum(float(each[1]) for each in counted if each))


@dataclass
class Recorded:
    """A server of recorded bytes."""

    url: str
    folder: Path
    programs: Path

    def env(self) -> dict[str, str]:
        """A kubeconfig without credentials: it speaks plain HTTP."""
        path = self.folder / "recorded.kubeconfig"
        cluster = {"name": "recorded", "cluster": {"server": self.url}}
        context = {"name": "recorded", "context": {"cluster": "recorded", "user": "nobody"}}
        user: dict[str, Any] = {"name": "nobody", "user": {}}
        content = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context], "users": [user]}
        path.write_text(yaml.safe_dump({**content, "current-context": "recorded"}))
        return _environment(self.folder, path, self.programs)

    def count(self, program: Program, outcome: Outcome) -> None:
        """The server counts."""
        self._counters()
        run(program)
        counters = self._counters()
        outcome.requests, outcome.received = counters["requests"], counters["sent"]

    def _counters(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.url}/-/counters", timeout=10) as answer:
            counters: dict[str, int] = json.load(answer)
            return counters


@contextlib.contextmanager
def recorded(record: Path, nodes: int, daemon_sets: int, programs: Path) -> Iterator[Recorded]:
    """A server of recorded bytes, in a process of its own."""
    command = [sys.executable, "-m", "bench.recorded", str(record), str(nodes), str(daemon_sets)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield Recorded(server.stdout.readline().strip(), record.parent, programs)
        finally:
            server.terminate()


def install() -> None:
    """kubectl-ds as a user gets it: a wheel of these sources, compiled, in an environment that holds nothing else."""
    python = str(OURS / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--force-reinstall", str(ROOT)], check=True, stdout=sys.stderr)


def _environment(home: Path, kubeconfig: Path, programs: Path) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    path = os.pathsep.join((str(OURS), str(programs), os.environ.get("PATH", os.defpath)))
    kept = {key: os.environ[key] for key in ("LANG", "TMPDIR") if key in os.environ}
    return {**kept, "HOME": str(home), "KUBECONFIG": str(kubeconfig), "PATH": path}
