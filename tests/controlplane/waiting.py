"""Crowded nodes on the real plane: who holds what, who waits, and what ``kubectl ds`` says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.schemas import check

from .cluster import Cluster
from .objects import merge, node, pod
from .policies import priority_class
from .wait import eventually

Object = dict[str, Any]

HIGH, MIDDLE, LOW = "high", "middle", "low"
_VALUES = {HIGH: 1000, MIDDLE: 100, LOW: 10}


def crowd(cluster: Cluster, *nodes: str, cpu: str = "1") -> None:
    """Small nodes, and three priority classes."""
    cluster.create(*(priority_class(name, value) for name, value in _VALUES.items()))
    version = f"v{cluster.plane.settings.version}"
    cluster.nodes(*(node(name, cpu=cpu, kubelet_version=version) for name in nodes))


def holder(cluster: Cluster, name: str, on: str, namespace: str | None = None, **spec: Any) -> Object:
    """A bare pod that is bound to the node ``on``, whatever the scheduler would say."""
    (made,) = cluster.create(merge(pod(name, namespace, **spec), {"spec": {"nodeName": on}}))
    cluster.kubelet.settle()
    return made


def own_pods(cluster: Cluster, daemon_set: str) -> list[Object]:
    """The pods of a DaemonSet, by name; those that are going away left out."""
    found = cluster.pods(f"app={daemon_set}")
    return [each for each in found if "deletionTimestamp" not in each["metadata"]]


def report(cluster: Cluster, command: str, *arguments: str) -> Object:
    """The document of one run, held to its schema."""
    ran = cluster.kubectl("ds", command, *arguments, "-o", "json")
    assert ran.returncode == 0, ran.stderr
    return check(json.loads(ran.stdout))


def only_waiting(cluster: Cluster, until: Callable[[Object], bool] = lambda found: True) -> Object:
    """The one pod that waits, once the scheduler has spoken of it and it is as ``until`` wants it."""

    def look() -> list[Object]:
        pods: list[Object] = report(cluster, "pending")["pods"]
        spoken = [each for each in pods if each["scheduler"] and until(each)]
        return spoken if len(pods) == 1 else []

    return eventually(look, timeout=20)[0]


def screen(cluster: Cluster, *arguments: str) -> str:
    """What stands on stdout."""
    ran = cluster.kubectl("ds", *arguments)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
