"""Pods that the API server calls invalid although it stored their template."""

from __future__ import annotations

import json

import pytest

from tests.controlplane.objects import container
from tests.controlplane.policies import limit_range
from tests.engine.admission.builders import Object, admission, evidence_of

DEFAULTS = "scheduler.alpha.kubernetes.io/defaultTolerations"


def complaints(*objects: Object, spec: Object, about: Object | None = None) -> list[tuple[str | None, str]]:
    refusals = [evidence_of(each) for each in admission(*objects, spec=spec, about=about).refusals]
    return [(each.field, each.rule) for each in refusals if each.admission == "invalid"]


def main(**fields: object) -> Object:
    return {"name": "main", "image": "i", **fields}


def test_a_default_request_above_the_container_s_own_limit() -> None:
    rule = limit_range("r", [{"type": "Container", "defaultRequest": {"cpu": "500m"}, "default": {"memory": "1Gi"}}])
    spec = {"containers": [main(resources={"limits": {"cpu": "200m"}, "requests": {"memory": "2Gi"}})]}
    assert complaints(rule, spec=spec) == [
        ("spec.containers[0].resources.requests", "must be less than or equal to memory limit of 1Gi")
    ]


def test_the_same_host_port_twice_once_host_network_has_made_host_ports() -> None:
    ports = [{"containerPort": 80}]
    two = {"containers": [main(ports=ports), main(ports=ports) | {"name": "helper"}]}
    assert complaints(spec=two) == []
    assert complaints(spec=two | {"hostNetwork": True}) == [
        ("spec.containers[1].ports[0].hostPort", 'Duplicate value: "TCP//80"')
    ]
    init = {"containers": [main(ports=ports)], "initContainers": [main(ports=ports) | {"name": "prepare"}]}
    assert complaints(spec=init | {"hostNetwork": True}) == []


@pytest.mark.parametrize(
    ("toleration", "field"),
    [
        ({"key": "a b", "operator": "Exists"}, "key"),
        ({"operator": "Equal"}, "operator"),
        ({"key": "a", "operator": "Exists", "value": "x"}, "operator"),
        ({"key": "a", "value": "no value!"}, "operator"),
        ({"key": "a", "operator": "Gt", "value": "1"}, "operator"),
        ({"key": "a", "operator": "Exists", "effect": "Never"}, "effect"),
        ({"key": "a", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5}, "effect"),
    ],
)
def test_a_default_toleration_of_the_namespace_that_is_none(toleration: Object, field: str) -> None:
    about = {"annotations": {DEFAULTS: json.dumps([toleration])}}
    found = complaints(spec={}, about=about)
    assert [name for name, _ in found] == [f"spec.tolerations[6].{field}"]


def test_what_the_pod_asks_for_as_a_whole_must_hold_its_containers() -> None:
    spec: Object = {
        "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}},
        "containers": [
            main(resources={"requests": {"cpu": "800m"}, "limits": {"cpu": "2"}}),
            container("helper", cpu="300m"),
        ],
    }
    assert complaints(spec=spec) == [
        ("spec.resources.requests[cpu]", "must be greater than or equal to aggregate container requests of 1100m"),
        ("spec.resources.containers[0][cpu].limits", "must be less than or equal to pod limits of 1"),
    ]


@pytest.mark.parametrize(
    ("resources", "field"),
    [
        ({"requests": {"example.com/gpu": "1"}}, "limits"),
        ({"requests": {"example.com/gpu": "1"}, "limits": {"example.com/gpu": "2"}}, "requests"),
        ({"limits": {"hugepages-2Mi": "2Mi"}}, ""),
        ({"requests": {"cpu": "many"}}, "requests[cpu]"),
        ({"limits": {"cpu": "-1"}}, "limits[cpu]"),
    ],
)
def test_resources_that_do_not_go_together(resources: Object, field: str) -> None:
    found = complaints(spec={"containers": [main(resources=resources)]})
    assert f"spec.containers[0].resources.{field}".rstrip(".") in [name for name, _ in found]


def test_an_image_with_spaces_around_it_and_a_node_name_beside_gates() -> None:
    found = complaints(spec={"containers": [main(image=" i")]})
    assert [name for name, _ in found] == ["spec.containers[0].image"]
    assert complaints(spec={"nodeName": "n1", "schedulingGates": [{"name": "g"}]})[0][0] == "spec.nodeName"
