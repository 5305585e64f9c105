"""Pod Security Standards by the labels of the namespace; the words are compared with the real API server elsewhere."""

from __future__ import annotations

import pytest

from kubectl_ds.engine.admission.pod_security import enforced, violated
from kubectl_ds.engine.admission.security_view import view_of
from tests.engine.admission.builders import Object, admission, refusal_of

LEVEL = "pod-security.kubernetes.io/enforce"
GOOD: Object = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def violations(spec: Object, level: str = "baseline", version: str = "latest", served: int = 37) -> tuple[str, ...]:
    containers = spec.get("containers", [{"name": "main", "image": "i", "securityContext": GOOD}])
    return violated(view_of({"spec": spec | {"containers": containers}}, served), level, version, served)


def test_without_a_label_everything_is_allowed() -> None:
    assert not admission(spec={"hostNetwork": True, "hostPID": True}).refusals


def test_a_refusal_names_level_version_and_every_violation() -> None:
    labels = {LEVEL: "baseline", f"{LEVEL}-version": "v1.30"}
    spec = {"hostNetwork": True, "containers": [{"name": "main", "image": "i", "ports": [{"containerPort": 80}]}]}
    evidence = refusal_of(admission(spec=spec, about={"labels": labels}))
    assert (evidence.admission, evidence.name) == ("podSecurity", "baseline:v1.30")
    assert evidence.details == (
        "host namespaces (hostNetwork=true)",
        'hostPort (container "main" uses hostPort 80)',
    )


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, ("privileged", "latest")),
        ({LEVEL: "baseline"}, ("baseline", "latest")),
        ({LEVEL: "baseline", f"{LEVEL}-version": "v1.9"}, ("baseline", "v1.9")),
        ({LEVEL: "baseline", f"{LEVEL}-version": "v1.09"}, ("baseline", "latest")),
        ({LEVEL: "odd"}, ("restricted", "latest")),
    ],
)
def test_labels_that_cannot_be_read_mean_the_strictest(labels: dict[str, str], expected: tuple[str, str]) -> None:
    assert enforced(labels) == expected


def test_the_restricted_level_asks_for_what_the_baseline_does_not() -> None:
    plain = {"containers": [{"name": "main", "image": "i"}]}
    assert violations(plain) == ()
    assert [words.partition(" (")[0] for words in violations(plain, "restricted")] == [
        *("allowPrivilegeEscalation != false", "unrestricted capabilities", "runAsNonRoot != true", "seccompProfile")
    ]
    assert violations({}, "restricted") == ()


@pytest.mark.parametrize(
    ("spec", "version", "served", "allowed"),
    [
        ({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}}, "v1.31", 37, False),
        ({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}}, "v1.32", 37, True),
        ({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat"}]}}, "latest", 37, True),
        ({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat"}]}}, "latest", 36, False),
        ({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat"}]}}, "v1.99", 36, False),
        ({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}, "v1.18", 37, True),
        ({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}, "v1.19", 37, False),
    ],
)
def test_a_version_knows_the_checks_of_its_time_and_a_server_no_later_ones(
    spec: Object, version: str, served: int, allowed: bool
) -> None:
    assert (violations(spec, version=version, served=served) == ()) is allowed


def test_a_pod_in_a_user_namespace_may_run_as_root_since_1_35() -> None:
    root = {"hostUsers": False, "securityContext": {"runAsUser": 0, "seccompProfile": {"type": "Localhost"}}}
    assert violations(root, "restricted", served=34) == ("runAsUser=0 (pod must not set runAsUser=0)",)
    assert violations(root, "restricted", served=35) == ()


def test_a_volume_without_a_source_is_an_empty_dir() -> None:
    assert violations({"volumes": [{"name": "v"}]}, "restricted") == ()
    assert violations({"volumes": [{"name": "v", "nfs": {}}]}, "restricted") == (
        'restricted volume types (volume "v" uses restricted volume type "nfs")',
    )


def test_odd_shapes_in_a_template_do_no_harm() -> None:
    odd: Object = {"volumes": "none", "securityContext": [], "initContainers": None}
    assert violations(odd | {"containers": [{}, "x", {"securityContext": {"capabilities": {"add": "ALL"}}}]}) == ()


def test_up_to_1_33_app_armor_fields_were_annotations_too() -> None:
    spec = {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}
    assert violations(spec, served=34) == (
        'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    )
    key = "container.apparmor.security.beta.kubernetes.io/main"
    assert violations(spec, served=33) == (
        "forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "
        f'"Unconfined", "{key}="unconfined"")',
    )
