"""The house around the code: what stands at the top, one version, locks that lock, and words that stay true.

Nothing here runs a command of the program; the files in git are read as they are.
"""

from __future__ import annotations

import ast
import gzip
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
import yaml

import kubectl_ds

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "kubectl_ds").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
TESTED_LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-dev.lock")
LOCKS = (*TESTED_LOCKS, "requirements-bench.lock")

TOP_LEVEL = {
    *(
        "kubectl_ds",
        "tests",
        "bench",
        "release",
        "pyproject.toml",
        "krew-manifest.yaml",
        "Makefile",
        ".ci",
        ".gitignore",
        *LOCKS,
    ),
    *(
        "requirements-bench.lock",
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "DIFFERENCES.md",
        "LICENSE",
    ),
}
"""Whoever adds to the top level adds here, and says why in the commit."""

REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
    )
)
HOME_PATH = re.compile(r"/(?:home|Users)/[a-z][\w.-]*/|/root/|" + re.escape(f"{ROOT}/"))

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def tracked() -> list[str]:
    """The paths in git, relative to the top level."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return [path for path in listing.stdout.split("\0") if path and (ROOT / path).is_file()]


def text_of(path: Path) -> str:
    """A file as text; a packed one is unpacked, and bytes that are no text are replaced."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode(errors="replace")


def make_targets() -> set[str]:
    """The targets that ``make`` lists."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def pins(lock: str) -> dict[str, str]:
    """Requirement line → its hashes, of one lock file."""
    entries = (ROOT / lock).read_text().replace("\\\n", "").splitlines()
    return {entry.partition(" --hash")[0].strip(): entry.partition(" --hash")[2] for entry in entries}


def public_definitions(scope: ast.Module | ast.ClassDef, prefix: str = "") -> list[tuple[str, Definition]]:
    """The public functions, classes and methods of a module, by their dotted names."""
    found: list[tuple[str, Definition]] = []
    for node in scope.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            name = prefix + node.name
            found.append((name, node))
            if isinstance(node, ast.ClassDef):
                found += public_definitions(node, f"{name}.")
    return found


def can_fail(node: ast.AST) -> bool:
    """An assertion, an expected exception, or a helper that says by its name that it asserts."""
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant)
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func).split(".")[-1]
    return name == "raises" or name.startswith(("assert_", "check_", "expect_"))


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    assert {path.split("/")[0] for path in tracked()} == TOP_LEVEL


def test_the_version_is_written_once_and_read_by_the_package_and_by_krew() -> None:
    assert metadata.version("kubectl-ds") == kubectl_ds.__version__
    manifest = yaml.safe_load((ROOT / "krew-manifest.yaml").read_text())
    assert manifest["spec"]["version"] == f"v{kubectl_ds.__version__}"
    assert "version" not in re.findall(r"^(\w+) =", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)


def test_every_console_script_is_a_function_that_exists() -> None:
    scripts = {entry.name: entry for entry in metadata.distribution("kubectl-ds").entry_points}
    assert set(scripts) == {"kubectl-ds", "kubectl-create-daemonset", "kubectl_complete-ds"}
    for script in scripts.values():
        assert callable(script.load()), script


def test_the_scripts_of_the_house_can_be_executed() -> None:
    for script in (".ci/run", ".ci/install"):
        assert (ROOT / script).stat().st_mode & 0o111, script


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_index(lock: str) -> None:
    entries = pins(lock)
    assert entries
    for requirement, hashes in entries.items():
        assert re.match(r"[a-z0-9.-]+==\S+", requirement) and "sha256:" in hashes, requirement
    assert "://" not in (ROOT / lock).read_text()


def test_the_tests_run_what_users_get() -> None:
    everything = pins("requirements-dev.lock")
    for lock in TESTED_LOCKS:
        assert pins(lock).items() <= everything.items(), f"{lock} is not part of requirements-dev.lock: make lock"


def test_every_dependency_of_the_package_is_locked() -> None:
    locked = {requirement.partition("==")[0] for requirement in pins("requirements.lock")}
    names = (re.split(r"[^\w.-]", line)[0] for line in metadata.requires("kubectl-ds") or ())
    needed = {re.sub(r"[-_.]+", "-", name).lower() for name in names}
    assert needed and needed <= locked


def test_no_file_names_a_registry_or_somebodys_home() -> None:
    found = []
    for path in tracked():
        text = text_of(ROOT / path)
        found += [f"{path}: {host}" for host in REGISTRIES if host in text]
        if path != "tests/test_house.py":
            found += [f"{path}: {match[0]}" for match in HOME_PATH.finditer(text)]
    assert not found


def test_readme_and_ci_use_the_same_test_command() -> None:
    readme, ci = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    assert "make demo" in readme
    assert "make test" in readme
    assert re.search(r"^timed make test$", ci, re.MULTILINE)


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_what_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    commands = set(re.findall(r"(?:^|`|\$ )make ([a-z][a-z-]*)", text, re.MULTILINE))
    assert commands <= make_targets()
    paths = set(re.findall(r"`((?:kubectl_ds|tests|bench|\.ci)/[\w./-]+)`", text))
    assert not {path for path in paths if not (ROOT / path).exists()}


def test_krew_would_accept_the_manifest_but_for_the_archive_that_is_not_released_yet() -> None:
    """``ValidatePlugin`` of krew v0.5.0; uri and sha256 belong to a release, and come together."""
    manifest = yaml.safe_load((ROOT / "krew-manifest.yaml").read_text())
    assert manifest["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2"
    assert manifest["kind"] == "Plugin"
    assert manifest["metadata"] == {"name": "ds"}
    spec = manifest["spec"]
    assert set(spec) <= {"version", "shortDescription", "description", "caveats", "homepage", "platforms"}
    assert re.fullmatch(r"[^\r\n]{1,60}", spec["shortDescription"])
    assert spec["platforms"]
    for platform in spec["platforms"]:
        assert set(platform) <= {"uri", "sha256", "selector", "files", "bin"}
        assert platform["bin"] in {entry.name for entry in metadata.distribution("kubectl-ds").entry_points}
        assert platform["selector"]
        assert ("uri" in platform) == ("sha256" in platform)
        assert re.fullmatch(r"[a-f0-9]{64}", platform.get("sha256", "0" * 64))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_source_file_is_short_and_everything_public_in_it_is_explained(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= 600, "look for the second idea in it"
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "a module says why it exists"
    silent = [name for name, node in public_definitions(tree) if not ast.get_docstring(node)]
    assert not silent


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_asserts_something_that_can_fail(path: Path) -> None:
    tree = ast.parse(path.read_text())
    tests = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert tests
    assert not [test.name for test in tests if not any(can_fail(node) for node in ast.walk(test))]


def test_a_machine_without_a_recent_python_is_told_so_in_words(tmp_path: Path) -> None:
    """A PATH with nothing on it but what the script itself calls."""
    (tmp_path / "house" / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "install", tmp_path / "house" / ".ci")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "dirname").symlink_to(shutil.which("dirname") or "")
    (programs / "python3").write_text("#!/bin/sh\nexit 1\n")
    (programs / "python3").chmod(0o755)
    command = [str(tmp_path / "house" / ".ci" / "install"), "run"]
    answer = subprocess.run(
        command, env={"PATH": str(programs)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: no Python 3.10 or newer found")
    assert "make demo PYTHON=" in answer.stderr
    assert not (tmp_path / "house" / ".venv").exists()
