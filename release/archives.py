"""Build what krew installs: ``python -m release.archives FOLDER [PLATFORM …]``.

An archive holds launchers and one ``lib`` with this package and its locked dependencies. msgspec and PyYAML are
compiled for each version of Python; their modules bear it in their names, so those of all versions lie side by side,
and one archive for each platform serves every Python from 3.10 on. Against the alternatives: a frozen interpreter
starts later and must be made on each platform itself; a zipped application unpacks compiled modules at every start.

Bytecode is compiled for each Python that this machine has, and holds whatever the files' times are: krew sets new ones.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    ("linux", "amd64"): "x86_64-manylinux2014",
    ("linux", "arm64"): "aarch64-manylinux2014",
    ("darwin", "amd64"): "x86_64-apple-darwin",
    ("darwin", "arm64"): "aarch64-apple-darwin",
}
"""krew's names for a platform, and those of the wheels that it takes."""
UV = str(Path(sys.executable).with_name("uv"))


def build(folder: Path, platforms: Iterable[tuple[str, str]]) -> None:
    """Write the wheel, an archive for each platform, and the manifest that names them, into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        _uv("build", "--wheel", "--no-build-isolation", "--out-dir", str(scratch / "wheel"), str(ROOT))
        (wheel,) = (scratch / "wheel").glob("*.whl")
        archives = {each: _archive(folder, scratch / "-".join(each), each, wheel) for each in platforms}
        shutil.copy(wheel, folder)
    (folder / "krew-manifest.yaml").write_text(_manifest(archives))


def _archive(folder: Path, tree: Path, platform: tuple[str, str], wheel: Path) -> Path:
    version = metadata.version("kubectl-ds")
    archive = folder / f"kubectl-ds-v{version}-{'-'.join(platform)}.tar.gz"
    _say(f"{archive.name}: gathering packages for Python {PYTHONS[0]} to {PYTHONS[-1]}")
    lib = tree / "lib"
    for python in PYTHONS:
        _packages(tree / python, PLATFORMS[platform], python)
        _merge(tree / python, lib)
    _uv("pip", "install", "--no-deps", "--target", str(tree / "own"), "--python-version", PYTHONS[0], str(wheel))
    _merge(tree / "own", lib)
    shutil.rmtree(lib / "bin", ignore_errors=True)
    _compile(lib)
    shutil.copy(ROOT / "release" / "launch.py", tree)
    for name in ("LICENSE", "README.md"):
        shutil.copy(ROOT / name, tree)
    for script in metadata.distribution("kubectl-ds").entry_points:
        launcher = (ROOT / "release" / "launch.sh").read_text()
        (tree / script.name).write_text(launcher.replace("@NAME@", script.name).replace("@TARGET@", script.value))
        (tree / script.name).chmod(0o755)
    _pack(tree, archive)
    _say(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB")
    return archive


def _packages(target: Path, wheels: str, python: str) -> None:
    """The locked run-time dependencies as one Python on one platform needs them, checked by hash."""
    where = ("--target", str(target), "--python-platform", wheels, "--python-version", python)
    _uv("pip", "install", "--require-hashes", "--only-binary", ":all:", *where, "-r", str(ROOT / "requirements.lock"))


def _merge(source: Path, lib: Path) -> None:
    """Add what ``lib`` lacks: compiled modules of one more Python; all else is from the oldest, and suits the newer."""
    for path in sorted(source.rglob("*")):
        target = lib / path.relative_to(source)
        if path.is_file() and "__pycache__" not in path.parts and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
    shutil.rmtree(source)


def _compile(lib: Path) -> None:
    for python in PYTHONS:
        command = [UV, "python", "find", "--no-python-downloads", python]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.returncode:
            _say(f"no Python {python} here: its bytecode is compiled when the archive is first used")
            continue
        compiler = ("-m", "compileall", "-q", "-o", "0", "--invalidation-mode", "unchecked-hash")
        subprocess.run([found.stdout.strip(), "-I", *compiler, "-s", str(lib), str(lib)], check=True, stdout=sys.stderr)


def _pack(tree: Path, archive: Path) -> None:
    """The same tree gives the same bytes: sorted, without owners, at one time."""
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(tree.rglob("*")):
            if path.is_file():
                entry = tar.gettarinfo(path, str(path.relative_to(tree)))
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = ""
                entry.mtime = epoch
                entry.mode = 0o755 if entry.mode & 0o100 else 0o644
                with path.open("rb") as file:
                    tar.addfile(entry, file)
    archive.write_bytes(gzip.compress(data.getvalue(), mtime=epoch))


def _manifest(archives: dict[tuple[str, str], Path]) -> str:
    """The manifest of this repository, with the place and the hash of each archive that was built."""
    yaml = YAML()
    text = (ROOT / "krew-manifest.yaml").read_text()
    manifest = yaml.load(text[text.index("apiVersion:") :])
    platforms = manifest["spec"]["platforms"]
    for entry in list(platforms):
        labels = entry["selector"]["matchLabels"]
        archive = archives.get((labels["os"], labels["arch"]))
        if archive is None:
            platforms.remove(entry)
        else:
            entry["uri"] = os.environ.get("RELEASES", "") + archive.name
            entry["sha256"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    written = io.StringIO()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(manifest, written)
    return written.getvalue()


def _uv(*arguments: str) -> None:
    quiet = ("--quiet", "--no-config", "--no-python-downloads")
    subprocess.run([UV, *arguments, *quiet], check=True, cwd=ROOT, stdout=sys.stderr)


def _say(text: str) -> None:
    print(f"dist: {text}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> None:
    """The command line: a folder, then platforms such as ``linux-amd64``; all of them when none is named."""
    folder, *names = arguments
    known = {"-".join(platform): platform for platform in PLATFORMS}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"dist: no such platform: {', '.join(unknown)}; there are {', '.join(known)}")
    build(Path(folder).absolute(), [known[name] for name in names] or list(PLATFORMS))


if __name__ == "__main__":
    main(sys.argv[1:])
