"""One entry for each victim, whatever told of it; both sides attributed; and never that nothing happened."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ds.engine.decision import Verdict
from kubectl_ds.engine.preemptions import Observed, PreemptionReport, preemptions
from kubectl_ds.model.snapshot import Source
from tests.controlplane.objects import daemon_set, merge, node, pod
from tests.engine.pods import deleted, owned, ready, revision, stored, when
from tests.engine.test_pending import held, owner, preempted, waiting
from tests.engine.values import snapshot_of

Object = dict[str, Any]


def event(
    victim: str, message: str, *changes: Object, uid: str = "", namespace: str = "batch", ago: float = 60
) -> Object:
    """What the scheduler writes on a victim."""
    made = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{victim}.{ago}", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": victim, "uid": uid or f"uid-{victim}"},
        "reason": "Preempted",
        "message": message,
        "eventTime": when(ago).replace("Z", ".000000Z"),
    }
    for change in changes:
        made = merge(made, change)
    return made


def report(*items: Object, on: str = "", version: str = "v1.37.2", **snapshot: Any) -> PreemptionReport:
    own = stored(daemon_set("d"))
    source = Source(type="capture", version=version)
    return preemptions(snapshot_of([own, revision(own), node("n1", cpu="4"), *items], source=source, **snapshot), on)


def only(found: PreemptionReport) -> Observed:
    (row,) = found.observed
    return row


def test_event_condition_and_nomination_of_one_victim_are_one_entry() -> None:
    nominated = {"status": {"nominatedNodeName": "n1"}}

    row = only(
        report(
            waiting("n1", nominated, priority=10),
            held("a", "n1", "3", preempted(50), priority=1),
            event("a", "Preempted by pod uid-n1 on node n1"),
        )
    )

    assert row.sources == ("event", "condition", "nomination")
    assert row.victim is not None and row.preemptor is not None
    assert (row.victim.name, row.victim.owner, row.victim.there, row.victim.priority) == ("a", None, True, 1)
    assert (row.preemptor.name, row.preemptor.owner, row.preemptor.waiting) == ("d-n1", "d", True)
    assert (row.node, row.times) == ("n1", 1)


def test_a_series_counts_and_the_latest_time_stands() -> None:
    series = {"series": {"count": 4, "lastObservedTime": when(5).replace("Z", ".000000Z")}}

    row = only(report(owned("n1", ready()), event("a", "Preempted by pod uid-n1 on node n1", series, ago=90)))

    assert row.times == 4
    assert row.last is not None and row.first is not None
    assert (row.last - row.first).total_seconds() == 85


def test_an_event_that_two_reads_brought_counts_once() -> None:
    told = event("a", "Preempted by pod uid-n1 on node n1")

    assert only(report(owned("n1", ready()), told, told)).times == 1


def test_a_victim_that_is_gone_is_known_by_the_name_its_daemon_set_gave_it() -> None:
    row = only(report(event("d-x7k2p", "Preempted by batch/urgent on node n1", namespace="ns")))

    assert row.victim is not None
    assert (row.victim.owner, row.victim.there, row.victim.priority) == ("d", False, None)
    assert row.now is Verdict.MISSING


def test_what_became_of_the_daemon_set_there_is_told() -> None:
    told = event("d-x7k2p", "Preempted by batch/urgent on node n1", namespace="ns")

    assert only(report(told, owned("n1", ready()))).now is Verdict.OK


@pytest.mark.parametrize("name", ["d-x7k2", "d-x7k2pp", "d-aeiou", "dd-x7k2p", "d-web-x7k2p"])
def test_other_names_are_no_daemon_sets(name: str) -> None:
    assert report(event(name, "Preempted by batch/urgent on node n1", namespace="ns")).observed == ()


def test_a_long_name_is_cut_before_its_random_part() -> None:
    long = "d" * 60
    own = stored(daemon_set(long))
    name = f"{long}-"[:58] + "x7k2p"
    told = event(name, "Preempted by batch/urgent on node n1", namespace="ns")

    row = only(preemptions(snapshot_of([own, node("n1"), told])))

    assert row.victim is not None
    assert row.victim.owner == long


def test_a_preemptor_that_is_gone_is_named_by_any_event_about_it() -> None:
    scheduled = event("d-x7k2p", "assigned", {"reason": "Scheduled"}, uid="gone-uid", namespace="ns", ago=70)

    row = only(report(scheduled, event("a", "Preempted by pod gone-uid on node n1")))

    assert row.preemptor is not None
    assert (row.preemptor.name, row.preemptor.owner, row.preemptor.there) == ("d-x7k2p", "d", False)


def test_a_preemptor_whom_nobody_can_name_may_have_been_a_daemon_sets() -> None:
    found = report(event("a", "Preempted by pod unknown-uid on node n1"))

    assert found.observed == ()
    assert [row.victim.name for row in found.unattributed if row.victim is not None] == ["a"]


def test_preemptions_among_other_pods_are_of_no_concern() -> None:
    urgent = merge(pod("urgent", "batch"), {"metadata": {"uid": "urgent"}, "spec": {"nodeName": "n1"}})
    found = report(
        urgent, event("a", "Preempted by pod urgent on node n1"), event("b", "by batch/gone on node n1", ago=61)
    )

    assert (found.observed, found.unattributed) == ((), ())


def test_without_an_event_the_only_nominated_pod_is_the_preemptor_and_of_two_nobody_knows() -> None:
    nominated = {"status": {"nominatedNodeName": "n1"}}
    victim = held("a", "n1", "3", preempted(50), priority=1)
    rival = merge(pod("rival", "batch"), {"metadata": {"uid": "rival"}, "spec": {"priority": 99}, **nominated})

    alone = report(waiting("n1", nominated, priority=10), victim)
    contested = report(waiting("n1", nominated, priority=10), victim, rival)

    assert only(alone).sources == ("condition", "nomination")
    assert contested.observed == ()
    assert [row.preemptor for row in contested.unattributed] == [None]


def test_a_nomination_alone_tells_of_room_that_was_made_by_nobody_knows_whom() -> None:
    row = only(report(waiting("n1", {"status": {"nominatedNodeName": "n1"}}, priority=10)))

    assert (row.victim, row.sources, row.node) == (None, ("nomination",), "n1")
    assert row.preemptor is not None and row.preemptor.owner == "d"


@pytest.mark.parametrize(("version", "told"), [("v1.33.13", 1), ("v1.34.4", 1), ("v1.35.4", 0), (None, 0)])
def test_a_bound_pods_nomination_is_evidence_only_where_binding_kept_it_and_claims_made_none(
    version: Any, told: int
) -> None:
    bound = owned("n1", ready(), {"status": {"nominatedNodeName": "n1"}})

    assert len(report(bound, version=version).observed) == told


def test_a_claim_that_is_being_provisioned_nominates_without_any_preemption_from_1_35_on() -> None:
    volume = {"spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}]}}
    nominated = waiting("n1", volume, {"status": {"nominatedNodeName": "n1"}})

    assert report(nominated).observed == ()
    assert len(report(nominated, version="v1.33.13").observed) == 1


def test_pods_that_wait_now_foretell_whom_they_would_evict_and_the_other_side_counts_too() -> None:
    cni = owner("cni", "sys")
    runs = owned("n1", ready(), {"spec": {"containers": [{"name": "main", "resources": {"requests": {"cpu": "3"}}}]}})

    own = report(waiting("n1", priority=10), held("a", "n1", "3"))
    others = report(waiting("n1", cni, priority=10, name="cni-x7k2p"), runs)
    neither = report(waiting("n1", cni, priority=10, name="cni-x7k2p"), held("a", "n1", "3"))

    assert [(each.owner, [v.name for v in each.preemption.victims]) for each in own.predicted] == [("d", ["a"])]
    assert [(each.owner, each.preemption.victims[0].daemon_set) for each in others.predicted] == [("cni", True)]
    assert neither.predicted == ()


def test_how_far_back_events_go_is_told_by_the_oldest_that_is_left() -> None:
    found = report(event("a", "x", {"reason": "Scheduled"}, ago=3000), event("b", "y", {"reason": "Killing"}, ago=10))

    assert (found.horizon.events, found.observed) == (2, ())
    assert found.horizon.oldest is not None
    assert found.horizon.oldest.strftime("%Y-%m-%dT%H:%M:%SZ") == when(3000)
    assert report().horizon.oldest is None


def test_one_node_can_be_asked_about_and_the_newest_come_first() -> None:
    places = {"n1": "d-x7k2p", "n2": "d-x7k2q", "n3": "d-x7k2r"}
    told = [
        event(name, f"by batch/u on node {place}", namespace="ns", ago=ago)
        for ago, (place, name) in enumerate(places.items())
    ]

    assert [row.node for row in report(*told).observed] == ["n1", "n2", "n3"]
    assert [row.node for row in report(*told, on="n2").observed] == ["n2"]


def test_the_kubelets_own_preemption_is_told_apart() -> None:
    source = {"reason": "Preempting", "source": {"component": "kubelet", "host": "n1"}}
    told = event("d-x7k2p", "Preempted in order to admit critical pod", source, namespace="ns")

    row = only(report(told))

    assert (row.by, row.preemptor, row.node) == ("kubelet", None, "n1")


def test_a_victim_that_only_its_condition_tells_of_is_one_while_it_is_there() -> None:
    own_victim = owned("n1", preempted(40), deleted(40))

    row = only(report(own_victim))

    assert row.victim is not None
    assert (row.victim.owner, row.sources, row.preemptor) == ("d", ("condition",), None)
    assert row.now is Verdict.TERMINATING
