"""The one-way street, read from the syntax tree alone.

import-linter holds the same rule over the import graph. This test also sees imports inside functions and under
``TYPE_CHECKING``, and knows the functions that need no import (``open``, ``datetime.now``).
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kubectl_ds"

MAY_IMPORT: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "demo": frozenset(),
    "model": frozenset({"errors"}),
    "engine": frozenset({"model", "errors"}),
    "cluster": frozenset({"model", "errors"}),
    "manifest": frozenset({"model", "errors"}),
    "lint": frozenset({"cluster", "engine", "manifest", "model", "errors"}),
    "render": frozenset({"lint", "cluster", "engine", "manifest", "model", "errors"}),
    "flow": frozenset({"lint", "cluster", "engine", "manifest", "model", "errors"}),
    "cli": frozenset({"flow", "render", "lint", "cluster", "engine", "manifest", "model", "errors"}),
}
"""Room → the other rooms whose names may appear in it."""

PURE_ROOMS = ("model", "engine", "manifest", "lint", "render")
OUTSIDE_WORLD = (
    *("kubernetes", "requests", "urllib.request", "urllib3", "http", "socket", "ssl", "select", "asyncio"),
    *("os", "sys", "pathlib", "shutil", "tempfile", "subprocess", "multiprocessing", "threading", "signal"),
    *("time", "random", "secrets", "uuid", "typer", "click"),
)
"""What a pure room never imports: it would make an answer depend on more than the arguments."""

IMPURE_CALLS = frozenset({"open", "print", "input", "datetime.now", "datetime.utcnow", "date.today", "datetime.today"})


def modules() -> list[Path]:
    """Every source file of the package, in a fixed order."""
    return sorted(PACKAGE.rglob("*.py"))


@cache
def tree_of(source: str) -> ast.Module:
    """The syntax tree, parsed once however many tests look at it."""
    return ast.parse(source)


def imported_names(source: str, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The dotted names that a module imports anywhere in it; ``package`` is what relative imports count from."""
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = start + tuple((node.module or "").split(".") if node.module else ())
            for alias in node.names:
                yield (*base, alias.name)


def rooms_used(source: str, package: tuple[str, ...]) -> set[str]:
    """The rooms of ``kubectl_ds`` that a module imports from."""
    names = imported_names(source, package)
    return {name[1] for name in names if name[0] == "kubectl_ds" and len(name) > 1 and name[1] != "__version__"}


def impure_uses(source: str) -> set[str]:
    """The imports and calls in a module that reach outside its arguments."""
    dotted = [".".join(name) + "." for name in imported_names(source, ())]
    used = {outside for outside in OUTSIDE_WORLD if any(name.startswith(outside + ".") for name in dotted)}
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Call):
            called = ".".join(ast.unparse(node.func).split(".")[-2:])
            used |= {called} & IMPURE_CALLS
    return used


def room_of(path: Path) -> str:
    """The first folder below the package, or the file itself where it stands beside the rooms."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def package_of(path: Path) -> tuple[str, ...]:
    """The dotted package that a file belongs to."""
    return path.parent.relative_to(PACKAGE.parent).parts


def test_every_room_is_known_and_none_is_called_utils() -> None:
    found = {room_of(path) for path in modules()} - {"__init__", "__main__"}
    assert found <= set(MAY_IMPORT), "a new room needs its place in the one-way street"
    assert not [path for path in PACKAGE.rglob("*") if path.stem in {"utils", "util", "helpers", "common", "misc"}]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_looks_only_down_the_street(room: str) -> None:
    wrong = {
        f"{path.relative_to(PACKAGE)} imports {', '.join(sorted(strays))}"
        for path in modules()
        if room_of(path) == room
        and (strays := rooms_used(path.read_text(), package_of(path)) - MAY_IMPORT[room] - {room})
    }
    assert not wrong


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_a_pure_room_neither_fetches_nor_waits_nor_rolls_dice(room: str) -> None:
    wrong = {
        (str(path.relative_to(PACKAGE)), name)
        for path in modules()
        if room_of(path) == room
        for name in impure_uses(path.read_text())
    }
    assert not wrong


@pytest.mark.parametrize(
    ("source", "room"),
    [
        ("from kubectl_ds.cluster.live import read", "cluster"),
        ("import kubectl_ds.cli", "cli"),
        ("from kubectl_ds import flow", "flow"),
        ("from ..render import table", "render"),
        ("def late():\n    from kubectl_ds.lint.rules import all_rules", "lint"),
    ],
)
def test_the_check_sees_every_form_of_import(source: str, room: str) -> None:
    assert rooms_used(source, ("kubectl_ds", "engine")) == {room}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import time", "time"),
        ("from http.client import HTTPSConnection", "http"),
        ("def late():\n    import subprocess", "subprocess"),
        ("now = datetime.datetime.now(tz)", "datetime.now"),
        ("print('answer')", "print"),
    ],
)
def test_the_check_sees_every_way_out(source: str, name: str) -> None:
    assert impure_uses(source) == {name}


def test_whatever_is_imported_from_outside_is_a_declared_dependency() -> None:
    outside = {
        name[0]
        for path in modules()
        for name in imported_names(path.read_text(), package_of(path))
        if name[0] not in {"kubectl_ds", *sys.stdlib_module_names}
    }
    declared = {re.split(r"[^\w.-]", line)[0] for line in metadata.requires("kubectl-ds") or ()}
    provided = {file.parts[0].removesuffix(".py") for each in declared for file in metadata.files(each) or ()}
    assert "msgspec" in outside
    assert not outside - provided


def test_a_read_starts_without_what_it_will_not_use() -> None:
    """``import kubernetes`` alone takes five times as long as all of kubectl; start-up is a feature."""
    program = (
        "import sys, importlib\n"
        "for name in ('cli', 'cli.session', 'cli.coverage', 'cli.get', 'cluster.live', 'engine.coverage'):\n"
        "    importlib.import_module(f'kubectl_ds.{name}')\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, timeout=60, check=True)
    heavy = {"asyncio", "jinja2", "kubernetes", "pydantic", "requests", "rich", "ruamel", "tabulate", "urllib3", "yaml"}
    assert "kubectl_ds" in loaded.stdout.split()
    assert not heavy & set(loaded.stdout.split())
