"""``kubectl ds lint`` on the real plane: what it says before is what happens after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import daemon_set, node, toleration
from tests.controlplane.policies import namespace, role, role_binding, rule
from tests.controlplane.wait import eventually
from tests.schemas import check

Object = dict[str, Any]
SURGE = {"maxSurge": 1, "maxUnavailable": 0}


def lint(cluster: Cluster, *arguments: str, code: int = 3, **options: Any) -> list[tuple[str, str]]:
    """(code of the rule, DaemonSet) of each error and warning."""
    ran = cluster.kubectl("ds", "lint", *arguments, "-o", "json", **options)
    assert ran.returncode == code, ran.stderr
    findings = check(json.loads(ran.stdout))["findings"]
    return [(each["code"], each["name"]) for each in findings if each["severity"] != "info"]


def test_what_lint_calls_an_error_of_a_manifest_creates_no_pod(cluster: Cluster, tmp_path: Path) -> None:
    cluster.nodes("n1")
    cluster.create(namespace("strict", labels={"pod-security.kubernetes.io/enforce": "baseline"}))
    refused = daemon_set("agent", namespace="strict", host_network=True)
    file = tmp_path / "agent.yaml"
    file.write_text(yaml.safe_dump(refused))
    chosen = ("--select", "DS7")

    assert lint(cluster, "-f", str(file), *chosen, code=0) == []
    assert lint(cluster, "-f", str(file), "--live", *chosen) == [("DS703", "agent")]

    cluster.create(refused)
    assert lint(cluster, "-n", "strict", *chosen) == [("DS703", "agent")]
    found = cluster.kubectl("get", "events", "-n", "strict", "-o", "jsonpath={.items[*].reason}")
    eventually(lambda: "FailedCreate" in cluster.kubectl("get", "events", "-n", "strict").stdout, timeout=20)
    assert "SuccessfulCreate" not in found.stdout


def test_neighbours_in_other_namespaces_clash_and_nodes_are_looked_at(cluster: Cluster) -> None:
    cluster.nodes("n1", node("n2", system="windows"))
    cluster.create(namespace("elsewhere"))
    cluster.daemon_set("one", host_port=9100, tolerations=[toleration()])
    cluster.create(daemon_set("two", namespace="elsewhere", host_port=9100))

    found = lint(cluster, "one", "--select", "DS1,DS401")

    assert found == [("DS401", "one"), ("DS103", "one"), ("DS112", "one")]


def test_what_may_not_be_read_leaves_rules_unasked_and_the_exit_code_says_so(cluster: Cluster) -> None:
    cluster.nodes("n1")
    cluster.daemon_set("quiet")
    cluster.create(
        role("look", [rule(["get", "list"], ["daemonsets"])], cluster.namespace),
        role_binding("look", "look", "viewer", cluster.namespace),
    )
    may = ("auth", "can-i", "list", "daemonsets")
    eventually(lambda: cluster.kubectl(*may, user="viewer").stdout.strip() == "yes")

    assert lint(cluster, "--select", "DS106", code=6, user="viewer") == []
    ran = cluster.kubectl("ds", "lint", "--select", "DS106,DS401,DS601", user="viewer")
    lines = ran.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("✗")] == [
        "✗ cannot read nodes",
        "✗ cannot read daemonsets in other namespaces",
    ]
    assert lines[-1].endswith("unknown without it: DS401, DS601")
    assert "not checked without nodes: DS106" in ran.stdout
