"""The demo cluster as it stands before anything goes wrong: its machines, and what runs on them.

About forty nodes of five kinds, and enough other pods that the figures in a report mean something. What the cluster
runs for itself, the four DaemonSets among it, is in ``demo.yaml``; what goes wrong is told by ``demo_story``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .objects import merge, node, node_address, pod, taint, toleration

Object = dict[str, Any]

MANIFESTS = Path(__file__).with_name("demo.yaml")

CONTROL_PLANE = tuple(f"control-plane-{number}" for number in range(1, 4))
WORKERS = tuple(f"worker-{number}" for number in range(1, 25))
NEW_WORKERS = ("worker-25", "worker-26")
GPU = tuple(f"gpu-{number}" for number in range(1, 5))
EDGE = tuple(f"edge-{number}" for number in range(1, 6))
WINDOWS = ("windows-1", "windows-2")
ALL_NODES = (*CONTROL_PLANE, *WORKERS, *NEW_WORKERS, *GPU, *EDGE, *WINDOWS)

FULL = ("worker-11", "worker-12")
"""Where training jobs leave room for the old fluentd, and not for the new one."""

ZONES = ("eu-west-1a", "eu-west-1b", "eu-west-1c")
SHOP = ("cart", "catalog", "checkout", "payments", "recommender", "search", "sessions")
SIZES = ("250m", "400m", "600m", "350m", "500m")


@dataclass(frozen=True)
class Machine:
    """A kind of machine: what it has, and what it offers to pods."""

    instance: str
    cpu: str
    allocatable_cpu: str
    memory: str
    allocatable_memory: str
    pods: int
    kubelet: str
    image: str = "Ubuntu 24.04.3 LTS"
    kernel: str = "6.8.0-1031-aws"
    architecture: str = "amd64"
    system: str = "linux"
    extended: dict[str, str] = field(default_factory=dict)


SMALL = Machine("m6i.xlarge", "4", "3920m", "16073764Ki", "15056932Ki", 58, "v1.37.2")
LARGE = Machine("g5.2xlarge", "8", "7910m", "32408620Ki", "31391788Ki", 58, "v1.37.2", extended={"nvidia.com/gpu": "1"})
ARM = Machine(
    "raspberry-cm4",
    "4",
    "3800m",
    "8123456Ki",
    "7611456Ki",
    30,
    "v1.36.3",
    image="Debian GNU/Linux 13 (trixie)",
    kernel="6.12.48-v8",
    architecture="arm64",
)
WIN = Machine(
    "m6i.2xlarge",
    "8",
    "7910m",
    "33226204Ki",
    "32209372Ki",
    58,
    "v1.37.2",
    image="Windows Server 2022 Datacenter",
    kernel="10.0.20348.4171",
    system="windows",
)


def manifests(*kinds: str) -> list[Object]:
    """The documents of ``demo.yaml`` of these kinds, in the order of the file; without kinds all but DaemonSets."""
    documents: list[Object] = list(yaml.safe_load_all(MANIFESTS.read_text()))
    return [one for one in documents if (one["kind"] in kinds if kinds else one["kind"] != "DaemonSet")]


def machine(name: str) -> Object:
    """The Node object of this name."""
    number = int(name.rpartition("-")[2])
    zone = ZONES[number % 3]
    region = {"topology.kubernetes.io/region": "eu-west-1", "topology.kubernetes.io/zone": zone}
    if name in CONTROL_PLANE:
        role = {"node-role.kubernetes.io/control-plane": ""}
        return _node(name, SMALL, region | role, [taint("node-role.kubernetes.io/control-plane")])
    if name in GPU:
        present = {"nvidia.com/gpu.present": "true", "nvidia.com/gpu.product": "NVIDIA-A10G"}
        return _node(name, LARGE, region | present, [taint("nvidia.com/gpu", value="present")])
    if name in EDGE:
        store = {"topology.kubernetes.io/region": "edge", "topology.kubernetes.io/zone": f"dublin-store-{number}"}
        return _node(name, ARM, store)
    if name in WINDOWS:
        return _node(
            name, WIN, region | {"node.kubernetes.io/windows-build": "10.0.20348"}, [taint("os", value="windows")]
        )
    return _node(name, SMALL, region | {"node-role.kubernetes.io/worker": ""})


def running_on(name: str) -> Iterator[Object]:
    """The pods that run on a node beside those of DaemonSets, bound to it as they are created."""
    if name in CONTROL_PLANE:
        yield from _control_plane_pods(name)
    elif name in FULL:
        first = 3 * FULL.index(name)
        for number in range(first, first + 3):
            yield job(f"train-{number}", name, "1150m", "3Gi")
    elif name in WORKERS:
        yield from _worker_pods(name)
    elif name in GPU:
        number = GPU.index(name)
        yield merge(
            job(f"finetune-{number}", name, "4", "16Gi", tolerations=[toleration("nvidia.com/gpu", "NoSchedule")]),
            {"spec": {"containers": [_container("finetune", "4", "16Gi", {"nvidia.com/gpu": "1"})]}},
        )
    elif name in EDGE:
        yield _bound("shop", f"till-{name.rpartition('-')[2]}", "till", name, "500m", "512Mi")
    elif name in WINDOWS:
        tolerations = [toleration("os", "NoSchedule", "windows")]
        yield _bound("shop", f"invoice-{name[-1]}", "invoice", name, "2", "4Gi", tolerations=tolerations)


def job(name: str, node_name: str, cpu: str, memory: str, **fields: Any) -> Object:
    """A pod of the data team that computes for hours, and takes a quarter of an hour to save its work."""
    made = _bound("batch", name, name.rpartition("-")[0], node_name, cpu, memory, **fields)
    return merge(made, {"spec": {"terminationGracePeriodSeconds": 900, "restartPolicy": "OnFailure"}})


def exporter_by_hand(node_name: str) -> Object:
    """A bare pod with the port of node-exporter, as somebody starts it to try something out.

    It names the address, because the scheduler keeps the ports of a node as a set: of two equal entries, none is left
    when the first of their pods ends (``HostPortInfo``, k8s.io/kube-scheduler, 1.37).
    """
    made = _bound("default", "exporter-test", "exporter-test", node_name, "10m", "32Mi", host_network=True)
    container = _container("exporter-test", "10m", "32Mi") | {
        "image": "quay.io/prometheus/node-exporter:v1.9.1",
        "ports": [{"containerPort": 9100, "hostPort": 9100, "hostIP": node_address(node_name)}],
    }
    return merge(made, {"spec": {"containers": [container]}})


def _node(name: str, kind: Machine, labels: Object, taints: list[Object] | None = None) -> Object:
    made = node(
        name,
        cpu=kind.cpu,
        memory=kind.memory,
        pods=kind.pods,
        labels=labels | {"node.kubernetes.io/instance-type": kind.instance},
        taints=taints or (),
        extended=kind.extended,
        kubelet_version=kind.kubelet,
        architecture=kind.architecture,
        system=kind.system,
    )
    offered = {"cpu": kind.allocatable_cpu, "memory": kind.allocatable_memory}
    info = {"osImage": kind.image, "kernelVersion": kind.kernel}
    return merge(made, {"status": {"allocatable": offered, "nodeInfo": info}})


def _worker_pods(name: str) -> Iterator[Object]:
    """Two or three pods of the shop, and on some workers a piece of the log store."""
    index = WORKERS.index(name)
    for number in range(2 + index % 2):
        turn = index * 3 + number
        app = SHOP[turn % len(SHOP)]
        yield _bound(
            "shop", f"{app}-{turn // len(SHOP)}", app, name, SIZES[turn % len(SIZES)], f"{256 * (1 + turn % 3)}Mi"
        )
    if index % 6 == 2:
        yield _bound("batch", f"etl-{index // 6}", "etl", name, "1200m", "2Gi")
    store = {3: "elasticsearch-0", 9: "elasticsearch-1", 16: "elasticsearch-2", 20: "kibana-0", 21: "curator-0"}
    if index in store:
        app = store[index].partition("-")[0]
        yield _bound("logging", store[index], app, name, "500m", "4Gi" if app == "elasticsearch" else "512Mi")
    if index in (5, 13):
        yield _bound("kube-system", f"coredns-{index // 8}", "coredns", name, "100m", "70Mi")


def _control_plane_pods(name: str) -> Iterator[Object]:
    for program, cpu in (
        ("etcd", "100m"),
        ("kube-apiserver", "250m"),
        ("kube-controller-manager", "200m"),
        ("kube-scheduler", "100m"),
    ):
        yield _bound(
            "kube-system",
            f"{program}-{name}",
            program,
            name,
            cpu,
            "256Mi",
            host_network=True,
            priority_class="system-node-critical",
            tolerations=[toleration(effect="NoExecute")],
        )


def _bound(namespace: str, name: str, app: str, node_name: str, cpu: str, memory: str, **fields: Any) -> Object:
    made = pod(name, namespace, {"app": app}, node_name=node_name, **fields)
    return merge(made, {"spec": {"containers": [_container(app, cpu, memory)]}})


def _container(name: str, cpu: str, memory: str, extended: Object | None = None) -> Object:
    requests = {"cpu": cpu, "memory": memory} | (extended or {})
    resources = {"requests": requests} | ({"limits": extended} if extended else {})
    return {"name": name, "image": f"registry.example/{name}:1", "resources": resources}
