"""What the API fills in by itself when a pod is created."""

from __future__ import annotations

import pytest

from tests.engine.admission.builders import Object, admission, spec_of


def main(**fields: object) -> Object:
    return {"name": "main", "image": "i", **fields}


def test_requests_equal_limits_where_only_limits_are_given() -> None:
    resources = {"limits": {"cpu": "0.5", "memory": "1Gi"}, "requests": {"memory": "512Mi"}}
    init = {"name": "prepare", "image": "i", "resources": {"limits": {"cpu": "2"}}}
    spec = spec_of(admission(spec={"containers": [main(resources=resources)], "initContainers": [init]}))
    assert spec.containers[0].resources.requests == {"cpu": "500m", "memory": "512Mi"}
    assert spec.init_containers[0].resources.requests == {"cpu": "2"}


@pytest.mark.parametrize("version", ["v1.33.13", "v1.37.2"])
def test_under_host_network_every_container_port_is_a_host_port(version: str) -> None:
    ports = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]
    spec = spec_of(admission(spec={"containers": [main(ports=ports)], "hostNetwork": True}, version=version))
    assert [port.host_port for port in spec.containers[0].ports] == [80, 81]
    alone = spec_of(admission(spec={"containers": [main(ports=ports)]}, version=version))
    assert [port.host_port for port in alone.containers[0].ports] == [0, 81]


def test_what_a_manifest_leaves_out_is_filled_in() -> None:
    spec = spec_of(admission(spec={"terminationGracePeriodSeconds": -5}))
    assert spec.termination_grace_period_seconds == 1
    spec = spec_of(admission())
    assert spec.termination_grace_period_seconds == 30
    assert (spec.scheduler_name, spec.restart_policy) == ("default-scheduler", "Always")


def test_the_older_spelling_of_the_account_counts_where_the_newer_is_empty() -> None:
    assert spec_of(admission(spec={"serviceAccount": "default"})).service_account_name == "default"


POD_LEVEL: Object = {
    "resources": {"limits": {"cpu": "2"}},
    "containers": [main(resources={"requests": {"cpu": "300m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}})],
}


@pytest.mark.parametrize(
    ("version", "requests", "limits"),
    [
        ("v1.33.13", None, None),
        ("v1.36.0", {"cpu": "300m", "memory": "1Gi"}, {"cpu": "2"}),
        ("v1.37.2", {"cpu": "300m", "memory": "1Gi"}, {"cpu": "2", "memory": "1Gi"}),
    ],
)
def test_what_a_pod_asks_for_as_a_whole_is_completed_by_the_rules_of_its_version(
    version: str, requests: Object | None, limits: Object | None
) -> None:
    spec = spec_of(admission(spec=POD_LEVEL, version=version))
    found = spec.resources
    assert (found.requests if found else None, found.limits if found else None) == (requests, limits)


def test_pod_level_requests_come_from_pod_level_limits_where_no_container_asks() -> None:
    spec = spec_of(admission(spec={"resources": {"limits": {"memory": "1Gi", "hugepages-2Mi": "4Mi"}}}))
    assert spec.resources is not None
    assert spec.resources.requests == {"memory": "1Gi", "hugepages-2Mi": "4Mi"}
