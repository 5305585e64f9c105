"""What the tests of rollouts share: our command in this process against the plane, and DaemonSets that are updated."""

from __future__ import annotations

from typing import Any

from tests.cli.runs import Ran
from tests.cli.runs import ds as run

from .cluster import Cluster
from .kubectl_bytes import run_kubectl
from .objects import toleration
from .wait import eventually

Object = dict[str, Any]
NODES = ("n1", "n2", "n3")
IMAGE = "registry.example/agent:1"
NEXT_IMAGE = "registry.example/agent:2"
EVERYWHERE = toleration()


def ds(cluster: Cluster, *arguments: str, user: str = "admin", **options: Any) -> Ran:
    """``kubectl ds rollout …`` in the test's namespace."""
    environ = {"KUBECONFIG": str(cluster.plane.kubeconfig(user, cluster.namespace))}
    return run("rollout", *arguments, environ=environ, **options)


def kubectl(cluster: Cluster, *arguments: str) -> Ran:
    """``kubectl rollout …`` of the newest kubectl."""
    done = run_kubectl(cluster, "rollout", *arguments)
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def agent(cluster: Cluster, name: str = "agent", nodes: tuple[str, ...] = NODES, **fields: Any) -> None:
    """A DaemonSet that runs everywhere in its first revision."""
    cluster.nodes(*nodes)
    cluster.daemon_set(name, **{"image": IMAGE, "tolerations": [EVERYWHERE], **fields})
    cluster.settle()


def update(cluster: Cluster, name: str = "agent", image: str = NEXT_IMAGE, **template: Any) -> None:
    """Give it another image; the controller has seen it when this returns."""
    container = {"name": "main", "image": image, **template}
    patch(cluster, {"spec": {"template": {"spec": {"containers": [container]}}}}, name)


def patch(cluster: Cluster, body: Object, name: str = "agent") -> None:
    """Change it; the controller has seen it when this returns."""
    cluster.client.patch("daemonsets", name, body, cluster.namespace, "strategic")
    eventually(lambda: seen(cluster, name))


def seen(cluster: Cluster, name: str = "agent") -> bool:
    """Whether the controller has seen the DaemonSet as it is now."""
    found = cluster.client.get("daemonsets", name, cluster.namespace)
    return bool(found["status"].get("observedGeneration") == found["metadata"]["generation"])
