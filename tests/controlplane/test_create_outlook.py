"""What ``create`` tells before it creates, and what it waits for afterwards, on the real control plane."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kubectl_ds.cli import run as main_run
from kubectl_ds.cli.terminal import Terminal
from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.connection import ConnectionOptions
from kubectl_ds.engine.coverage import CoverageReport
from kubectl_ds.flow.outlook import look_ahead
from kubectl_ds.manifest.documents import read
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.snapshot import Snapshot
from tests.cli.runs import Ran, Tty, ds
from tests.controlplane import wait
from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import GOOD, Desk, lines, named, opened
from tests.controlplane.differential import compare
from tests.controlplane.differential.__main__ import PLUGINS
from tests.controlplane.differential.compare import Comparison
from tests.controlplane.differential.generator import scenario
from tests.controlplane.fixtures import ClusterFactory
from tests.controlplane.objects import node, pod, taint
from tests.controlplane.policies import priority_class


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """An empty cluster and an empty folder."""
    yield from opened(cluster, tmp_path)


def run(desk: Desk, *arguments: str, tty: bool = False) -> Ran:
    """``kubectl ds create …`` in this process."""
    environ = {**desk.cluster.plane.environment(namespace=desk.cluster.namespace), "NO_COLOR": "1"}
    return ds("create", *arguments, environ=environ, tty=tty, width=110)


WANTS_A_CORE = GOOD + "        resources: {requests: {cpu: '1'}}\n"


def test_where_it_runs_waits_and_evicts_is_told_before_it_is_created(desk: Desk) -> None:
    desk.cluster.create(priority_class("high", 1000))
    desk.cluster.nodes("n1", node("n2", cpu="1"), node("gpu", taints=[taint("gpu", "NoSchedule")]))
    desk.cluster.create(pod("small", node_name="n2", cpu="500m"))
    text = WANTS_A_CORE.replace("    spec:\n", "    spec:\n      priorityClassName: high\n")
    told = run(desk, "-f", desk.write(text), "--predict")
    assert (told.code, told.out) == (0, "daemonset.apps/agent created\n")
    first = "agent: would run on 2 of 3 nodes, 1 of them by evicting others, 1 left out by design"
    assert lines(told.err)[0].startswith(first)
    assert "small" in told.err
    wait.eventually(lambda: desk.cluster.status("agent").get("numberAvailable") == 2 or None, timeout=20)


def asked(desk: Desk, answer: str, *arguments: str) -> Ran:
    """A run by somebody who sits at a terminal and answers."""
    environ = {**desk.cluster.plane.environment(namespace=desk.cluster.namespace), "NO_COLOR": "1", "TERM": "xterm"}
    out, err = Tty(io.BytesIO(), encoding="utf-8"), Tty(io.BytesIO(), encoding="utf-8")
    stdin = Tty(io.BytesIO(answer.encode()), encoding="utf-8")
    code = main_run(("create", *arguments), Terminal(stdin=stdin, stdout=out, stderr=err, environ=environ))
    texts = []
    for stream in (out, err):
        stream.seek(0)
        texts.append(stream.read())
    return Ran(code, *texts)


def test_on_a_terminal_an_upgrade_is_agreed_to_or_nothing_is_created(desk: Desk) -> None:
    desk.cluster.nodes("n1")
    file = desk.write(GOOD.replace("apps/v1", "extensions/v1beta1"))
    refused = asked(desk, "\n", "--upgrade", "-f", file)
    assert (refused.code, desk.names()) == (1, [])
    assert "Create it so? [y/N] " in refused.err and "nothing was created" in refused.err
    agreed = asked(desk, "y\n", "--upgrade", "-f", file)
    assert (agreed.code, agreed.out) == (0, "daemonset.apps/agent created\n")


def test_on_a_terminal_nobody_is_evicted_without_a_yes(desk: Desk) -> None:
    desk.cluster.create(priority_class("high", 1000))
    desk.cluster.nodes(node("n1", cpu="1"))
    desk.cluster.create(pod("small", node_name="n1", cpu="500m"))
    file = desk.write(WANTS_A_CORE.replace("    spec:\n", "    spec:\n      priorityClassName: high\n"))
    refused = asked(desk, "n\n", "-f", file)
    assert (refused.code, desk.names()) == (1, [])
    assert "Pods of others would be evicted. Create it? [y/N] " in refused.err
    assert asked(desk, "", "--yes", "-f", file).code == 0


def test_off_a_terminal_nothing_is_foretold_unless_asked_for_and_on_one_it_is(desk: Desk) -> None:
    desk.cluster.nodes("n1")
    assert run(desk, "-f", desk.write(GOOD), "--dry-run=server").err == ""
    foretold = run(desk, "-f", desk.write(GOOD), "--dry-run=server", tty=True).err
    assert foretold.startswith("agent: would run on the only node")


def test_what_the_same_file_brings_counts_as_there_and_what_nobody_brings_is_named(desk: Desk) -> None:
    desk.cluster.nodes("n1")
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: me}\n---\n"
    mapped = "        envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: key, optional: true}}]\n"
    text = GOOD.replace("    spec:\n", "    spec:\n      serviceAccountName: me\n") + mapped
    alone = run(desk, "-f", desk.write(text), "--predict", "--dry-run=server")
    together = run(desk, "-f", desk.write(account + text), "--predict", "--dry-run=server")
    assert "would run on 0 of 1 nodes" in alone.err and "service account me does not exist" in alone.err
    assert "would run on the only node" in together.err
    assert re.search(r"! configmap \S+/settings does not exist: the pods of agent do not start", together.err)
    assert "secret" not in together.err


def test_a_new_namespace_of_the_same_file_counts_as_there(desk: Desk) -> None:
    desk.cluster.nodes("n1")
    text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: fresh}}\n---\n{named('agent', 'fresh')}"
    told = run(desk, "-f", desk.write(text), "--predict")
    assert (told.code, told.err) == (0, "agent: would run on the only node; RollingUpdate 1\n\n  1 runs\n"), told.err


def test_another_selector_than_the_existing_one_cannot_be_applied_either(desk: Desk) -> None:
    assert desk.ds("-f", desk.write(GOOD)).returncode == 0
    other = GOOD.replace("app: agent", "app: other")
    told = run(desk, "-f", desk.write(other), tty=True)
    assert told.code == 1
    assert "hint: agent exists with the selector app=agent, and spec.selector is immutable" in told.err


def test_wait_ends_with_the_coverage(desk: Desk) -> None:
    desk.cluster.nodes("n1", "n2")
    done = run(desk, "-f", desk.write(GOOD), "--wait", "--timeout=30s")
    assert done.code == 0
    assert lines(done.out)[0] == "daemonset.apps/agent created"
    assert lines(done.out)[1].startswith("agent: all 2 nodes covered")
    assert lines(done.err)[-1] == "agent: 2 of 2 nodes available"


def test_wait_draws_a_bar_on_a_terminal_and_erases_it(desk: Desk) -> None:
    desk.cluster.nodes("n1")
    done = run(desk, "-f", desk.write(GOOD), "--wait", "--timeout=30s", tty=True)
    assert done.code == 0
    assert "agent: the only node covered" in done.out
    assert "━" in done.err and "\x1b[2K" in done.err


def test_wait_gives_up_at_its_deadline_and_says_why(desk: Desk) -> None:
    desk.cluster.nodes(node("n1", cpu="500m"))
    file = desk.write(WANTS_A_CORE)
    late = run(desk, "-f", file, "--wait", "--timeout=2s")
    assert (late.code, lines(late.err)[-1]) == (1, "error: timed out waiting for the condition")
    assert "NodeResourcesFit" in late.out
    desk.cluster.kubectl("delete", "ds", "agent", check=True)
    assert run(desk, "-f", file, "--wait", "--timeout=2s", "--exit-code").code == 5


def test_wait_ends_by_itself_when_the_rest_is_blocked_for_good(desk: Desk) -> None:
    desk.cluster.nodes("n1", node("n2", cpu="500m"))
    done = run(desk, "-f", desk.write(WANTS_A_CORE), "--wait", "--exit-code")
    assert done.code == 5
    assert "1 of 2 nodes covered" in lines(done.out)[1]


@pytest.mark.parametrize("seed", [2_000_000, 2_000_001, 2_000_002])
def test_what_create_foretells_of_random_clusters_is_what_happens(
    cluster_factory: ClusterFactory, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    cluster = cluster_factory(admission=PLUGINS)
    comparison = Comparison(cluster)
    client = LiveClient.connect(ConnectionOptions(kubeconfig=str(cluster.plane.kubeconfig())), {})

    def from_the_manifest(_: Snapshot, values: tuple[DaemonSet, ...]) -> CoverageReport:
        outlook = look_ahead(client, read("f.json", bytes(values[0].raw)).documents, values[0].namespace)
        assert outlook is not None
        return outlook.report

    monkeypatch.setattr(compare, "predict", from_the_manifest)
    drawn = scenario(seed, comparison.minor)
    comparison.run(replace(drawn, daemon_sets=drawn.daemon_sets[:4]))
    comparison.close()
    client.close()
    found = [(each.daemon_set["metadata"]["name"], each.node, each.what) for each in comparison.tally.disagreements]
    assert found == []
    assert comparison.tally.cells >= 20
