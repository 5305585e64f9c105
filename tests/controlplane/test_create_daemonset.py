"""``kubectl create daemonset NAME --image=IMG`` through the real kubectl, and what it makes on the real API server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane import wait
from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import Desk, opened
from tests.controlplane.objects import node, taint

EVERYTHING = (
    *("--env=A=b", "--env-from=configmap/x", "--port=80", "--host-port=9100/UDP", "--host-path=/var/log:ro"),
    *("--requests=cpu=10m,memory=1Mi", "--limits=memory=1Gi", "--service-account=default", "--labels=team=a"),
    *("--node-selector=kubernetes.io/os=linux", "--toleration=a=b:NoSchedule", "--tolerate-all", "--host-network"),
    *("--priority-class=system-node-critical", "--host-pid", "--privileged", "--max-unavailable=10%", "--arg=-v"),
    *("--readiness=http:80/ready", "--liveness=exec:true x", "--update-strategy=RollingUpdate"),
)


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """Two nodes, one of them tainted."""
    cluster.nodes("n1", node("n2", taints=[taint("gpu", "NoSchedule")]))
    yield from opened(cluster, tmp_path)


def test_kubectl_create_daemonset_makes_a_daemon_set_that_runs(desk: Desk) -> None:
    done = desk.kubectl("daemonset", "agent", "--image=registry.example/agent:1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "daemonset.apps/agent created\n", "")
    wait.eventually(lambda: desk.cluster.status("agent").get("numberAvailable") == 1 or None)
    assert [pod["spec"]["nodeName"] for pod in desk.cluster.pods()] == ["n1"]


def test_the_server_takes_every_flag(desk: Desk) -> None:
    done = desk.kubectl("daemonset", "agent", "--image=x/agent:1", *EVERYTHING, "--", "/agent", "--dry-run=client")
    assert (done.returncode, done.stdout) == (0, "daemonset.apps/agent created\n"), done.stderr
    found: Any = desk.cluster.client.get("daemonsets", "agent", desk.cluster.namespace)
    assert found["spec"]["template"]["spec"]["containers"][0]["command"] == ["/agent", "--dry-run=client"]
    assert found["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == "10%"


def test_what_a_client_dry_run_prints_can_be_created(desk: Desk) -> None:
    printed = desk.kubectl("daemonset", "agent", "--image=x/agent:1", *EVERYTHING, "--dry-run=client", "-o", "yaml")
    assert desk.names() == []
    assert desk.kubectl("-f", "-", "--validate=strict", input=printed.stdout).returncode == 0
    assert desk.names() == ["agent"]


def test_a_server_dry_run_stores_nothing(desk: Desk) -> None:
    done = desk.kubectl("daemonset", "agent", "--image=x", "--dry-run=server")
    assert (done.stdout, desk.names()) == ("daemonset.apps/agent created (server dry run)\n", [])


def test_refusals_are_worded_as_those_of_create_deployment(desk: Desk) -> None:
    for _ in range(2):
        theirs = desk.kubectl("deployment", "agent", "--image=x")
        ours = desk.kubectl("daemonset", "agent", "--image=x")
    assert ours.returncode == theirs.returncode == 1
    assert ours.stderr == theirs.stderr.replace("deployment", "daemonset")


def test_who_may_not_create_is_told_so(desk: Desk) -> None:
    theirs = desk.kubectl("deployment", "agent", "--image=x", user="viewer")
    ours = desk.kubectl("daemonset", "agent", "--image=x", user="viewer")
    assert (ours.returncode, ours.stderr) == (1, theirs.stderr.replace("deployment", "daemonset"))
