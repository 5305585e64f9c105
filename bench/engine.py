"""How long the engine takes to judge every node for every DaemonSet: ``python -m bench.engine [NODES …]``.

A believable cluster in which each of 30 DaemonSets has a pod on each node, some nodes are tainted, labelled, full, or
hold ports, some pods have anti-affinity; then 30 DaemonSets that do not exist yet are judged on every node: first by
all filters alone, then as ``coverage -f`` foretells them, with the controller's rule, admission, preemption and what
the pods do to each other, from the bare snapshot. Doubling the nodes should double the time. Times are of the
processor.
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import NamedTuple

from msgspec import to_builtins

from kubectl_ds.engine.decision import Verdict
from kubectl_ds.engine.fit.framework import ClusterView
from kubectl_ds.engine.predict import predict
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.node import Node
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import Namespace, PriorityClass, ServiceAccount
from kubectl_ds.model.snapshot import Snapshot, Source

DAEMON_SETS = 30
SIZES = (625, 1250, 2500, 5000)


class Measured(NamedTuple):
    """What a cluster took, in processor seconds."""

    gather: float
    """The nodes with their pods."""
    judge: float
    """All cells by all filters."""
    predict: float
    """All DaemonSets foretold, gathering included."""
    cells: int
    refused: int
    runs: int


def node(number: int) -> Node:
    """A node: every 20th tainted, every 50th cordoned, three zones."""
    return from_builtins(
        Node,
        {
            "metadata": {
                "name": f"n{number}",
                "labels": {
                    "kubernetes.io/hostname": f"n{number}",
                    "kubernetes.io/os": "linux",
                    "topology.kubernetes.io/zone": f"zone-{number % 3}",
                },
            },
            "spec": {
                "taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}] if number % 20 == 0 else [],
                "unschedulable": number % 50 == 0,
            },
            "status": {"allocatable": {"cpu": "16", "memory": "32Gi", "pods": "110", "ephemeral-storage": "200Gi"}},
        },
    )


def pod(daemon_set: int, number: int | None, prefix: str = "live") -> Pod:
    """The pod of a DaemonSet, bound to a node or not made yet; some ask for much, for ports, or for solitude."""
    name = f"{prefix}-{daemon_set}"
    ports = [{"containerPort": 80, "hostPort": 9000 + daemon_set % 20}] if daemon_set % 3 == 0 else []
    container = {
        "name": "main",
        "resources": {"requests": {"cpu": "250m" if daemon_set % 10 else "1", "memory": "256Mi"}},
        "ports": ports,
    }
    anti_affinity = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": "kubernetes.io/hostname"}
            ]
        }
    }
    spec = {
        "containers": [container],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": anti_affinity if daemon_set % 7 == 0 else {},
        "priority": daemon_set % 4,
        "priorityClassName": _class_name(daemon_set % 4),
    }
    if number is None:
        return from_builtins(
            Pod, {"metadata": {"name": name, "namespace": "bench", "labels": {"app": name}}, "spec": spec}
        )
    metadata = {"name": f"{name}-{number}", "namespace": "bench", "uid": f"{name}-{number}", "labels": {"app": name}}
    resources = {"resources": container["resources"], "allocatedResources": {"cpu": "250m", "memory": "256Mi"}}
    statuses = [{"name": "main", **(resources if daemon_set % 10 else {})}]
    status = {"phase": "Running", "startTime": "2026-01-01T00:00:00Z", "containerStatuses": statuses}
    return from_builtins(Pod, {"metadata": metadata, "spec": {**spec, "nodeName": f"n{number}"}, "status": status})


def daemon_set(number: int) -> DaemonSet:
    """A DaemonSet that does not exist yet, of such pods; admission gives them their priority."""
    made = to_builtins(pod(number, None, "new"))
    made["spec"].pop("priority")
    template = {"metadata": {"labels": made["metadata"]["labels"]}, "spec": made["spec"]}
    spec = {"selector": {"matchLabels": made["metadata"]["labels"]}, "template": template}
    return from_builtins(DaemonSet, {"metadata": made["metadata"], "spec": spec})


def cluster(nodes: int) -> Snapshot:
    """Nodes with a pod of each DaemonSet."""
    classes = [{"metadata": {"name": _class_name(value)}, "value": value} for value in range(4)]
    account = {"metadata": {"name": "default", "namespace": "bench"}}
    return Snapshot(
        now=datetime.now(timezone.utc),
        source=Source(type="bench"),
        nodes=tuple(node(number) for number in range(nodes)),
        pods=tuple(pod(each, number) for number in range(nodes) for each in range(DAEMON_SETS)),
        namespaces=(from_builtins(Namespace, {"metadata": {"name": "bench"}, "status": {"phase": "Active"}}),),
        service_accounts=(from_builtins(ServiceAccount, account),),
        priority_classes=tuple(from_builtins(PriorityClass, each) for each in classes),
    )


def measure(nodes: int) -> Measured:
    """Everything, for a cluster of so many nodes."""
    snapshot = cluster(nodes)
    asked = [pod(each, None, "new") for each in range(DAEMON_SETS)]
    daemon_sets = tuple(daemon_set(each) for each in range(DAEMON_SETS))
    names = [each.name for each in snapshot.nodes]
    gc.collect()
    gc.disable()  # as the program does
    begin = time.process_time()
    view = ClusterView(snapshot)
    for name in names:
        view.refusals(asked[0], name)
    gathered = time.process_time()
    refused = sum(bool(view.refusals(each, name)) for each in asked for name in names)
    judged = time.process_time()
    bare = replace(snapshot)
    foretold = predict(bare, daemon_sets)
    done = time.process_time()
    runs = sum(each.verdicts.get(Verdict.RUNS, 0) for each in foretold.daemon_sets)
    return Measured(gathered - begin, judged - gathered, done - judged, nodes * DAEMON_SETS, refused, runs)


def main() -> None:
    """Print the figures, size by size."""
    print(f"{'nodes':>6} {'cells':>8} {'refused':>8} {'gather s':>9} {'judge s':>8} {'runs':>7} {'predict s':>9}")
    for size in [int(each) for each in sys.argv[1:]] or SIZES:
        told = measure(size)
        print(
            f"{size:>6} {told.cells:>8} {told.refused:>8} {told.gather:>9.3f} {told.judge:>8.3f} {told.runs:>7} "
            f"{told.predict:>9.3f}"
        )


def _class_name(priority: int) -> str:
    return f"class-{priority}"


if __name__ == "__main__":
    main()
