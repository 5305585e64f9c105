"""Staged rollouts on the real plane: waves, soaks, gates, failures, ways back, and what is refused beforehand."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.schemas import check

from .cluster import Cluster
from .objects import daemon_set, merge, node, taint
from .policies import pdb, role, role_binding, rule
from .staging import BROKEN, NEW, OLD, STAGE, Nth, Observer, events, images, meddling, stage
from .wait import eventually

Object = dict[str, Any]
IMAGE = ("--image", f"main={NEW}")
BAD = ("--image", f"main={BROKEN}")
STRATEGY = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2, "maxSurge": 0}}


def agents(cluster: Cluster, count: int = 5, **fields: Any) -> None:
    """Nodes n1, n2 … with an agent on each, two of which may be down."""
    cluster.nodes(*(f"n{number}" for number in range(1, count + 1)))
    cluster.kubelet.crash_loop(image=BROKEN)
    cluster.daemon_set("agent", **({"max_unavailable": 2} | fields))
    cluster.settle()


def agent(cluster: Cluster) -> Object:
    found: Object = cluster.client.get("daemonsets", "agent", cluster.namespace)
    return found


def expect_restored(cluster: Cluster, image: str = NEW, strategy: Object | None = None) -> None:
    """Nothing is left of the rollout, and every pod is of this image."""
    found = agent(cluster)
    assert found["spec"]["updateStrategy"] == (strategy or STRATEGY)
    assert STAGE not in found["metadata"]["annotations"]
    assert set(images(cluster, "agent").values()) == {image}
    assert cluster.client.list("leases", cluster.namespace) == []


def expect_untouched(cluster: Cluster) -> None:
    """Nothing was changed at all."""
    assert agent(cluster)["metadata"]["generation"] == 1
    assert cluster.client.list("leases", cluster.namespace) == []


def told(ran: Any, *types: str) -> list[tuple[str, ...]]:
    """(type, *nodes) of the events of these types."""
    return [(each["type"], *each["nodes"]) for each in events(ran) if each["type"] in types]


def test_waves_follow_one_another_within_the_budget_and_the_strategy_is_restored_to_the_byte(cluster: Cluster) -> None:
    agents(cluster, 5, max_unavailable="40%")
    with Observer(cluster) as observer:
        ran = stage(cluster, "agent", *IMAGE, "--waves", "1,60%,100%", "-o", "json")
    assert ran.code == 0, ran.err
    assert told(ran, "wave") == [("wave", "n1"), ("wave", "n2", "n3"), ("wave", "n4", "n5")]
    assert [each["outcome"] for each in map(check, events(ran)) if each["type"] == "ended"] == ["complete"]
    assert [each for each, _ in observer.deleted("agent")][:1] == ["n1"]
    assert sorted(observer.deleted("agent")) == [(f"n{number}", OLD) for number in range(1, 6)]
    assert observer.most_down("agent", 5) == 2
    percent = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "40%", "maxSurge": 0}}
    expect_restored(cluster, strategy=percent)


def test_a_plan_names_the_waves_and_changes_nothing(cluster: Cluster) -> None:
    cluster.nodes(
        node("n1", labels={"zone": "b", "canary": "yes"}),
        node("n2", labels={"zone": "a"}),
        node("n3", labels={"zone": "b"}),
        node("n10", labels={"zone": "a"}),
        node("gpu", taints=[taint("gpu")]),
        node("edge"),
    )
    cluster.daemon_set("agent")
    cluster.settle()
    by_zone = stage(cluster, "agent", *IMAGE, "--by", "zone", "--canary-nodes", "canary=yes", "--plan", "-o", "json")
    assert [(each["name"], each["nodes"]) for each in check(by_zone.json())["waves"]] == [
        ("canaries", ["n1"]),
        ("zone=a", ["n2", "n10"]),
        ("zone=b", ["n3"]),
        ("!zone", ["edge"]),
    ]
    text = stage(cluster, "agent", *IMAGE, "--waves", "2,100%", "--plan", tty=True)
    assert text.out.splitlines() == [
        "agent: 5 nodes in 2 waves, at most 1 without an available pod at a time",
        "  1  2     2  edge, n1",
        "  2  100%  3  n2, n3, n10",
    ]
    expect_untouched(cluster)


def test_a_gate_is_told_the_wave_s_nodes_and_stops_it_when_it_does_not_agree(cluster: Cluster, tmp_path: Path) -> None:
    agents(cluster, 3)
    log = tmp_path / "log"
    gate = f'echo "$KUBECTL_DS_WAVE/$KUBECTL_DS_WAVES $KUBECTL_DS_NODES" >> {log}; test "$KUBECTL_DS_WAVE" = 1'
    ran = stage(cluster, "agent", *IMAGE, "--waves", "1,2,3", "--gate", gate, "--gate", "cat $KUBECTL_DS_UPDATED_FILE")
    assert ran.code == 1
    assert log.read_text().splitlines() == ["1/3 n1", "2/3 n2"]
    assert "n1" in ran.err.splitlines(), "what a gate prints stands beside the answer"
    assert "wave 2 of 3: a gate does not agree" in ran.out
    assert f"go back: kubectl ds rollout stage agent -n {cluster.namespace} --resume --undo" in ran.err
    assert agent(cluster)["spec"]["updateStrategy"] == {"type": "OnDelete"}

    again = stage(cluster, "agent", *IMAGE)
    assert "a staged rollout of agent is under way already; nothing was changed" in again.err
    ungated = stage(cluster, "agent", "--resume")
    assert (ungated.code, "this rollout has 2 gates" in ungated.err) == (2, True)
    assert gate not in agent(cluster)["metadata"]["annotations"][STAGE], "what is read from the cluster is never run"
    assert stage(cluster, "agent", "--resume", "--gate=").code == 0
    expect_restored(cluster)


def test_going_back_needs_no_gate(cluster: Cluster) -> None:
    agents(cluster, 2)
    assert stage(cluster, "agent", *IMAGE, "--gate", "false").code == 1
    ran = stage(cluster, "agent", "--resume", "--undo")
    assert "undone: 2 of 2 nodes back" in ran.out, ran.err
    expect_restored(cluster, OLD)


def test_what_happens_while_a_gate_makes_up_its_mind_is_seen_before_the_next_wave(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    agents(cluster, 3)

    def gate(*_: object) -> int:
        cluster.kubelet.crash_loop(node="n1", image=NEW)
        cluster.kubelet.settle()
        return 0

    monkeypatch.setattr("kubectl_ds.flow.stage.gates.run_gate", gate)
    ran = stage(cluster, "agent", *IMAGE, "--waves", "1,100%", "--gate", "true", "-o", "json")
    assert ran.code == 1
    assert told(ran, "replacing", "failed") == [("replacing", "n1"), ("failed", "n1")]


def test_a_revision_that_fails_on_its_canary_is_taken_back_at_once(cluster: Cluster) -> None:
    agents(cluster)
    with Observer(cluster) as observer:
        ran = stage(cluster, "agent", *BAD, "--on-failure", "undo", "--exit-code", "-o", "json")
    assert ran.code == 3
    (failed,) = [check(each) for each in events(ran) if each["type"] == "failed"]
    assert failed["nodes"] == ["n1"]
    assert failed["causes"][0]["cause"]["code"] == "CrashLoopBackOff"
    assert observer.deleted("agent") == [("n1", OLD), ("n1", BROKEN)]
    expect_restored(cluster, OLD)


def test_a_failed_rollout_stays_as_it_is_until_somebody_goes_back(cluster: Cluster) -> None:
    agents(cluster)
    ran = stage(cluster, "agent", *BAD, "--exit-code")
    assert ran.code == 3
    assert "✗ wave 1 of 3: 1 node without a good pod: n1" in ran.out
    assert "n1: CrashLoopBackOff: container main, 7 restarts" in ran.out
    assert sorted(images(cluster, "agent").values()) == [OLD] * 4 + [BROKEN]
    assert stage(cluster, "agent", "--resume", "--undo", "--exit-code").code == 3
    expect_restored(cluster, OLD)


def test_pods_that_cannot_be_made_are_said_to_be_waited_for_and_why_and_are_failures_in_the_end(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubectl_ds.flow.stage.driver.LONG", timedelta(seconds=1))
    agents(cluster, 3)
    patch = json.dumps({"spec": {"template": {"spec": {"serviceAccountName": "absent"}}}})
    ran = stage(cluster, "agent", "--patch", patch, "--progress-deadline", "4s", "--exit-code")
    assert ran.code == 3, ran.out + ran.err
    waiting, failed = ran.out.index("waiting for the pods of n1"), ran.out.index("1 node without a good pod: n1")
    assert waiting < failed
    assert ran.out.count("n1: FailedCreate: ") == 2, ran.out
    assert len(images(cluster, "agent")) == 2


def test_failures_that_are_allowed_do_not_stop_it(cluster: Cluster) -> None:
    agents(cluster)
    cluster.kubelet.crash_loop(node="n3", image=NEW)
    ran = stage(cluster, "agent", *IMAGE, "--max-failures", "1", "-o", "json")
    assert ran.code == 0, ran.out
    assert told(ran, "failing") == [("failing", "n3")]


def test_whoever_is_asked_decides(cluster: Cluster) -> None:
    agents(cluster, 3)
    ran = stage(cluster, "agent", *BAD, "--on-failure", "ask", answers=True, stdin=b"perhaps\nu\n")
    assert ran.err.count("undo, pause or retry? ") == 2, ran.err
    expect_restored(cluster, OLD)


def test_nodes_that_are_down_are_set_aside_and_named_and_come_last(cluster: Cluster) -> None:
    agents(cluster, 4)
    cluster.kubelet.node_down("n1")
    with meddling(Nth(3), lambda: cluster.kubelet.node_down("n3")):
        ran = stage(cluster, "agent", *IMAGE, "--waves", "1,100%", "-o", "json")
    assert ran.code == 0, ran.out + ran.err
    assert told(ran, "wave") == [("wave", "n2"), ("wave", "n3", "n4", "n1")]
    (ended,) = [check(each) for each in events(ran) if each["type"] == "ended"]
    assert {each["node"]: each["cause"]["code"] for each in ended["aside"]} == dict.fromkeys(
        ("n1", "n3"), "NodeUnreachable"
    )
    assert images(cluster, "agent")["n4"] == NEW


def test_a_node_that_is_down_and_wanted_uses_up_the_budget_and_is_said_to(cluster: Cluster) -> None:
    everywhere = {"tolerations": [{"operator": "Exists"}]}
    agents(cluster, 3, max_unavailable=1, **everywhere)
    cluster.kubelet.node_down("n3")
    ran = stage(cluster, "agent", *IMAGE, "--progress-deadline", "2s", "--exit-code")
    assert ran.code == 5, ran.out
    assert "waiting: 1 of at most 1 are down already: n3" in ran.out
    assert "stopped: nothing moves" in ran.out
    with Observer(cluster) as observer:
        ran = stage(cluster, "agent", "--resume", "--max-unavailable", "2", "--progress-deadline", "10m")
    assert ran.code == 0, ran.out + ran.err
    assert {each for each, _ in observer.deleted("agent")} >= {"n1", "n2"}
    assert observer.most_down("agent", 3) <= 2 + 1
    assert agent(cluster)["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}


def test_pods_that_go_by_themselves_and_new_nodes_are_ahead_of_plan(cluster: Cluster) -> None:
    agents(cluster, 4, max_unavailable=4)

    def meddle() -> None:
        (other,) = cluster.pods(node="n4")
        cluster.client.delete("pods", other["metadata"]["name"], cluster.namespace, grace=0)
        cluster.nodes("n5")
        eventually(lambda: images(cluster, "agent").get("n5"))
        cluster.settle()

    with meddling(Nth(2), meddle):
        ran = stage(cluster, "agent", *IMAGE, "--waves", "1,3,4", "-o", "json")
    assert ran.code == 0, ran.err
    assert ("ahead", "n4") in told(ran, "ahead")
    assert told(ran, "replacing") == [("replacing", "n1"), ("replacing", "n2"), ("replacing", "n3")]
    assert set(images(cluster, "agent").values()) == {NEW}


def test_a_wave_soaks_for_as_long_as_it_was_asked_to(cluster: Cluster) -> None:
    agents(cluster, 2, min_ready_seconds=1)
    ran = stage(cluster, "agent", *IMAGE, "--waves", "1,2", "--soak", "2s", "-o", "json")
    assert ran.code == 0, ran.err
    soaks = [each for each in events(ran) if each["why"] == "soak"]
    assert len(soaks) == 2
    second = next(each for each in events(ran) if each["type"] == "wave" and each["wave"]["number"] == 2)
    assert second["time"] >= soaks[0]["until"]


def test_pods_are_evicted_as_a_disruption_budget_lets_them_go(cluster: Cluster) -> None:
    agents(cluster, 3)
    cluster.create(pdb("guard", {"app": "agent"}, min_available=2))

    def allowed() -> int:
        guard = cluster.client.get("poddisruptionbudgets", "guard", cluster.namespace)
        return int(guard["status"].get("disruptionsAllowed", 0))

    eventually(allowed)
    with Observer(cluster) as observer:
        ran = stage(cluster, "agent", *IMAGE, "--waves", "100%", "--evict")
    assert ran.code == 0, ran.out + ran.err
    assert observer.most_down("agent", 3) == 1
    expect_restored(cluster)


def test_a_manifest_s_template_is_rolled_out_and_what_is_pending_too(cluster: Cluster, tmp_path: Path) -> None:
    agents(cluster, 2, strategy="OnDelete", max_unavailable=None)
    file = tmp_path / "agent.json"
    manifest = daemon_set("agent", image=NEW)
    file.write_text(json.dumps(manifest))
    assert stage(cluster, "agent", "-f", str(file)).code == 0
    expect_restored(cluster, strategy={"type": "OnDelete"})

    cluster.client.patch(
        "daemonsets", "agent", {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}, cluster.namespace
    )
    cluster.settle()
    with Observer(cluster) as observer:
        assert stage(cluster, "agent").code == 0
    assert len(observer.deleted("agent")) == 2
    patch = '{"spec": {"template": {"metadata": {"annotations": {"a": "c"}}}}}'
    assert stage(cluster, "agent", "--patch", patch).code == 0
    assert agent(cluster)["spec"]["template"]["metadata"]["annotations"] == {"a": "c"}


REFUSED: tuple[tuple[dict[str, Any], tuple[str, ...], str], ...] = (
    ({}, (), "has this template already, and all its pods are of it"),
    ({}, ("--image", f"main={OLD}"), "has this template already, and all its pods are of it"),
    ({}, ("--image", f"sidecar={NEW}"), 'daemonset agent has no container "sidecar"'),
    ({}, (*IMAGE, "--waves", "1,50%"), "the waves end after 2 of 3 nodes"),
    ({}, (*IMAGE, "--canary-nodes", "canary"), "none of the 3 nodes that agent runs on matches"),
    ({}, (*IMAGE, "--by", "zone"), "none of the 3 nodes has the label zone"),
    ({}, ("--patch", '{"spec": {"minReadySeconds": 9}}'), "changes more than the template: spec.minReadySeconds"),
    ({}, ("--patch", '{"spec": {"template": {"spec": {"imgae": 1}}}}'), "unknown field"),
    ({}, ("--patch", '{"spec": {"template": {"spec": {"restartPolicy": "Never"}}}}'), "is invalid"),
    ({}, ("--resume",), "no staged rollout of agent is under way"),
    ({"max_unavailable": None, "max_surge": 1}, IMAGE, "allows no node to be without an available pod"),
    ({"revision_history_limit": 0}, (*IMAGE, "--on-failure", "undo"), "keeps no history"),
    ({"annotations": {"kubectl-ds/paused": "{}"}}, IMAGE, "agent is paused; nothing was changed"),
    ({"node_selector": {"no": "where"}}, IMAGE, "agent matches none of the 3 nodes"),
)
"""What a DaemonSet is like, what is asked of it, and why that is refused."""


def test_what_speaks_against_it_is_said_before_anything_is_changed(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2", "n3")
    for number, (fields, _, _) in enumerate(REFUSED):
        cluster.daemon_set(f"agent-{number}", **({"max_unavailable": 2} | fields))
    cluster.settle()
    for number, (_, arguments, words) in enumerate(REFUSED):
        name = f"agent-{number}"
        ran = stage(cluster, name, *arguments)
        assert (ran.code in (1, 2), ran.out) == (True, ""), (arguments, ran)
        assert words in ran.err.replace(name, "agent"), (arguments, ran)
        assert cluster.client.get("daemonsets", name, cluster.namespace)["metadata"]["generation"] == 1
    assert cluster.client.list("leases", cluster.namespace) == []


def rights(namespace: str) -> list[Object]:
    """All that a staged rollout needs, and nothing else."""
    rules = [
        rule(["get", "list", "watch", "patch"], ["daemonsets"], ["apps"]),
        rule(["list"], ["controllerrevisions"], ["apps"]),
        rule(["list", "watch", "delete"], ["pods"], [""]),
        rule(["create", "get", "patch", "delete"], ["leases"], ["coordination.k8s.io"]),
    ]
    return [
        role("drives", rules, namespace),
        role_binding("drives", "drives", "viewer", namespace),
        role("looks-at-nodes", [rule(["list", "watch"], ["nodes"], [""])]),
        role_binding("looks-at-nodes", "looks-at-nodes", "viewer"),
    ]


def test_every_right_that_is_missing_is_named_before_the_first_change_and_no_other_is_needed(cluster: Cluster) -> None:
    agents(cluster, 2)
    ran = stage(cluster, "agent", *IMAGE, user="viewer")
    assert (ran.code, ran.out) == (1, "")
    for missing in (
        "list nodes",
        f"list pods in namespace {cluster.namespace}",
        f"patch daemonsets.apps agent in namespace {cluster.namespace}",
        f"delete pods in namespace {cluster.namespace}",
        f"create leases.coordination.k8s.io in namespace {cluster.namespace}",
    ):
        assert missing in ran.err, ran.err
    assert "nothing was changed" in ran.err
    expect_untouched(cluster)

    cluster.create(*rights(cluster.namespace))
    ran = eventually(lambda: _if_done(stage(cluster, "agent", *IMAGE, user="viewer")), timeout=30)
    assert ran.code == 0
    expect_restored(cluster)


def _if_done(ran: Any) -> Any:
    """The run, unless the API server has not heard of the roles yet."""
    return None if "you may not" in ran.err else ran


def test_an_object_is_left_alone_by_whom_it_is_interrupted(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    agents(cluster, 3)

    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("kubectl_ds.flow.stage.gates.run_gate", interrupt)
        ran = stage(cluster, "agent", *IMAGE, "--gate", "true")
    assert ran.code == 130
    assert "interrupted; nothing more is replaced, and the strategy is kept" in ran.out
    assert f"go on:   kubectl ds rollout stage agent -n {cluster.namespace} --resume" in ran.err
    assert cluster.client.list("leases", cluster.namespace) == [], "whoever goes on need not wait"
    assert stage(cluster, "agent", "--resume", "--gate", "true").code == 0
    expect_restored(cluster)


def test_a_template_that_moves_to_other_nodes_says_so(cluster: Cluster) -> None:
    cluster.nodes(node("n1", labels={"a": "1"}), node("n2", labels={"a": "1", "b": "1"}), node("n3", labels={"b": "1"}))
    cluster.daemon_set("agent", node_selector={"a": "1"})
    cluster.settle()
    patch = json.dumps({"spec": {"template": {"spec": {"nodeSelector": {"a": None, "b": "1"}}}}})
    ran = stage(cluster, "agent", "--patch", patch, "--plan", "-o", "json")
    found = check(ran.json())
    assert (found["leaving"], found["joining"]) == (["n1"], ["n3"])
    assert "1 node that the new template leaves out, and whose pods the controller takes at once: n1" in ran.err
    assert merge(found, {})["waves"][0]["nodes"] == ["n2"]
