"""The examples in the helps of ``create`` and ``upgrade``, typed into a shell as they stand; and ``-k``."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_ds.cli import create, upgrade
from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import GOOD, Desk, named, opened

OLD = named("old").replace("apps/v1", "extensions/v1beta1")
EXPECTED_CODES = {"kubectl ds upgrade -R -f manifests/ --diff --exit-code": 3}
"""Where it is not zero: there is something to upgrade in that folder."""


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """A node, and a folder with what the examples name."""
    cluster.nodes("n1")
    for desk in opened(cluster, tmp_path):
        desk.write(GOOD.replace("agent", "fluentd"), "fluentd.yaml")
        desk.write(OLD, "old.yaml")
        (tmp_path / "manifests" / "below").mkdir(parents=True)
        desk.write(named("third"), "manifests/third.yaml")
        helm = Path(desk.write("#!/bin/sh\ncat fluentd.yaml\n", "helm"))
        helm.chmod(0o755)
        yield desk


def shell(desk: Desk, line: str) -> subprocess.CompletedProcess[str]:
    """What the line does in that folder."""
    environ = desk.cluster.plane.environment(namespace=desk.cluster.namespace)
    path = f"{desk.folder}:{environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", line], cwd=desk.folder, env={**environ, "PATH": path}, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("line", [line for _, line in create.EXAMPLES])
def test_an_example_of_create_does_what_it_says(desk: Desk, line: str) -> None:
    done = shell(desk, line)
    assert done.returncode == 0, done.stderr
    assert "created" in done.stdout or "kind: DaemonSet" in done.stdout
    assert bool(desk.names()) == ("--dry-run" not in line)


@pytest.mark.parametrize("line", [line for _, line in upgrade.EXAMPLES])
def test_an_example_of_upgrade_does_what_it_says(desk: Desk, line: str) -> None:
    for file in ("fluentd.yaml", "manifests/below/old.yaml"):
        desk.write(OLD, file)
    done = shell(desk, line)
    assert done.returncode == EXPECTED_CODES.get(line, 0), done.stderr
    assert "changed: apiVersion: apps/v1, was extensions/v1beta1" in done.stderr
    assert "apps/v1" in done.stdout + (desk.folder / "fluentd.yaml").read_text()


def test_a_folder_of_kustomize_is_created_as_kubectl_renders_it(desk: Desk) -> None:
    desk.write("resources: [fluentd.yaml]\nnamePrefix: my-\n", "kustomization.yaml")
    done = desk.ds("-k", str(desk.folder))
    assert (done.returncode, done.stdout, done.stderr) == (0, "daemonset.apps/my-fluentd created\n", "")


def test_what_kustomize_refuses_is_told_in_its_words(desk: Desk) -> None:
    done = desk.ds("-k", str(desk.folder / "manifests"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: unable to find one of 'kustomization.yaml'")
