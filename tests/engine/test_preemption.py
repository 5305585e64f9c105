"""Who would be evicted, why nobody would, and when chance decides; rows from upstream's TestDryRunPreemption,
TestPodEligibleToPreemptOthers, TestFilterPodsWithPDBViolation and TestSelectNodesForPreemption.
"""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.decision import Victim
from tests.engine.fit.cells import affinity, app, node, pod, port, preemption, term, victims

Object = dict[str, Any]

FOO = {"app": "foo"}
TARGET = {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]}
"""The status of a pod that the scheduler evicts."""
GOING = {"deletionTimestamp": "2026-11-23T12:00:00Z"}
"""The metadata of a pod that is being deleted."""


def low(name: str, cpu: str | None = "1", priority: int = 0, second: int = 0, **fields: Any) -> Object:
    """A pod on ``n1`` that started in this second."""
    status = {"startTime": f"2026-11-23T11:00:{second:02}Z"}
    return pod(name, "n1", cpu=cpu, priority=priority, status=status | fields.pop("status", {}), **fields)


def budget(
    name: str,
    allowed: int,
    selector: Object | None = None,
    disrupted: tuple[str, ...] = (),
    namespace: str = "ns",
    none: bool = False,
) -> Object:
    """A disruption budget for pods of this selector, by default those of ``app: foo``."""
    spec: Object = {} if none else {"selector": app("foo") if selector is None else selector}
    gone = dict.fromkeys(disrupted, "2026-11-23T11:00:00Z")
    return {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
        "status": {"disruptionsAllowed": allowed, "disruptedPods": gone},
    }


def asks(cpu: str, priority: int = 10, **fields: Any) -> Object:
    """The pod that wants in."""
    return pod(cpu=cpu, priority=priority, **fields)


class TestWhy:
    """Why nobody is evicted."""

    def test_policy_never(self) -> None:
        assert preemption(asks("4", preemptionPolicy="Never"), node(), low("a")).reason == "never"

    def test_a_refusal_that_eviction_cannot_cure(self) -> None:
        tainted = node(taints=[{"key": "k", "effect": "NoSchedule"}])
        assert preemption(asks("4"), tainted, low("a")).reason == "notHelpful"
        assert preemption(asks("9"), node(), low("a")).reason == "notHelpful"

    def test_only_the_first_refusal_counts_for_that(self) -> None:
        asked = asks("4", affinity=affinity(term(app("absent"))))
        assert preemption(asked, node(), low("a")).reason == "stillShort"

    def test_nobody_of_strictly_lower_priority(self) -> None:
        found = preemption(asks("4"), node(), low("equal", priority=10), low("higher", priority=11))
        assert (found.reason, found.candidates, found.priority) == ("noLowerPriority", 0, 10)

    def test_not_even_all_of_them_together(self) -> None:
        found = preemption(asks("4"), node(), low("a"), low("high", priority=20))
        assert (found.possible, found.reason, found.candidates) == (False, "stillShort", 1)

    def test_asking_for_more_than_the_node_has_was_tried_in_vain_up_to_1_33(self) -> None:
        assert preemption(asks("9"), node(), low("a"), version="v1.33.13").reason == "stillShort"
        assert preemption(asks("9"), node(), version="v1.33.13").reason == "noLowerPriority"

    def test_gates_and_missing_claims_come_before_preemption(self) -> None:
        gated = asks("4", schedulingGates=[{"name": "wait"}], preemptionPolicy="Never")
        assert preemption(gated, node(), low("a")).reason == "notHelpful"
        claims = [{"name": "v", "persistentVolumeClaim": {"claimName": "absent"}}]
        assert preemption(asks("4", volumes=claims), node(), low("a")).reason == "notHelpful"

    def test_a_pod_that_fits_evicts_nobody(self) -> None:
        found = preemption(asks("1"), node(), low("a"))
        assert (found.possible, found.victims) == (False, ())

    def test_a_node_that_does_not_exist(self) -> None:
        assert preemption(asks("1"), node(), on="gone").reason == "notHelpful"

    def test_unread_pods_leave_it_open(self) -> None:
        assert preemption(asks("4", ports=[port(80)]), node(), low("a", ports=[port(80)]), denied=("pods",)).reason == (
            "unknown"
        )
        assert preemption(asks("9"), node(), low("a"), denied=("pods",)).reason == "notHelpful"

    def test_a_filter_that_cannot_be_computed_leaves_it_open(self) -> None:
        asked = asks("4", resourceClaims=[{"name": "gpu"}])
        assert preemption(asked, node(), low("a")).reason == "unknown"
        assert preemption(asks("1", resourceClaims=[{"name": "gpu"}]), node(), low("a")).reason == "unknown"


class TestWaiting:
    """A pod that has preempted already."""

    def asked(self, **fields: Any) -> Object:
        """Nominated to ``n1``."""
        return asks("4", status={"nominatedNodeName": "n1"}, **fields)

    def test_it_waits_while_a_victim_is_still_going(self) -> None:
        victim = low("victim", status=TARGET, metadata=GOING)
        assert preemption(self.asked(), node(), victim, low("other")).reason == "waitingForVictims"

    @pytest.mark.parametrize(
        ("case", "other", "reason"),
        [
            ("not deleted yet", low("other", status=TARGET), "victims"),
            ("deleted by somebody else", low("other", metadata=GOING), "victims"),
            ("of equal priority", low("other", priority=10, status=TARGET, metadata=GOING), "stillShort"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_nobody_else_makes_it_wait(self, case: str, other: Object, reason: str) -> None:
        assert preemption(self.asked(), node(), other, low("lower")).reason == reason

    def test_it_does_not_wait_for_victims_on_another_node(self) -> None:
        elsewhere = pod("victim", "n2", priority=0, status=TARGET, metadata=GOING)
        assert preemption(self.asked(), node(), node("n2"), elsewhere, low("other")).reason == "victims"


class TestVictims:
    """Who goes."""

    def test_only_those_who_cannot_stay(self) -> None:
        assert victims(asks("2"), node(), low("a", "1", 1), low("b", "1", 2), low("c", "2", 3)) == {"a", "b"}

    def test_the_most_important_are_let_back_first_even_if_that_costs_more_of_the_others(self) -> None:
        assert victims(asks("3"), node(), low("big", "1", 5), low("s1", "1", 1), low("s2", "1", 2)) == {"s1", "s2"}

    def test_greedy_not_minimal(self) -> None:
        held = (low("large", "3", 1), low("small", "1", 2))
        assert victims(asks("1"), node(), *held) == {"large"}

    def test_the_longer_running_of_equals_stays(self) -> None:
        found = preemption(asks("1"), node(), low("old", "2", second=1), low("young", "2", second=2))
        assert [victim.name for victim in found.victims] == ["young"]
        assert not found.ambiguous

    def test_a_pod_that_has_not_started_is_the_youngest(self) -> None:
        found = preemption(asks("1"), node(), low("old", "2", second=9), low("fresh", "2", status={"startTime": None}))
        assert [victim.name for victim in found.victims] == ["fresh"]

    def test_they_are_told_most_important_first_with_priority_and_owner(self) -> None:
        owner = {"ownerReferences": [{"kind": "DaemonSet", "name": "d", "uid": "u", "controller": True}]}
        found = preemption(asks("4"), node(), low("a", "1", 1), low("b", "1", 3, metadata=owner), low("c", "1", 2))
        assert found.victims == (
            Victim(namespace="ns", name="b", priority=3, daemon_set=True, violates_pdb=None),
            Victim(namespace="ns", name="c", priority=2, daemon_set=False, violates_pdb=None),
            Victim(namespace="ns", name="a", priority=1, daemon_set=False, violates_pdb=None),
        )
        assert (found.candidates, found.priority) == (3, 10)

    def test_pods_that_are_going_anyway_can_be_victims(self) -> None:
        going = low("going", "4", metadata={"deletionTimestamp": "2026-11-23T12:00:00Z"})
        assert victims(asks("1"), node(), going) == {"going"}

    def test_a_negative_priority_is_lower_than_none(self) -> None:
        assert victims(pod(cpu="4"), node(), low("negative", "1", -1)) == {"negative"}

    def test_pods_that_hold_nothing_that_matters_stay(self) -> None:
        assert victims(asks("1", ports=[port(80)]), node(), low("a", "1", ports=[port(80)]), low("b", None)) == {"a"}

    def test_the_number_of_pods_is_room_too(self) -> None:
        found = preemption(asks("0"), node(pods="2"), low("a", None, 1), low("b", None, 2))
        assert [victim.name for victim in found.victims] == ["a"]


class TestBudgets:
    """Disruption budgets, honoured as far as possible."""

    def broken(self, *others: Object, asked: Object | None = None, version: str = "v1.37.2") -> dict[str, str | None]:
        """The victims, and the budget each of them breaks."""
        found = preemption(asked or asks("2"), node(), *others, version=version)
        return {victim.name: victim.violates_pdb for victim in found.victims}

    def test_a_pod_whose_budget_is_used_up_is_saved_before_more_important_ones(self) -> None:
        held = (low("guarded", "2", 1, labels=FOO), low("free", "2", 5))
        assert self.broken(*held) == {"guarded": None}
        assert self.broken(*held, budget("b", 0)) == {"free": None}

    def test_a_budget_is_broken_when_there_is_no_other_way(self) -> None:
        held = (low("guarded", "4", 1, labels=FOO),)
        assert self.broken(*held, budget("b", 0)) == {"guarded": "b"}

    def test_the_budget_goes_to_the_most_important_so_the_less_important_is_saved_first(self) -> None:
        held = (low("more", "2", 5, labels=FOO), low("less", "2", 1, labels=FOO))
        assert self.broken(*held, budget("b", 1)) == {"more": None}

    @pytest.mark.parametrize(
        ("case", "protection"),
        [
            ("other namespace", budget("b", 0, namespace="other")),
            ("other labels", budget("b", 0, app("bar"))),
            ("no selector", budget("b", 0, none=True)),
            ("the empty selector", budget("b", 0, {})),
            ("a selector that does not parse", budget("b", 0, {"matchExpressions": [{"key": "a", "operator": "?"}]})),
            ("already disrupted", budget("b", 0, disrupted=("guarded",))),
            ("room left", budget("b", 1)),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_budget_that_does_not_speak_of_the_pod_or_has_room_saves_nobody(
        self, case: str, protection: Object
    ) -> None:
        held = (low("guarded", "2", 1, labels=FOO), low("free", "2", 5))
        assert self.broken(*held, protection) == {"guarded": None}

    def test_a_pod_without_labels_matches_no_budget(self) -> None:
        everything = {"matchExpressions": [{"key": "absent", "operator": "DoesNotExist"}]}
        held = (low("bare", "2", 1), low("free", "2", 5))
        assert self.broken(*held, budget("b", 0, everything)) == {"bare": None}

    def test_a_broken_budget_spares_the_next_one_since_1_37(self) -> None:
        """Pod ``both`` breaks ``a``; up to 1.36 it used up ``b`` as well, which then broke for ``second``."""
        tier = {"matchLabels": {"tier": "x"}}
        held = (
            low("both", "1", 5, labels=FOO | {"tier": "x"}),
            low("second", "2", 3, labels={"tier": "x"}),
            low("free", "1", 1),
        )
        budgets = (budget("a", 0), budget("b", 1, tier))
        older = preemption(asks("1"), node(), *held, *budgets, version="v1.36.3")
        assert [victim.name for victim in older.victims] == ["free"]
        newest = preemption(asks("2"), node(), *held, *budgets)
        assert {victim.name for victim in newest.victims} == {"second"}

    def test_unread_budgets_leave_open_who_is_saved_unless_all_must_go(self) -> None:
        held = (low("a", "2", 1), low("b", "2", 5))
        assert preemption(asks("2"), node(), *held, denied=("poddisruptionbudgets",)).ambiguous
        assert not preemption(asks("4"), node(), *held, denied=("poddisruptionbudgets",)).ambiguous


class TestChance:
    """Pods of the same priority that started in the same second."""

    def test_one_of_two_twins_goes_by_chance(self) -> None:
        assert preemption(asks("2"), node(), low("a", "2"), low("b", "2")).ambiguous

    def test_twins_that_must_both_go_leave_nothing_to_chance(self) -> None:
        found = preemption(asks("4"), node(), low("a", "2"), low("b", "2"))
        assert (len(found.victims), found.ambiguous) == (2, False)

    def test_an_equal_that_could_not_have_stayed_anyway_leaves_nothing_to_chance(self) -> None:
        found = preemption(asks("2"), node(), low("big", "3"), low("small", "1"))
        assert ([victim.name for victim in found.victims], found.ambiguous) == (["big"], False)

    def test_pods_that_have_not_started_are_equals(self) -> None:
        held = (low("a", "2", status={"startTime": None}), low("b", "2", status={"startTime": None}))
        assert preemption(asks("2"), node(), *held).ambiguous

    def test_a_budget_for_one_of_two_twins_is_given_by_chance(self) -> None:
        held = (low("a", "2", labels=FOO), low("b", "2", labels=FOO))
        assert preemption(asks("2"), node(), *held, budget("b", 1)).ambiguous

    def test_a_budget_that_no_twin_needs_decides_nothing(self) -> None:
        held = (low("a", "2", labels=FOO), low("b", "2", labels=FOO), low("c", None, 1))
        found = preemption(asks("4"), node(), *held, budget("b", 1))
        assert ({victim.name for victim in found.victims}, found.ambiguous) == ({"a", "b"}, False)

    def test_many_twins_of_whom_one_must_go_are_told_apart_quickly(self) -> None:
        held = [low(f"p{place}", "250m", labels=FOO) for place in range(16)]
        found = preemption(asks("250m"), node(), *held, budget("b", 3))
        assert (len(found.victims), found.ambiguous) == (1, True)

    def test_budgets_that_share_a_pod_may_be_listed_in_any_order(self) -> None:
        """Listed first, ``a`` breaks for ``both`` and ``b`` stays whole for ``second``; listed last, it does not."""
        tier = {"matchLabels": {"tier": "x"}}
        held = (
            low("both", "1", 5, labels=FOO | {"tier": "x"}),
            low("second", "2", 3, labels={"tier": "x"}),
            low("free", "2", 4),
        )
        cluster = (node(cpu="5"), *held, budget("a", 0), budget("b", 1, tier))
        assert preemption(asks("2"), *cluster).ambiguous
        assert not preemption(asks("2"), *cluster, version="v1.36.3").ambiguous
