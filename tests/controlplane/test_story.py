"""The oldest story, through the real kubectl: Fluentd on twelve nodes, and everything that happens to it.

After each change the report is compared node by node with the pods that exist, and in every count with ``.status``.
Where the controller does not sync on a node's change, the report says so, and ``.status`` agrees once the DaemonSet
has been touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import node, taint
from tests.controlplane.policies import quota
from tests.controlplane.wait import eventually, touch
from tests.schemas import check

Object = dict[str, Any]

MANIFEST = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: fluentd
  labels: {k8s-app: fluentd}
spec:
  selector:
    matchLabels: {app: fluentd}
  template:
    metadata:
      labels: {app: fluentd}
    spec:
      nodeSelector: {kubernetes.io/os: linux}
      containers:
      - name: fluentd
        image: fluent/fluentd:v1.17
        resources:
          requests: {cpu: 100m, memory: 200Mi}
        volumeMounts:
        - {name: varlog, mountPath: /var/log}
      volumes:
      - name: varlog
        hostPath: {path: /var/log}
"""

OK, EXCLUDED = "ok", "excluded"
EXPECTED = {f"worker-{number}": OK for number in range(1, 7)} | {
    "gpu-1": EXCLUDED,
    "gpu-2": EXCLUDED,
    "control-plane-1": EXCLUDED,
    "windows-1": EXCLUDED,
    "cordoned-1": OK,
    "sleepy-1": EXCLUDED,
}


@pytest.fixture
def story(cluster: Cluster, tmp_path: Path) -> Cluster:
    """Twelve nodes, tainted, cordoned, NotReady and labelled; and Fluentd, created through ``kubectl ds``."""
    cluster.nodes(
        *(node(f"worker-{number}", labels={"pool": "general"}) for number in range(1, 7)),
        node("gpu-1", taints=[taint("nvidia.com/gpu", value="present")]),
        node("gpu-2", taints=[taint("nvidia.com/gpu", value="present")]),
        node("control-plane-1", taints=[taint("node-role.kubernetes.io/control-plane")]),
        node("windows-1", system="windows"),
        node("cordoned-1", unschedulable=True),
        node("sleepy-1"),
    )
    cluster.kubelet.node_not_ready("sleepy-1")
    file = tmp_path / "fluentd.yaml"
    file.write_text(MANIFEST)
    created = cluster.kubectl("ds", "create", "-f", str(file))
    assert (created.returncode, created.stdout) == (0, "daemonset.apps/fluentd created\n"), created.stderr
    cluster.settle()
    return cluster


def report(cluster: Cluster) -> Object:
    """The one DaemonSet of ``kubectl ds coverage -o json``."""
    ran = cluster.kubectl("ds", "coverage", "fluentd", "-o", "json")
    assert ran.returncode == 0, ran.stderr
    document = check(json.loads(ran.stdout))
    assert document["kind"] == "CoverageReport"
    assert document["gaps"] == []
    found: Object = document["daemonSets"][0]
    return found


def verdicts(coverage: Object) -> dict[str, str]:
    """Node → verdict."""
    return {row["node"]: row["verdict"] for row in coverage["nodes"]}


def agrees_with_the_pods(cluster: Cluster, coverage: Object) -> None:
    """Every row names exactly the pods that exist for its node."""
    exist: dict[str, set[str]] = {}
    for pod in cluster.pods("app=fluentd"):
        exist.setdefault(target(pod), set()).add(pod["metadata"]["name"])
    rows = {
        row["node"]: {row["pod"]["name"], *(pod["name"] for pod in row["otherPods"])}
        for row in coverage["nodes"]
        if row["pod"]
    }
    names = {one["metadata"]["name"] for one in cluster.client.list("nodes")}
    assert {row["node"] for row in coverage["nodes"]} == names
    assert rows == {name: pods for name, pods in exist.items() if name in names}


def target(pod: Object) -> str:
    """The node a pod is bound or pinned to."""
    bound: str = pod["spec"].get("nodeName", "")
    if bound:
        return bound
    required = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    name: str = required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0]
    return name


def counts_equal_status(cluster: Cluster, coverage: Object) -> None:
    """Every count equals ``.status``, read by another client."""
    status = cluster.status("fluentd")
    fields = {
        "desired": "desiredNumberScheduled",
        "current": "currentNumberScheduled",
        "ready": "numberReady",
        "upToDate": "updatedNumberScheduled",
        "available": "numberAvailable",
        "unavailable": "numberUnavailable",
        "misscheduled": "numberMisscheduled",
    }
    real = {name: status.get(field, 0) for name, field in fields.items()}
    counts = {name: count for name, count in coverage["counts"].items() if name != "nodes"}
    assert counts == real
    assert coverage["reported"] == real
    assert coverage["agrees"] is True


def report_once(cluster: Cluster, changed: Callable[[Object], bool]) -> Object:
    """The first report that has ``changed``."""

    def look() -> Object:
        found = report(cluster)
        assert changed(found), found["verdicts"]
        return found

    return eventually(look, timeout=20)


def settled_report(cluster: Cluster, changed: Callable[[Object], bool]) -> Object:
    """The report once it has ``changed``, agreeing with pods and status, which may need some seconds."""

    def look() -> Object:
        coverage = report(cluster)
        assert changed(coverage), coverage["verdicts"]
        agrees_with_the_pods(cluster, coverage)
        counts_equal_status(cluster, coverage)
        return coverage

    return eventually(look, timeout=20)


def touched_report(cluster: Cluster, changed: Callable[[Object], bool], *, lags: bool) -> Object:
    """The report before ``.status`` is sure to know; then the DaemonSet is touched, and they agree."""
    coverage = report_once(cluster, changed)
    agrees_with_the_pods(cluster, coverage)
    if lags:
        assert coverage["agrees"] is False
        assert ".status lags: it says" in cluster.kubectl("ds", "coverage", "fluentd").stdout
    touch(cluster.client, cluster.client.get("daemonsets", "fluentd", cluster.namespace))
    return settled_report(cluster, changed)


def test_created_got_and_described_it_covers_every_node_it_should(story: Cluster) -> None:
    coverage = settled_report(story, lambda found: True)

    assert verdicts(coverage) == EXPECTED
    reasons = {row["node"]: [cause["code"] for cause in row["causes"]] for row in coverage["nodes"]}
    assert reasons["gpu-1"] == ["TaintToleration"]
    assert reasons["windows-1"] == ["NodeAffinity"]
    assert reasons["sleepy-1"] == ["TaintToleration"]
    assert reasons["worker-1"] == []

    got = story.kubectl("ds", "get")
    assert got.stdout.splitlines()[1].split()[:6] == ["fluentd", "7", "7", "7", "7", "7"]

    described = story.kubectl("ds", "describe", "fluentd").stdout
    assert described.startswith("Name:           fluentd\n")
    assert "fluentd: 7 of 12 nodes covered, 5 left out by design" in described
    assert "taint nvidia.com/gpu=present:NoSchedule is not tolerated" in described


def test_a_taint_under_a_running_pod_makes_it_misscheduled_before_status_knows(story: Cluster) -> None:
    story.client.patch("nodes", "worker-2", {"spec": {"taints": [taint("maintenance", value="true")]}})

    coverage = touched_report(story, lambda found: verdicts(found)["worker-2"] == "misscheduled", lags=True)

    row = next(row for row in coverage["nodes"] if row["node"] == "worker-2")
    assert row["shouldRun"] is False
    assert row["shouldContinueRunning"] is True
    assert row["causes"][0]["evidence"] == {"key": "maintenance", "value": "true", "effect": "NoSchedule"}
    assert coverage["counts"]["misscheduled"] == 1


def test_a_label_that_goes_takes_the_pod_with_it(story: Cluster) -> None:
    story.client.patch("nodes", "worker-3", {"metadata": {"labels": {"kubernetes.io/os": None}}})

    coverage = settled_report(story, lambda found: verdicts(found)["worker-3"] == EXCLUDED)

    row = next(row for row in coverage["nodes"] if row["node"] == "worker-3")
    assert row["causes"][0]["evidence"]["key"] == "kubernetes.io/os"
    assert row["causes"][0]["evidence"]["actual"] is None


def test_a_deleted_node_leaves_an_orphan_until_the_pod_is_collected(story: Cluster) -> None:
    story.client.delete("nodes", "worker-4")

    coverage = report_once(story, lambda found: len(found["nodes"]) == 11)
    agrees_with_the_pods(story, coverage)
    orphans = {pod["name"] for pod in coverage["orphans"]}
    assert orphans == {pod["metadata"]["name"] for pod in story.pods("app=fluentd", node="worker-4")}

    for pod in story.pods("app=fluentd", node="worker-4"):
        story.client.delete("pods", pod["metadata"]["name"], story.namespace, 0)
    touch(story.client, story.client.get("daemonsets", "fluentd", story.namespace))
    assert settled_report(story, lambda found: not found["orphans"])["counts"]["desired"] == 6


def test_a_node_that_falls_silent_leaves_desired_and_its_pod_counts_as_misscheduled(story: Cluster) -> None:
    story.kubelet.node_down("worker-5")

    coverage = touched_report(story, lambda found: verdicts(found)["worker-5"] == "misscheduled", lags=False)

    row = next(row for row in coverage["nodes"] if row["node"] == "worker-5")
    assert row["fault"] == "node"
    assert [cause["code"] for cause in row["causes"]][-1] == "NodeUnreachable"
    assert coverage["counts"]["desired"] == 6


def test_a_new_revision_rolls_out_node_by_node(story: Cluster) -> None:
    image = "registry.example/fluentd:broken"
    story.kubelet.image_pull_fail(image=image)
    body = {"spec": {"template": {"spec": {"containers": [{"name": "fluentd", "image": image}]}}}}
    story.client.patch("daemonsets", "fluentd", body, story.namespace, "strategic")

    coverage = settled_report(story, lambda found: found["verdicts"] == {"not-ready": 1, "outdated": 6, "excluded": 5})

    assert coverage["revision"]["number"] == 2
    sick = next(row for row in coverage["nodes"] if row["verdict"] == "not-ready")
    assert sick["fault"] == "revision"
    assert sick["causes"][0]["code"] == "ImagePullBackOff"
    assert sick["pod"]["revisionHash"] == coverage["revision"]["hash"]
    assert coverage["counts"]["upToDate"] == 1

    story.kubelet.ready()
    assert settled_report(story, lambda found: found["verdicts"] == {"excluded": 5, "ok": 7})["counts"]["upToDate"] == 7


def test_a_crash_looping_pod_is_named_with_container_restarts_and_exit(story: Cluster) -> None:
    story.kubelet.crash_loop(restarts=7, exit_code=137, reason="OOMKilled", node="worker-6")

    coverage = settled_report(story, lambda found: verdicts(found)["worker-6"] == "not-ready")

    row = next(row for row in coverage["nodes"] if row["node"] == "worker-6")
    evidence = row["causes"][0]["evidence"]
    assert row["causes"][0]["code"] == "CrashLoopBackOff"
    assert (evidence["container"], evidence["restarts"], evidence["exitCode"]) == ("fluentd", 7, 137)
    assert (row["fault"], evidence["lastReason"]) == ("pod", "OOMKilled")


def test_a_quota_that_forbids_creation_is_named_with_both_figures(story: Cluster) -> None:
    story.create(quota("team-quota", {"pods": "7"}))
    eventually(lambda: story.client.get("resourcequotas", "team-quota", story.namespace)["status"].get("used"))
    story.nodes(node("worker-7"), node("worker-8"))

    coverage = settled_report(
        story, lambda found: found["verdicts"].get("missing") == 2 and bool(found["nodes"][-1]["causes"])
    )

    row = next(row for row in coverage["nodes"] if row["node"] == "worker-8")
    evidence = row["causes"][0]["evidence"]
    assert (row["fault"], row["causes"][0]["code"]) == ("policy", "FailedCreate")
    assert (evidence["admission"], evidence["name"], evidence["resource"]) == ("quota", "team-quota", "pods")
    assert (evidence["used"], evidence["limited"]) == ("7", "7")


def test_a_full_node_leaves_the_pod_pending_there_with_the_schedulers_own_reason(story: Cluster) -> None:
    story.nodes(node("tiny-1", cpu="50m"))

    coverage = settled_report(story, lambda found: verdicts(found).get("tiny-1") in ("pending", "blocked"))

    row = next(row for row in coverage["nodes"] if row["node"] == "tiny-1")
    assert row["pod"]["phase"] == "Pending"
    assert "Insufficient cpu" in json.dumps(row["causes"])
