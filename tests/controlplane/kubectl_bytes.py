"""Compare what the real kubectl prints with what we print of the same cluster, byte for byte, ages included.

It is always the newest kubectl, whose texts are ours, whatever the version of the server.
"""

from __future__ import annotations

import subprocess
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from . import build
from .daemon_set_samples import samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .cluster import Cluster

Object = dict[str, Any]

ATTEMPTS = 8
"""An age changes with the second: ask again when kubectl and we did not speak within the same one."""

NODES = ("n1", "n2")


def fill(cluster: Cluster) -> tuple[str, ...]:
    """Create the samples in the test's namespace, and let the controllers have their say; their names, sorted."""
    cluster.nodes(*NODES)
    created = cluster.create(*samples(cluster.namespace))
    cluster.settle()
    return tuple(sorted(one["metadata"]["name"] for one in created))


def kubectl(cluster: Cluster, *arguments: str) -> str:
    """What kubectl prints on stdout; bytes that are no character become surrogate escapes."""
    done = run_kubectl(cluster, *arguments)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="surrogateescape")


def newest_kubectl() -> Path:
    """The newest kubectl; the test is skipped where it is not built."""
    if not build.is_built(build.NEWEST):
        pytest.skip("the newest kubectl is not built yet: run once with KUBERNETES=newest")
    return build.ensure(build.NEWEST) / "kubectl"


def run_kubectl(cluster: Cluster, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the newest kubectl in the test's namespace."""
    command = [str(newest_kubectl()), *arguments]
    environment = cluster.plane.environment(namespace=cluster.namespace)
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)


def assert_same(cluster: Cluster, arguments: tuple[str, ...], ours: Callable[[datetime], str]) -> None:
    """Assert that kubectl prints what we print at a moment of its run."""
    for _ in range(ATTEMPTS):
        before = ours(datetime.now(timezone.utc))
        theirs = kubectl(cluster, *arguments)
        after = ours(datetime.now(timezone.utc))
        if theirs in (before, after):
            return
    assert after == theirs, f"kubectl {' '.join(arguments)}"
