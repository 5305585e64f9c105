"""``kubectl ds tolerations`` on the real plane: the list covers what it says, and what the namespace really does."""

from __future__ import annotations

import json
import time
from shlex import split
from typing import Any

from tests.schemas import check

from .cluster import Cluster
from .fixtures import ClusterFactory
from .objects import node, taint, toleration
from .policies import role, role_binding, rule
from .wait import eventually

Object = dict[str, Any]
WHITELIST = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations"


def report(cluster: Cluster, *arguments: str) -> Object:
    """The findings on the DaemonSet ``d``."""
    ran = cluster.kubectl("ds", "tolerations", "d", "-o", "json", *arguments)
    assert ran.returncode == 0, ran.stderr
    (found,) = check(json.loads(ran.stdout))["daemonSets"]
    assert isinstance(found, dict)
    return found


def running_on(cluster: Cluster) -> list[str]:
    """The nodes with a pod of the DaemonSet, once everything has settled."""
    cluster.settle()
    return sorted(each["spec"].get("nodeName", "") for each in cluster.pods("app=d"))


def pools(cluster: Cluster) -> None:
    """Five nodes: free, two of one taint, one with another value of it, one that labels close."""
    cluster.nodes(
        "free",
        node("gpu-1", taints=[taint("gpu", value="a")], labels={"pool": "gpu"}),
        node("gpu-2", taints=[taint("gpu", value="a"), taint("old", "NoExecute")], labels={"pool": "gpu"}),
        node("gpu-3", taints=[taint("gpu", value="b")]),
        node("windows", taints=[taint("gpu", value="a")], system="windows"),
    )


def test_the_list_is_applied_after_a_dry_run_and_covers_what_was_said(cluster: Cluster) -> None:
    pools(cluster)
    cluster.daemon_set("d", node_selector={"kubernetes.io/os": "linux"}, tolerations=[toleration("none")])
    assert running_on(cluster) == ["free"]
    foretold = report(cluster, "--for-nodes", "covered", "--for-nodes", "pool=gpu")["suggestion"]
    assert (foretold["covers"], foretold["besides"]) == (["free", "gpu-1", "gpu-2"], [])
    arguments = ("ds", "tolerations", "d", "--for-nodes", "covered", "--for-nodes", "pool=gpu", "--apply")

    rehearsed = cluster.kubectl(*arguments, "--dry-run=server")
    assert rehearsed.stdout == "daemonset.apps/d patched (server dry run)\n", rehearsed.stderr
    assert "then:  d: would run on 3 of 5 nodes" in rehearsed.stderr
    assert running_on(cluster) == ["free"]

    applied = cluster.kubectl(*arguments)
    assert applied.stdout == "daemonset.apps/d patched\n", applied.stderr
    eventually(lambda: running_on(cluster) == foretold["covers"], timeout=20)
    written = cluster.client.get("daemonsets", "d", cluster.namespace)["spec"]["template"]["spec"]["tolerations"]
    assert written == foretold["tolerations"]
    again = cluster.kubectl(*arguments)
    assert again.stdout == "daemonset.apps/d unchanged\n"


def test_the_command_that_is_printed_does_the_same(cluster: Cluster) -> None:
    pools(cluster)
    cluster.daemon_set("d")
    cluster.settle()
    (cure,) = report(cluster, "--for-nodes", "all")["suggestion"]["cure"]

    pasted = cluster.plane.kubectl(*_split(cure["command"]))

    assert pasted.returncode == 0, pasted.stderr
    eventually(lambda: running_on(cluster) == ["free", "gpu-1", "gpu-2", "gpu-3", "windows"], timeout=20)
    assert report(cluster, "--for-nodes", "all")["closed"] == []


def test_a_list_that_would_take_nodes_away_is_not_applied_unless_forced(cluster: Cluster) -> None:
    pools(cluster)
    cluster.daemon_set("d", tolerations=[toleration("gpu", value="b")])
    assert running_on(cluster) == ["free", "gpu-3"]
    arguments = ("ds", "tolerations", "d", "--for-nodes", "pool=gpu", "--apply")

    refused = cluster.kubectl(*arguments)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "not applied: it would no longer run on 1 of the nodes that it covers now: gpu-3" in refused.stderr
    assert running_on(cluster) == ["free", "gpu-3"]

    assert cluster.kubectl(*arguments, "--force").stdout == "daemonset.apps/d patched\n"
    eventually(lambda: running_on(cluster) == ["free", "gpu-1", "gpu-2", "windows"], timeout=20)
    assert report(cluster, "--for-nodes", "pool=gpu")["closed"] == []


def test_what_the_server_refuses_is_not_applied_and_said_in_its_words(cluster: Cluster) -> None:
    pools(cluster)
    cluster.daemon_set("d")
    cluster.settle()
    cluster.create(
        role("look", [rule(["get", "list"], ["daemonsets", "nodes", "namespaces", "pods"])]),
        role_binding("look", "look", "viewer"),
    )
    eventually(lambda: cluster.kubectl("ds", "tolerations", "d", user="viewer").returncode == 0)

    ran = cluster.kubectl("ds", "tolerations", "d", "--for-nodes", "all", "--apply", user="viewer")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert 'Error from server (Forbidden): daemonsets.apps "d" is forbidden: User "viewer" cannot patch' in ran.stderr


def test_defaults_and_whitelist_do_what_is_said_where_the_plugin_is_on(cluster_factory: ClusterFactory) -> None:
    cluster = cluster_factory(admission=("PodTolerationRestriction",))
    pools(cluster)
    gpu = toleration("gpu", "NoSchedule")
    annotate(cluster, {DEFAULTS: json.dumps([gpu])})
    cluster.daemon_set("d")
    assert running_on(cluster) == ["free"], "the controller decides from the template"
    found = report(cluster)["restriction"]
    assert (found["plugin"], found["wouldOpen"]) == ("on", ["gpu-1", "gpu-3", "windows"])

    annotate(cluster, {WHITELIST: json.dumps([gpu])})
    cluster.client.delete("pods", cluster.pods("app=d")[0]["metadata"]["name"], cluster.namespace)

    eventually(lambda: {each["node"]: each["verdict"] for each in coverage(cluster)}["free"] == "missing", timeout=20)
    told = report(cluster)
    assert told["restriction"]["refuses"] is True
    assert [each["key"] for each in told["restriction"]["notAllowed"]] == [each["key"] for each in told["automatic"]]
    text = cluster.kubectl("ds", "tolerations", "d").stdout
    assert text.startswith("d: its namespace refuses its pods")
    assert "every toleration must be on it, the automatic ones too" in text

    annotate(cluster, {WHITELIST: json.dumps([gpu, *told["automatic"]])})
    eventually(lambda: {each["node"]: each["verdict"] for each in coverage(cluster)}["free"] == "ok", timeout=30)
    assert report(cluster)["restriction"]["refuses"] is False


def test_pods_made_since_prove_that_the_plugin_is_off(cluster: Cluster) -> None:
    cluster.nodes("free")
    cluster.client.patch("namespaces", cluster.namespace, {"metadata": {"annotations": {WHITELIST: "[]"}}})
    annotate(cluster, {WHITELIST: json.dumps([toleration("gpu")])})
    eventually(lambda: cluster.kubectl("get", "ns", cluster.namespace).returncode == 0)
    time.sleep(1.1)  # the times of objects are whole seconds
    cluster.daemon_set("d")
    cluster.settle()

    found = report(cluster)["restriction"]

    assert (found["plugin"], found["refuses"]) == ("off", False)
    assert "without effect" in cluster.kubectl("ds", "tolerations", "d").stdout


def test_a_toleration_for_a_while_really_makes_a_circle(cluster: Cluster) -> None:
    cluster.nodes(node("n1", taints=[taint("old", "NoExecute")]))
    cluster.daemon_set("d", tolerations=[toleration("old", "NoExecute", seconds=1)])
    (first,) = eventually(lambda: cluster.pods("app=d"), timeout=20)

    (circle,) = report(cluster)["circles"]

    assert circle["nodes"] == ["n1"]
    eventually(
        lambda: [each for each in cluster.pods("app=d") if each["metadata"]["uid"] != first["metadata"]["uid"]],
        timeout=30,
    )


def annotate(cluster: Cluster, annotations: Object) -> None:
    """Set annotations of the namespace."""
    cluster.client.patch("namespaces", cluster.namespace, {"metadata": {"annotations": annotations}})


def coverage(cluster: Cluster) -> list[Object]:
    """The rows of the DaemonSet."""
    ran = cluster.kubectl("ds", "coverage", "d", "-o", "json")
    assert ran.returncode == 0, ran.stderr
    rows: list[Object] = check(json.loads(ran.stdout))["daemonSets"][0]["nodes"]
    return rows


def _split(command: str) -> list[str]:
    program, *arguments = split(command)
    assert program == "kubectl"
    return arguments
