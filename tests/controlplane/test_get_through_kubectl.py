"""``kubectl ds get`` beside ``kubectl get ds``: the same bytes on both streams, zero exit exactly where kubectl's is.

Ages change with the second: their digits are not compared, but how many there are is.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import container, daemon_set, node

_AGE = re.compile(r"\b(\d+m)?\d+s\b")
INVOCATIONS = [
    "",
    "-o wide",
    "-A",
    "-A -o wide",
    "--all-namespaces=true",
    "-n kube-system",
    "-n=kube-system",
    "-n absent",
    "-l app=fluentd",
    "-l app!=fluentd -o wide",
    "-l 'app in (fluentd,exporter)'",
    "-l app=nobody",
    "-l 'app in'",
    "-A -l app=fluentd -o name",
    "fluentd",
    "ds/fluentd",
    "daemonset/fluentd",
    "daemonset.apps/fluentd",
    "ds/fluentd daemonsets.apps/exporter",
    "fluentd exporter -o wide",
    "fluentd absent",
    "absent",
    "absent --ignore-not-found",
    "-o json",
    "fluentd -o json",
    "fluentd exporter -o json",
    "-o yaml",
    "fluentd -o yaml",
    "-A -o yaml",
    "-o name",
    "exporter fluentd -o name",
    "-n kube-system -o json",
    "fluentd -A",
    "fluentd -l app=fluentd",
    "--show-labels",
    "-L app,tier",
    "--no-headers",
    "fluentd -o yaml --show-managed-fields",
]


@pytest.fixture
def two(cluster: Cluster) -> Cluster:
    """Two DaemonSets on two nodes."""
    cluster.nodes("n1", node("n2", labels={"disk": "ssd"}))
    cluster.create(
        daemon_set("fluentd", annotations={"note": "two\nlines: yes"}, max_unavailable="10%"),
        daemon_set(
            "exporter",
            node_selector={"disk": "ssd"},
            template={"spec": {"containers": [container("a", "img:1"), container("b", "img:2")]}},
        ),
    )
    cluster.settle()
    return cluster


def test_get_is_kubectls_in_every_form(two: Cluster) -> None:
    different = [line for line in INVOCATIONS if not _same(two, line)]

    assert different == []
    assert len(INVOCATIONS) >= 35


def _same(cluster: Cluster, line: str) -> bool:
    """Whether both answer alike; the difference is shown when they do not."""
    kubectl = "kubectl get" if "/" in line else "kubectl get ds"
    for _ in range(4):
        before, ours, after = (_run(cluster, f"{command} {line}") for command in (kubectl, "kubectl-ds get", kubectl))
        if before == after:
            if ours != before:
                print(f"--- {line}\n{before}\n--- ours\n{ours}")
            return ours == before
    raise AssertionError(f"kubectl itself never answered twice alike: {line}")


def _run(cluster: Cluster, command: str) -> tuple[str, str, bool]:
    environment = cluster.plane.environment(namespace=cluster.namespace)
    ran = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, timeout=60)
    return _AGE.sub(lambda age: "#" * len(age[0]), ran.stdout), ran.stderr, ran.returncode == 0
