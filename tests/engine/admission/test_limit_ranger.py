"""LimitRanges give defaults and set bounds, with upstream's figures."""

from __future__ import annotations

import pytest

from kubectl_ds.engine.evidence import UnknownEvidence
from tests.controlplane.objects import container
from tests.controlplane.policies import limit_range
from tests.engine.admission.builders import Object, admission, evidence_of, refusal_of, spec_of


def of_containers(**item: object) -> Object:
    return limit_range("bounds", [{"type": "Container", **item}])


def of_pods(**item: object) -> Object:
    return limit_range("bounds", [{"type": "Pod", **item}])


def asking(**resources: Object) -> Object:
    return {"containers": [{"name": "main", "image": "i", "resources": resources}]}


def test_containers_that_say_nothing_get_the_defaults_and_others_keep_what_they_say() -> None:
    rule = of_containers(default={"cpu": "1", "memory": "1Gi"}, defaultRequest={"cpu": "100m"})
    spec = asking(limits={"cpu": "2"}) | {"initContainers": [container("prepare")]}
    found = spec_of(admission(rule, spec=spec))
    assert found.containers[0].resources.requests == {"cpu": "2", "memory": "1Gi"}
    assert found.containers[0].resources.limits == {"cpu": "2", "memory": "1Gi"}
    assert found.init_containers[0].resources.requests == {"cpu": "100m", "memory": "1Gi"}


def test_a_default_is_taken_from_max_and_a_default_request_from_default_or_min() -> None:
    rule = of_containers(max={"cpu": "2"}, min={"memory": "64Mi", "cpu": "1"})
    resources = spec_of(admission(rule)).containers[0].resources
    assert resources.limits == {"cpu": "2"}
    assert resources.requests == {"cpu": "2", "memory": "64Mi"}


@pytest.mark.parametrize(
    ("item", "resources", "expected"),
    [
        ({"max": {"cpu": "3"}}, {"limits": {"cpu": "4"}}, ("max", "limits.cpu", "4", "3")),
        ({"min": {"cpu": "1"}}, {"requests": {"cpu": "500m"}}, ("min", "requests.cpu", "500m", "1")),
        ({"min": {"memory": "1Gi"}}, {"limits": {"memory": "1G"}}, ("min", "requests.memory", "1G", "1Gi")),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"limits": {"cpu": "3"}, "requests": {"cpu": "1"}},
            ("ratio", "limits.cpu", "3", "2"),
        ),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, {}, ("ratio", "requests.cpu", None, "2")),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"requests": {"cpu": "1"}},
            ("ratio", "limits.cpu", None, "2"),
        ),
    ],
)
def test_a_container_out_of_bounds_is_refused_with_both_figures(
    item: Object, resources: Object, expected: tuple[str | None, ...]
) -> None:
    evidence = refusal_of(admission(of_containers(**item), spec=asking(**resources)))
    found = (evidence.rule, (evidence.field or "").rpartition("resources.")[2], evidence.requested, evidence.limited)
    assert found[: len(expected)] == expected
    assert (evidence.admission, evidence.name) == ("limitRange", "bounds")


def test_a_ratio_is_judged_as_upstream_does_and_names_limit_and_request() -> None:
    rule = of_containers(maxLimitRequestRatio={"cpu": "1.5"})
    assert not admission(rule, spec=asking(limits={"cpu": "1500m"}, requests={"cpu": "1"})).refusals
    evidence = refusal_of(admission(rule, spec=asking(limits={"cpu": "1501m"}, requests={"cpu": "1"})))
    assert (evidence.requested, evidence.used, evidence.limited) == ("1501m", "1", "1500m")


def test_a_pod_is_bounded_by_the_sum_of_its_containers_without_overhead() -> None:
    spec: Object = {
        "containers": [container("a", limits={"cpu": "1"}), container("b", limits={"cpu": "1"})],
        "initContainers": [container("c", limits={"cpu": "1"}) | {"restartPolicy": "Always"}],
    }
    assert not admission(of_pods(max={"cpu": "3"}), spec=spec).refusals
    evidence = refusal_of(admission(of_pods(max={"cpu": "2500m"}), spec=spec))
    assert (evidence.field, evidence.requested, evidence.limited) == ("spec.resources.limits.cpu", "3", "2500m")


def test_every_broken_bound_is_listed() -> None:
    spec = {"containers": [container("a", limits={"cpu": "4", "memory": "4Gi"}), container("b", limits={"cpu": "5"})]}
    refusals = admission(of_containers(max={"cpu": "3", "memory": "1Gi"}), spec=spec).refusals
    assert [(evidence_of(each).field, evidence_of(each).requested) for each in refusals] == [
        ("spec.containers[a].resources.limits.cpu", "4"),
        ("spec.containers[a].resources.limits.memory", "4Gi"),
        ("spec.containers[b].resources.limits.cpu", "5"),
    ]


def test_two_ranges_with_different_defaults_leave_the_pod_to_chance() -> None:
    one = limit_range("one", [{"type": "Container", "default": {"cpu": "1"}}])
    other = limit_range("other", [{"type": "Container", "default": {"cpu": "2"}}])
    found = admission(one, other)
    assert {type(cause.evidence) for cause in found.unknown} == {UnknownEvidence}
    assert not found.refusals
    settled = admission(one, other, spec=asking(limits={"cpu": "3"}))
    assert not settled.unknown


def test_a_refusal_that_depends_on_the_order_of_two_ranges_is_none() -> None:
    one = limit_range("one", [{"type": "Container", "default": {"cpu": "2"}}])
    other = limit_range("other", [{"type": "Container", "default": {"cpu": "1"}, "max": {"cpu": "1"}}])
    found = admission(one, other)
    assert found.unknown
    assert not found.refusals
    strict = limit_range("other", [{"type": "Container", "default": {"cpu": "1"}, "max": {"memory": "1"}}])
    certain = admission(one, strict, spec=asking(limits={"memory": "2"}))
    assert certain.unknown
    assert refusal_of(certain).resource == "memory"


def test_ranges_of_other_namespaces_and_of_claims_do_not_matter() -> None:
    foreign = limit_range("bounds", [{"type": "Container", "max": {"cpu": "1"}}], namespace="other")
    claims = limit_range("claims", [{"type": "PersistentVolumeClaim", "max": {"storage": "1"}}])
    found = admission(foreign, claims, spec=asking(limits={"cpu": "4"}))
    assert not found.refusals
    assert found.pod("n1").spec.containers[0].resources.limits == {"cpu": "4"}
