"""Rules of the API server that few manifests ever meet: each fault alone, and said at its field."""

from __future__ import annotations

import pytest

from kubectl_ds.manifest.documents import read
from kubectl_ds.manifest.finding import Severity
from kubectl_ds.manifest.validate import validate

SMALL = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: small}
spec:
  selector: {matchLabels: {app: small}}
  template:
    metadata: {labels: {app: small}, annotations: {%s}}
    spec: {containers: [{name: small, image: small:1, resources: {requests: {cpu: 1}, limits: {cpu: 3}}}], %s}
"""
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io"
POD = "spec.template.spec"


def said(severity: Severity, pod: str = "", annotations: str = "") -> list[str]:
    """The fields that are complained of."""
    reading = read("f.yaml", (SMALL % (annotations, pod)).encode())
    assert reading.findings == ()
    return [each.field for each in validate(reading.documents) if each.severity is severity]


def claim(more: str) -> str:
    """A volume that makes a claim of its own."""
    spec = f"accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}, {more}"
    return f"volumes: [{{name: v, ephemeral: {{volumeClaimTemplate: {{spec: {{{spec}}}}}}}}}]"


def volume(source: str) -> str:
    """One volume."""
    return f"volumes: [{{name: v, {source}}}]"


@pytest.mark.parametrize(
    ("annotations", "field"),
    [
        ("controller.kubernetes.io/pod-deletion-cost: '+5'", "controller.kubernetes.io/pod-deletion-cost"),
        ("kubernetes.io/config.mirror: x", "kubernetes.io/config.mirror"),
        ("scheduler.alpha.kubernetes.io/tolerations: '[{'", "scheduler.alpha.kubernetes.io/tolerations"),
        (
            """scheduler.alpha.kubernetes.io/tolerations: '[{"key": "a", "effect": "Never"}]'""",
            "scheduler.alpha.kubernetes.io/tolerations",
        ),
        ("seccomp.security.alpha.kubernetes.io/pod: never", "seccomp.security.alpha.kubernetes.io/pod"),
        (f"{APP_ARMOR}/small: never", f"{APP_ARMOR}/small"),
        (f"{APP_ARMOR}/smal: unconfined", f"{APP_ARMOR}/smal"),
    ],
)
def test_an_annotation_that_means_something_must_be_right(annotations: str, field: str) -> None:
    assert said(Severity.ERROR, annotations=annotations) == [f"spec.template.metadata.annotations[{field}]"]


def test_an_old_annotation_and_the_field_beside_it_must_agree() -> None:
    pod = "securityContext: {appArmorProfile: {type: RuntimeDefault}}"
    assert said(Severity.ERROR, pod, f"{APP_ARMOR}/small: runtime/default") == []
    assert said(Severity.ERROR, pod, f"{APP_ARMOR}/small: unconfined") == [
        f"{POD}.securityContext.appArmorProfile.type"
    ]


@pytest.mark.parametrize(
    ("pod", "field"),
    [
        ("resources: {requests: {cpu: 500m}}", "resources.requests[cpu]"),
        ("resources: {limits: {cpu: 2}}", "containers[0].resources.limits[cpu]"),
        ("resources: {limits: {example.com/gpu: 1}}", "resources.limits[example.com/gpu]"),
        ("resources: {claims: []}", "resources.claims"),
        (claim("volumeMode: Raw"), "volumes[0].ephemeral.volumeClaimTemplate.spec.volumeMode"),
        (claim("dataSource: {kind: A, name: b}"), "volumes[0].ephemeral.volumeClaimTemplate.spec.dataSource.kind"),
        (claim("storageClassName: A"), "volumes[0].ephemeral.volumeClaimTemplate.spec.storageClassName"),
        (volume("azureDisk: {diskName: d, diskURI: d}"), "volumes[0].azureDisk.diskURI"),
        (volume("quobyte: {registry: host, volume: v}"), "volumes[0].quobyte.registry"),
        (volume("storageos: {volumeName: A}"), "volumes[0].storageos.volumeName"),
        (volume("flexVolume: {driver: d, options: {k8s.io/a: b}}"), "volumes[0].flexVolume.options[k8s.io/a]"),
        (volume("iscsi: {targetPortal: p, iqn: iqn.1:x}"), "volumes[0].iscsi.iqn"),
        (
            volume("projected: {sources: [{clusterTrustBundle: {name: 'a/b:c', path: p}}]}"),
            "volumes[0].projected.sources[0].clusterTrustBundle.name",
        ),
        ("securityContext: {windowsOptions: {runAsUserName: 'a\\\\b\\\\c'}}", "securityContext.windowsOptions"),
    ],
)
def test_a_field_of_the_pod_is_refused_where_the_server_refuses_it(pod: str, field: str) -> None:
    (found,) = said(Severity.ERROR, pod.replace("\\\\", "\\"))
    assert found.startswith(f"{POD}.{field}")


@pytest.mark.parametrize(
    "pod",
    [
        "tolerations: [{key: cores, operator: Gt, value: '4'}]",
        "hostUsers: false, hostNetwork: true",
    ],
)
def test_what_only_an_alpha_feature_makes_possible_is_a_warning(pod: str) -> None:
    assert (said(Severity.ERROR, pod), len(said(Severity.WARNING, pod))) == ([], 1)


@pytest.mark.parametrize(
    ("divisor", "fits"),
    [("1Mi", True), ("1024Ki", True), ("1000", True), ("1.0k", True), ("01", False), ("1e3", False), ("1024", False)],
)
def test_a_divisor_is_compared_as_the_server_writes_it(divisor: str, fits: bool) -> None:
    env = f"env: [{{name: A, valueFrom: {{resourceFieldRef: {{resource: limits.memory, divisor: '{divisor}'}}}}}}]"
    text = (SMALL % ("", "")).replace("image:", f"{env}, image:")
    assert (validate(read("f.yaml", text.encode()).documents) == ()) is fits


@pytest.mark.parametrize(
    ("amount", "read_as_one"),
    [
        ("Gi", True),
        ("+", True),
        ("5e3", True),
        ("1e400", True),
        ("Ei", False),
        ("٣", False),
        ("5\\n", False),
        (" 5 ", True),
    ],
)
def test_a_quantity_is_what_the_server_takes_for_one(amount: str, read_as_one: bool) -> None:
    text = (SMALL % ("", f'overhead: {{memory: "{amount}"}}')).encode()
    assert (validate(read("f.yaml", text).documents) == ()) is read_as_one


def test_the_thirtieth_of_february_is_no_time() -> None:
    meta = "metadata: {name: small, creationTimestamp: '%s'}"
    days = {"2024-02-29T00:00:00Z": 0, "2023-02-29T00:00:00Z": 1}
    for day, faults in days.items():
        text = (SMALL % ("", "")).replace("metadata: {name: small}", meta % day)
        assert len(validate(read("f.yaml", text.encode()).documents)) == faults
