"""``kubectl ds pending`` on the real plane: what keeps a pod out, whether that passes, and what the scheduler says."""

from __future__ import annotations

from typing import Any

from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import node
from tests.controlplane.policies import namespace, pdb, priority_class, role, role_binding, rule
from tests.controlplane.wait import eventually
from tests.controlplane.waiting import HIGH, LOW, MIDDLE, crowd, holder, only_waiting, own_pods, report, screen

Object = dict[str, Any]


def exit_code(cluster: Cluster) -> int:
    return cluster.kubectl("ds", "pending", "--exit-code").returncode


def test_a_pod_that_preempts_waits_for_its_victim_and_then_nobody_waits(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="800m", priority_class=LOW)
    cluster.kubelet.keep_terminating(name="train")
    cluster.daemon_set("agent", cpu="500m", priority_class=HIGH)

    row = only_waiting(cluster, until=lambda found: bool(found["leaving"] and found["pod"]["nominatedNode"]))

    assert (row["verdict"], row["passesBy"]) == ("pending", "victimsTerminating")
    assert [(each["name"], each["preempted"]) for each in row["leaving"]] == [("train", True)]
    assert row["preemption"]["reason"] == "waitingForVictims"
    evidence = row["causes"][0]["evidence"]
    assert (evidence["requested"], evidence["free"], evidence["short"]) == ("500m", "200m", "300m")
    assert row["agrees"] is True
    assert "once the evicted are gone: " in screen(cluster, "pending")
    assert exit_code(cluster) == 3

    cluster.kubelet.finish_terminating(name="train")
    eventually(lambda: own_pods(cluster, "agent")[0]["spec"].get("nodeName") == "n1", timeout=20)
    assert screen(cluster, "pending") == "no DaemonSet pod waits\n"
    assert exit_code(cluster) == 0


def test_equal_priority_blocks_and_no_preemption_helps(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="800m", priority_class=MIDDLE)
    cluster.daemon_set("agent", cpu="500m", priority_class=MIDDLE)

    row = only_waiting(cluster)

    assert (row["verdict"], row["passesBy"], row["agrees"]) == ("blocked", None, True)
    assert (row["preemption"]["reason"], row["preemption"]["equal"]) == ("noLowerPriority", 1)
    assert "no pod of a priority below 100 to evict; 1 there has an equal one" in screen(cluster, "pending")
    assert exit_code(cluster) == 5


def test_a_pod_that_never_preempts_is_blocked_among_lesser_ones(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    cluster.create(priority_class("polite", 500, preemption_policy="Never"))
    holder(cluster, "train", "n1", cpu="800m", priority_class=LOW)
    cluster.daemon_set("agent", cpu="500m", priority_class="polite")

    row = only_waiting(cluster)

    assert (row["verdict"], row["preemption"]["reason"]) == ("blocked", "never")
    assert "preemptionPolicy=Never" in row["scheduler"]["preemption"]
    assert "its preemptionPolicy is Never" in screen(cluster, "pending", "-v", "1")


def test_the_victims_foretold_are_those_evicted_with_the_budget_they_break(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    cluster.create(pdb("train", {"app": "train"}, max_unavailable=0))
    holder(cluster, "train", "n1", labels={"app": "train"}, cpu="800m", priority_class=LOW)
    cluster.kubelet.keep_terminating(name="train")
    cluster.plane.pause_scheduler()
    cluster.daemon_set("agent", cpu="500m", priority_class=HIGH)
    eventually(lambda: own_pods(cluster, "agent"))

    (row,) = report(cluster, "pending")["pods"]

    assert (row["verdict"], row["passesBy"], row["scheduler"], row["agrees"]) == ("pending", "preemption", None, None)
    (victim,) = row["preemption"]["victims"]
    assert (victim["name"], victim["priority"], victim["violatesPDB"]) == ("train", 10, "train")
    assert "breaks PDB train" in screen(cluster, "pending")
    foretold = report(cluster, "preemptions")["predicted"]
    assert [each["preemption"] for each in foretold] == [row["preemption"]]

    cluster.plane.resume_scheduler()
    evicted = eventually(lambda: report(cluster, "preemptions")["observed"], timeout=20)
    assert [each["victim"]["name"] for each in evicted] == ["train"]


def test_a_daemon_sets_pod_among_the_victims_is_marked(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    cluster.daemon_set("lesser", cpu="800m", priority_class=LOW)
    cluster.settle()
    cluster.plane.pause_scheduler()
    cluster.daemon_set("agent", cpu="500m", priority_class=HIGH)
    eventually(lambda: own_pods(cluster, "agent"))

    (row,) = report(cluster, "pending")["pods"]

    assert [victim["daemonSet"] for victim in row["preemption"]["victims"]] == [True]
    assert "of a DaemonSet" in screen(cluster, "pending")


def test_old_words_of_the_scheduler_are_told_apart_from_what_is_computed(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="800m")
    cluster.daemon_set("agent", cpu="500m", host_port=9100)
    assert only_waiting(cluster)["agrees"] is True

    cluster.plane.pause_scheduler()
    cluster.client.delete("pods", "train", cluster.namespace, 0)
    eventually(lambda: not cluster.client.find("pods", "train", cluster.namespace))
    (fits,) = report(cluster, "pending")["pods"]
    assert (fits["verdict"], fits["passesBy"], fits["agrees"]) == ("pending", "fits", False)
    assert "computed now: nothing refuses it" in screen(cluster, "pending")

    holder(cluster, "exporter", "n1", host_port=9100)
    (other,) = report(cluster, "pending")["pods"]
    assert (other["causes"][0]["code"], other["agrees"]) == ("NodePorts", False)
    assert other["scheduler"]["filters"] == ["NodeResourcesFit"]
    text = screen(cluster, "pending")
    assert 'said "Insufficient cpu"' in text
    assert "computed now: NodePorts. It looks again when something relevant changes" in text


def test_the_new_pod_of_a_surge_waits_beside_its_predecessor_and_is_listed(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    cluster.daemon_set("agent", host_port=9100, max_surge=1)
    cluster.settle()
    (old,) = own_pods(cluster, "agent")
    change = {"spec": {"template": {"metadata": {"annotations": {"turn": "2"}}}}}
    cluster.client.patch("daemonsets", "agent", change, cluster.namespace)

    row = only_waiting(cluster)

    assert (row["verdict"], row["causes"][0]["code"]) == ("blocked", "NodePorts")
    assert row["causes"][0]["evidence"]["holder"] == f"{cluster.namespace}/{old['metadata']['name']}"
    assert row["node"] == "n1"


def test_who_else_waits_for_the_node_is_named_with_what_decides(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    cluster.create(namespace(f"{cluster.namespace}-x"))
    holder(cluster, "train", "n1", cpu="900m", priority_class=HIGH)
    cluster.daemon_set("first", cpu="500m", priority_class=MIDDLE)
    cluster.daemon_set("second", namespace=f"{cluster.namespace}-x", cpu="300m", priority_class=LOW)
    eventually(lambda: len(report(cluster, "pending", "-A")["pods"]) == 2)

    (row,) = report(cluster, "pending", "first")["pods"]

    (other,) = row["others"]
    assert (other["namespace"], other["owner"], other["priority"]) == (f"{cluster.namespace}-x", "second", 10)
    assert other["nominated"] is False
    assert "wait there too: " in screen(cluster, "pending", "first")


def test_one_node_can_be_asked_about_and_a_wrong_one_is_answered_with_its_neighbours(cluster: Cluster) -> None:
    crowd(cluster, "worker-1", "worker-2")
    cluster.nodes(node("large-1"))
    cluster.daemon_set("agent", cpu="2")
    eventually(lambda: len(report(cluster, "pending")["pods"]) == 2)

    (row,) = report(cluster, "pending", "--node", "node/worker-2")["pods"]
    assert row["node"] == "worker-2"
    assert screen(cluster, "pending", "--node", "large-1") == "no DaemonSet pod waits for large-1\n"
    wrong = cluster.kubectl("ds", "pending", "--node", "worker-3")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert 'nodes "worker-3" not found' in wrong.stderr


def test_a_pod_whose_node_is_gone_is_told_so(cluster: Cluster) -> None:
    crowd(cluster, "n1", "n2")
    cluster.daemon_set("agent", cpu="2")
    eventually(lambda: len(report(cluster, "pending")["pods"]) == 2)

    cluster.client.delete("nodes", "n2")

    rows = {row["node"]: row for row in report(cluster, "pending")["pods"]}
    assert rows["n1"]["nodeExists"] is True
    if "n2" in rows:  # the controller may have deleted it already
        assert (rows["n2"]["nodeExists"], rows["n2"]["verdict"]) == (False, "blocked")


def test_a_request_above_the_whole_node_is_cured_by_nothing(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="100m", priority_class=LOW)
    cluster.daemon_set("agent", cpu="2", priority_class=HIGH)

    row = only_waiting(cluster)

    newer = tuple(int(part) for part in cluster.plane.settings.version.split(".")) >= (1, 34)
    assert row["verdict"] == "blocked"
    assert row["preemption"]["reason"] == ("notHelpful" if newer else "stillShort")
    assert row["agrees"] is True


def test_pods_that_may_not_be_read_leave_nobody_knowing_who_waits(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    cluster.daemon_set("agent", cpu="2")
    cluster.create(
        role("look", [rule(["get", "list"], ["daemonsets", "nodes", "controllerrevisions", "events"])]),
        role_binding("look", "look", "viewer"),
    )
    may = ("auth", "can-i", "list", "daemonsets")
    eventually(lambda: cluster.kubectl(*may, user="viewer").stdout.strip() == "yes")

    ran = cluster.kubectl("ds", "pending", "--exit-code", user="viewer")

    assert ran.returncode == 6
    assert ran.stdout.startswith("no DaemonSet pod is known to wait\n")
    assert "cannot read pods" in ran.stdout
