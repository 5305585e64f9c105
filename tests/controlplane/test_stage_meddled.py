"""Staged rollouts among others who also change things, between any two of their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .cluster import Cluster
from .objects import daemon_set
from .staging import NEW, OLD, STAGE, Nth, Observer, events, images, is_silent, losing_answers, meddling, stage
from .wait import eventually

Object = dict[str, Any]
IMAGE = ("--image", f"main={NEW}", "--waves", "1,3,100%")
NODES = tuple(f"n{number}" for number in range(1, 6))
OURS = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2, "maxSurge": 0}}
THEIRS = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
CHANGES = 9
"""Begin, five pods, two borders, the end."""
MOMENTS = (2, 5, CHANGES)
"""Before the first pod, in the middle of a wave, before the end."""


def agents(cluster: Cluster) -> None:
    cluster.nodes(*NODES)
    cluster.daemon_set("agent", max_unavailable=2)
    cluster.settle()


def agent(cluster: Cluster) -> Object:
    found: Object = cluster.client.get("daemonsets", "agent", cluster.namespace)
    return found


def patching(cluster: Cluster, body: Object) -> Callable[[], object]:
    return lambda: cluster.client.patch("daemonsets", "agent", body, cluster.namespace)


def test_it_makes_as_many_changes_as_these_tests_think(cluster: Cluster) -> None:
    agents(cluster)
    with meddling(lambda request: False, lambda: None) as asked:
        assert stage(cluster, "agent", *IMAGE).code == 0
    made = [each for each in asked if each.startswith(("PATCH", "DELETE")) and "leases" not in each]
    assert len(made) == CHANGES + 1, "the first is the dry run"


@pytest.mark.parametrize("moment", range(1, CHANGES + 1))
def test_changes_that_do_not_matter_disturb_nothing(cluster: Cluster, moment: int) -> None:
    """A label, an annotation, and more in the status; something in the spec, unless it is just about to begin."""
    agents(cluster)
    labels = {"metadata": {"labels": {"seen": "yes"}, "annotations": {"note": "x"}}}
    harmless = labels | ({"spec": {"revisionHistoryLimit": 5}} if moment > 1 else {})
    with Observer(cluster) as observer, meddling(Nth(moment), patching(cluster, harmless)):
        ran = stage(cluster, "agent", *IMAGE)
    assert ran.code == 0, ran.out + ran.err
    assert sorted(observer.deleted("agent")) == [(node, OLD) for node in NODES]
    assert observer.most_down("agent", len(NODES)) <= 2
    found = agent(cluster)
    assert found["spec"]["updateStrategy"] == OURS
    assert found["metadata"]["annotations"]["note"] == "x"
    assert STAGE not in found["metadata"]["annotations"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_another_template_stops_it_and_can_be_adopted_or_taken_back(cluster: Cluster, moment: int) -> None:
    agents(cluster)
    other = f"{NEW}-hotfix"
    body = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": other}]}}}}
    with meddling(Nth(moment), patching(cluster, body)):
        ran = stage(cluster, "agent", *IMAGE)
    assert ran.code == 1
    assert "somebody has changed the template meanwhile; nothing more is replaced" in ran.out
    assert agent(cluster)["spec"]["updateStrategy"] == {"type": "OnDelete"}
    assert "--resume --adopt" in ran.err
    way, image = ("--adopt", other) if moment % 2 else ("--undo", OLD)
    stage(cluster, "agent", "--resume", way)
    assert agent(cluster)["spec"]["updateStrategy"] == OURS
    assert images(cluster, "agent") == dict.fromkeys(NODES, image)


@pytest.mark.parametrize("moment", MOMENTS)
def test_another_strategy_ends_it_and_is_left_as_it_was_set(cluster: Cluster, moment: int) -> None:
    agents(cluster)
    with meddling(Nth(moment), patching(cluster, {"spec": {"updateStrategy": THEIRS}})):
        ran = stage(cluster, "agent", *IMAGE)
    assert ran.code == 1
    assert "somebody has set another update strategy meanwhile" in ran.out
    found = agent(cluster)
    assert found["spec"]["updateStrategy"] == THEIRS
    assert STAGE not in found["metadata"]["annotations"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_annotation_that_is_taken_off_is_written_again_for_the_strategy_is_in_it(
    cluster: Cluster, moment: int
) -> None:
    agents(cluster)
    with meddling(Nth(moment), patching(cluster, {"metadata": {"annotations": {STAGE: None}}})):
        ran = stage(cluster, "agent", *IMAGE)
    assert ran.code == 0, ran.out + ran.err
    assert agent(cluster)["spec"]["updateStrategy"] == OURS
    assert images(cluster, "agent") == dict.fromkeys(NODES, NEW)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_daemon_set_that_is_deleted_or_made_anew_is_left_alone(cluster: Cluster, moment: int) -> None:
    agents(cluster)

    def made_anew() -> None:
        cluster.client.delete("daemonsets", "agent", cluster.namespace, propagation="Background")
        eventually(lambda: cluster.client.find("daemonsets", "agent", cluster.namespace) is None or None)
        if moment % 2:
            cluster.create(daemon_set("agent", max_unavailable=1))

    with meddling(Nth(moment), made_anew):
        ran = stage(cluster, "agent", *IMAGE)
    assert ran.code == 1
    assert "somebody has deleted it" in ran.out, ran.out + ran.err
    found = cluster.client.find("daemonsets", "agent", cluster.namespace)
    assert (found is not None) == bool(moment % 2)
    assert found is None or found["metadata"]["generation"] == 1


def test_answers_that_are_lost_are_not_taken_for_somebody_elses_changes(cluster: Cluster) -> None:
    agents(cluster)
    with Observer(cluster) as observer, losing_answers() as lost:
        ran = stage(cluster, "agent", *IMAGE)
    assert ran.code == 0, ran.out + ran.err
    assert len(lost) == CHANGES
    assert sorted(observer.deleted("agent")) == [(node, OLD) for node in NODES]
    assert agent(cluster)["spec"]["updateStrategy"] == OURS


def test_a_change_just_before_it_begins_is_seen_and_nothing_is_done(cluster: Cluster) -> None:
    agents(cluster)
    with meddling(Nth(1), patching(cluster, {"spec": {"minReadySeconds": 1}})):
        ran = stage(cluster, "agent", *IMAGE)
    assert (ran.code, ran.out) == (1, "")
    assert "agent has been changed by somebody else since it was read; nothing was changed here" in ran.err
    assert agent(cluster)["metadata"]["generation"] == 2
    assert cluster.client.list("leases", cluster.namespace) == []


def test_a_node_that_leaves_in_the_middle_of_its_wave_is_not_waited_for(cluster: Cluster) -> None:
    agents(cluster)
    cluster.kubelet.hold(node="n3", image=NEW)

    def leave() -> None:
        cluster.client.delete("nodes", "n3")

    with meddling(Nth(5), leave):
        ran = stage(cluster, "agent", *IMAGE, "-o", "json")
    assert ran.code == 0, ran.out + ran.err
    left = images(cluster, "agent")
    assert {node: image for node, image in left.items() if node != "n3"} == {
        node: NEW for node in NODES if node != "n3"
    }
    assert events(ran)[-1]["counts"] == {"updated": 4, "desired": 4, "unavailable": 0, "maxUnavailable": 2}


def test_two_at_once_never_drive_the_same_daemon_set(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for a sign of life of the first, and finds one."""
    monkeypatch.setattr("kubectl_ds.flow.stage.hold.SILENCE", 6)
    monkeypatch.setattr("kubectl_ds.flow.stage.hold._BEAT", 1.0)
    agents(cluster)
    others: list[Any] = []

    def second() -> None:
        others.append(stage(cluster, "agent", "--resume"))
        others.append(stage(cluster, "agent", *IMAGE))

    with Observer(cluster) as observer, meddling(Nth(4), second):
        ran = stage(cluster, "agent", *IMAGE)
    assert ran.code == 0, ran.out + ran.err
    resumed, begun = others
    assert (resumed.code, resumed.out) == (1, "")
    assert "is driving a staged rollout of agent, and is alive" in resumed.err
    assert "is under way already; nothing was changed" in begun.err
    assert sorted(observer.deleted("agent")) == [(node, OLD) for node in NODES]


def test_whoever_was_silent_for_too_long_is_taken_over_and_does_nothing_more(cluster: Cluster) -> None:
    agents(cluster)
    others: list[Any] = []

    def elsewhere() -> None:
        is_silent(cluster, "agent")
        others.append(stage(cluster, "agent", "--resume"))

    with Observer(cluster) as observer, meddling(Nth(4), elsewhere):
        ran = stage(cluster, "agent", *IMAGE)
    assert [each.code for each in others] == [0], others[0].out + others[0].err
    assert ran.code == 1
    assert sorted(observer.deleted("agent")) == [(node, OLD) for node in NODES]
    assert observer.most_down("agent", len(NODES)) <= 2
    assert agent(cluster)["spec"]["updateStrategy"] == OURS
