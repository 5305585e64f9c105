"""The pytest fixtures that give tests a real cluster, and the planes behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pytest

from . import build
from .cluster import Cluster
from .settings import PlaneSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .client import Client
    from .kubelet import FakeKubelet
    from .plane import ControlPlane

MOST_PLANES = 3
"""How many planes may run at a time, half a gigabyte each; the one with default settings always stays."""


class Planes:
    """The clusters of this session, one for each settings, started when first asked for."""

    def __init__(self, version: str) -> None:
        self.started: list[str] = []
        """A line about each plane that was started."""

        self._default = PlaneSettings(version=version)
        self._running: dict[PlaneSettings, Cluster] = {}
        """From the one unused for longest to the last used."""

    def get(self, **changes: Any) -> Cluster:
        """The cluster whose settings differ from the default ones in this."""
        settings = replace(self._default, **changes)
        cluster = self._running.pop(settings, None)
        if cluster is None:
            others = [known for known in self._running if known != self._default]
            if len(self._running) >= MOST_PLANES:
                self._running.pop(others[0]).close()
            cluster = Cluster(settings)
            self.started.append(f"Kubernetes {settings.version} was ready in {cluster.plane.startup_seconds:.1f} s")
        self._running[settings] = cluster
        return cluster

    def close(self) -> None:
        """Stop all of them."""
        while self._running:
            self._running.popitem()[1].close()


PLANES = pytest.StashKey[Planes]()


class PlaneFactory(Protocol):
    """Makes planes."""

    def __call__(self, **changes: Any) -> ControlPlane:
        """A running plane whose settings differ in this from the default ones."""


class ClusterFactory(Protocol):
    """Makes clusters."""

    def __call__(self, **changes: Any) -> Cluster:
        """An empty cluster whose plane differs in this from the default settings."""


@pytest.fixture(scope="session")
def kubernetes_version(pytestconfig: pytest.Config) -> str:
    """The version under test: ``--kubernetes-version``, else ``$KUBERNETES``, else the newest."""
    version: str = pytestconfig.getoption("kubernetes_version")
    return version


@pytest.fixture(scope="session")
def kubectl() -> str:
    """The newest kubectl, whose words and requests are ours; a test that uses it needs no plane, but a build."""
    if not build.is_built(build.NEWEST):
        pytest.skip("the newest kubectl is not built yet: run once with KUBERNETES=newest")
    return str(build.ensure(build.NEWEST) / "kubectl")


@pytest.fixture(scope="session")
def planes(kubernetes_version: str, pytestconfig: pytest.Config) -> Iterator[Planes]:
    """All planes of the session. A test that uses this, even through other fixtures, is marked ``plane``."""
    kept = pytestconfig.stash[PLANES] = Planes(kubernetes_version)
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def plane(planes: Planes) -> ControlPlane:
    """The plane with default settings, in whatever state other tests left it."""
    return planes.get().plane


@pytest.fixture(scope="session")
def plane_factory(planes: Planes) -> PlaneFactory:
    """Planes with other settings: ``plane_factory(admission=("PodNodeSelector",))``."""
    return lambda **changes: planes.get(**changes).plane


@pytest.fixture
def cluster(planes: Planes) -> Cluster:
    """An empty cluster with default settings and a fresh namespace."""
    found = planes.get()
    found.begin()
    return found


@pytest.fixture
def cluster_factory(planes: Planes) -> ClusterFactory:
    """Empty clusters with other settings; ask once per test for the same settings."""

    def make(**changes: Any) -> Cluster:
        found = planes.get(**changes)
        found.begin()
        return found

    return make


@pytest.fixture
def client(cluster: Cluster) -> Client:
    """The administrator's client of the empty cluster."""
    return cluster.client


@pytest.fixture
def kubelet(cluster: Cluster) -> FakeKubelet:
    """The kubelets of the empty cluster."""
    return cluster.kubelet


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    """The fresh namespace of the empty cluster."""
    return cluster.namespace


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how long the planes took to start."""
    planes = config.stash.get(PLANES, None)
    for line in planes.started if planes else ():
        terminalreporter.write_line(f"controlplane: {line}")
