"""Completion by kubectl: words without a request, names from where the command would read, the directive last."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.cli import COMMANDS, root
from kubectl_ds.cli import completion as module
from kubectl_ds.cli.candidates import SOURCES
from kubectl_ds.cli.session import Session
from kubectl_ds.cli.terminal import Terminal

FREE = frozenset(
    {
        *("SELECTOR", "URL", "TOKEN", "TEXT", "PASSWORD", "WHOM", "GROUP", "UID", "KEY=VALUE", "HOST", "DURATION"),
        *(
            "IMAGE",
            "ARG",
            "KIND/NAME",
            "PORT",
            "PATH",
            "AMOUNTS",
            "PROBE",
            "TAINT",
            "COUNT",
            "LEVEL",
            "MANAGER",
            "CODES",
            "CODE",
            "WHICH",
            "KEYS",
            "FORMAT",
            "NEW-NAME",
            "FILE",
            "FOLDER",
            "CONTAINER=IMAGE",
            "PATCH",
            "BORDERS",
            "LABEL",
            "COMMAND",
        ),
    }
)
"""What only the user knows, or the shell (files)."""

KUBECONFIG = """\
apiVersion: v1
kind: Config
contexts: [{name: blue, context: {}}, {name: green, context: {}}]
clusters: [{name: north, cluster: {}}]
users: [{name: oncall, user: {}}]
"""


def completed(*words: str, kubeconfig: str = "/nonexistent/kubeconfig") -> list[str]:
    """Candidates without their helps, and the directive."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    terminal = Terminal(stdout=out, stderr=out, environ={"HOME": "/nonexistent", "KUBECONFIG": kubeconfig})
    found = [line.partition("\t")[0] for line in module.complete(words, terminal)]
    assert out.tell() == 0, "nothing but candidates is ever said"
    return found


@pytest.fixture
def no_world(mocker: Any) -> None:
    """Whoever opens a cluster or a capture fails the test."""
    for name in ("client", "source"):
        mocker.patch.object(Session, name, property(lambda self: pytest.fail("static words need no request")))


def test_the_first_word_is_a_command_with_its_help(no_world: None) -> None:
    terminal = Terminal(stdout=io.TextIOWrapper(io.BytesIO()))

    assert module.complete(["cov"], terminal) == [f"coverage\t{COMMANDS['coverage']}", ":4"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], [*COMMANDS, ":4"]),
        ([], [*COMMANDS, ":4"]),
        (["coverage", "--name"], ["--namespace", ":4"]),
        (["coverage", "-o", ""], ["wide", "json", "yaml", ":4"]),
        (["coverage", "-o", "j"], ["json", ":4"]),
        (["coverage", "--output=y"], ["yaml", ":4"]),
        (["coverage", "--exit-code="], ["true", "false", ":4"]),
        (["coverage", "-n", "x", "-A", "--color", "a"], ["auto", "always", ":4"]),
        (["create", "--dry-run="], ["none", "client", "server", ":4"]),
        (["coverage", "-f", ""], [":0"]),
        (["coverage", "--from", ""], [":0"]),
        (["capture", ""], [":0"]),
        (["coverage", "-l", ""], [":4"]),
        (["why", "a", "b", ""], [":4"]),
        (["version", ""], [":4"]),
        (["nonsense", ""], [":4"]),
    ],
)
def test_words_that_the_program_knows_need_no_request(words: list[str], expected: list[str], no_world: None) -> None:
    assert completed(*words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["coverage", "--demo", "f"], ["fluentd", ":4"]),
        (["coverage", "--demo", "ds/f"], ["ds/fluentd", ":4"]),
        (["coverage", "--demo", "-n", "kube-system", ""], ["kube-proxy", ":4"]),
        (["coverage", "--demo", "-nkube-system", ""], ["kube-proxy", ":4"]),
        (["get", "--demo", "ds", "node-"], ["node-exporter", ":4"]),
        (["coverage", "--demo", "fluentd", "f"], [":4"]),
        (["why", "--demo", "fluentd", "edge-"], ["edge-1", "edge-2", "edge-3", "edge-4", "edge-5", ":4"]),
        (["coverage", "--demo", "--node", "gpu-"], ["gpu-1", "gpu-2", "gpu-3", "gpu-4", ":4"]),
        (["coverage", "--demo", "-n", "l"], ["logging", ":4"]),
        (["coverage", "--demo", "--", "f"], ["fluentd", ":4"]),
    ],
)
def test_names_come_from_where_the_command_would_read(words: list[str], expected: list[str]) -> None:
    assert completed(*words) == expected


@pytest.mark.parametrize(
    ("flag", "expected"),
    [("--context", ["blue", "green", ":4"]), ("--cluster", ["north", ":4"]), ("--user", ["oncall", ":4"])],
)
def test_the_kubeconfig_names_contexts_clusters_and_users(flag: str, expected: list[str], tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(KUBECONFIG)

    assert completed("get", flag, "", kubeconfig=str(file)) == expected


@pytest.mark.parametrize("words", [["coverage", ""], ["coverage", "--from", "/nonexistent", ""], ["get", "--node", ""]])
def test_what_fails_is_silent(words: list[str]) -> None:
    assert completed(*words) == [":4"]


def _leaves(group: Any, context: Any) -> list[Any]:
    commands = [group.get_command(context, name) for name in group.list_commands(context)]
    return [
        leaf for each in commands for leaf in (_leaves(each, context) if hasattr(each, "list_commands") else [each])
    ]


def test_every_value_of_every_command_is_completed_or_known_to_be_free(mocker: Any) -> None:
    commands = _leaves(root(), mocker.Mock())
    assert len(commands) >= len(COMMANDS)
    for command in commands:
        for parameter in command.params:
            if not getattr(parameter, "is_flag", False):
                assert parameter.metavar, f"{command.name}: {parameter.name} says not what it holds"
                words = [word.removesuffix("...").strip("[]") for word in parameter.metavar.split()]
                unknown = [word for word in words if word not in FREE | SOURCES.keys() and "|" not in word]
                assert not unknown, f"{command.name}: {parameter.opts or parameter.name} {unknown}"
