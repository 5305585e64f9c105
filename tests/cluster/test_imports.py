"""What is loaded before the first request: nothing that only rare paths need."""

from __future__ import annotations

import subprocess
import sys

import pytest

RARE = (
    "asyncio",
    "difflib",
    "email",
    "gzip",
    "http",
    "kubernetes",
    "logging",
    "multiprocessing",
    "pydantic",
    "random",
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


@pytest.mark.parametrize(
    ("module", "needed"),
    [
        ("kubectl_ds.cluster.live", "ssl, msgspec, dataclasses, typing"),
        ("kubectl_ds.cluster.capture", "msgspec, dataclasses, typing, re"),
    ],
)
def test_only_what_every_run_needs_is_imported(module: str, needed: str) -> None:
    loaded = _loaded(module) - _loaded(needed)
    assert module in loaded
    assert sorted(name for name in (*RARE, *OURS) if name in loaded) == []


def test_a_capture_needs_no_network() -> None:
    assert not {"http", "ssl", "socket"} & _loaded("kubectl_ds.cluster.capture")


def _loaded(modules: str) -> set[str]:
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
