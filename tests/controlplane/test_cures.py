"""Every printed cure really cures: the command is pasted into a shell, and the verdict changes to one that runs.

One case for each row of the cure table that has a command. The rows without one are listed at the end, with what they
say instead.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from kubectl_ds.engine.cures import CURES
from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import node, pod, taint, toleration
from tests.controlplane.policies import priority_class, quota
from tests.controlplane.wait import eventually
from tests.schemas import check

Object = dict[str, Any]
RUNS = ("ok", "outdated", "settling", "starting")


def why(cluster: Cluster, name: str = "d", on: str = "n1") -> Object:
    """The explanation of one cell."""
    ran = cluster.kubectl("ds", "why", name, on, "-o", "json")
    assert ran.returncode == 0, ran.stderr
    return check(json.loads(ran.stdout))


def paste(cluster: Cluster, command: str) -> None:
    """Run a command as somebody would who pastes it into a shell."""
    environment = cluster.plane.environment()
    ran = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


def selector(cluster: Cluster) -> None:
    """A node label that is missing."""
    cluster.nodes("n1")
    cluster.daemon_set("d", node_selector={"disk": "ssd"})


def wrong_label(cluster: Cluster) -> None:
    """A node label with another value, and affinity that wants a third."""
    cluster.nodes(node("n1", labels={"disk": "hdd", "cores": "4"}))
    required = {
        "nodeSelectorTerms": [
            {
                "matchExpressions": [
                    {"key": "cores", "operator": "Gt", "values": ["8"]},
                    {"key": "legacy", "operator": "DoesNotExist"},
                ]
            }
        ]
    }
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    cluster.daemon_set("d", node_selector={"disk": "ssd"}, affinity=affinity)


def node_name(cluster: Cluster) -> None:
    """A template that names another node."""
    cluster.nodes("n1", "n2")
    cluster.daemon_set("d", node_name="n2")


def tainted(cluster: Cluster) -> None:
    """Two taints, one of them already tolerated with another value."""
    cluster.nodes(node("n1", taints=[taint("gpu", value="present"), taint("dedicated", "NoExecute")]))
    cluster.daemon_set("d", tolerations=[toleration("gpu", value="absent")])


def misscheduled(cluster: Cluster) -> None:
    """A taint that lands under a running pod."""
    cluster.nodes("n1")
    cluster.daemon_set("d")
    cluster.settle()
    cluster.client.patch("nodes", "n1", {"spec": {"taints": [taint("maintenance")]}})


def too_large(cluster: Cluster) -> None:
    """A request above what is free, two resources short."""
    cluster.nodes(node("n1", cpu="1", memory="1Gi"))
    cluster.create(pod("filler", cpu="600m", memory="512Mi", node_name="n1"))
    cluster.daemon_set("d", cpu="900m", memory="900Mi")


def equal_priority(cluster: Cluster) -> None:
    """Nothing can be lowered below what is free, but a higher priority class would make room."""
    cluster.create(priority_class("agent", 1000))
    cluster.nodes(node("n1", cpu="1"))
    cluster.create(pod("filler", cpu="1", node_name="n1"))
    cluster.daemon_set("d", cpu="500m")


def gated(cluster: Cluster) -> None:
    """Scheduling gates in the template."""
    cluster.nodes("n1")
    cluster.daemon_set("d", template={"spec": {"schedulingGates": [{"name": "example.com/wait"}]}})


def over_quota(cluster: Cluster) -> None:
    """A quota one pod short."""
    cluster.create(quota("few", {"pods": "0"}))
    eventually(lambda: cluster.client.get("resourcequotas", "few", cluster.namespace)["status"].get("used"))
    cluster.nodes("n1")
    cluster.daemon_set("d")


def over_quota_twice(cluster: Cluster) -> None:
    """A quota with too few pods and too little cpu for two nodes."""
    cluster.create(quota("few", {"pods": "0", "requests.cpu": "50m"}))
    eventually(lambda: cluster.client.get("resourcequotas", "few", cluster.namespace)["status"].get("used"))
    cluster.nodes("n1", "n2")
    cluster.daemon_set("d", cpu="100m")


def label_and_taint(cluster: Cluster) -> None:
    """A label that is missing, and a taint besides."""
    cluster.nodes(node("n1", taints=[taint("gpu", value="present")]))
    cluster.daemon_set("d", node_selector={"disk": "ssd"})


def change_image(cluster: Cluster, image: str = "registry.example/agent:2.0") -> None:
    """Begin an update of ``d``."""
    body = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": image}]}}}}
    cluster.client.patch("daemonsets", "d", body, cluster.namespace, "strategic")


def on_delete(cluster: Cluster) -> None:
    """An update that nobody carries on."""
    cluster.nodes("n1")
    cluster.daemon_set("d", strategy="OnDelete")
    cluster.settle()
    change_image(cluster)


def held_up_by_a_dead_node(cluster: Cluster) -> None:
    """An update whose budget a dead node uses up."""
    cluster.nodes("n1", "n2")
    cluster.daemon_set("d", tolerations=[{"operator": "Exists"}])
    cluster.settle()
    cluster.kubelet.node_down("n2")
    eventually(lambda: cluster.status("d").get("numberAvailable") == 1, timeout=20)
    change_image(cluster)


def held_up_by_a_quota(cluster: Cluster) -> None:
    """An update that stands because a pod on a new node cannot be created."""
    cluster.nodes("n1")
    cluster.daemon_set("d")
    cluster.settle()
    cluster.create(quota("few", {"pods": "1"}))
    eventually(lambda: cluster.client.get("resourcequotas", "few", cluster.namespace)["status"].get("used"))
    cluster.nodes("n2")
    eventually(lambda: "FailedCreate" in cluster.kubectl("get", "events").stdout, timeout=20)
    change_image(cluster)


def pod_security(cluster: Cluster) -> None:
    """Host namespaces in a namespace that enforces the baseline."""
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    cluster.client.patch("namespaces", cluster.namespace, labels)
    cluster.nodes("n1")
    cluster.daemon_set("d", host_network=True)


def no_service_account(cluster: Cluster) -> None:
    """A ServiceAccount that does not exist."""
    cluster.nodes("n1")
    cluster.daemon_set("d", service_account="absent")


def no_priority_class(cluster: Cluster) -> None:
    """A priority class that no longer exists."""
    cluster.create(priority_class("gone", 5))
    cluster.client.delete("priorityclasses", "gone")
    cluster.nodes("n1")
    cluster.daemon_set("d", priority_class="gone")


def bad_revision(cluster: Cluster) -> None:
    """A new revision whose image cannot be pulled."""
    cluster.nodes("n1", "n2")
    cluster.daemon_set("d")
    cluster.settle()
    image = "registry.example/agent:absent"
    cluster.kubelet.image_pull_fail(image=image)
    body = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": image}]}}}}
    cluster.client.patch("daemonsets", "d", body, cluster.namespace, "strategic")
    cluster.settle()


def stuck(cluster: Cluster) -> None:
    """A pod that does not go away, long after its grace period."""
    cluster.nodes("n1")
    cluster.daemon_set("d")
    cluster.settle()
    cluster.kubelet.keep_terminating(node="n1")
    for each in cluster.pods(node="n1"):
        cluster.client.delete("pods", each["metadata"]["name"], cluster.namespace, 1)


CASES: list[tuple[str, Callable[[Cluster], None], str, str]] = [
    # (cause code, what is wrong, verdict before, on which node)
    ("NodeAffinity", selector, "excluded", "n1"),
    ("NodeAffinity", wrong_label, "excluded", "n1"),
    ("NodeName", node_name, "excluded", "n1"),
    ("TaintToleration", tainted, "excluded", "n1"),
    ("TaintToleration", misscheduled, "misscheduled", "n1"),
    ("NodeResourcesFit", too_large, "blocked", "n1"),
    ("NodeResourcesFit", equal_priority, "blocked", "n1"),
    ("SchedulingGates", gated, "blocked", "n1"),
    ("FailedCreate", over_quota, "missing", "n1"),
    ("FailedCreate", over_quota_twice, "missing", "n1"),
    ("NodeAffinity", label_and_taint, "excluded", "n1"),
    ("OldRevision", on_delete, "outdated", "n1"),
    ("OldRevision", held_up_by_a_dead_node, "outdated", "n1"),
    ("OldRevision", held_up_by_a_quota, "outdated", "n1"),
    ("FailedCreate", pod_security, "missing", "n1"),
    ("FailedCreate", no_service_account, "missing", "n1"),
    ("FailedCreate", no_priority_class, "missing", "n1"),
    ("ImagePullBackOff", bad_revision, "not-ready", ""),
    ("Terminating", stuck, "terminating", "n1"),
]


@pytest.mark.parametrize(("code", "wrong", "verdict", "on"), CASES, ids=[case[1].__name__ for case in CASES])
def test_the_printed_cure_cures(
    cluster: Cluster, code: str, wrong: Callable[[Cluster], None], verdict: str, on: str
) -> None:
    wrong(cluster)
    where = on or sick_node(cluster)

    def sick() -> Object:
        found = why(cluster, on=where)
        assert found["verdict"] == verdict, found["message"]
        assert found["cure"], found["message"]
        return found

    before = eventually(sick, timeout=15)
    assert code in [cause["code"] for cause in before["causes"]]
    command = before["cure"][0]["command"]
    assert command, before["cure"]
    paste(cluster, command)
    if code == "Terminating":
        cluster.kubelet.finish_terminating()

    def runs() -> bool:
        found = why(cluster, on=where)
        assert found["verdict"] in RUNS, found["message"]
        assert found["verdict"] != verdict, found["message"]
        return True

    assert eventually(runs, timeout=40)


def test_a_whitelist_is_widened_by_the_automatic_tolerations_too(cluster_factory: Any) -> None:
    cluster: Cluster = cluster_factory(admission=("PodTolerationRestriction",))
    whitelist = json.dumps([{"key": "gpu", "operator": "Exists"}])
    body = {"metadata": {"annotations": {"scheduler.alpha.kubernetes.io/tolerationsWhitelist": whitelist}}}
    cluster.client.patch("namespaces", cluster.namespace, body)
    cluster.nodes("n1")
    cluster.daemon_set("d", cpu="100m")

    def sick() -> Object:
        found = why(cluster)
        assert found["verdict"] == "missing"
        assert found["cure"], found["message"]
        return found

    before = eventually(sick, timeout=15)
    assert before["steps"][-1]["evidence"]["admission"] == "tolerationWhitelist"
    paste(cluster, before["cure"][0]["command"])

    def runs() -> bool:
        assert why(cluster)["verdict"] in RUNS
        return True

    assert eventually(runs, timeout=40)


def test_the_rows_without_a_command_are_known_and_say_what_to_look_at() -> None:
    proven = {case[0] for case in CASES}
    without = set(CURES) - proven
    assert without == {
        "NodePorts",
        "NodeUnschedulable",
        "VolumeRestrictions",
        "VolumeBinding",
        "VolumeZone",
        "NodeVolumeLimits",
        "PodTopologySpread",
        "InterPodAffinity",
        "DynamicResources",
        "Evicted",
        "NodeNotReady",
        "NodeUnreachable",
        "NodePressure",
    }


def sick_node(cluster: Cluster) -> str:
    """The node whose pod is not ready."""

    def find() -> str:
        ran = cluster.kubectl("ds", "coverage", "d", "-o", "json")
        rows = json.loads(ran.stdout)["daemonSets"][0]["nodes"]
        return next((row["node"] for row in rows if row["verdict"] == "not-ready"), "")

    return eventually(find, timeout=20)
