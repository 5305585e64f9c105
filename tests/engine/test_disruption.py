"""Whose eviction breaks which budget; rows from upstream's TestFilterPodsWithPDBViolation."""

from __future__ import annotations

from typing import Any

from kubectl_ds.engine.disruption import Budget, broken_budgets, budgets_of, possible_breaches
from kubectl_ds.engine.node_info import PodInfo, pod_info
from kubectl_ds.model.decode import from_builtins
from kubectl_ds.model.pod import Pod
from kubectl_ds.model.policy import PodDisruptionBudget

Object = dict[str, Any]


def pod(name: str, **labels: str) -> PodInfo:
    """A pod with labels."""
    return pod_info(from_builtins(Pod, {"metadata": {"name": name, "namespace": "ns", "labels": labels}}), {})


def budgets(*rows: tuple[str, int, str]) -> tuple[Budget, ...]:
    """Budgets by name, allowed disruptions and the label that they look for."""
    return budgets_of(
        from_builtins(
            PodDisruptionBudget,
            {
                "metadata": {"name": name, "namespace": "ns"},
                "spec": {"selector": {"matchExpressions": [{"key": label, "operator": "Exists"}]}},
                "status": {"disruptionsAllowed": allowed},
            },
        )
        for name, allowed, label in rows
    )


def names(broken: Any) -> dict[str, str]:
    """The same, by the bare names of the pods."""
    return {key.removeprefix("ns/"): budget for key, budget in broken.items()}


def ways(ties: list[list[PodInfo]], *rows: tuple[str, int, str], stop: bool = True) -> list[dict[str, str]]:
    """All that may be broken, each way once."""
    found: list[dict[str, str]] = []
    for broken in possible_breaches(ties, budgets(*rows), stop):
        if names(broken) not in found:
            found.append(names(broken))
    return found


A, B, C = pod("a", x="1"), pod("b", x="1"), pod("c", x="1")
BOTH, SECOND = pod("both", x="1", y="1"), pod("second", y="1")


def test_a_budget_breaks_for_every_pod_after_it_is_used_up() -> None:
    assert names(broken_budgets([A, B, C], budgets(("p", 1, "x")), True)) == {"b": "p", "c": "p"}
    assert names(broken_budgets([A, B, C], budgets(("p", 3, "x")), True)) == {}


def test_the_first_budget_in_the_list_is_the_one_that_is_named() -> None:
    assert names(broken_budgets([BOTH], budgets(("p", 0, "x"), ("q", 0, "y")), True)) == {"both": "p"}
    assert names(broken_budgets([BOTH], budgets(("p", 0, "x"), ("q", 0, "y")), False)) == {"both": "p"}


def test_a_pod_that_breaks_one_budget_uses_up_the_next_only_up_to_1_36() -> None:
    rows = (("p", 0, "x"), ("q", 1, "y"))
    assert names(broken_budgets([BOTH, SECOND], budgets(*rows), True)) == {"both": "p"}
    assert names(broken_budgets([BOTH, SECOND], budgets(*rows), False)) == {"both": "p", "second": "q"}


def test_pods_of_different_importance_leave_one_way() -> None:
    assert ways([[A], [B], [C]], ("p", 1, "x")) == [{"b": "p", "c": "p"}]


def test_equals_that_share_a_budget_which_suffices_for_some_leave_several_ways() -> None:
    assert sorted(map(sorted, ways([[A, B, C]], ("p", 2, "x")))) == [["a"], ["b"], ["c"]]


def test_equals_leave_one_way_when_the_budget_suffices_for_all_or_none() -> None:
    assert ways([[A, B, C]], ("p", 3, "x")) == [{}]
    assert ways([[A, B, C]], ("p", 0, "x")) == [{"a": "p", "b": "p", "c": "p"}]


def test_a_budget_used_up_before_leaves_equals_one_way() -> None:
    assert ways([[A], [B, C]], ("p", 1, "x")) == [{"b": "p", "c": "p"}]


def test_a_pod_that_broke_another_budget_before_has_left_this_one_whole() -> None:
    equals = [pod("d", y="1"), pod("e", y="1")]
    found = ways([[BOTH], equals], ("p", 0, "x"), ("q", 1, "y"))
    assert {"both": "p", "e": "q"} in found and {"both": "p", "d": "q"} in found


def test_budgets_that_protect_the_same_pod_are_listed_in_any_order() -> None:
    found = ways([[BOTH], [SECOND]], ("p", 0, "x"), ("q", 1, "y"))
    assert sorted(map(sorted, found)) == [["both"], ["both", "second"]]


def test_pods_that_no_budget_protects_multiply_nothing() -> None:
    strangers = [pod(f"s{place}") for place in range(20)]
    assert ways([strangers, [A]], ("p", 0, "x")) == [{"a": "p"}]


def test_more_ways_than_ever_end_come_one_at_a_time() -> None:
    many = [pod(f"m{place}", x="1") for place in range(40)]
    assert len(next(iter(possible_breaches([many], budgets(("p", 20, "x")), True)))) == 20
