"""The oldest manifest, as it was written: one run names every problem, with its line and what to write instead."""

from __future__ import annotations

from kubectl_ds.manifest.documents import read
from kubectl_ds.manifest.validate import validate

OLDEST = """\
apiVersion: extensions/v1beat1
kind: DaemonSet
metadata:
  name: fluentd
  namespace: kube-system
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
          mountPath: /varlog
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


def test_one_run_names_every_problem_with_its_line() -> None:
    found = validate(read("fluented-daemonset.yaml", OLDEST.encode()).documents)
    assert [(each.line, each.severity.value, each.message) for each in found] == [
        (1, "error", 'no DaemonSet in version "extensions/v1beat1"'),
        (6, "error", "spec.selector: Required value"),
        (9, "warning", "spec.template.metadata.name has no effect"),
        (11, "warning", 'label app: "fluented" looks like a slip of "fluentd"'),
        (15, "warning", 'image host "gci.io/google_conntainers" looks like a slip of "gcr.io"'),
        (19, "error", 'unknown field "spec.template.spec.containers[0].columeMounts"'),
    ]


def test_each_problem_comes_with_what_to_write_instead() -> None:
    found = validate(read("fluented-daemonset.yaml", OLDEST.encode()).documents)
    assert [each.suggestion for each in found] == [
        "write apiVersion: apps/v1 (extensions/v1beta1 has not been served since Kubernetes 1.16)",
        "add under spec: selector: {matchLabels: {app: fluented}}",
        "remove it: the pods get their names from the DaemonSet",
        "did you mean fluentd?",
        "did you mean gcr.io/google_containers/fluentd-elasticsearch:1.3? gcr.io/google_containers is gone: the images "
        "that are still kept are in registry.k8s.io",
        "did you mean volumeMounts?",
    ]
