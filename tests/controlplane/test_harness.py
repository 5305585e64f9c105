"""The harness keeps what it promises: a real cluster within seconds, steered pods, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import build, plane
from .client import ApiError, Client
from .objects import daemon_set, pod, toleration
from .plane import ControlPlane
from .policies import claim_volume, namespace, pv, pvc, role, role_binding, rule, validating_webhook
from .process import Program, ProgramError
from .settings import PlaneSettings
from .wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .cluster import Cluster
    from .fixtures import ClusterFactory, PlaneFactory

LISTENING = "0A"
"""The state in ``/proc/net/tcp``."""

ROOT = Path(__file__).parents[2]
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.parametrize("version", build.versions())
def test_every_version_starts_and_says_its_version(version: str, plane_factory: PlaneFactory) -> None:
    if not build.is_built(version):
        pytest.skip(f"not built yet: run once with KUBERNETES={version}")
    started = plane_factory(version=version)
    told = json.loads(started.kubectl("version", "-o", "json", check=True).stdout)
    assert told["serverVersion"]["gitVersion"] == f"v{version}"
    assert told["clientVersion"]["gitVersion"] == f"v{version}"
    assert started.startup_seconds < 60, "about 3 s on an idle 2-core machine; the summary says how long it took"


def test_a_daemon_set_gets_a_running_and_ready_pod_on_each_node(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2", "n3")
    cluster.daemon_set("agent")
    cluster.settle()
    pods = cluster.pods()
    assert {one["spec"]["nodeName"] for one in pods} == {"n1", "n2", "n3"}
    assert all(one["status"]["phase"] == "Running" and _condition(one, "Ready") == "True" for one in pods)
    assert all(_condition(one, "PodScheduled") == "True" for one in pods)
    status = cluster.status("agent")
    assert (status["desiredNumberScheduled"], status["numberReady"], status["numberAvailable"]) == (3, 3, 3)


def test_held_pods_stay_pending_until_they_may_run(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    cluster.kubelet.hold(node="n2")
    cluster.daemon_set("agent")
    cluster.settle()
    assert _phases(cluster) == {"n1": "Running", "n2": "Pending"}
    cluster.kubelet.ready()
    cluster.settle()
    assert _phases(cluster) == {"n1": "Running", "n2": "Running"}


def test_a_crash_loop_reads_as_the_kubelet_writes_it(cluster: Cluster) -> None:
    cluster.nodes("n1")
    cluster.kubelet.crash_loop(labels={"app": "agent"}, exit_code=137, reason="OOMKilled")
    cluster.daemon_set("agent")
    cluster.settle()
    [found] = cluster.pods()
    [container] = found["status"]["containerStatuses"]
    metadata = found["metadata"]
    address = f"{metadata['name']}_{cluster.namespace}({metadata['uid']})"
    assert container["state"]["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": f"back-off 5m0s restarting failed container=main pod={address}",
    }
    assert (container["restartCount"], container["ready"]) == (7, False)
    assert container["lastState"]["terminated"]["reason"] == "OOMKilled"
    assert found["status"]["phase"] == "Running"
    [event] = _events(cluster, found, "BackOff")
    assert event["message"] == f"Back-off restarting failed container main in pod {address}"
    assert event["count"] > 1


def test_a_crashing_init_container_holds_the_others_back(cluster: Cluster) -> None:
    cluster.nodes("n1")
    cluster.kubelet.crash_loop(container="setup")
    init = [{"name": "setup", "image": "setup:1"}, {"name": "after", "image": "after:1"}]
    cluster.daemon_set("agent", template={"spec": {"initContainers": init}})
    cluster.settle()
    assert "Init:CrashLoopBackOff" in cluster.kubectl("get", "pods", check=True).stdout
    [found] = cluster.pods()
    assert found["status"]["phase"] == "Pending"
    assert _condition(found, "Initialized") == "False"


@pytest.mark.parametrize(
    ("steering", "column", "phase"),
    [
        ("not_ready", "Running", "Running"),
        ("image_pull_fail", "ImagePullBackOff", "Pending"),
        ("create_config_error", "CreateContainerConfigError", "Pending"),
        ("container_creating", "ContainerCreating", "Pending"),
    ],
)
def test_kubectl_shows_the_trouble_that_the_kubelet_was_steered_into(
    cluster: Cluster, steering: str, column: str, phase: str
) -> None:
    cluster.nodes("n1")
    getattr(cluster.kubelet, steering)(namespace=cluster.namespace)
    cluster.daemon_set("agent")
    cluster.settle()
    [found] = cluster.pods()
    assert found["status"]["phase"] == phase
    assert _condition(found, "Ready") == "False"
    assert column in cluster.kubectl("get", "pods", check=True).stdout
    cluster.kubelet.ready()
    cluster.settle()
    assert cluster.status("agent")["numberReady"] == 1


@pytest.mark.parametrize(("steering", "reason"), [("fail", "Evicted"), ("outof", "OutOfcpu")])
def test_a_failed_pod_says_why(cluster: Cluster, steering: str, reason: str) -> None:
    cluster.nodes("n1")
    getattr(cluster.kubelet, steering)()
    cluster.create(pod("bare", node_name="n1"))
    cluster.settle()
    [found] = cluster.pods()
    assert (found["status"]["phase"], found["status"]["reason"]) == ("Failed", reason)
    assert _events(cluster, found, reason)


def test_steering_by_revision_leaves_the_old_pods_alone(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    cluster.daemon_set("agent", max_unavailable=1)
    cluster.settle()
    cluster.kubelet.crash_loop(image="registry.example/agent:2.0")
    cluster.kubectl("set", "image", "daemonset/agent", "main=registry.example/agent:2.0", check=True)
    cluster.settle()
    waiting = [one for one in cluster.pods() if "waiting" in one["status"]["containerStatuses"][0]["state"]]
    revision = waiting[0]["metadata"]["labels"]["controller-revision-hash"]
    assert (len(waiting), len(cluster.pods())) == (1, 2)
    cluster.kubelet.ready(revision=revision)
    cluster.settle()
    eventually(lambda: cluster.status("agent")["numberAvailable"] == 2)


def test_kept_pods_stay_terminating(cluster: Cluster) -> None:
    cluster.nodes("n1")
    cluster.daemon_set("agent")
    cluster.settle()
    cluster.kubelet.keep_terminating(node="n1")
    [found] = cluster.pods()
    cluster.client.delete("pods", found["metadata"]["name"], cluster.namespace)
    cluster.settle()
    assert "deletionTimestamp" in cluster.pods()[0]["metadata"]
    cluster.kubelet.finish_terminating()
    eventually(lambda: [one["metadata"]["uid"] for one in cluster.pods()] != [found["metadata"]["uid"]])
    cluster.settle()
    assert cluster.status("agent")["numberReady"] == 1


def test_a_node_goes_down_and_comes_back(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    cluster.daemon_set("agent", tolerations=[toleration()])
    cluster.settle()
    cluster.kubelet.node_down("n2")
    eventually(lambda: cluster.status("agent").get("numberUnavailable") == 1)
    node = cluster.client.get("nodes", "n2")
    assert _condition(node, "Ready") == "Unknown"
    assert {(taint["key"], taint["effect"]) for taint in node["spec"]["taints"]} == {
        ("node.kubernetes.io/unreachable", "NoSchedule"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
    }
    cluster.kubelet.node_up("n2")
    eventually(lambda: cluster.status("agent").get("numberAvailable") == 2)
    assert _events(cluster, node, "NodeNotReady", "default")
    assert "taints" not in cluster.client.get("nodes", "n2")["spec"]


def test_a_not_ready_node_is_tainted(cluster: Cluster) -> None:
    cluster.nodes("n1")
    cluster.kubelet.node_not_ready("n1")
    node = cluster.client.get("nodes", "n1")
    assert _condition(node, "Ready") == "False"
    assert {taint["key"] for taint in node["spec"]["taints"]} == {"node.kubernetes.io/not-ready"}


def test_a_paused_scheduler_places_nothing(cluster: Cluster) -> None:
    cluster.nodes("n1")
    cluster.plane.pause_scheduler()
    cluster.daemon_set("agent")
    cluster.settle()
    assert [one["spec"].get("nodeName") for one in cluster.pods()] == [None]
    cluster.plane.resume_scheduler()
    eventually(lambda: [one["spec"].get("nodeName") for one in cluster.pods()] == ["n1"])


def test_a_restarted_scheduler_works(cluster: Cluster) -> None:
    before = cluster.plane.pids
    cluster.plane.restart_scheduler()
    assert cluster.plane.pids["kube-scheduler"] != before["kube-scheduler"]
    cluster.nodes("n1")
    cluster.daemon_set("agent")
    eventually(lambda: cluster.status("agent").get("numberReady") == 1)


def test_hundreds_of_pods_run_within_seconds(cluster: Cluster) -> None:
    cluster.nodes(*(f"n{number}" for number in range(200)))
    started = time.monotonic()
    cluster.daemon_set("one")
    cluster.daemon_set("two")
    both = ("one", "two")
    eventually(lambda: all(cluster.status(name).get("numberReady") == 200 for name in both), timeout=60)
    assert time.monotonic() - started < 40, "about 3 s on an idle 2-core machine"


def test_the_next_test_finds_an_empty_cluster(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    cluster.create(pv("volume"), pvc("claim"), namespace("shop"))
    cluster.daemon_set("agent", volumes=[claim_volume("claim")])
    cluster.create(daemon_set("agent", namespace="shop"))
    cluster.settle()
    cluster.kubelet.keep_terminating()
    held = cluster.pods()[0]["metadata"]["name"]
    cluster.client.patch("pods", held, {"metadata": {"finalizers": ["tests/held"]}}, cluster.namespace)
    cluster.client.delete("pods", held, cluster.namespace)
    cluster.create(validating_webhook("never.tests.example", "https://127.0.0.1:1/", ("*",), ("CREATE", "DELETE")))
    cluster.begin()
    for resource in ("nodes", "pods", "daemonsets", "persistentvolumes", "persistentvolumeclaims"):
        assert cluster.client.list(resource) == []
    names = {one["metadata"]["name"] for one in cluster.client.list("namespaces")}
    assert names == {"default", "kube-node-lease", "kube-public", "kube-system", cluster.namespace}
    assert cluster.clean_seconds < 10, "about 0.6 s on an idle 2-core machine"


def test_a_user_may_do_what_a_role_allows_and_nothing_else(cluster: Cluster) -> None:
    cluster.create(
        role("reader", [rule(["get", "list"], ["pods"])], cluster.namespace),
        role_binding("reader", "reader", "viewer", cluster.namespace),
    )
    viewer, nobody = cluster.plane.client("viewer"), cluster.plane.client("nobody")
    eventually(lambda: cluster.kubectl("auth", "can-i", "list", "pods", user="viewer").stdout.strip() == "yes")
    assert viewer.list("pods", cluster.namespace) == []
    for client, resource in ((viewer, "nodes"), (nobody, "pods")):
        with pytest.raises(ApiError) as error:
            client.list(resource, cluster.namespace)
        assert (error.value.status, error.value.reason) == (403, "Forbidden")


def test_the_kubeconfig_verifies_the_server_strictly(plane: ControlPlane) -> None:
    config = json.loads(plane.kubeconfig().read_text())
    assert "certificate-authority-data" in config["clusters"][0]["cluster"]
    context = ssl.create_default_context(cadata=(plane.data / "certificates" / "apiserver.crt").read_text())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    host, _, port = plane.server.removeprefix("https://").partition(":")
    with socket.create_connection((host, int(port)), 5) as plain, context.wrap_socket(plain, server_hostname=host):
        pass


def test_an_unknown_token_is_refused(plane: ControlPlane) -> None:
    authority = (plane.data / "certificates" / "apiserver.crt").read_text()
    with Client(plane.server, authority, "wrong") as stranger, pytest.raises(ApiError) as error:
        stranger.list("nodes")
    assert error.value.status == 401


def test_kubectl_finds_the_plugin_of_this_python_first(plane: ControlPlane) -> None:
    environment = plane.environment()
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert Path(environment["HOME"]).is_relative_to(plane.data)


def test_settings_reach_the_programs(cluster_factory: ClusterFactory) -> None:
    """PodNodeSelector refuses a pod whose selector contradicts the annotation of its namespace."""
    cluster = cluster_factory(admission=("PodNodeSelector",), scheduler=False)
    assert "kube-scheduler" not in cluster.plane.pids
    annotations = {"scheduler.alpha.kubernetes.io/node-selector": "zone=a"}
    cluster.create(namespace("picky", annotations=annotations))
    with pytest.raises(ApiError, match="conflicts with its namespace node label selector"):
        cluster.create(pod("bare", namespace="picky", node_selector={"zone": "b"}))


@needs_proc
def test_nothing_listens_beyond_loopback(plane: ControlPlane) -> None:
    listening = _listening(plane.pids.values())
    assert len(listening) == 3, "etcd twice, the API server once"
    assert all(address.startswith("0100007F:") for address in listening), listening


@needs_proc
def test_nothing_is_left_after_stop(kubernetes_version: str) -> None:
    with ControlPlane(PlaneSettings(version=kubernetes_version)) as own:
        pids, data = list(own.pids.values()), own.data
        assert len(pids) == 4
        own.pause_scheduler()
        started = time.monotonic()
    assert time.monotonic() - started < 10
    assert not any(_alive(pid) for pid in pids)
    assert not data.exists()


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_after_a_signal(number: signal.Signals, kubernetes_version: str) -> None:
    command = [sys.executable, "-m", "tests.controlplane", kubernetes_version]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        pids = list(told["pids"].values())
        assert len(pids) == 4
        assert all(_alive(pid) for pid in pids)
        child.send_signal(number)
        child.wait(timeout=20)
    eventually(lambda: not any(_alive(pid) for pid in pids), timeout=10)


def test_a_taken_port_is_replaced(kubernetes_version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        offers = [plane._free_ports(3), plane._free_ports(3)]
        offers[0][2] = taken.getsockname()[1]
        monkeypatch.setattr(plane, "_free_ports", lambda count: offers.pop(0))
        with ControlPlane(PlaneSettings(version=kubernetes_version)) as own:
            assert own.client().request("GET", "/readyz") == "ok"
    assert not offers


def test_a_program_that_dies_shows_the_end_of_its_log(tmp_path: Path) -> None:
    program = Program(["/bin/sh", "-c", "echo no such flag; exit 3"], tmp_path / "log")
    with pytest.raises(ProgramError, match=r"(?s)sh ended with status 3:.*no such flag"):
        eventually(program.check_alive, timeout=5)
    program.stop()


def _condition(one: dict[str, Any], type_: str) -> str:
    found = [condition["status"] for condition in one["status"]["conditions"] if condition["type"] == type_]
    return str(found[0])


def _phases(cluster: Cluster) -> dict[str, str]:
    return {one["spec"]["nodeName"]: one["status"]["phase"] for one in cluster.pods()}


def _events(cluster: Cluster, about: dict[str, Any], reason: str, namespace: str | None = None) -> list[dict[str, Any]]:
    fields = f"involvedObject.uid={about['metadata']['uid']},reason={reason}"
    return eventually(lambda: cluster.client.list("events", namespace or cluster.namespace, fields=fields))


def _alive(pid: int) -> bool:
    """True for a running process; a zombie whose parent was killed has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _listening(pids: Iterable[int]) -> list[str]:
    """The local addresses, in the kernel's hexadecimal, on which these processes listen."""
    inodes = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes.add(str(entry.readlink()))
            except FileNotFoundError:
                continue  # closed meanwhile
    rows = [row.split() for table in ("tcp", "tcp6") for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == LISTENING and f"socket:[{row[9]}]" in inodes]
