"""A sound DaemonSet, and the changes to it that a rule's own cases describe in few words.

A case may hold: ``root``, ``metadata``, ``spec``, ``template``, ``pod``, ``container`` (merged into those objects; null
removes), ``mount`` and ``readOnly`` (a folder of the node), ``labels`` (of selector and template), ``nodes`` (a number,
or a list of ``labels``, ``taints``, ``arch``, ``os``, ``runtime``, ``cpu``), ``others`` (more DaemonSets, as cases),
``objects`` (anything else), ``source`` (``live``; files alone by default), and ``finds``: the field, or fields.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import yaml

from kubectl_ds.lint.review import from_manifests
from kubectl_ds.lint.rule import Rule
from kubectl_ds.lint.subject import Subject
from kubectl_ds.manifest.documents import read
from kubectl_ds.model.snapshot import Snapshot, Source
from tests.controlplane.objects import merge, node

Object = dict[str, Any]
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)

SOUND = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: agents
spec:
  selector:
    matchLabels: {app: agent}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 10%}
  template:
    metadata:
      labels: {app: agent}
    spec:
      priorityClassName: agents
      nodeSelector: {kubernetes.io/os: linux}
      tolerations:
        - {key: node-role.kubernetes.io/control-plane, operator: Exists, effect: NoSchedule}
      containers:
        - name: agent
          image: registry.example/agent:1.0
          resources:
            requests: {cpu: 50m, memory: 64Mi}
            limits: {memory: 128Mi}
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
          livenessProbe: {httpGet: {path: /alive, port: 8080}}
"""
"""Every rule is silent on it."""


def around(source: str = "manifest") -> Snapshot:
    """Nothing around the files."""
    return Snapshot(now=NOW, source=Source(type=source))


def subject_of(case: Object) -> Subject:
    """What a rule sees of a case, read from YAML as a user's file is."""
    documents = [_daemon_set(case, "agent"), *_others(case), *_nodes(case), *case.get("objects", [])]
    text = "---\n".join(yaml.safe_dump({"apiVersion": "v1", **each}, sort_keys=False) for each in documents)
    manifests = from_manifests(read("case.yaml", text.encode()), around(case.get("source", "manifest")), "agents")
    assert not manifests.unreadable, manifests.unreadable
    return manifests.subjects[0]


def cases_of(rule: Rule, which: str) -> Iterator[tuple[str, Object]]:
    """The ``good`` or ``bad`` cases of a rule, by their sentences."""
    yield from (yaml.safe_load(rule.cases).get(which) or {}).items()


def _daemon_set(case: Object, name: str) -> Object:
    made = yaml.safe_load(SOUND)
    made["metadata"] |= {"name": name}
    made = merge(made, case.get("root", {}))
    made["metadata"] = merge(made["metadata"], case.get("metadata", {}))
    made["spec"] = merge(made["spec"], case.get("spec", {}))
    made["spec"]["template"] = template = merge(made["spec"]["template"], case.get("template", {}))
    if "labels" in case:
        made["spec"]["selector"]["matchLabels"] = template["metadata"]["labels"] = case["labels"]
    template["spec"] = pod = merge(template["spec"], case.get("pod", {}))
    pod["containers"][0] = container = merge(pod["containers"][0], case.get("container", {}))
    if "mount" in case:
        pod["volumes"] = [{"name": "host", "hostPath": {"path": case["mount"]}}]
        container["volumeMounts"] = [
            {"name": "host", "mountPath": "/host", "readOnly": case.get("readOnly", False)},
        ]
    return copy.deepcopy(made)


def _others(case: Object) -> list[Object]:
    return [_daemon_set(each, f"other-{number}") for number, each in enumerate(case.get("others", []))]


def _nodes(case: Object) -> list[Object]:
    wanted = case.get("nodes", [])
    rows = [{} for _ in range(wanted)] if isinstance(wanted, int) else wanted
    made = []
    for number, row in enumerate(rows):
        one = node(
            f"n{number}",
            cpu=row.get("cpu", "4"),
            labels=row.get("labels"),
            taints=row.get("taints", ()),
            architecture=row.get("arch", "amd64"),
            system=row.get("os", "linux"),
        )
        runtime = row.get("runtime", "containerd://2.1.4")
        made.append(merge(one, {"status": {"nodeInfo": {"containerRuntimeVersion": runtime}}}))
    return made
