"""What is loaded before the first request: nothing that only rare paths need."""

from __future__ import annotations

import subprocess
import sys

import pytest

RARE = (
    "asyncio",
    "difflib",
    "gzip",
    "kubernetes",
    "logging",
    "multiprocessing",
    "pydantic",
    "rich",
    "shutil",
    "subprocess",
    "tempfile",
    "threading",
    "typer",
    "urllib.request",
    "yaml",
)
OURS = ("kubectl_ds.engine", "kubectl_ds.render", "kubectl_ds.manifest", "kubectl_ds.cluster.discovery")


@pytest.mark.parametrize("module", ["kubectl_ds.cluster.live", "kubectl_ds.cluster.capture"])
def test_only_what_every_run_needs_is_imported(module: str) -> None:
    loaded = _loaded(module)
    assert module in loaded
    assert sorted(name for name in (*RARE, *OURS) if name in loaded) == []


def test_a_capture_needs_no_network() -> None:
    assert not {"http.client", "ssl", "socket"} & _loaded("kubectl_ds.cluster.capture")


def _loaded(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
