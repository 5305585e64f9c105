"""What a run loads: start-up is a feature, and an import is how it is lost."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cluster.server import Server, reply

OURS = frozenset(
    {
        *("__main__", "cli", "errors", "model", "render", "cluster"),
        *("cli.flags", "cli.get", "cli.get_options", "cli.names", "cli.options", "cli.session", "cli.several"),
        *("cli.terminal", "flow", "flow.get"),
        *("model.decode", "model.kinds", "model.value"),
        *("cluster.client", "cluster.connect", "cluster.connection", "cluster.contradictions", "cluster.credentials"),
        *("cluster.documents", "cluster.exchange", "cluster.http1", "cluster.in_cluster", "cluster.kubeconfig"),
        *("cluster.log", "cluster.plain_yaml", "cluster.proxy", "cluster.retry", "cluster.server_url"),
        *("cluster.status", "cluster.timeouts", "cluster.tls", "cluster.transport", "cluster.wire"),
        *("render.ages", "render.go_sort", "render.go_text", "render.kubectl_get", "render.label_text"),
        *("render.out", "render.tabwriter", "render.theme"),
    }
)
"""Modules of ours that ``get`` loads on the way to a table, and no other."""
THIRD_PARTY = frozenset({"annotated_doc", "msgspec", "shellingham", "typer"})
NEVER = frozenset(
    {
        *(
            "asyncio",
            "concurrent",
            "email",
            "gzip",
            "http",
            "jinja2",
            "json",
            "kubernetes",
            "logging",
            "multiprocessing",
        ),
        *("pydantic", "random", "requests", "rich", "ruamel", "sqlite3", "tabulate", "tempfile", "unittest", "urllib3"),
        *("xml", "yaml", "zipfile"),
    }
)
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters:
- name: here
  cluster:
    server: {server}
contexts:
- name: here
  context:
    cluster: here
    user: nobody
current-context: here
users:
- name: nobody
  user: {{}}
"""
TABLE = {
    "kind": "Table",
    "metadata": {},
    "columnDefinitions": [{"name": "Name", "type": "string", "priority": 0}],
    "rows": [{"cells": ["fluentd"], "object": {"metadata": {"name": "fluentd", "namespace": "default"}}}],
}


def loaded(*arguments: str) -> tuple[str, frozenset[str]]:
    """What a run prints, and the modules that it has loaded at its end."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('LOADED', *sys.modules, file=sys.stderr))\n"
        f"sys.argv = {['kubectl-ds', *arguments]!r}\n"
        "from kubectl_ds.__main__ import main\n"
        "main()\n"
    )
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    told, _, modules = done.stderr.rpartition("LOADED ")
    assert done.returncode == 0 and not told.strip(), done.stderr
    return done.stdout, frozenset(modules.split())


def top(modules: frozenset[str]) -> set[str]:
    """The packages that are not Python's own."""
    names = {name.partition(".")[0] for name in modules}
    return {name for name in names if name not in sys.stdlib_module_names and not name.startswith("_")}


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The modules of ``get`` against a server."""
    with Server(lambda _: reply(200, json.dumps(TABLE).encode())) as server:
        config = tmp_path_factory.mktemp("startup") / "config"
        config.write_text(KUBECONFIG.format(server=server.url))
        printed, modules = loaded("get", f"--kubeconfig={config}")
    assert printed == "NAME\nfluentd\n"
    return modules


def test_get_loads_of_ours_what_it_needs_and_no_more(got: frozenset[str]) -> None:
    ours = {name.removeprefix("kubectl_ds.") for name in got if name.startswith("kubectl_ds.")}
    assert ours <= OURS, "an import at the top of a module that get loads: put it where it is needed"


def test_get_loads_of_others_what_it_needs_and_no_more(got: frozenset[str]) -> None:
    assert top(got) - {"kubectl_ds", "typing_extensions"} <= THIRD_PARTY
    assert not {name.partition(".")[0] for name in got} & NEVER


def test_help_opens_no_socket_and_knows_no_kind() -> None:
    printed, modules = loaded("--help")
    assert "coverage" in printed
    assert not {"ssl", "socket"} & modules
    ours = {name for name in modules if name.startswith("kubectl_ds.")}
    assert not {
        name for name in ours if name.split(".")[1] in ("cluster", "engine", "manifest", "lint", "flow", "model")
    }
    assert not {name.partition(".")[0] for name in modules} & NEVER
