"""A cluster to measure on: nodes and DaemonSet pods as large as real ones, put into a real API server.

The objects go in through the API, and so come out with all that a server adds: defaults, uids, managed fields. No
controller makes the pods, for it would take an hour: they are written as the controller and the kubelet would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

from tests.controlplane.client import Client, Object

NAMESPACE = "agents"
SELECTOR = "app.kubernetes.io/name"
"""The label by which each DaemonSet knows its pods."""
ZONES = 3
TAINTED = 20
"""Every so many nodes one is tainted, and no DaemonSet runs there."""
WORKERS = 8
_HASH = "6d4b75cb6d"


def node_name(number: int) -> str:
    """The name of a node."""
    return f"ip-10-{number // 65536}-{number // 256 % 256}-{number % 256}.eu-west-1.compute.internal"


def daemon_set_name(number: int) -> str:
    """The name of a DaemonSet."""
    return f"node-agent-{number}"


def node(number: int) -> Object:
    """A node with 50 images, the labels of a cloud, and a kubelet's conditions."""
    name = node_name(number)
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/instance-type": "m6i.4xlarge",
        "beta.kubernetes.io/os": "linux",
        "failure-domain.beta.kubernetes.io/region": "eu-west-1",
        "failure-domain.beta.kubernetes.io/zone": f"eu-west-1{'abc'[number % ZONES]}",
        "k8s.io/cloud-provider-aws": "1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.example.com/pool": f"pool-{number % 7}",
        "node.kubernetes.io/instance-type": "m6i.4xlarge",
        "topology.ebs.csi.aws.com/zone": f"eu-west-1{'abc'[number % ZONES]}",
        "topology.kubernetes.io/region": "eu-west-1",
        "topology.kubernetes.io/zone": f"eu-west-1{'abc'[number % ZONES]}",
    }
    annotations = {
        "csi.volume.kubernetes.io/nodeid": f'{{"ebs.csi.aws.com":"i-{number:017x}"}}',
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }
    capacity = {"cpu": "16", "ephemeral-storage": "209702892Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0"}
    capacity |= {"memory": "64971260Ki", "pods": "234"}
    conditions = [
        _condition(kind, "False", reason, f"kubelet has {words}")
        for kind, reason, words in (
            ("MemoryPressure", "KubeletHasSufficientMemory", "sufficient memory available"),
            ("DiskPressure", "KubeletHasNoDiskPressure", "no disk pressure"),
            ("PIDPressure", "KubeletHasSufficientPID", "sufficient PID available"),
        )
    ]
    conditions.append(_condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"))
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "spec": {
            "podCIDR": f"10.{number // 256}.{number % 256}.0/24",
            "providerID": f"aws:///eu-west-1{'abc'[number % ZONES]}/i-{number:017x}",
            "taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}] if number % TAINTED == 0 else [],
        },
        "status": {
            "capacity": capacity,
            "allocatable": {**capacity, "cpu": "15890m", "memory": "62014396Ki"},
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": name}],
            "nodeInfo": {
                "architecture": "amd64",
                "bootID": "6a4e1b0e-5bde-4a6b-8d5e-0c6c0e7d9d10",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.12.40-63.114.amzn2023.x86_64",
                "kubeProxyVersion": "",
                "kubeletVersion": "v1.37.2",
                "machineID": f"ec2{number:029x}",
                "operatingSystem": "linux",
                "osImage": "Amazon Linux 2023.8.20250808",
                "systemUUID": f"ec2{number:05x}-0000-4000-8000-000000000000",
            },
            "images": [_image(number, each) for each in range(50)],
        },
    }


def daemon_set(number: int) -> Object:
    """A DaemonSet of two containers with the usual volumes."""
    labels = {SELECTOR: daemon_set_name(number), "app.kubernetes.io/part-of": "node-agents"}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": daemon_set_name(number), "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": {SELECTOR: daemon_set_name(number)}},
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec(number)},
        },
    }


def revision(of: Object) -> Object:
    """The ControllerRevision that the controller would have made of a DaemonSet, as it was read."""
    labels = {**of["spec"]["template"]["metadata"]["labels"], "controller-revision-hash": _HASH}
    template = {**of["spec"]["template"], "$patch": "replace"}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{of['metadata']['name']}-{_HASH}",
            "namespace": NAMESPACE,
            "labels": labels,
            "ownerReferences": [_owner(of)],
        },
        "data": {"spec": {"template": template}},
        "revision": 1,
    }


def pod(of: Object, number: int) -> Object:
    """The pod of a DaemonSet on a node, as the controller makes it and the scheduler binds it."""
    name = node_name(number)
    by_name = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [by_name]}}}
    template = of["spec"]["template"]
    automatic = [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
        for key, effect in (
            ("not-ready", "NoExecute"),
            ("unreachable", "NoExecute"),
            ("disk-pressure", "NoSchedule"),
            ("memory-pressure", "NoSchedule"),
            ("pid-pressure", "NoSchedule"),
            ("unschedulable", "NoSchedule"),
        )
    ]
    spec = template["spec"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{of['metadata']['name']}-{number:05x}",
            "generateName": f"{of['metadata']['name']}-",
            "namespace": NAMESPACE,
            "labels": {
                **template["metadata"]["labels"],
                "controller-revision-hash": _HASH,
                "pod-template-generation": "1",
            },
            "ownerReferences": [_owner(of)],
        },
        "spec": {**spec, "nodeName": name, "affinity": affinity, "tolerations": [*spec["tolerations"], *automatic]},
    }


def pod_status(of: Object) -> Object:
    """What the kubelet reports of a pod that runs."""
    return {
        "phase": "Running",
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": _now()}
            for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
        ],
        "containerStatuses": [
            {
                "name": each["name"],
                "image": each["image"],
                "imageID": f"registry.example.com/agents@sha256:{'a' * 64}",
                "containerID": f"containerd://{'b' * 64}",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": _now()}},
                "allocatedResources": each["resources"]["requests"],
                "resources": each["resources"],
            }
            for each in of["spec"]["template"]["spec"]["containers"]
        ],
        "hostIP": "10.0.0.1",
        "podIP": "10.0.0.1",
        "startTime": _now(),
    }


def daemon_set_status(nodes: int) -> Object:
    """What the controller reports when all is well."""
    desired = nodes - -(-nodes // TAINTED)
    counters = ("currentNumberScheduled", "desiredNumberScheduled", "numberAvailable", "numberReady")
    return {
        **dict.fromkeys((*counters, "updatedNumberScheduled"), desired),
        "numberMisscheduled": 0,
        "observedGeneration": 1,
    }


def populate(client: Client, numbers: range, daemon_sets: int) -> list[Object]:
    """Put the nodes of these numbers into a cluster, and pods on them; returns the DaemonSets as they are read."""
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    made = [_daemon_set_in(client, number) for number in range(daemon_sets)]
    _at_once(client.create, (node(number) for number in numbers))

    def start(place: tuple[Object, int]) -> None:
        of, number = place
        name = client.create(pod(of, number))["metadata"]["name"]
        client.patch("pods", name, {"status": pod_status(of)}, NAMESPACE, "strategic", "status")

    _at_once(start, ((of, number) for number in numbers if number % TAINTED for of in made))
    for each in made:
        body = {"status": daemon_set_status(numbers.stop)}
        client.patch("daemonsets", each["metadata"]["name"], body, NAMESPACE, "merge", "status")
    return made


def _daemon_set_in(client: Client, number: int) -> Object:
    found = client.find("daemonsets", daemon_set_name(number), NAMESPACE)
    if found is None:
        found = client.create(daemon_set(number))
        client.create(revision(found))
    return found


def _at_once(act: Callable[[Any], Any], values: Iterable[Any]) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(act, values):
            pass


def _pod_spec(number: int) -> Object:
    paths = ("/var/log", "/var/lib/docker/containers", "/etc/machine-id", "/run/systemd", "/sys/fs/cgroup", "/proc")
    volumes = [{"name": f"host-{index}", "hostPath": {"path": path, "type": ""}} for index, path in enumerate(paths)]
    volumes += [{"name": "config", "configMap": {"name": f"{daemon_set_name(number)}-config"}}]
    return {
        "containers": list(_containers()),
        "volumes": volumes,
        "priorityClassName": "system-node-critical",
        "tolerations": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "terminationGracePeriodSeconds": 30,
    }


def _containers() -> Iterator[Object]:
    images = {"agent": "registry.example.com/agents/agent:v3.14.1", "exporter": "quay.io/x/exporter:v1.8"}
    for name, image in images.items():
        yield {
            "name": name,
            "image": image,
            "args": [f"--setting-{index}=value-of-setting-{index}" for index in range(8)],
            "env": [
                *({"name": f"AGENT_SETTING_{index}", "value": f"value of setting {index}"} for index in range(12)),
                {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            ],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
            "volumeMounts": [
                {"name": "config", "mountPath": "/etc/agent", "readOnly": True},
                *({"name": f"host-{index}", "mountPath": f"/host/{index}", "readOnly": True} for index in range(6)),
            ],
            "readinessProbe": {"httpGet": {"path": "/ready", "port": 9100}, "periodSeconds": 10},
            "securityContext": {"readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
        }


def _image(number: int, index: int) -> Object:
    digest = f"{number:08x}{index:08x}" + "c" * 48
    repository = f"registry.example.com/platform/team-{index % 9}/service-{index}"
    return {"names": [f"{repository}@sha256:{digest}", f"{repository}:v1.{index}.0"], "sizeBytes": 123456789 + index}


def _owner(of: Object) -> Object:
    name, uid = of["metadata"]["name"], of["metadata"]["uid"]
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": name, "uid": uid}
    return {**owner, "controller": True, "blockOwnerDeletion": True}


def _condition(kind: str, status: str, reason: str, message: str) -> Object:
    told = {"type": kind, "status": status, "reason": reason, "message": message}
    return {**told, "lastHeartbeatTime": _now(), "lastTransitionTime": _now()}


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
