"""What goes wrong in the demo cluster, in the order in which it went wrong.

Each chapter changes something from outside, as people, machines and registries do, and waits for what the real
controller and the real scheduler make of it; nothing here writes what they decide. ``EXPECTED`` says what must be
true at the end, cell by cell; the recorder holds the recording against it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import demo_cluster as demo
from . import wait
from .behaviour import ContainerCreating, CrashLoop, Fail, Hold, NotReady, OutOf, Ready, Report
from .nodes import create_nodes
from .objects import timestamp
from .policies import quota

if TYPE_CHECKING:
    from .cluster import Cluster
    from .demo_clock import Clock

Object = dict[str, Any]

FLUENTD = "fluent/fluentd-kubernetes-daemonset:{}"
FLUENTD_OLD = ("v1.14.6-debian-elasticsearch7-1.1", "v1.15-debian-elasticsearch7-1", "v1.16-debian-elasticsearch8-1")
FLUENTD_NEW = "v1.19-debian-elasticsearch8-1"
EXPORTER = "quay.io/prometheus/node-exporter:{}"
EXPORTER_BAD = "v1.10.22"
PROXY = "registry.k8s.io/kube-proxy:{}"
PLUGIN = "nvcr.io/nvidia/k8s-device-plugin:{}"

WELL = ("worker-1", "worker-2")
NEW_FLUENTD_ON = (*WELL, "worker-3", "worker-8", *demo.FULL)
NEW_EXPORTER_ON = ("worker-9", "worker-10", "worker-20")

EXPECTED = {
    ("fluentd", "ok"): WELL,
    ("fluentd", "settling"): ("worker-3",),
    ("fluentd", "not-ready"): ("worker-8",),
    ("fluentd", "blocked"): demo.FULL,
    ("fluentd", "missing"): demo.NEW_WORKERS,
    ("fluentd", "misscheduled"): ("worker-5", "worker-17"),
    ("fluentd", "outdated"): ("worker-4", "worker-22", "control-plane-1"),
    ("fluentd", "excluded"): (*demo.GPU, *demo.EDGE, *demo.WINDOWS),
    ("kube-proxy", "ok"): (*demo.CONTROL_PLANE, *demo.WORKERS[:16], *demo.WORKERS[17:], *demo.GPU, *demo.EDGE),
    ("kube-proxy", "not-ready"): ("worker-17",),
    ("kube-proxy", "pending"): ("worker-25",),
    ("kube-proxy", "starting"): ("worker-26",),
    ("kube-proxy", "excluded"): demo.WINDOWS,
    ("node-exporter", "not-ready"): ("worker-9", "worker-10", *demo.NEW_WORKERS),
    ("node-exporter", "terminating"): ("worker-17",),
    ("node-exporter", "blocked"): ("worker-20",),
    ("node-exporter", "failed"): ("worker-19", "edge-4"),
    ("node-exporter", "excluded"): demo.WINDOWS,
    ("nvidia-device-plugin", "ok"): ("gpu-1",),
    ("nvidia-device-plugin", "misscheduled"): ("gpu-2",),
    ("nvidia-device-plugin", "unknown"): ("gpu-3", "gpu-4"),
}
"""(DaemonSet, verdict) → nodes. All nodes that are not named have an outdated pod, or are excluded."""


@dataclass(frozen=True)
class Unready(NotReady):
    """Running and not ready, without an event."""

    def report(self, pod: Object, now: float) -> Report:
        return replace(super().report(pod, now), notes=())


@dataclass(frozen=True)
class JustCrashed(CrashLoop):
    """Crash-looping, and ended a few seconds ago."""

    def report(self, pod: Object, now: float) -> Report:
        report = super().report(pod, now)
        assert report.status is not None
        for status in report.status["containerStatuses"]:
            if ended := status["lastState"].get("terminated"):
                ended |= {"startedAt": timestamp(now - 1), "finishedAt": timestamp(now)}
        return report


def tell(cluster: Cluster, clock: Clock) -> None:
    """All chapters; at the end the cluster stands as ``EXPECTED`` says, for some seconds."""
    _the_cluster_grows(cluster, clock)
    _gpu_plugin_is_half_updated(cluster, clock)
    _exporter_gets_an_image_that_does_not_exist(cluster, clock)
    _fluentd_asks_for_more_cpu(cluster, clock)
    _nodes_fail(cluster, clock)
    _platform_team_tidies_up(cluster, clock)
    _the_cluster_scales_up(cluster, clock)
    _wait_for_replacements(cluster)
    clock.real_from_here()
    cluster.kubelet.steer(Ready(), node="worker-3", labels={"app": "fluentd"})
    cluster.kubelet.steer(_crash(15), node="worker-8", labels={"app": "fluentd"})
    cluster.kubelet.settle()


def _the_cluster_grows(cluster: Cluster, clock: Clock) -> None:
    """Half a year: DaemonSets with a history, then machines, then what they are for."""
    clock.mark(days=212.4)
    cluster.create(*demo.manifests())
    cluster.create(*demo.manifests("DaemonSet"))
    for tag in FLUENTD_OLD:
        _release(cluster, "fluentd", FLUENTD.format(tag))
    for tag in ("v1.8.2", "v1.9.1"):
        _release(cluster, "node-exporter", EXPORTER.format(tag))
    for tag in ("v1.36.3", "v1.37.2"):
        _release(cluster, "kube-proxy", PROXY.format(tag))
    for days, names in (
        (211.2, (*demo.CONTROL_PLANE, *demo.WORKERS[:9])),
        (93.7, (*demo.WORKERS[9:], *demo.WINDOWS)),
        (40.6, (*demo.GPU, *demo.EDGE)),
    ):
        clock.mark(days=days)
        create_nodes(cluster.client, map(demo.machine, names))
        cluster.create(*(one for name in names for one in demo.running_on(name)))
    for name in ("kube-proxy", "fluentd", "node-exporter", "nvidia-device-plugin"):
        _wait_for(cluster, name, _complete)


def _gpu_plugin_is_half_updated(cluster: Cluster, clock: Clock) -> None:
    """OnDelete: a new release, and somebody began to delete pods by hand, and was called away."""
    clock.mark(days=9.1)
    _release(cluster, "nvidia-device-plugin", PLUGIN.format("v0.18.0"))
    _delete_pod(cluster, "nvidia-device-plugin", "gpu-1")
    _wait_for(cluster, "nvidia-device-plugin", lambda status: status.get("updatedNumberScheduled") == 1)
    _wait_for(cluster, "nvidia-device-plugin", _complete)


def _exporter_gets_an_image_that_does_not_exist(cluster: Cluster, clock: Clock) -> None:
    """A mistyped tag; the rollout hangs. On one node a pod that somebody bound by hand has the port by then."""
    clock.mark(minutes=52)
    cluster.create(demo.exporter_by_hand("worker-20"))
    _make_unready(cluster, "node-exporter", NEW_EXPORTER_ON)
    cluster.kubelet.image_pull_fail(EXPORTER.format(EXPORTER_BAD))
    _release(cluster, "node-exporter", EXPORTER.format(EXPORTER_BAD))
    wait.eventually(lambda: len(_unschedulable(cluster, "node-exporter")) == 1)


def _fluentd_asks_for_more_cpu(cluster: Cluster, clock: Clock) -> None:
    """The new release asks for 500m instead of 200m, which two nodes do not have; on a third it finds a bad file."""
    clock.mark(minutes=41)
    labels = {"app": "fluentd"}
    _make_unready(cluster, "fluentd", NEW_FLUENTD_ON)
    for node in NEW_FLUENTD_ON:
        cluster.kubelet.steer(Ready(), node=node, image=FLUENTD.format(FLUENTD_NEW))
    cluster.kubelet.steer(_crash(14), node="worker-8", labels=labels, image=FLUENTD.format(FLUENTD_NEW))
    cluster.kubelet.steer(Hold(), node="worker-3", image=FLUENTD.format(FLUENTD_NEW))
    resources = {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}}
    _release(cluster, "fluentd", FLUENTD.format(FLUENTD_NEW), resources)
    wait.eventually(lambda: len(_unschedulable(cluster, "fluentd")) == len(demo.FULL))
    not_there = len(NEW_FLUENTD_ON) - len(WELL)
    _wait_for(cluster, "fluentd", lambda status: status["numberUnavailable"] == not_there)


def _nodes_fail(cluster: Cluster, clock: Clock) -> None:
    """One is out of memory, one's kubelet counts differently, one is gone, and pods on it cannot end."""
    clock.mark(minutes=33)
    kubelet, client = cluster.kubelet, cluster.client
    labels = {"app.kubernetes.io/name": "node-exporter"}
    pressure = {
        "type": "MemoryPressure",
        "status": "True",
        "reason": "KubeletHasInsufficientMemory",
        "message": "kubelet has insufficient memory available",
        "lastTransitionTime": timestamp(time.time()),
    }
    client.patch(
        "nodes", "worker-19", {"status": {"conditions": [pressure]}}, patch_type="strategic", subresource="status"
    )
    _add_taint(cluster, "worker-19", {"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"})
    words = (
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 87552Ki. "
        "Container node-exporter was using 24316Ki, request is 0, has larger consumption of memory. "
    )
    kubelet.steer(Fail("Evicted", words), node="worker-19", labels=labels)
    kubelet.steer(OutOf("pods", 1, 30, 30), node="edge-4", labels=labels)
    kubelet.node_down("worker-17")


def _platform_team_tidies_up(cluster: Cluster, clock: Clock) -> None:
    """Two nodes go into maintenance, one is cordoned, and the namespace of the logs gets a quota that is just full."""
    clock.mark(minutes=18)
    for name in ("worker-5", "gpu-2"):
        _add_taint(cluster, name, {"key": "maintenance", "value": "true", "effect": "NoSchedule"})
    cluster.client.patch("nodes", "worker-22", {"spec": {"unschedulable": True}})
    _add_taint(cluster, "worker-22", {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
    count = str(len(cluster.client.list("pods", "logging")))
    cluster.create(quota("team-quota", {"pods": count}, "logging"))
    wait.eventually(lambda: _used(cluster) == count, message="the quota counts the pods")


def _the_cluster_scales_up(cluster: Cluster, clock: Clock) -> None:
    """Two machines join; jobs fill one of them before kube-proxy is there, and it has to push one out.

    The jobs are there before their node, so that the scheduler cannot know them too late.
    """
    clock.mark(minutes=9)
    cluster.kubelet.steer(
        ContainerCreating(
            message='MountVolume.SetUp failed for volume "kube-proxy" : failed to sync configmap cache: '
            "timed out waiting for the condition"
        ),
        node="worker-26",
        labels={"k8s-app": "kube-proxy"},
    )
    cluster.kubelet.keep_terminating(namespace="batch")
    jobs = [demo.job(f"train-{number}", "worker-25", "1150m", "3Gi") for number in (6, 7, 8)]
    cluster.create(*jobs, demo.job("backfill-2", "worker-25", "420m", "1Gi", priority_class="preemptible"))
    create_nodes(cluster.client, map(demo.machine, demo.NEW_WORKERS))
    wait.eventually(lambda: _nominated(cluster) == ["worker-25"], message="kube-proxy has a victim on worker-25")
    wait.eventually(
        lambda: any(event["reason"] == "FailedCreate" for event in cluster.client.list("events", "logging")),
        message="the quota refuses a pod",
    )


def _wait_for_replacements(cluster: Cluster) -> None:
    """The controller replaces a Failed pod at once, then after 1 s, 2 s, 4 s …; wait for the pause of 8 s."""

    def replaced_four_times() -> bool:
        pods = cluster.client.list("pods", "monitoring")
        failed = sorted(pod["spec"]["nodeName"] for pod in pods if pod["status"]["phase"] == "Failed")
        events = [one for one in cluster.client.list("events", "monitoring") if one["reason"] == "FailedDaemonPod"]
        return failed == ["edge-4", "worker-19"] and len(events) == 4 * len(failed)

    wait.eventually(replaced_four_times, 30)


def _release(cluster: Cluster, name: str, image: str, resources: Object | None = None) -> None:
    """Change the image, as ``kubectl set image`` does, and wait until the controller has seen it."""
    found = _daemon_set(cluster, name)
    namespace = found["metadata"]["namespace"]
    container = {"name": found["spec"]["template"]["spec"]["containers"][0]["name"], "image": image}
    if resources:
        container["resources"] = resources
    body = {
        "metadata": {"annotations": {"kubernetes.io/change-cause": f"image {image.rpartition(':')[2]}"}},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    generation = cluster.client.patch("daemonsets", name, body, namespace, "strategic")["metadata"]["generation"]
    _wait_for(cluster, name, lambda status: status.get("observedGeneration", 0) >= generation)


def _make_unready(cluster: Cluster, name: str, nodes: tuple[str, ...]) -> None:
    """Choose where a rollout begins: the controller replaces unavailable pods first, else in no order at all."""
    labels = _daemon_set(cluster, name)["spec"]["selector"]["matchLabels"]
    for node in nodes:
        cluster.kubelet.steer(Unready(), node=node, labels=labels)
    _wait_for(cluster, name, lambda status: status.get("numberUnavailable", 0) >= len(nodes))


def _crash(restarts: int) -> JustCrashed:
    words = "config error: <match kubernetes.**> section has no @type (in /fluentd/etc/output.conf)"
    return JustCrashed(restarts=restarts, termination_message=words)


def _delete_pod(cluster: Cluster, daemon_set: str, node: str) -> None:
    pod = next(pod for pod in _pods(cluster, daemon_set) if pod["spec"].get("nodeName") == node)
    cluster.client.delete("pods", pod["metadata"]["name"], pod["metadata"]["namespace"])


def _add_taint(cluster: Cluster, node: str, taint: Object) -> None:
    taints = cluster.client.get("nodes", node)["spec"].get("taints", [])
    cluster.client.patch("nodes", node, {"spec": {"taints": [*taints, taint]}})


def _wait_for(cluster: Cluster, name: str, check: Any) -> None:
    wait.eventually(lambda: check(_daemon_set(cluster, name).get("status", {})), 40, f"{name} gets on")


def _complete(status: Object) -> bool:
    desired: int = status.get("desiredNumberScheduled", 0)
    return desired > 0 and status.get("numberAvailable") == desired


def _daemon_set(cluster: Cluster, name: str) -> Object:
    return next(one for one in cluster.client.list("daemonsets") if one["metadata"]["name"] == name)


def _pods(cluster: Cluster, daemon_set: str) -> list[Object]:
    found = _daemon_set(cluster, daemon_set)
    labels = ",".join(f"{key}={value}" for key, value in found["spec"]["selector"]["matchLabels"].items())
    return cluster.client.list("pods", found["metadata"]["namespace"], labels)


def _unschedulable(cluster: Cluster, daemon_set: str) -> list[Object]:
    """The pods that the scheduler has tried to place, and could not."""
    return [
        pod
        for pod in _pods(cluster, daemon_set)
        if any(one.get("reason") == "Unschedulable" for one in pod["status"].get("conditions", []))
    ]


def _nominated(cluster: Cluster) -> list[str]:
    return [name for pod in _pods(cluster, "kube-proxy") if (name := pod["status"].get("nominatedNodeName"))]


def _used(cluster: Cluster) -> str:
    used: str = (
        cluster.client.get("resourcequotas", "team-quota", "logging").get("status", {}).get("used", {}).get("pods", "")
    )
    return used
