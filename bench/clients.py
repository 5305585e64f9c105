"""Other clients of Kubernetes at the same work: ``clients.py typed|kr8s|lightkube daemonsets|coverage [NAME]``.

Each reads as its own documentation shows. ``daemonsets`` prints a table of them; ``coverage`` reads nodes and pods, all
or those of one DaemonSet, and prints on how many nodes each DaemonSet has a ready pod. It runs among packages of its
own and knows nothing of kubectl-ds.
"""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

NAMESPACE = "agents"
SELECTOR = "app.kubernetes.io/name"
PAGE = 500


def typed(work: str, name: str) -> list[str]:
    """The official client."""
    library: Any = importlib.import_module("kubernetes")
    client, config = library.client, library.config
    config.load_kube_config()
    if work == "daemonsets":
        listed = client.AppsV1Api().list_daemon_set_for_all_namespaces().items
        return [f"{each.metadata.namespace} {each.metadata.name} {each.status.number_ready}" for each in listed]
    core = client.CoreV1Api()
    nodes = {each.metadata.name for each in _paged(core.list_node)}
    if name:
        pods = _paged(core.list_namespaced_pod, namespace=NAMESPACE, label_selector=f"{SELECTOR}={name}")
    else:
        pods = _paged(core.list_pod_for_all_namespaces)
    return _counted(
        nodes,
        (
            (owner.name, pod.spec.node_name)
            for pod in pods
            for owner in pod.metadata.owner_references or ()
            if any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or ())
        ),
    )


def _paged(read: Any, **arguments: str) -> Iterator[Any]:
    token = ""
    while True:
        page = read(limit=PAGE, **({"_continue": token} if token else {}), **arguments)
        yield from page.items
        token = page.metadata._continue
        if not token:
            return


def kr8s(work: str, name: str) -> list[str]:
    """The kr8s library."""
    import kr8s as library

    if work == "daemonsets":
        listed = library.get("daemonsets", namespace=library.ALL)
        return [f"{each.namespace} {each.name} {each.raw['status']['numberReady']}" for each in listed]
    nodes = {each.name for each in library.get("nodes")}
    if name:
        pods = library.get("pods", namespace=NAMESPACE, label_selector=f"{SELECTOR}={name}")
    else:
        pods = library.get("pods", namespace=library.ALL)
    return _counted(
        nodes,
        (
            (owner["name"], pod.raw["spec"].get("nodeName"))
            for pod in pods
            for owner in pod.raw["metadata"].get("ownerReferences", ())
            if any(each["type"] == "Ready" and each["status"] == "True" for each in pod.raw["status"]["conditions"])
        ),
    )


def lightkube(work: str, name: str) -> list[str]:
    """The lightkube library."""
    import lightkube as library
    from lightkube.resources.apps_v1 import DaemonSet
    from lightkube.resources.core_v1 import Node, Pod

    client = library.Client()
    if work == "daemonsets":
        listed = client.list(DaemonSet, namespace="*")
        return [f"{each.metadata.namespace} {each.metadata.name} {each.status.numberReady}" for each in listed]
    nodes = {each.metadata.name for each in client.list(Node, chunk_size=PAGE)}
    if name:
        pods = client.list(Pod, namespace=NAMESPACE, labels={SELECTOR: name}, chunk_size=PAGE)
    else:
        pods = client.list(Pod, namespace="*", chunk_size=PAGE)
    return _counted(
        nodes,
        (
            (owner.name, pod.spec.nodeName)
            for pod in pods
            for owner in pod.metadata.ownerReferences or ()
            if any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or ())
        ),
    )


def _counted(nodes: set[str], ready: Iterable[tuple[str, str]]) -> list[str]:
    counts = Counter(owner for owner, node in set(ready) if node in nodes)
    return [f"{owner}: {count} of {len(nodes)} nodes covered" for owner, count in sorted(counts.items())]


if __name__ == "__main__":
    library, work, *rest = sys.argv[1:]
    print("\n".join({"typed": typed, "kr8s": kr8s, "lightkube": lightkube}[library](work, *rest or ("",))))
