"""Room on a node, in figures; rows from upstream's TestEnoughRequests."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.evidence import ResourceEvidence
from tests.engine.fit.cells import codes, node, pod, refusals

Object = dict[str, Any]


def asks(name: str = "new", on: str | None = None, **requests: str) -> Object:
    """A pod of one container that asks for this."""
    wanted = {key.replace("__", "/").replace("_", "-"): amount for key, amount in requests.items()}
    return pod(name, on, containers=[{"name": "main", "resources": {"requests": wanted}}])


def test_the_shortfall_comes_with_all_its_figures_and_the_largest_holders() -> None:
    held = (
        pod("big", "n1", cpu="2500m"),
        pod("small", "n1", cpu="100m"),
        pod("mid", "n1", cpu="500m"),
        pod("mid2", "n1", cpu="500m"),
        pod("none", "n1"),
    )
    found = refusals(pod(cpu="1"), node(), *held)
    assert [each.cause.evidence for each in found] == [
        ResourceEvidence(
            name="cpu",
            requested="1",
            free="400m",
            allocatable="4",
            short="600m",
            pods=4,
            largest=(("ns/big", "2500m"), ("ns/mid", "500m"), ("ns/mid2", "500m")),
        )
    ]
    assert not found[0].unresolvable


def test_every_resource_that_is_short_is_told_the_number_of_pods_first() -> None:
    crowded = node(cpu="1", memory="1Gi", pods="1", example__gpu="1")
    asked = asks(cpu="2", memory="2Gi", example__gpu="2")
    found = refusals(asked, crowded, pod("there", "n1"))
    assert [each.cause.evidence.name for each in found] == ["pods", "cpu", "memory", "example/gpu"]  # type: ignore[union-attr]


def test_exactly_enough_is_enough() -> None:
    assert codes(pod(cpu="3", memory="7Gi"), node(), pod("there", "n1", cpu="1", memory="1Gi")) == []


def test_a_pod_that_asks_for_nothing_fits_an_overcommitted_node() -> None:
    assert codes(pod(), node(cpu="1"), pod("there", "n1", cpu="3")) == []


def test_asking_for_zero_is_asking_for_nothing() -> None:
    assert codes(asks(cpu="0", example__gpu="0"), node(cpu="1"), pod("there", "n1", cpu="3")) == []


def test_a_node_without_allocatable_takes_no_pod() -> None:
    found = refusals(pod(), node(status={}))
    assert [each.cause.evidence for each in found] == [
        ResourceEvidence(name="pods", requested="1", free="0", allocatable="0", short="1")
    ]


def test_a_node_that_reports_capacity_alone_may_give_all_of_it() -> None:
    assert codes(pod(cpu="1"), node(status={"capacity": {"cpu": "1", "pods": "1"}})) == []


@pytest.mark.parametrize("resource", ["example/gpu", "hugepages-2Mi", "ephemeral-storage", "attachable-volumes-x"])
def test_resources_that_the_node_does_not_have_are_short_by_all_that_is_asked(resource: str) -> None:
    asked = pod(containers=[{"resources": {"requests": {resource: "2"}}}])
    found = refusals(asked, node())
    evidence = found[0].cause.evidence
    assert isinstance(evidence, ResourceEvidence)
    assert (evidence.free, evidence.short) == ("0", "2")
    assert found[0].unresolvable


def test_asking_for_more_than_the_node_has_rules_eviction_out_since_1_34() -> None:
    held = pod("there", "n1", cpu="1")
    assert refusals(pod(cpu="5"), node(), held)[0].unresolvable
    assert not refusals(pod(cpu="5"), node(), held, version="v1.33.13")[0].unresolvable
    assert not refusals(pod(cpu="4"), node(), held)[0].unresolvable


def test_one_resource_beyond_allocatable_makes_the_whole_filter_unresolvable() -> None:
    found = refusals(pod(cpu="4", memory="9Gi"), node(), pod("there", "n1", cpu="1"))
    assert [each.unresolvable for each in found] == [True, True]


def test_pods_that_are_over_take_no_room_and_those_being_deleted_do() -> None:
    over = pod("over", "n1", cpu="4", status={"phase": "Succeeded"})
    going = pod("going", "n1", cpu="4", metadata={"deletionTimestamp": "2026-11-23T12:00:00Z"})
    assert codes(pod(cpu="1"), node(), over) == []
    assert codes(pod(cpu="1"), node(), going) == ["NodeResourcesFit"]


def test_pods_that_ask_for_nothing_still_take_a_place() -> None:
    assert codes(pod(), node(pods="2"), pod("a", "n1"), pod("b", "n1")) == ["NodeResourcesFit"]


def test_a_resized_pod_takes_the_room_of_what_it_still_has() -> None:
    status = {"containerStatuses": [{"name": "main", "resources": {"requests": {"cpu": "4"}}}]}
    assert codes(pod(cpu="1"), node(), pod("shrinking", "n1", cpu="1", status=status)) == ["NodeResourcesFit"]


def test_quantities_that_do_not_parse_count_as_nothing() -> None:
    assert codes(pod(cpu="plenty"), node(memory="a lot")) == []


def test_resources_of_a_device_class_are_left_to_dynamic_resource_allocation() -> None:
    asked = pod(containers=[{"resources": {"requests": {"deviceclass.resource.kubernetes.io/gpu": "1"}}}])
    found = refusals(asked, node())
    assert [(each.cause.code, each.unknown) for each in found] == [("DynamicResources", True)]


def test_unread_pods_leave_it_open_whether_there_is_room_but_not_when_there_is_none() -> None:
    fits = refusals(pod(cpu="1"), node(), denied=("pods",))
    assert ("NodeResourcesFit", True) in [(each.cause.code, each.unknown) for each in fits]
    short = refusals(pod(cpu="5"), node(), denied=("pods",))
    assert (short[0].cause.code, short[0].unknown) == ("NodeResourcesFit", False)
