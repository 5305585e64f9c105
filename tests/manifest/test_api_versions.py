"""A kind that is not served is answered with what to write instead."""

from __future__ import annotations

import pytest

from kubectl_ds.manifest.api_versions import REMOVED, unknown_type
from kubectl_ds.manifest.documents import read

SERVED = {
    "v1": ("Pod", "Namespace", "ConfigMap", "ServiceAccount"),
    "apps/v1": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "batch/v1": ("CronJob", "Job"),
    "example.com/v2": ("Widget",),
}


def answer(api_version: str, kind: str) -> tuple[str, str, str]:
    document = read("f", f"apiVersion: {api_version}\nkind: {kind}\n".encode()).documents[0]
    finding = unknown_type(document, SERVED)
    return f"{finding.line}:{finding.column}", finding.message, finding.suggestion


@pytest.mark.parametrize(
    ("api_version", "kind", "place", "message", "suggestion"),
    [
        ("extensions/v1beta1", "DaemonSet", "1:13", "extensions/v1beta1 has not been served since Kubernetes 1.16",
         "write apiVersion: apps/v1"),
        ("apps/v1beta2", "DaemonSet", "1:13", "apps/v1beta2 has not been served since Kubernetes 1.16",
         "write apiVersion: apps/v1"),
        ("extensions/v1beat1", "DaemonSet", "1:13", 'no DaemonSet in version "extensions/v1beat1"',
         "write apiVersion: apps/v1 (extensions/v1beta1 has not been served since Kubernetes 1.16)"),
        ("extensions/v1beta1", "DeamonSet", "1:13", "extensions/v1beta1 has not been served since Kubernetes 1.16",
         "write apiVersion: apps/v1, and kind: DaemonSet"),
        ("apps/v1", "DeamonSet", "2:7", 'apps/v1 has no kind "DeamonSet"', "did you mean DaemonSet?"),
        ("apps/v1", "daemonset", "2:7", 'apps/v1 has no kind "daemonset"', "did you mean DaemonSet?"),
        ("aps/v1", "DaemonSet", "1:13", 'no DaemonSet in version "aps/v1"', "write apiVersion: apps/v1"),
        ("v1", "DaemonSet", "1:13", 'no DaemonSet in version "v1"', "write apiVersion: apps/v1"),
        ("batch/v1beta1", "CronJob", "1:13", "batch/v1beta1 has not been served since Kubernetes 1.25",
         "write apiVersion: batch/v1"),
        ("policy/v1beta1", "PodSecurityPolicy", "1:13", "policy/v1beta1 has not been served since Kubernetes 1.25",
         "PodSecurityPolicy has no successor: remove the object"),
        ("example.com/v1", "Widget", "1:13", 'no Widget in version "example.com/v1"',
         "write apiVersion: example.com/v2"),
        ("example.org/v1", "Gadget", "1:13", 'no kind "Gadget" on this server',
         "is its CustomResourceDefinition installed?"),
        ("exmaple.com/v2", "Gizmo", "1:13", 'no API version "exmaple.com/v2" on this server',
         "did you mean apiVersion: example.com/v2?"),
        ("networking.k8s.io/v1", "NetworkPolicy", "1:13", 'no NetworkPolicy in version "networking.k8s.io/v1"',
         "is its CustomResourceDefinition installed? See: kubectl api-resources"),
    ],
)  # fmt: skip
def test_an_unserved_kind_is_answered_with_the_cure(
    api_version: str, kind: str, place: str, message: str, suggestion: str
) -> None:
    assert answer(api_version, kind) == (place, message, suggestion)


def test_no_version_is_listed_twice_and_none_leads_to_one_that_is_gone() -> None:
    gone = [(row.kind, row.old) for row in REMOVED]
    assert len(gone) == len(set(gone))
    assert not [row for row in REMOVED if (row.kind, row.new) in gone]
