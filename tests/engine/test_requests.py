"""What a pod asks for and what it holds, summed as the scheduler sums it.

Rows marked with a case name come from upstream's own tables (component-helpers/resource/helpers_test.go).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ds.engine.requests import held_requests, is_scalar, nano_units, pod_requests, whole_units
from kubectl_ds.model.quantity import parse
from tests.engine.fit.cells import pod_value

Object = dict[str, Any]
GIB = 2**30


def container(name: str = "c", restart: str = "", **requests: str) -> Object:
    """A container that asks for this."""
    asked = {key.replace("__", "/").replace("_", "-"): amount for key, amount in requests.items()}
    return {"name": name, "restartPolicy": restart, "resources": {"requests": asked}}


def asked(*containers: Object, init: tuple[Object, ...] = (), **spec: Any) -> Object:
    """A pod of these containers."""
    return {"spec": {"containers": list(containers), "initContainers": list(init)} | spec}


def test_containers_add_up() -> None:
    plain = asked(container(cpu="100m", memory="1Gi"), container(cpu="1", memory="512Mi"))
    assert pod_requests(pod_value(plain)) == {"cpu": 1100, "memory": GIB + GIB // 2}


def test_an_init_container_counts_only_above_the_sum_of_the_others() -> None:
    init = (container(cpu="3", memory="256Mi"),)
    plain = asked(container(cpu="1", memory="1Gi"), container(cpu="1"), init=init)
    assert pod_requests(pod_value(plain)) == {"cpu": 3000, "memory": GIB}


def test_sidecars_run_beside_the_containers_and_beside_later_init_containers() -> None:
    init = (container(cpu="5"), container(restart="Always", cpu="1"), container(cpu="6"))
    assert pod_requests(pod_value(asked(container(cpu="2"), init=init))) == {"cpu": 7000}


def test_a_sidecar_does_not_run_beside_init_containers_before_it() -> None:
    init = (container(cpu="5"), container(restart="Always", cpu="1"))
    assert pod_requests(pod_value(asked(container(cpu="2"), init=init))) == {"cpu": 5000}


def test_overhead_comes_on_top_of_everything() -> None:
    plain = asked(container(cpu="1"), init=(container(cpu="2"),), overhead={"cpu": "250m", "memory": "64Mi"})
    assert pod_requests(pod_value(plain)) == {"cpu": 2250, "memory": 64 * 2**20}


def test_pod_level_requests_replace_the_sum_for_cpu_memory_and_hugepages_only() -> None:
    level = {"requests": {"cpu": "4", "hugepages-2Mi": "8Mi", "example.com/gpu": "9"}}
    plain = asked(container(cpu="1", memory="1Gi", example__gpu="1"), resources=level)
    expected = {"cpu": 4000, "memory": GIB, "hugepages-2Mi": 8 * 2**20, "example/gpu": 1}
    assert pod_requests(pod_value(plain)) == expected


def test_overhead_comes_on_top_of_pod_level_requests_too() -> None:
    plain = asked(container(cpu="1"), resources={"requests": {"cpu": "2"}}, overhead={"cpu": "1"})
    assert pod_requests(pod_value(plain)) == {"cpu": 3000}


def test_fractions_are_added_before_they_are_rounded_up() -> None:
    plain = asked(container(memory="100m"), container(memory="100m"), container(cpu="100u"), container(cpu="100u"))
    assert pod_requests(pod_value(plain)) == {"memory": 1, "cpu": 1}


@pytest.mark.parametrize(
    ("name", "scalar"),
    [
        ("example.com/gpu", True),
        ("hugepages-2Mi", True),
        ("attachable-volumes-csi", True),
        ("kubernetes.io/batteries", True),
        ("deviceclass.resource.kubernetes.io/gpu", True),
        ("requests.example.com/gpu", False),
        ("storage", False),
        ("example.com/bad name", False),
    ],
)
def test_scalar_resources_are_those_upstream_knows_by_their_names(name: str, scalar: bool) -> None:
    assert is_scalar(name) is scalar


def test_resources_that_the_scheduler_does_not_count_are_left_out() -> None:
    plain = {"spec": {"containers": [{"resources": {"requests": {"storage": "1Gi", "cpu": "1"}}}]}}
    assert pod_requests(pod_value(plain)) == {"cpu": 1000}


@pytest.mark.parametrize("text", ["", "lots", "1 Gi", "0x10"])
def test_what_is_no_quantity_counts_as_nothing(text: str) -> None:
    assert pod_requests(pod_value(asked(container(cpu="1", memory=text)))) == {"cpu": 1000, "memory": 0}


def status(name: str = "c", resources: Object | None = None, allocated: Object | None = None) -> Object:
    """What the kubelet says of a container's resources."""
    made: Object = {"name": name}
    if resources is not None:
        made["resources"] = {"requests": resources}
    if allocated is not None:
        made["allocatedResources"] = allocated
    return made


def bound(plain: Object, *statuses: Object, init: tuple[Object, ...] = (), **fields: Any) -> Object:
    """The pod with what the kubelet says of it."""
    return plain | {"status": {"containerStatuses": list(statuses), "initContainerStatuses": list(init)} | fields}


INFEASIBLE: Object = {"conditions": [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]}
DEFERRED: Object = {"conditions": [{"type": "PodResizePending", "status": "True", "reason": "Deferred"}]}

RESIZED = [
    # containers' requests, status of each: (actuated, allocated), pod fields, held in 1.37, held up to 1.36
    ("grown: asked counts", ["2"], [("1", "1")], {}, 2000, 2000),
    ("shrunk: what is set up counts", ["1"], [("2", "2")], {}, 2000, 2000),
    ("shrunk half-way: what is set up counts", ["1"], [("2", "1")], {}, 2000, 2000),
    ("granted but not set up", ["1"], [("1", "3")], {}, 3000, 3000),
    ("no status yet", ["2"], [], {}, 2000, 2000),
    ("deferred counts as asked", ["3"], [("1", "1")], DEFERRED, 3000, 3000),
    ("infeasible does not count", ["3"], [("1", "1")], INFEASIBLE, 1000, 1000),
    ("infeasible: what was granted counts", ["3"], [("1", "2")], INFEASIBLE, 2000, 2000),
    ("infeasible without any status", ["3"], [], INFEASIBLE, None, 3000),
    ("infeasible with a status without resources", ["3"], [(None, None)], INFEASIBLE, None, 3000),
    ("one up, one down: totals since 1.37", ["1", "3"], [("2", "2"), ("1", "1")], {}, 4000, 5000),
    ("only what was granted is reported", ["1"], [(None, "2")], {}, 2000, 1000),
]


@pytest.mark.parametrize(
    ("case", "spec", "statuses", "fields", "newest", "older"), RESIZED, ids=[r[0] for r in RESIZED]
)
def test_a_resized_pod_holds_the_most_of_asked_granted_and_set_up(
    case: str, spec: list[str], statuses: list[Any], fields: Object, newest: int | None, older: int | None
) -> None:
    plain = asked(*(container(f"c{place}", cpu=cpu) for place, cpu in enumerate(spec)))
    said = [
        status(f"c{place}", {"cpu": actuated} if actuated else None, {"cpu": allocated} if allocated else None)
        for place, (actuated, allocated) in enumerate(statuses)
    ]
    value = pod_value(bound(plain, *said, **fields))
    assert held_requests(value).get("cpu") == newest
    assert held_requests(value, resize_by_pod=False).get("cpu") == older


def test_a_sidecar_left_without_resources_holds_nothing_when_the_resize_is_infeasible() -> None:
    plain = asked(container("c", memory="128Mi"), init=(container("s", restart="Always", cpu="5"),))
    value = pod_value(bound(plain, status("c", {"memory": "128Mi"}, {"memory": "128Mi"}), **INFEASIBLE))
    assert held_requests(value) == {"memory": 128 * 2**20}


def test_plain_init_containers_are_taken_at_their_word_up_to_1_36() -> None:
    plain = asked(container("c", cpu="1"), init=(container("i", cpu="2"),))
    value = pod_value(bound(plain, init=(status("i", {"cpu": "4"}),)))
    assert held_requests(value) == {"cpu": 4000}
    assert held_requests(value, resize_by_pod=False) == {"cpu": 2000}


def test_the_status_of_the_whole_pod_stands_for_that_of_its_containers() -> None:
    plain = asked(container("c", cpu="1"))
    fields: Object = {"resources": {"requests": {"cpu": "3"}}, "allocatedResources": {"cpu": "2"}}
    assert held_requests(pod_value(bound(plain, status("c", {"cpu": "9"}), **fields))) == {"cpu": 3000}


def test_pod_level_requests_are_raised_to_what_the_pod_has() -> None:
    plain = asked(container("c", cpu="1"), resources={"requests": {"cpu": "2"}})
    fields: Object = {"resources": {"requests": {"cpu": "3"}}, "allocatedResources": {"cpu": "2500m"}}
    assert held_requests(pod_value(bound(plain, **fields))) == {"cpu": 3000}
    infeasible = pod_value(bound(plain, **(fields | INFEASIBLE)))
    assert held_requests(infeasible) == {"cpu": 3000}


def test_equal_amounts_written_differently_are_no_resize() -> None:
    plain = asked(container("c", cpu="1", memory="1Gi"))
    value = pod_value(bound(plain, status("c", {"cpu": "1000m", "memory": "1024Mi"}, {"cpu": "1", "memory": "1Gi"})))
    assert held_requests(value) == pod_requests(value)


quantities = st.one_of(
    st.integers(0, 10**6).map(str),
    st.integers(0, 10**6).map(lambda n: f"{n}m"),
    st.builds(lambda n, suffix: f"{n}{suffix}", st.integers(0, 4096), st.sampled_from(["Ki", "Mi", "k", "M", "u"])),
)


@given(st.lists(quantities, min_size=1, max_size=5))
def test_sums_are_exact_whatever_the_suffixes(amounts: list[str]) -> None:
    plain = asked(*(container(cpu=amount, memory=amount) for amount in amounts))
    exact = sum((parse(amount) for amount in amounts), Fraction(0))
    found = pod_requests(pod_value(plain))
    assert found["memory"] - 1 < exact <= found["memory"]
    assert Fraction(found["cpu"] - 1, 1000) < exact <= Fraction(found["cpu"], 1000)


@given(quantities)
def test_billionths_hold_every_quantity_exactly(amount: str) -> None:
    assert Fraction(nano_units(amount), 10**9) == parse(amount)
    assert whole_units("memory", nano_units(amount)) == -(-parse(amount).numerator // parse(amount).denominator)
