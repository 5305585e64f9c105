"""Old manifests, upgraded, on the real control plane: taken strictly, and run where they once ran."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane import wait
from tests.controlplane.cluster import Cluster
from tests.controlplane.desk import Desk, opened
from tests.controlplane.objects import node, taint

OLD = """\
apiVersion: {version}
kind: DaemonSet
metadata:
  name: agent
  annotations: {{deprecated.daemonset.template.generation: "3"}}
spec:
  templateGeneration: 3
{spec}  template:
    metadata:
      name: agent
      labels: {{app: agent}}
      annotations:
        scheduler.alpha.kubernetes.io/critical-pod: ""
        scheduler.alpha.kubernetes.io/tolerations: '[{{"key": "gpu", "operator": "Exists"}}]'
        scheduler.alpha.kubernetes.io/affinity: >
          {{"nodeAffinity": {{"requiredDuringSchedulingIgnoredDuringExecution": {{"nodeSelectorTerms":
          [{{"matchExpressions": [{{"key": "beta.kubernetes.io/arch", "operator": "In", "values": ["arm64"]}}]}}]}}}}}}
    spec:
      nodeSelector: {{beta.kubernetes.io/os: linux}}
      contianers:
      - name: agent
        image: registry.example/agent:1
"""
FORMS = {
    "extensions, without a selector": ("extensions/v1beta1", ""),
    "misspelt": ("extensions/v1beat1", ""),
    "v1beta2": ("apps/v1beta2", "  selector: {matchLabels: {app: agent}}\n  updateStrategy: {type: OnDelete}\n"),
}


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """Nodes of two architectures, one of them tainted."""
    arm = {"architecture": "arm64"}
    cluster.nodes("amd", node("arm", **arm), node("gpu", taints=[taint("gpu", "NoSchedule")], **arm))  # type: ignore[arg-type]
    yield from opened(cluster, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_every_old_form_is_created_and_runs_where_it_once_ran(desk: Desk, form: str) -> None:
    version, spec = FORMS[form]
    file = desk.write(OLD.format(version=version, spec=spec))
    assert desk.cluster.kubectl("ds", "upgrade", "--in-place", "-f", file).returncode == 0
    done = desk.kubectl("--validate=strict", "-f", file)
    assert (done.returncode, done.stderr) == (0, "")
    wait.eventually(lambda: desk.cluster.status("agent").get("numberAvailable") == 2 or None)
    pods = desk.cluster.pods()
    assert sorted(pod["spec"]["nodeName"] for pod in pods) == ["arm", "gpu"]
    assert {pod["spec"]["priorityClassName"] for pod in pods} == {"system-node-critical"}
    (found,) = desk.cluster.client.list("daemonsets", desk.cluster.namespace)
    assert found["spec"]["updateStrategy"] == {"type": "OnDelete"}
