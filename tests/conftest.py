"""Give the tests a real control plane where they ask for one, and let the others run without.

Every test that uses a plane is marked ``plane``, so ``pytest -m "not plane"`` needs no Go and takes seconds.
"""

from __future__ import annotations

import os
import signal
from typing import NoReturn

import pytest

from .controlplane import build

pytest_plugins = ["tests.controlplane.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the caller choose the Kubernetes version."""
    parser.addoption(
        "--kubernetes-version",
        default=os.environ.get("KUBERNETES") or build.NEWEST,
        type=_known_version,
        help=f"one of {', '.join(build.versions())}, a minor, newest or oldest; default: $KUBERNETES or newest",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let a SIGTERM end the session in order, so that the planes stop and their folders go."""
    signal.signal(signal.SIGTERM, _end_in_order)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need what is built for a plane, before ``-m`` selects by marks."""
    for item in items:
        if {"planes", "kubectl"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.plane)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what the selected tests need now: a build takes longer than a test may."""
    if session.config.option.collectonly:
        return
    if any(item.get_closest_marker("plane") for item in session.items):
        build.ensure(session.config.getoption("kubernetes_version"))


def _known_version(wanted: str) -> str:
    try:
        return build.resolve_version(wanted)
    except build.BuildError as error:
        raise pytest.UsageError(str(error)) from error


def _end_in_order(number: int, frame: object) -> NoReturn:
    pytest.exit("ended by SIGTERM", returncode=128 + number)
