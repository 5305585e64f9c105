"""The oldest story: a manifest full of slips, in a version that is long gone, and what runs one round later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.controlplane import wait
from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import Desk, lines, opened
from tests.controlplane.objects import node, taint

OLDEST = """\
apiVersion: extensions/v1beat1
kind: DaemonSet
metadata:
  name: fluentd
spec:
  template:
    metadata:
      name: fluentd
      labels:
        app: fluented
    spec:
      containers:
      - name: fluentd
        image: gci.io/google_conntainers/fluentd-elasticsearch:1.3
        env:
        - name: FLUENTD_ARGS
          value: -qq
        columeMounts:
        - name: varlog
          mountPath: /var/log
        - name: containers
          mountPath: /var/lib/docker/containers
      volumes:
      - name: varlog
        hostPath:
          path: /var/log
      - name: containers
        hostPath:
          path: /var/lib/docker/containers
"""
PROBLEMS = {
    "1:13": 'error: no DaemonSet in version "extensions/v1beat1"',
    "5:1": "error: spec.selector: Required value",
    "8:13": "warning: spec.template.metadata.name has no effect",
    "10:14": 'warning: label app: "fluented" looks like a slip of "fluentd"',
    "14:16": 'warning: image host "gci.io/google_conntainers" looks like a slip of "gcr.io"',
    "18:9": 'error: unknown field "spec.template.spec.containers[0].columeMounts"',
}


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """Three nodes, one of them tainted, and an empty folder."""
    cluster.nodes("n1", "n2", node("gpu", taints=[taint("gpu", "NoSchedule")]))
    yield from opened(cluster, tmp_path)


def test_one_run_names_every_problem_of_the_oldest_manifest_with_its_line(desk: Desk) -> None:
    file = desk.write(OLDEST)
    ours = desk.ds("-f", file)
    found = dict(
        each.removeprefix(f"{file}:").split(": ", 1) for each in lines(ours.stderr) if each.startswith(f"{file}:")
    )
    assert (ours.returncode, ours.stdout, desk.names()) == (1, "", [])
    assert found == PROBLEMS
    assert lines(ours.stderr)[-1] == f"hint: kubectl ds create --upgrade -f {file} creates it as apps/v1"


def test_the_oldest_manifest_runs_on_every_eligible_node_after_one_more_command(desk: Desk) -> None:
    file = desk.write(OLDEST)
    done = desk.ds("--upgrade", "--yes", "--fix-images", "-f", file)
    assert (done.returncode, done.stdout) == (0, "daemonset.apps/fluentd created\n"), done.stderr
    wait.eventually(lambda: desk.cluster.status("fluentd").get("numberAvailable") == 2 or None)
    assert sorted(pod["spec"]["nodeName"] for pod in desk.cluster.pods()) == ["n1", "n2"]
    pod: Any = desk.cluster.pods()[0]["spec"]["containers"][0]
    assert {mount["mountPath"] for mount in pod["volumeMounts"]} >= {"/var/log", "/var/lib/docker/containers"}
    assert pod["env"] == [{"name": "FLUENTD_ARGS", "value": "-qq"}]
    assert pod["image"] == "registry.k8s.io/fluentd-elasticsearch:1.3"


def test_without_being_asked_the_image_stays_and_is_doubted(desk: Desk) -> None:
    done = desk.ds("--upgrade", "--yes", "-f", desk.write(OLDEST))
    assert done.returncode == 0
    assert "did you mean registry.k8s.io/fluentd-elasticsearch:1.3? --fix-images writes it" in done.stderr
    (daemon_set,) = desk.cluster.client.list("daemonsets", desk.cluster.namespace)
    template = daemon_set["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "gci.io/google_conntainers/fluentd-elasticsearch:1.3"
    assert daemon_set["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert daemon_set["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"] == {"app": "fluented"}


def test_what_upgrade_writes_is_what_kubectl_creates(desk: Desk) -> None:
    file = desk.write(OLDEST)
    done = desk.cluster.kubectl("ds", "upgrade", "--in-place", "-f", file)
    assert done.returncode == 0, done.stderr
    assert desk.kubectl("-f", file).stdout == "daemonset.apps/fluentd created\n"
