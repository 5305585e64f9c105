"""A folder of manifests, and kubectl's create beside ours: what the tests of create share."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.controlplane.cluster import Cluster

GOOD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels: {app: agent}
  template:
    metadata:
      labels: {app: agent}
    spec:
      containers:
      - name: agent
        image: registry.example/agent:1
        ports:
        - containerPort: 80
          name: web
"""


def named(name: str, namespace: str = "") -> str:
    """The good manifest under another name, in a namespace if one is given."""
    inside = f"  namespace: {namespace}\n" if namespace else ""
    return GOOD.replace("  name: agent\n", f"  name: {name}\n{inside}", 1)


CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, required: [size], properties: {size: {type: integer, minimum: 1}}}
"""

WIDGET = """\
apiVersion: example.com/v1
kind: Widget
metadata: {name: gear}
spec: {size: 3}
"""


@dataclass(frozen=True)
class Desk:
    """A folder with manifests in it, and both commands."""

    cluster: Cluster
    folder: Path

    def write(self, text: str, name: str = "f.yaml") -> str:
        """A file of the folder; its path as it is typed."""
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def ds(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """``kubectl ds create …``."""
        return self.cluster.kubectl("ds", "create", *arguments, **options)

    def kubectl(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """``kubectl create …``."""
        return self.cluster.kubectl("create", *arguments, **options)

    def names(self, resource: str = "daemonsets") -> list[str]:
        """What is there."""
        return [item["metadata"]["name"] for item in self.cluster.client.list(resource, self.cluster.namespace)]


def opened(cluster: Cluster, tmp_path: Path) -> Iterator[Desk]:
    """An empty cluster and an empty folder; custom kinds are gone again afterwards."""
    yield Desk(cluster, tmp_path)
    cluster.kubectl("delete", "crd", "--all", "--wait=true", check=True)


def lines(text: str) -> list[str]:
    """Without their ends."""
    return text.splitlines()
