"""Quotas: whom they are about, what a pod charges, and for how many pods there is room."""

from __future__ import annotations

import msgspec
import pytest

from kubectl_ds.engine.admission.admit import Admission
from tests.controlplane.objects import container
from tests.controlplane.policies import priority_class, quota, runtime_class
from tests.engine.admission.builders import Object, admission, agent, refusal_of, snapshot

ASKING: Object = {"containers": [container("main", cpu="500m", memory="1Gi", limits={"cpu": "1"})]}


def counted(name: str, hard: dict[str, str], used: dict[str, str] | None = None, **spec: object) -> Object:
    """A quota whose use has been counted: nothing, unless ``used`` says otherwise."""
    made = quota(name, hard)
    made["spec"] |= spec
    made["status"] = {"hard": hard, "used": dict.fromkeys(hard, "0") | (used or {})}
    return made


@pytest.mark.parametrize(
    ("hard", "used", "room"),
    [
        ({"pods": "3"}, {"pods": "1"}, 2),
        ({"requests.cpu": "2"}, {"requests.cpu": "600m"}, 2),
        ({"cpu": "2", "limits.cpu": "1"}, {}, 1),
        ({"memory": "2.5Gi"}, {}, 2),
        ({"count/pods": "5"}, {"count/pods": "5"}, 0),
        ({"requests.memory": "10Gi", "pods": "4"}, {"pods": "3"}, 1),
    ],
)
def test_the_tightest_resource_says_for_how_many_pods_there_is_room(
    hard: dict[str, str], used: dict[str, str], room: int
) -> None:
    found = admission(counted("q", hard, used), spec=ASKING)
    assert found.room == room
    assert bool(found.refusals) == (room == 0)


@pytest.mark.parametrize("hard", [{"configmaps": "0"}, {"requests.example.com/gpu": "0"}])
def test_what_a_pod_does_not_charge_does_not_limit_it(hard: dict[str, str]) -> None:
    found = admission(counted("q", hard), spec=ASKING)
    assert (found.room, found.refusals) == (None, ())


def test_a_refusal_has_the_figures_of_the_quota() -> None:
    evidence = refusal_of(admission(counted("q", {"requests.cpu": "1"}, {"requests.cpu": "700m"}), spec=ASKING))
    assert (evidence.admission, evidence.name, evidence.rule) == ("quota", "q", "exceeded")
    figures = (evidence.resource, evidence.requested, evidence.used, evidence.limited)
    assert figures == ("requests.cpu", "500m", "700m", "1")


def test_cpu_and_memory_under_quota_must_be_specified_by_every_container() -> None:
    spec = {"containers": [container("main", cpu="1"), container("b"), container("a")]}
    evidence = refusal_of(admission(counted("q", {"requests.cpu": "9", "limits.memory": "9Gi"}), spec=spec))
    assert evidence.rule == "mustSpecify"
    assert evidence.details == ("limits.memory for: a,b,main", "requests.cpu for: a,b")
    whole = spec | {"resources": {"requests": {"cpu": "2"}}}
    assert not admission(counted("q", {"requests.cpu": "9"}), spec=whole).refusals


def test_limits_that_may_not_be_read_may_give_what_a_quota_demands() -> None:
    found = admission(counted("q", {"requests.cpu": "9"}), denied=("limitranges",))
    assert found.unknown
    assert not found.refusals


def test_a_quota_that_has_not_been_counted_refuses_until_it_is() -> None:
    fresh = counted("q", {"pods": "5"})
    fresh["status"]["used"] = {}
    assert refusal_of(admission(fresh)).rule == "statusUnknown"
    unseen = quota("q", {"pods": "0"})
    assert not admission(unseen).refusals


SCOPES = {
    "BestEffort": True,
    "NotBestEffort": False,
    "Terminating": False,
    "NotTerminating": True,
    "PriorityClass": False,
    "CrossNamespacePodAffinity": False,
    "Unheard": False,
}


@pytest.mark.parametrize(("scope", "concerned"), SCOPES.items())
def test_a_quota_is_about_the_pods_in_its_scopes(scope: str, concerned: bool) -> None:
    assert bool(admission(counted("q", {"pods": "0"}, scopes=[scope])).refusals) is concerned


def test_all_scopes_must_hold() -> None:
    both = counted("q", {"pods": "0"}, scopes=["NotTerminating", "NotBestEffort"])
    assert not admission(both).refusals
    assert admission(both, spec=ASKING).refusals


@pytest.mark.parametrize(
    ("operator", "values", "class_name", "concerned"),
    [
        ("In", ["high"], "high", True),
        ("In", ["high"], "", False),
        ("NotIn", ["high"], "high", False),
        ("NotIn", ["high"], "", True),
        ("Exists", [], "high", True),
        ("DoesNotExist", [], "", True),
        ("DoesNotExist", [], "high", False),
    ],
)
def test_a_scope_selector_looks_at_the_priority_class(
    operator: str, values: list[str], class_name: str, concerned: bool
) -> None:
    requirement = {"scopeName": "PriorityClass", "operator": operator, "values": values}
    rule = counted("q", {"pods": "0"}, scopeSelector={"matchExpressions": [requirement]})
    spec = {"priorityClassName": class_name} if class_name else {}
    assert bool(admission(rule, priority_class("high", 9), spec=spec).refusals) is concerned


def test_a_scope_selector_that_is_none_lets_nothing_in() -> None:
    requirement = {"scopeName": "PriorityClass", "operator": "Gt", "values": ["1"]}
    rule = counted("q", {"pods": "9"}, scopeSelector={"matchExpressions": [requirement]})
    assert refusal_of(admission(rule)).rule == "unparsable"


def test_preferred_affinity_across_namespaces_counts_too() -> None:
    term = {"topologyKey": "zone", "namespaceSelector": {}}
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": term}]}
    rule = counted("q", {"pods": "0"}, scopes=["CrossNamespacePodAffinity"])
    assert admission(rule, spec={"affinity": {"podAntiAffinity": preferred}}).refusals


def test_the_overhead_of_the_runtime_class_is_charged_and_a_limit_of_zero_gets_none() -> None:
    heavy = runtime_class("heavy", overhead={"cpu": "250m"})
    rule = counted("q", {"requests.cpu": "1", "limits.cpu": "1"})
    found = admission(rule, heavy, spec=ASKING | {"runtimeClassName": "heavy"})
    evidence = refusal_of(found)
    assert (evidence.resource, evidence.requested) == ("limits.cpu", "1250m")


def test_init_containers_charge_their_hungriest_moment() -> None:
    init = [container("sidecar", cpu="1") | {"restartPolicy": "Always"}, container("prepare", cpu="3")]
    rule = counted("q", {"requests.cpu": "3900m"})
    evidence = refusal_of(admission(rule, spec=ASKING | {"initContainers": init}))
    assert evidence.requested == "4"


def test_huge_pages_and_extended_resources_are_charged_by_their_own_names() -> None:
    limits = {"cpu": "1", "hugepages-2Mi": "4Mi", "example.com/gpu": "2"}
    spec = {"containers": [container("main", limits=limits)]}
    hard = {"requests.hugepages-2Mi": "4Mi", "hugepages-2Mi": "2Mi", "requests.example.com/gpu": "5"}
    found = admission(counted("q", hard), spec=spec)
    assert refusal_of(found).resource == "hugepages-2Mi"
    del hard["hugepages-2Mi"]
    assert admission(counted("q", hard), spec=spec).room == 1


def test_pods_that_will_be_gone_free_their_share() -> None:
    here = snapshot(counted("q", {"pods": "2", "requests.cpu": "1"}, {"pods": "2", "requests.cpu": "1"}))
    daemon_set = agent(ASKING)
    assert Admission(here, daemon_set).refusals
    old = Admission(here, daemon_set).pod("n1")
    assert Admission(here, daemon_set, freed=[old, old]).room == 2


def test_a_pod_that_has_ended_frees_only_its_place_among_the_stored_ones() -> None:
    full = {"pods": "1", "count/pods": "1"}
    here = snapshot(counted("q", full, full))
    old = Admission(here, agent()).pod("n1")
    ended = msgspec.structs.replace(old, status=msgspec.structs.replace(old.status, phase="Failed"))
    evidence = refusal_of(Admission(here, agent(), freed=[ended]))
    assert evidence.resource == "pods"


def test_a_quota_of_another_namespace_does_not_matter() -> None:
    foreign = counted("q", {"pods": "0"})
    foreign["metadata"]["namespace"] = "other"
    assert not admission(foreign).refusals
