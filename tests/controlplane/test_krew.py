"""``make dist``, and what krew makes of it: the real krew installs the archive, and kubectl runs what is in it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.controlplane import build
from tests.controlplane.cluster import Cluster

ROOT = Path(__file__).parent.parent.parent
HERE = f"{sys.platform}-{ {'x86_64': 'amd64', 'aarch64': 'arm64', 'arm64': 'arm64'}[platform.machine()] }"
LINKED = ("kubectl-ds", "kubectl_complete-ds", "kubectl-create-daemonset")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``make dist`` writes, for the platform of this machine."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "release.archives", str(folder), HERE]
    subprocess.run(command, cwd=ROOT, check=True, timeout=280)
    return folder


@pytest.fixture(scope="module")
def krew() -> Path:
    """The real krew; ``make plane`` has built it, for a build takes longer than a test may."""
    return build.ensure_krew()


def run(command: list[str], environ: Mapping[str, str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run it in the environment, and show on a failure what it said."""
    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, timeout=120, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_manifest_names_each_archive_with_its_hash(dist: Path) -> None:
    (entry,) = yaml.safe_load((dist / "krew-manifest.yaml").read_text())["spec"]["platforms"]
    archive = dist / entry["uri"]

    assert entry["selector"]["matchLabels"] == dict(zip(("os", "arch"), HERE.split("-"), strict=True))
    assert entry["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()


def test_an_archive_serves_every_python_and_carries_bytecode(dist: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        owners = {(entry.uid, entry.uname, entry.mtime) for entry in tar}

    minors = {name.split("cpython-3")[1][:2] for name in names if name.startswith("lib/msgspec/_core.")}
    assert minors == {"10", "11", "12", "13", "14"}
    tag = sys.implementation.cache_tag
    assert f"lib/kubectl_ds/cli/__pycache__/coverage.{tag}.pyc" in names
    assert f"lib/msgspec/__pycache__/__init__.{tag}.pyc" in names
    assert owners == {(0, "", 0)}, "the same sources give the same bytes"
    assert not [name for name in names if "test" in name.split("/")[1:2]]


def test_krew_installs_it_and_kubectl_finds_it(dist: Path, krew: Path, cluster: Cluster, tmp_path: Path) -> None:
    cluster.nodes("n1")
    cluster.daemon_set("fluentd")
    cluster.settle()
    (archive,) = dist.glob("*.tar.gz")
    root = tmp_path / "krew"
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "git", "readlink"):
        (tools / name).symlink_to(shutil.which(name) or pytest.fail(f"this machine has no {name}"))
    (tools / "python3").symlink_to(Path(sys.executable).resolve())
    environ = cluster.plane.environment(namespace=cluster.namespace) | {
        "PATH": os.pathsep.join(map(str, (root / "bin", cluster.plane.programs, tools))),
        "KREW_ROOT": str(root),
        "KREW_NO_UPGRADE_CHECK": "1",
        "HOME": str(tmp_path),
    }

    manifest = str(dist / "krew-manifest.yaml")
    installed = run([str(krew), "install", f"--manifest={manifest}", f"--archive={archive}"], environ)
    assert "Installed plugin: ds" in installed.stderr

    theirs, ours = (run(["kubectl", *words], environ) for words in (["get", "ds"], ["ds", "get"]))
    assert ours.stdout.split()[:10] == theirs.stdout.split()[:10]
    document = json.loads(run(["kubectl", "ds", "coverage", "-o", "json"], environ).stdout)
    assert document["daemonSets"][0]["verdicts"] == {"ok": 1}

    store = root / "store" / "ds" / f"v{yaml.safe_load(Path(manifest).read_text())['spec']['version'].lstrip('v')}"
    for name in LINKED[1:]:
        (root / "bin" / name).symlink_to(store / name)
    assert run(["kubectl", "__complete", "ds", "coverage", ""], environ).stdout == "fluentd\n:4\n"
    made = run(["kubectl", "create", "daemonset", "made", "--image=registry.example/made:1"], environ)
    assert made.stdout == "daemonset.apps/made created\n"


def test_a_python_that_is_too_old_is_told_so(dist: Path, tmp_path: Path) -> None:
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "plugin")
    old = tmp_path / "python3"
    old.write_text(
        f"#!{sys.executable}\n"
        "import runpy, sys\n"
        "arguments = [word for word in sys.argv[1:] if word not in ('-I', '-S')]\n"
        "if arguments[0] == '-c':\n"
        "    sys.exit(1)\n"
        "sys.version_info = (3, 9, 0)\n"
        "sys.argv = arguments\n"
        "runpy.run_path(arguments[0], run_name='__main__')\n"
    )
    old.chmod(0o755)
    shell = shutil.which("sh") or "sh"
    environ = {"PATH": str(tmp_path), "KUBECTL_DS_PYTHON": str(old)}

    refused = run([shell, str(tmp_path / "plugin" / "kubectl-ds"), "version"], environ, check=False)
    nothing = run(
        [shell, str(tmp_path / "plugin" / "kubectl-ds"), "version"], {"PATH": str(tmp_path / "x")}, check=False
    )

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("error: kubectl ds needs Python 3.10 to 3.14, and python3 is 3.9\n")
    assert nothing.stderr.startswith("error: kubectl ds needs Python 3.10 or newer on the PATH")
