"""Tab after ``kubectl ds``, through the real kubectl, which is what the completions of bash, zsh and fish call."""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import Any

import pytest

from kubectl_ds.cli import COMMANDS
from kubectl_ds.cli import completion as module
from kubectl_ds.cli.terminal import Terminal
from kubectl_ds.cluster.transport import HttpTransport
from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import daemon_set

BASH = """\
_get_comp_words_by_ref() {  # the one function of bash-completion that kubectl's script leans on
    words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${words[cword]}; prev=${words[cword - 1]}
}
compopt() { :; }
source <(kubectl completion bash)
COMP_WORDS=(kubectl ds @TYPED@ ""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_TYPE=9; COMP_KEY=9
COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
__start_kubectl
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def three(cluster: Cluster) -> Cluster:
    """Three DaemonSets, one of them elsewhere, on two nodes."""
    cluster.nodes("n1", "n2")
    for name in ("fluentd", "exporter"):
        cluster.daemon_set(name)
    cluster.create(daemon_set("proxy", "kube-system"))
    cluster.settle()
    return cluster


def tab(cluster: Cluster, *words: str, user: str = "admin") -> list[str]:
    """What kubectl offers, without helps; the directive last."""
    answer = cluster.kubectl("__complete", *words, user=user, check=True)
    return [line.partition("\t")[0] for line in answer.stdout.splitlines()]


@pytest.mark.parametrize("words", [[""], ["f"], ["ds/e"], ["-n", "kube-system", ""], ["--namespace=kube-system", ""]])
def test_daemon_sets_are_those_that_kubectl_offers(three: Cluster, words: list[str]) -> None:
    theirs = tab(three, "get", *(["ds"] if words != ["ds/e"] else []), *words)
    ours = tab(three, "ds", "get", *words)

    assert ours == theirs
    assert len(ours) > 1


def test_nodes_namespaces_and_revisions_complete_where_they_are_meant(three: Cluster) -> None:
    nodes = [each["metadata"]["name"] for each in three.client.list("nodes")]
    namespaces = [each["metadata"]["name"] for each in three.client.list("namespaces")]

    assert tab(three, "ds", "why", "fluentd", "") == [*nodes, ":4"]
    assert sorted(tab(three, "ds", "coverage", "-n", "")[:-1]) == sorted(namespaces)
    assert tab(three, "ds", "coverage", "fluentd", "--node", "n2") == ["n2", ":4"]


def test_what_may_not_be_read_completes_to_nothing(three: Cluster) -> None:
    assert tab(three, "ds", "why", "fluentd", "", user="nobody") == [":4"]


@pytest.mark.parametrize(
    ("words", "requests"), [(["coverage", ""], 1), (["why", "fluentd", ""], 1), ([""], 0), (["get", "--"], 0)]
)
def test_a_name_costs_one_request_and_a_word_none(three: Cluster, mocker: Any, words: list[str], requests: int) -> None:
    send = mocker.spy(HttpTransport, "send")
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")

    environ = three.plane.environment(namespace=three.namespace)
    found = module.complete(words, Terminal(stdout=stream, stderr=stream, environ=environ))

    assert len(found) > 1
    assert send.call_count == requests


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
@pytest.mark.parametrize(
    ("words", "expected"), [("coverage", {"fluentd", "exporter"}), ("why fluentd", {"n1", "n2"}), ("", set(COMMANDS))]
)
def test_bash_offers_them_through_the_script_of_kubectl(three: Cluster, words: str, expected: set[str]) -> None:
    environment = three.plane.environment(namespace=three.namespace)
    environment["PATH"] = f"{three.plane.programs}:{environment['PATH']}"
    answer = subprocess.run(
        ["bash", "-c", BASH.replace("@TYPED@", words)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert {line.split()[0] for line in answer.stdout.splitlines() if line.strip()} == expected, answer.stderr
