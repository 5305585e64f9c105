"""Every printed cure really cures: the command is pasted into a shell, and the verdict changes to one that runs.

At least one case for each row of the cure table that has a command, and every command of a case is tried. The rows
without one are listed at the end.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from kubectl_ds.engine.cures import CURES
from tests.controlplane.cluster import Cluster
from tests.controlplane.differential.__main__ import PLUGINS
from tests.controlplane.fixtures import ClusterFactory
from tests.controlplane.objects import merge, node, pod, taint, toleration
from tests.controlplane.policies import claim_volume, csi_node, priority_class, pv, pvc, quota, runtime_class
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


def port_taken(cluster: Cluster) -> None:
    """A host port that another pod holds, and a priority class that would make it go."""
    cluster.create(priority_class("agent", 1000))
    cluster.nodes("n1")
    cluster.create(pod("holder", host_port=8080, node_name="n1"))
    cluster.daemon_set("d", host_port=8080)


def claim_held(cluster: Cluster) -> None:
    """A claim for one pod, which another pod holds."""
    modes = ("ReadWriteOncePod",)
    cluster.create(priority_class("agent", 1000), pv("v", modes=modes), pvc("data", volume="v", modes=modes))
    are_bound(cluster)
    cluster.nodes("n1")
    cluster.create(pod("holder", volumes=[claim_volume("data")], node_name="n1"))
    cluster.daemon_set("d", volumes=[claim_volume("data")])


def are_bound(cluster: Cluster) -> None:
    """Wait for all claims."""

    def bound() -> bool:
        claims = cluster.client.list("persistentvolumeclaims", cluster.namespace)
        return all(each["status"]["phase"] == "Bound" for each in claims)

    eventually(bound, timeout=20)


def no_more_volumes(cluster: Cluster) -> None:
    """A node to which one volume of a driver can be attached, and that has it."""
    cluster.create(priority_class("agent", 1000))
    for name in ("v1", "v2"):
        source = {"csi": {"driver": "csi.example.com", "volumeHandle": name}}
        cluster.create(pv(name, source=source), pvc(name, volume=name))
    are_bound(cluster)
    cluster.create(csi_node("n1", {"csi.example.com": 1}))
    cluster.nodes("n1")
    cluster.create(pod("holder", volumes=[claim_volume("v1")], node_name="n1"))
    cluster.daemon_set("d", volumes=[claim_volume("v2")])


def crowded(cluster: Cluster) -> None:
    """A node that has one of those already who shall be spread evenly."""
    cluster.create(priority_class("agent", 1000))
    cluster.nodes("n1", node("n2", taints=[taint("other")]))
    cluster.create(pod("holder", labels={"role": "log"}, node_name="n1"))
    constraint = {
        "topologyKey": "kubernetes.io/hostname",
        "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"role": "log"}},
        "nodeAffinityPolicy": "Ignore",
    }
    labels = {"app": "d", "role": "log"}
    cluster.daemon_set("d", labels=labels, template={"spec": {"topologySpreadConstraints": [constraint]}})


def kept_away(cluster: Cluster) -> None:
    """Somebody who wants to be alone."""
    cluster.create(priority_class("agent", 1000))
    cluster.nodes("n1")
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "d"}}}
    alone = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    cluster.create(pod("hermit", affinity=alone, node_name="n1"))
    cluster.daemon_set("d")


def hungry_at_first(cluster: Cluster) -> None:
    """An init container that asks for more than the node has, and a main one that has only a limit."""
    cluster.nodes(node("n1", cpu="1"))
    asks = {"name": "first", "image": "registry.example/agent:1.0", "resources": {"limits": {"cpu": "2"}}}
    cluster.daemon_set("d", limits={"cpu": "100m"}, template={"spec": {"initContainers": [asks]}})


def gated_and_too_large(cluster: Cluster) -> None:
    """Gates, and behind them too little room."""
    cluster.nodes(node("n1", cpu="1"))
    cluster.create(pod("filler", cpu="600m", node_name="n1"))
    cluster.daemon_set("d", cpu="500m", template={"spec": {"schedulingGates": [{"name": "example.com/wait"}]}})


def adopted(cluster: Cluster, **spec: Any) -> None:
    """A bare pod that the DaemonSet takes over, and that lacks what its own pods have."""
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}]
    pin = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    cluster.create(merge(pod("bare", labels={"app": "d"}, affinity=pin), {"spec": spec}))
    cluster.daemon_set("d", strategy="OnDelete")


def cordoned(cluster: Cluster) -> None:
    """An adopted pod without the automatic tolerations, for a cordoned node."""
    cluster.nodes(node("n1", unschedulable=True))
    adopted(cluster)


def gated_alone(cluster: Cluster) -> None:
    """An adopted pod with gates that the template does not have."""
    cluster.nodes("n1")
    adopted(cluster, schedulingGates=[{"name": "example.com/wait"}])


def of_a_runtime_class(cluster: Cluster) -> None:
    """A RuntimeClass whose nodes have two labels that this one lacks."""
    cluster.create(runtime_class("picky", node_selector={"runtime": "picky", "example.com/vm": "yes"}))
    cluster.nodes("n1")
    cluster.daemon_set("d", template={"spec": {"runtimeClassName": "picky"}})


def of_the_namespace(cluster: Cluster) -> None:
    """A namespace whose pods belong on nodes with two labels that this one lacks."""
    annotations = {"scheduler.alpha.kubernetes.io/node-selector": "disk=ssd,role=log"}
    cluster.client.patch("namespaces", cluster.namespace, {"metadata": {"annotations": annotations}})
    cluster.nodes("n1")
    cluster.daemon_set("d")


def not_on_the_whitelist(cluster: Cluster) -> None:
    """A whitelist that knows nothing of the automatic tolerations."""
    listed = json.dumps([{"key": "gpu", "operator": "Exists"}])
    annotations = {"scheduler.alpha.kubernetes.io/tolerationsWhitelist": listed}
    cluster.client.patch("namespaces", cluster.namespace, {"metadata": {"annotations": annotations}})
    cluster.nodes("n1")
    cluster.daemon_set("d", cpu="100m")


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


def refused_thrice(cluster: Cluster) -> None:
    """Host namespaces where the baseline is enforced, and two quotas behind that: an event tells the first alone."""
    pod_security(cluster)
    cluster.create(quota("few", {"pods": "0"}), quota("little", {"requests.cpu": "50m"}))
    body = {"spec": {"template": {"spec": {"containers": [{"name": "main", "resources": {"requests": {"cpu": "1"}}}]}}}}
    cluster.client.patch("daemonsets", "d", body, cluster.namespace, "strategic")
    eventually(lambda: all(each["status"] for each in cluster.client.list("resourcequotas", cluster.namespace)))


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
    ("FailedCreate", refused_thrice, "missing", "n1"),
    ("FailedCreate", no_service_account, "missing", "n1"),
    ("FailedCreate", no_priority_class, "missing", "n1"),
    ("ImagePullBackOff", bad_revision, "not-ready", ""),
    ("Terminating", stuck, "terminating", "n1"),
    ("NodePorts", port_taken, "blocked", "n1"),
    ("VolumeRestrictions", claim_held, "blocked", "n1"),
    ("InterPodAffinity", kept_away, "blocked", "n1"),
    ("NodeVolumeLimits", no_more_volumes, "blocked", "n1"),
    ("PodTopologySpread", crowded, "blocked", "n1"),
    ("NodeResourcesFit", hungry_at_first, "blocked", "n1"),
    ("SchedulingGates", gated_and_too_large, "blocked", "n1"),
    ("NodeUnschedulable", cordoned, "blocked", "n1"),
    ("SchedulingGates", gated_alone, "blocked", "n1"),
    ("NodeAffinity", of_a_runtime_class, "blocked", "n1"),
    ("NodeAffinity", of_the_namespace, "blocked", "n1"),
    ("FailedCreate", not_on_the_whitelist, "missing", "n1"),
]


@pytest.mark.parametrize(("code", "wrong", "verdict", "on"), CASES, ids=[case[1].__name__ for case in CASES])
def test_every_printed_cure_cures(
    cluster_factory: ClusterFactory, code: str, wrong: Callable[[Cluster], None], verdict: str, on: str
) -> None:
    cluster = cluster_factory(admission=PLUGINS)
    where, commands = printed(cluster, code, wrong, verdict, on)
    assert commands
    for place in range(len(commands)):
        if place:
            cluster.begin()
            where, commands = printed(cluster, code, wrong, verdict, on)
        paste(cluster, commands[place])
        if code == "Terminating":
            cluster.kubelet.finish_terminating()

        def runs(where: str = where) -> bool:
            found = why(cluster, on=where)
            assert found["verdict"] in RUNS, found["message"]
            assert found["verdict"] != verdict, found["message"]
            return True

        assert eventually(runs, timeout=40)


def printed(
    cluster: Cluster, code: str, wrong: Callable[[Cluster], None], verdict: str, on: str
) -> tuple[str, list[str]]:
    """The node on which all is wrong, and the commands that are printed."""
    wrong(cluster)
    where = on or sick_node(cluster)

    def sick() -> Object:
        found = why(cluster, on=where)
        assert found["verdict"] == verdict, found["message"]
        assert found["cure"], found["message"]
        return found

    found = eventually(sick, timeout=15)
    assert code in [cause["code"] for cause in found["causes"]]
    return where, [cure["command"] for cure in found["cure"] if cure["command"]]


def test_the_rows_without_a_command_are_known_and_say_what_to_look_at() -> None:
    proven = {case[0] for case in CASES}
    without = set(CURES) - proven
    assert without == {
        "VolumeBinding",
        "VolumeZone",
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
