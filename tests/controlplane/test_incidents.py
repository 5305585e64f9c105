"""The incidents that today's tools leave to guesswork: one command names the node, the cause, both figures, the cure.

Each is made on the real control plane, and each command is run as somebody on call would run it: ``kubectl ds …``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.schemas import check

from .cluster import Cluster
from .fixtures import ClusterFactory
from .objects import node, pod, taint, toleration
from .policies import claim_volume, pv, pvc, quota
from .wait import eventually
from .waiting import HIGH, LOW, MIDDLE, crowd, holder, own_pods

Object = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What the screen must hold."""

    command: tuple[str, ...]
    """After ``kubectl ds``."""
    node: str
    cause: str
    figures: tuple[str, str]
    """What is wanted, and what there is."""
    cure: str


def shows(cluster: Cluster, told: Told) -> str:
    """Run the command until the screen holds everything; the screen."""

    def look() -> str:
        ran = cluster.kubectl("ds", *told.command)
        assert ran.returncode == 0, ran.stderr
        for part in (told.node, told.cause, *told.figures, told.cure):
            assert part in ran.stdout, f"{part!r} is not in:\n{ran.stdout}"
        return ran.stdout

    return eventually(look, timeout=30)


def own(cluster: Cluster, name: str) -> str:
    """A pod of the test's namespace as evidence names it."""
    return f"{cluster.namespace}/{name}"


def left_out_by_a_taint(cluster: Cluster) -> Told:
    cluster.nodes("n1", node("gpu-1", taints=[taint("gpu", value="yes")]))
    cluster.daemon_set("d")
    return Told(
        ("why", "d", "gpu-1"),
        node="d is left out of gpu-1 by design",
        cause="taint gpu=yes:NoSchedule is not tolerated",
        figures=("taint gpu=yes:NoSchedule", "is not tolerated"),
        cure="kubectl taint node gpu-1 gpu:NoSchedule-",
    )


def left_out_by_a_label(cluster: Cluster) -> Told:
    cluster.nodes(node("n1", labels={"disk": "hdd"}), node("n2", labels={"disk": "ssd"}))
    cluster.daemon_set("d", node_selector={"disk": "ssd"})
    return Told(
        ("why", "d", "n1"),
        node="d is left out of n1 by design",
        cause="nodeSelector wants disk=ssd",
        figures=("disk=ssd", "the node has 'hdd'"),
        cure="kubectl label node n1 disk=ssd --overwrite",
    )


def left_out_by_a_number(cluster: Cluster) -> Told:
    cluster.nodes(node("n1", labels={"cores": "4"}), node("n2", labels={"cores": "16"}))
    more = [{"key": "cores", "operator": "Gt", "values": ["8"]}]
    required = {"nodeSelectorTerms": [{"matchExpressions": more}]}
    cluster.daemon_set("d", affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}})
    return Told(
        ("why", "d", "n1"),
        node="d is left out of n1 by design",
        cause="required node affinity wants cores > 8",
        figures=("cores > 8", "the node has '4'"),
        cure="kubectl label node n1 cores=9 --overwrite",
    )


def short_of_cpu(cluster: Cluster) -> Told:
    crowd(cluster, "n1", "n2")
    holder(cluster, "train", "n1", cpu="800m", priority_class=HIGH)
    cluster.daemon_set("d", cpu="500m")
    return Told(
        ("pending",),
        node="n1",
        cause="NodeResourcesFit",
        figures=("asks 500m", "200m free of 1 (short 300m)"),
        cure="ask for what is free on the node: cpu=200m",
    )


def a_port_is_held(cluster: Cluster) -> Told:
    crowd(cluster, "n1", "n2")
    holder(cluster, "web", "n1", host_port=9100)
    cluster.daemon_set("d", host_port=9100)
    return Told(
        ("pending",),
        node="n1",
        cause="NodePorts",
        figures=("host port 9100/TCP", f"held by {own(cluster, 'web')}"),
        cure=f"give this DaemonSet or {own(cluster, 'web')} another host port",
    )


def preemption_will_cure_it(cluster: Cluster) -> Told:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="800m", priority_class=LOW)
    cluster.plane.pause_scheduler()
    cluster.daemon_set("d", cpu="500m", priority_class=HIGH)
    return Told(
        ("why", "d", "n1"),
        node="d waits for n1",
        cause=f"will evict {own(cluster, 'train')} (priority 10)",
        figures=("asks 500m", "200m free of 1"),
        cure="nothing: the scheduler evicts them by itself",
    )


def preemption_cannot_cure_it(cluster: Cluster) -> Told:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="1", priority_class=MIDDLE)
    cluster.daemon_set("d", cpu="500m", priority_class=MIDDLE)
    return Told(
        ("why", "d", "n1"),
        node="d does not run on n1",
        cause="no pod of a priority below 100 to evict; 1 there has an equal one",
        figures=("asks 500m", f"0 free of 1 (short 500m); 1 pod there, largest {own(cluster, 'train')} 1"),
        cure=f"give it priority class high (1000); it would evict {own(cluster, 'train')}",
    )


def its_pod_was_preempted(cluster: Cluster) -> Told:
    crowd(cluster, "n1")
    cluster.daemon_set("d", cpu="500m", priority_class=LOW)
    cluster.settle()
    cluster.create(pod("urgent", cpu="800m", priority_class=MIDDLE))
    eventually(lambda: cluster.client.get("pods", "urgent", cluster.namespace)["spec"].get("nodeName"), timeout=20)
    return Told(
        ("why", "d", "n1"),
        node="d does not run on n1",
        cause=f"for {own(cluster, 'urgent')} (priority 100)",
        figures=("asks 500m", "200m free of 1"),
        cure=f"give it priority class high (1000); it would evict {own(cluster, 'urgent')}",
    )


def misscheduled_and_nobody_counted_it(cluster: Cluster) -> Told:
    cluster.nodes("n1", "n2")
    cluster.daemon_set("d")
    cluster.settle()
    cluster.client.patch("nodes", "n2", {"spec": {"taints": [taint("maintenance")]}})
    return Told(
        ("why", "d", "n2"),
        node="d runs on n2, where it should not be",
        cause="taint maintenance:NoSchedule is not tolerated; the pod stays, but would not come back",
        figures=("the pod stays", ".status still says 0"),
        cure="kubectl taint node n2 maintenance:NoSchedule-",
    )


def a_quota_is_full(cluster: Cluster) -> Told:
    cluster.create(quota("few", {"pods": "1"}))
    eventually(lambda: cluster.client.get("resourcequotas", "few", cluster.namespace)["status"].get("used"))
    cluster.nodes("n1", "n2")
    cluster.daemon_set("d")
    (there,) = eventually(lambda: own_pods(cluster, "d"), timeout=20)
    node_ = eventually(
        lambda: cluster.client.get("pods", there["metadata"]["name"], cluster.namespace)["spec"].get("nodeName"),
        timeout=20,
    )
    lacks = "n2" if node_ == "n1" else "n1"
    return Told(
        ("why", "d", lacks),
        node=f"d should run on {lacks}, and has no pod",
        cause="quota few",
        figures=("asks 1", "pods 1 of 1 used"),
        cure=f"kubectl patch resourcequota few -n {cluster.namespace} --type=merge -p "
        '\'{"spec":{"hard":{"pods":"2"}}}\'',
    )


def pod_security_refuses_every_pod(cluster: Cluster) -> Told:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    cluster.client.patch("namespaces", cluster.namespace, labels)
    cluster.nodes("n1")
    cluster.daemon_set("d", host_network=True)
    return Told(
        ("why", "d", "n1"),
        node="d should run on n1, and has no pod",
        cause="violates PodSecurity",
        figures=('"baseline:latest"', "host namespaces (hostNetwork=true)"),
        cure=f"kubectl label namespace {cluster.namespace} pod-security.kubernetes.io/enforce=privileged --overwrite",
    )


def update(cluster: Cluster, image: str) -> None:
    """Another image for ``d``."""
    body = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": image}]}}}}
    cluster.client.patch("daemonsets", "d", body, cluster.namespace, "strategic")


def a_dead_node_holds_up_the_update(cluster: Cluster) -> Told:
    cluster.nodes("n1", "n2", "n3")
    cluster.daemon_set("d", tolerations=[toleration()])
    cluster.settle()
    cluster.kubelet.node_down("n2")
    eventually(lambda: cluster.status("d").get("numberAvailable") == 2, timeout=20)
    update(cluster, "registry.example/agent:2.0")
    return Told(
        ("coverage", "d"),
        node="used by n2 (NodeUnreachable, the node's fault)",
        cause="node Ready=Unknown",
        figures=("maxUnavailable 1, 1 used", "0 of 3 nodes updated"),
        cure='-p \'{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":2}}}}\'',
    )


def a_bad_revision_holds_up_the_update(cluster: Cluster) -> Told:
    cluster.nodes("n1", "n2", "n3")
    cluster.daemon_set("d")
    cluster.settle()
    image = "registry.example/agent:absent"
    cluster.kubelet.image_pull_fail(image=image)
    update(cluster, image)

    def failing() -> list[Object]:
        ran = cluster.kubectl("ds", "coverage", "d", "-o", "json")
        rows = check(json.loads(ran.stdout))["daemonSets"][0]["nodes"]
        return [row for row in rows if row["verdict"] == "not-ready"]

    (row,) = eventually(failing, timeout=30)
    return Told(
        ("coverage", "d"),
        node=f"used by {row['node']} (ImagePullBackOff, ",
        cause="the revision's fault",
        figures=("maxUnavailable 1, 1 used", "1 of 3 nodes updated"),
        cure=f"kubectl rollout undo daemonset/d -n {cluster.namespace}",
    )


def on_delete_is_half_done(cluster: Cluster) -> Told:
    cluster.nodes("n1", "n2", "n3")
    cluster.daemon_set("d", strategy="OnDelete")
    cluster.settle()
    update(cluster, "registry.example/agent:2.0")
    (first,) = cluster.pods("app=d", node="n1")
    cluster.client.delete("pods", first["metadata"]["name"], cluster.namespace)
    (second,) = cluster.pods("app=d", node="n2")
    return Told(
        ("coverage", "d"),
        node="n2, n3",
        cause="OnDelete replaces a pod only when somebody deletes it: n2, n3 wait",
        figures=("1 of 3 nodes updated", "2 outdated"),
        cure=f"kubectl delete pod {second['metadata']['name']} -n {cluster.namespace}",
    )


def one_claim_for_one_pod_is_shared(cluster: Cluster) -> Told:
    cluster.nodes("n1", "n2")
    cluster.create(pv("vol", modes=("ReadWriteOncePod",)), pvc("data", modes=("ReadWriteOncePod",), volume="vol"))
    eventually(
        lambda: cluster.client.get("persistentvolumeclaims", "data", cluster.namespace)["status"]["phase"] == "Bound",
        timeout=20,
    )
    cluster.daemon_set("d", volumes=[claim_volume("data")])

    def bound() -> list[Object]:
        return [each for each in own_pods(cluster, "d") if each["spec"].get("nodeName")]

    (holding,) = eventually(bound, timeout=20)
    lacks = "n2" if holding["spec"]["nodeName"] == "n1" else "n1"
    return Told(
        ("why", "d", lacks),
        node=f"d does not run on {lacks}",
        cause="VolumeRestrictions",
        figures=("claim data is ReadWriteOncePod", f"held by {own(cluster, holding['metadata']['name'])}"),
        cure=f"give each pod storage of its own, or a claim whose volume allows this; what fits: kubectl ds storage d "
        f"-n {cluster.namespace}",
    )


def a_claim_waits_for_a_class_that_is_not_there(cluster: Cluster) -> Told:
    cluster.nodes("n1")
    cluster.create(pvc("data", storage_class="gone"))
    cluster.daemon_set("d", volumes=[claim_volume("data")])
    return Told(
        ("why", "d", "n1"),
        node="d does not run on n1",
        cause="VolumeBinding",
        figures=("claim data asks for storage class gone", "which does not exist"),
        cure="create the storage class, or a claim of a class that exists",
    )


INCIDENTS: tuple[Callable[[Cluster], Told], ...] = (
    left_out_by_a_taint,
    left_out_by_a_label,
    left_out_by_a_number,
    short_of_cpu,
    a_port_is_held,
    preemption_will_cure_it,
    preemption_cannot_cure_it,
    its_pod_was_preempted,
    misscheduled_and_nobody_counted_it,
    a_quota_is_full,
    pod_security_refuses_every_pod,
    a_dead_node_holds_up_the_update,
    a_bad_revision_holds_up_the_update,
    on_delete_is_half_done,
    one_claim_for_one_pod_is_shared,
    a_claim_waits_for_a_class_that_is_not_there,
)


@pytest.mark.parametrize("incident", INCIDENTS, ids=[each.__name__ for each in INCIDENTS])
def test_one_command_names_the_node_the_cause_both_figures_and_the_cure(
    cluster: Cluster, incident: Callable[[Cluster], Told]
) -> None:
    told = incident(cluster)

    text = shows(cluster, told)

    assert "Traceback" not in text


def test_a_whitelist_that_forgets_the_automatic_tolerations(cluster_factory: ClusterFactory) -> None:
    cluster = cluster_factory(admission=("PodTolerationRestriction",))
    allowed = [toleration("gpu", "NoSchedule")]
    key = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
    body = {"metadata": {"annotations": {key: json.dumps(allowed)}}}
    cluster.client.patch("namespaces", cluster.namespace, body)
    cluster.nodes("n1")
    cluster.daemon_set("d", tolerations=allowed)

    text = shows(
        cluster,
        Told(
            ("why", "d", "n1"),
            node="d should run on n1, and has no pod",
            cause="conflict with its namespace whitelist",
            figures=("tolerationWhitelist", "node.kubernetes.io/not-ready:NoExecute"),
            cure=f"kubectl annotate namespace {cluster.namespace} --overwrite ",
        ),
    )

    lacking = text.partition("put on the namespace's whitelist what it lacks")[2].partition("\n")[0]
    assert lacking.count("node.kubernetes.io/") == 6
    assert "gpu" not in lacking


def test_there_are_seventeen() -> None:
    assert len(INCIDENTS) + 1 == 17
