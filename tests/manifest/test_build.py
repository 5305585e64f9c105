"""A manifest from flags: what was asked for, in apps/v1, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kubectl_ds.errors import UsageError
from kubectl_ds.manifest.build import Blueprint, build, container_name
from kubectl_ds.manifest.documents import read
from kubectl_ds.manifest.validate import validate


def pod(**settings: Any) -> Any:
    made = build(Blueprint(name="agent", image="x/agent:1", **settings))
    assert validate(read("x", msgspec.json.encode(made)).documents) == ()
    return made["spec"]["template"]["spec"]


def container(**settings: Any) -> Any:
    (only,) = pod(**settings)["containers"]
    return only


def test_the_least_is_what_kubectl_create_deployment_gives() -> None:
    assert build(Blueprint(name="agent", image="x/agent:1")) == {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "labels": {"app": "agent"}},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": {
                "metadata": {"labels": {"app": "agent"}},
                "spec": {"containers": [{"name": "agent", "image": "x/agent:1"}]},
            },
        },
    }


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "nginx"),
        ("a.example:5000/b/Node_Exporter:v1", "node-exporter"),
        ("x/y@sha256:abc", "y"),
        ("x/_", "main"),
    ],
)
def test_the_container_is_named_after_its_image(image: str, name: str) -> None:
    assert container_name(image) == name


def test_ports_of_container_and_node() -> None:
    assert container(ports=("80", "53/udp"), host_ports=("9100", "8080:80/TCP"))["ports"] == [
        {"containerPort": 80},
        {"containerPort": 53, "protocol": "UDP"},
        {"containerPort": 9100, "hostPort": 9100},
        {"containerPort": 80, "hostPort": 8080, "protocol": "TCP"},
    ]


def test_folders_of_the_node_are_mounted_once_each() -> None:
    made = pod(host_paths=("/var/log:ro", "/run:/host/run", "/run:/other:ro", "/"))
    assert made["volumes"] == [
        {"name": "var-log", "hostPath": {"path": "/var/log"}},
        {"name": "run", "hostPath": {"path": "/run"}},
        {"name": "root", "hostPath": {"path": "/"}},
    ]
    assert made["containers"][0]["volumeMounts"] == [
        {"name": "var-log", "mountPath": "/var/log", "readOnly": True},
        {"name": "run", "mountPath": "/host/run"},
        {"name": "run", "mountPath": "/other", "readOnly": True},
        {"name": "root", "mountPath": "/"},
    ]


def test_tolerations_are_written_as_taints_are() -> None:
    assert pod(tolerations=("gpu", "a=b:NoSchedule", "c:NoExecute"), tolerate_all=True)["tolerations"] == [
        {"operator": "Exists"},
        {"key": "gpu", "operator": "Exists"},
        {"key": "a", "operator": "Equal", "value": "b", "effect": "NoSchedule"},
        {"key": "c", "operator": "Exists", "effect": "NoExecute"},
    ]


def test_environment_from_pairs_and_objects() -> None:
    made = container(env=("A=b,c=d", "E="), env_from=("configmap/x", "secret/y"))
    assert made["env"] == [{"name": "A", "value": "b,c=d"}, {"name": "E", "value": ""}]
    assert made["envFrom"] == [{"configMapRef": {"name": "x"}}, {"secretRef": {"name": "y"}}]


def test_what_belongs_to_the_pod() -> None:
    made = pod(
        host_network=True, host_pid=True, priority_class="high", service_account="me", node_selector=("a=b,c=d",)
    )
    del made["containers"]
    assert made == {
        "nodeSelector": {"a": "b", "c": "d"},
        "priorityClassName": "high",
        "serviceAccountName": "me",
        "hostNetwork": True,
        "dnsPolicy": "ClusterFirstWithHostNet",
        "hostPID": True,
    }


def test_resources_probes_and_privilege() -> None:
    made = container(
        requests="cpu=100m,memory=64Mi", limits="memory=1Gi", readiness="http:80/ok", liveness="tcp:81", privileged=True
    )
    assert made["resources"] == {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}}
    assert made["readinessProbe"] == {"httpGet": {"path": "/ok", "port": 80}}
    assert made["livenessProbe"] == {"tcpSocket": {"port": 81}}
    assert made["securityContext"] == {"privileged": True}


@pytest.mark.parametrize(
    ("settings", "strategy"),
    [
        ({"update_strategy": "ondelete"}, {"type": "OnDelete"}),
        ({"max_unavailable": "10%"}, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}),
        ({"max_unavailable": "3"}, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3}}),
    ],
)
def test_the_update_strategy(settings: dict[str, str], strategy: Any) -> None:
    assert build(Blueprint(name="a", image="b", **settings))["spec"]["updateStrategy"] == strategy  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        ({"labels": ("app=other",)}, "--labels"),
        ({"env": ("novalue",)}, "--env"),
        ({"env_from": ("pod/x",)}, "--env-from"),
        ({"host_ports": ("0",)}, "--host-port"),
        ({"ports": ("80/ICMP",)}, "--port"),
        ({"host_paths": ("var/log",)}, "--host-path"),
        ({"requests": "cpu"}, "--requests"),
        ({"readiness": "http"}, "--readiness"),
        ({"liveness": "exec:'"}, "--liveness"),
        ({"update_strategy": "Recreate"}, "--update-strategy"),
        ({"max_unavailable": "-1"}, "--max-unavailable"),
        ({"max_unavailable": "1", "update_strategy": "OnDelete"}, "--max-unavailable"),
        ({"node_selector": ("linux",)}, "--node-selector"),
        ({"tolerations": (":NoSchedule",)}, "--toleration"),
    ],
)
def test_what_cannot_be_understood_names_its_flag(settings: dict[str, Any], flag: str) -> None:
    with pytest.raises(UsageError, match=flag):
        build(Blueprint(name="a", image="b", **settings))
