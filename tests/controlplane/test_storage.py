"""``kubectl ds storage`` on the real plane: what it says of claims and ports is what becomes of the pods."""

from __future__ import annotations

import json
from shlex import split
from typing import Any

import pytest

from tests.schemas import check

from .cluster import Cluster
from .objects import daemon_set, merge, node, pod
from .policies import claim_volume, pv, pvc, role, role_binding, rule, storage_class
from .wait import eventually

Object = dict[str, Any]
STRATEGIC = "application/strategic-merge-patch+json"


def report(cluster: Cluster, name: str = "d", user: str = "admin") -> Object:
    """The findings on one DaemonSet."""
    ran = cluster.kubectl("ds", "storage", name, "-o", "json", user=user)
    assert ran.returncode == 0, ran.stderr
    (found,) = check(json.loads(ran.stdout))["daemonSets"]
    assert isinstance(found, dict)
    return found


def using(cluster: Cluster, name: str = "d", **more: Any) -> Object:
    """A DaemonSet whose pods share the claim ``data``, with a sidecar that mounts it too."""
    mounts = [{"name": "data", "mountPath": "/data", "subPath": "logs"}]
    containers = [
        {"name": "main", "image": "registry.example/agent:1.0", "volumeMounts": mounts},
        {
            "name": "beside",
            "image": "registry.example/agent:1.0",
            "volumeMounts": [{"name": "data", "mountPath": "/d"}],
        },
    ]
    spec = {"template": {"spec": {"containers": containers}}}
    made = merge(daemon_set(name, volumes=[claim_volume("data")], **more), {"spec": spec})
    (created,) = cluster.create(made)
    return created


def waiting(cluster: Cluster) -> list[str]:
    """The nodes of which a pod of ``d`` waits, once the scheduler has spoken of each."""
    pods = check(json.loads(cluster.kubectl("ds", "pending", "d", "-o", "json", check=True).stdout))["pods"]
    assert all(each["scheduler"] for each in pods)
    return sorted(each["node"] for each in pods)


def settled(cluster: Cluster, running: int) -> None:
    """Wait until this many pods of ``d`` are bound, and the scheduler has nothing more to do."""

    def bound() -> bool:
        return sum(bool(each["spec"].get("nodeName")) for each in cluster.pods("app=d")) == running

    eventually(bound, timeout=20)


def claim_bound(cluster: Cluster, name: str = "data") -> None:
    eventually(
        lambda: cluster.client.get("persistentvolumeclaims", name, cluster.namespace)["status"]["phase"] == "Bound",
        timeout=20,
    )


def test_every_fragment_is_taken_by_the_api_server_as_it_is(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    modes = ("ReadWriteOnce",)
    cluster.create(
        storage_class("disks", "WaitForFirstConsumer"),
        storage_class("fast", provisioner="disk.example.com"),
        pv("here", node="n1"),
        pv("nfs", storage_class="disks", source={"nfs": {"server": "filer", "path": "/x"}}),
        pvc("data", volume="here", modes=modes),
        pvc("shared", storage_class="disks", volume="nfs", modes=modes),
    )
    claim_bound(cluster)
    using(cluster)
    spec = {"template": {"spec": {"volumes": [claim_volume("shared")]}}}
    using(cluster, "e")
    cluster.client.patch("daemonsets", "e", {"spec": spec}, cluster.namespace)
    eventually(lambda: report(cluster, "e")["claims"][0]["problem"] == "sharedWithoutIsolation", timeout=20)

    seen = set()
    for name in ("d", "e"):
        for alternative in report(cluster, name)["claims"][0]["instead"]:
            seen.add(alternative["name"])
            target = f"/apis/apps/v1/namespaces/{cluster.namespace}/daemonsets/{name}"
            query = {"dryRun": "All", "fieldValidation": "Strict"}
            stored = cluster.client.request("PATCH", target, alternative["fragment"], query, content_type=STRATEGIC)
            volume = stored["spec"]["template"]["spec"]["volumes"][0]
            assert ("persistentVolumeClaim" in volume) == (alternative["name"] == "subPathExpr")
            names = [each["name"] for each in stored["spec"]["template"]["spec"]["containers"]]
            assert names == ["main", "beside"]
    assert seen == {"ephemeral", "local", "hostPath", "subPathExpr"}


def test_one_pod_alone_gets_a_claim_for_one_pod_and_the_command_lets_all_run(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2", "n3")
    cluster.create(pv("vol", modes=("ReadWriteOncePod",)), pvc("data", modes=("ReadWriteOncePod",), volume="vol"))
    claim_bound(cluster)
    using(cluster)
    settled(cluster, 1)
    eventually(lambda: len(waiting(cluster)) == 2, timeout=20)

    (claim,) = report(cluster)["claims"]

    (holder,) = [each for each in cluster.pods("app=d") if each["spec"].get("nodeName")]
    assert (claim["problem"], claim["severe"]) == ("readWriteOncePod", True)
    assert claim["evidence"]["holder"] == f"{cluster.namespace}/{holder['metadata']['name']}"
    assert "1 pod of 3 can have it" in claim["message"]
    command = next(each["cure"]["command"] for each in claim["instead"] if each["name"] == "hostPath")
    assert cluster.plane.kubectl(*split(command)[1:]).returncode == 0
    settled(cluster, 3)
    cluster.settle()
    assert report(cluster)["claims"] == []


def test_pods_run_only_where_a_pinned_volume_is(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2", "n3")
    cluster.create(pv("vol", node="n2"), pvc("data", volume="vol"))
    claim_bound(cluster)
    using(cluster)
    settled(cluster, 1)

    (claim,) = report(cluster)["claims"]

    assert (claim["problem"], claim["evidence"]["usableOn"]) == ("nodePinned", ["n2"])
    eventually(lambda: waiting(cluster) == ["n1", "n3"], timeout=20)


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ((), "missingClaim"),
        ((pvc("data", storage_class="gone"),), "missingClass"),
        ((storage_class("slow"), pvc("data", storage_class="slow")), "unbound"),
    ],
    ids=["no claim", "no class", "no volume"],
)
def test_nobody_runs_without_a_volume(cluster: Cluster, items: tuple[Object, ...], problem: str) -> None:
    cluster.nodes("n1", "n2")
    cluster.create(*items)
    using(cluster)

    eventually(lambda: waiting(cluster) == ["n1", "n2"], timeout=20)

    assert report(cluster)["claims"][0]["problem"] == problem


def test_the_first_consumer_decides_and_the_others_are_where_the_volume_is_not(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    cluster.create(
        storage_class("disks", "WaitForFirstConsumer"),
        pv("one", storage_class="disks", node="n1"),
        pv("two", storage_class="disks", node="n2"),
        pvc("data", storage_class="disks"),
    )
    cluster.plane.pause_scheduler()
    using(cluster)
    assert report(cluster)["claims"][0]["problem"] == "firstConsumer"

    cluster.plane.resume_scheduler()
    settled(cluster, 1)
    claim_bound(cluster)

    (claim,) = report(cluster)["claims"]
    (bound,) = [each["spec"]["nodeName"] for each in cluster.pods("app=d") if each["spec"].get("nodeName")]
    assert (claim["problem"], claim["evidence"]["usableOn"]) == ("nodePinned", [bound])


def test_volumes_that_are_shared_without_error_let_every_pod_run(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    cluster.create(pv("vol", source={"nfs": {"server": "filer", "path": "/x"}}), pvc("data", volume="vol"))
    claim_bound(cluster)
    using(cluster)
    settled(cluster, 2)

    (claim,) = report(cluster)["claims"]

    assert (claim["problem"], claim["severe"]) == ("sharedWithoutIsolation", False)
    cluster.settle()
    assert cluster.kubectl("ds", "coverage", "d", "--exit-code").returncode == 0


def test_two_daemon_sets_on_one_port_and_a_bare_pod_are_told_to_each_other(cluster: Cluster) -> None:
    cluster.nodes("n1", node("n2", cpu="2"))
    cluster.create(merge(pod("web", host_port=9100), {"spec": {"nodeName": "n2"}}))
    cluster.daemon_set("d", host_port=9100)
    settled(cluster, 1)
    cluster.daemon_set("e", host_port=9100, node_selector={"kubernetes.io/hostname": "n1"})
    cluster.settle()

    (port,) = report(cluster)["hostPorts"]

    others = [(each["kind"], each["name"], each["nodes"]) for each in port["others"]]
    own = cluster.namespace
    assert others == [("DaemonSet", f"{own}/e", ["n1"]), ("Pod", f"{own}/web", ["n2"])]
    pending = check(json.loads(cluster.kubectl("ds", "pending", "-o", "json", check=True).stdout))["pods"]
    assert sorted(each["node"] for each in pending) == ["n1", "n2"]


def test_a_viewer_of_one_namespace_gets_what_may_be_read_and_a_line_for_the_rest(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    using(cluster)
    readable = ["daemonsets", "pods", "persistentvolumeclaims"]
    cluster.create(
        role("look", [rule(["get", "list"], readable)], cluster.namespace),
        role_binding("look", "look", "viewer", cluster.namespace),
        role("nodes", [rule(["get", "list"], ["nodes"])]),
        role_binding("nodes", "nodes", "viewer"),
    )
    may = ("auth", "can-i", "list", "nodes")
    eventually(lambda: cluster.kubectl(*may, user="viewer").stdout.strip() == "yes")

    ran = cluster.kubectl("ds", "storage", user="viewer")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "does not exist; its pods wait on all of 2 nodes" in ran.stdout
    assert "cannot read " in ran.stdout
    assert "persistentvolumes" in ran.stdout
    assert report(cluster, user="viewer")["claims"][0]["problem"] == "missingClaim"
    cluster.daemon_set("port", host_port=9100)
    told = report(cluster, "port", user="viewer")
    assert (told["hostPorts"], told["unseen"]) == ([], ["daemonsets", "pods"])
    assert "nobody can tell who else wants its host ports" in cluster.kubectl("ds", "storage", user="viewer").stdout
