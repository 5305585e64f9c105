"""Ctrl-C ends a run at once, whatever it waits for, with 130 and without a word."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.errors import ExitCode
from tests.cluster.server import AUTHORITY, Arrived, Server, reply

V1 = "client.authentication.k8s.io/v1"
CODE = (
    "import signal, sys; from kubectl_ds.cli import main; sys.argv[1:] = ['get'];"
    "signal.signal(signal.SIGINT, signal.default_int_handler); main()"  # background jobs may ignore it
)


def _silent(arrived: Arrived) -> Iterator[bytes]:
    time.sleep(1.5)
    yield from ()


def _half(arrived: Arrived) -> Iterator[bytes]:
    yield reply(200, b"{}" * 1000)[:-100]
    time.sleep(1.5)


def _busy(arrived: Arrived) -> bytes:
    return reply(429, b"{}", ("Retry-After", "30"))


def _sleeper(folder: Path) -> dict[str, Any]:
    """A credential plugin that tells that it runs, and then sleeps."""
    command = ["-c", f"touch {folder}/runs; exec sleep 20"]
    return {"exec": {"apiVersion": V1, "command": "sh", "args": command, "interactiveMode": "Never"}}


@pytest.mark.parametrize("waits_for", ["an answer", "the rest of an answer", "another attempt", "a plugin"])
def test_ctrl_c_ends_any_wait_at_once(waits_for: str, tmp_path: Path) -> None:
    answer: Any = {"the rest of an answer": _half, "another attempt": _busy}.get(waits_for, _silent)
    user = _sleeper(tmp_path) if waits_for == "a plugin" else {"token": "x"}
    with Server(answer, certificate="server") as server:
        config = {
            "current-context": "c",
            "clusters": [{"name": "k", "cluster": {"server": server.url, "certificate-authority": str(AUTHORITY)}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        }
        path = tmp_path / "config"
        path.write_text(json.dumps(config))
        process = subprocess.Popen(
            [sys.executable, "-c", CODE],
            env={"KUBECONFIG": str(path), "KUBERC": "off", "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        end = time.monotonic() + 60
        while not (server.requests or (tmp_path / "runs").exists()) and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.2)
        interrupted = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert time.monotonic() - interrupted < 15, "it would have waited for longer"
    assert (process.returncode, out, err) == (ExitCode.INTERRUPTED, b"", b"")
