"""``kubectl ds preemptions`` on the real plane: who evicted whom, learnt from events, conditions and nominations."""

from __future__ import annotations

from typing import Any

from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import pod
from tests.controlplane.policies import namespace, role, role_binding, rule
from tests.controlplane.wait import eventually
from tests.controlplane.waiting import HIGH, LOW, MIDDLE, crowd, holder, own_pods, report, screen

Object = dict[str, Any]


def observed(cluster: Cluster, *arguments: str, source: str = "event") -> list[Object]:
    """The victims, once an event tells of them."""

    def look() -> list[Object]:
        rows: list[Object] = report(cluster, "preemptions", *arguments)["observed"]
        return rows if any(source in row["sources"] for row in rows) else []

    return eventually(look, timeout=20)


def test_a_daemon_sets_pod_evicts_a_pod_of_another_namespace(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    other = f"{cluster.namespace}-batch"
    cluster.create(namespace(other))
    holder(cluster, "train", "n1", other, cpu="800m", priority_class=LOW)
    cluster.kubelet.keep_terminating(name="train")
    cluster.daemon_set("agent", cpu="500m", priority_class=HIGH)

    (row,) = observed(cluster)

    (own,) = own_pods(cluster, "agent")
    victim, preemptor = row["victim"], row["preemptor"]
    assert (victim["namespace"], victim["name"], victim["exists"], victim["owner"]) == (other, "train", True, None)
    assert (victim["priority"], preemptor["priority"]) == (10, 1000)
    assert (preemptor["name"], preemptor["owner"]) == (own["metadata"]["name"], "agent")
    assert (row["node"], row["count"], row["by"]) == ("n1", 1, "scheduler")
    assert row["sources"] == ["event", "condition", "nomination"]
    assert own["metadata"]["uid"] in row["quoted"]
    text = screen(cluster, "preemptions")
    assert text.startswith("1 pod was evicted for a DaemonSet's pod\nevents go back ")
    assert "kept for an hour by default" in text

    cluster.kubelet.finish_terminating(name="train")
    eventually(lambda: own_pods(cluster, "agent")[0]["spec"].get("nodeName") == "n1", timeout=20)
    (after,) = observed(cluster)
    assert (after["victim"]["exists"], after["preemptor"]["owner"]) == (False, "agent")
    assert "event" in after["sources"] and "condition" not in after["sources"]


def test_a_daemon_sets_own_pod_is_evicted_and_its_fate_is_told(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    cluster.daemon_set("agent", cpu="500m", priority_class=LOW)
    cluster.settle()
    (old,) = own_pods(cluster, "agent")
    cluster.create(pod("urgent", cpu="800m", priority_class=HIGH))
    eventually(lambda: not cluster.client.find("pods", old["metadata"]["name"], cluster.namespace), timeout=20)
    eventually(lambda: own_pods(cluster, "agent"))
    eventually(lambda: cluster.client.get("pods", "urgent", cluster.namespace)["spec"].get("nodeName"), timeout=20)

    (row,) = observed(cluster)

    victim, preemptor = row["victim"], row["preemptor"]
    assert (victim["name"], victim["exists"], victim["owner"]) == (old["metadata"]["name"], False, "agent")
    assert (preemptor["name"], preemptor["owner"], preemptor["exists"]) == ("urgent", None, True)
    assert (row["node"], row["verdictNow"]) == ("n1", "blocked")
    text = screen(cluster, "preemptions", "agent")
    assert text.startswith("1 DaemonSet pod was evicted\n")
    assert "agent is blocked there now" in text
    assert cluster.kubectl("ds", "preemptions", "--exit-code").returncode == 3


def test_once_events_are_forgotten_only_what_binding_left_is_known_and_silence_is_no_news(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="800m", priority_class=LOW)
    cluster.daemon_set("agent", cpu="500m", priority_class=HIGH)
    assert observed(cluster)
    eventually(lambda: own_pods(cluster, "agent")[0]["spec"].get("nodeName") == "n1", timeout=20)
    eventually(lambda: not cluster.client.find("pods", "train", cluster.namespace))
    cluster.client.delete_all("events", cluster.namespace)

    rows = report(cluster, "preemptions")["observed"]

    keeps = tuple(int(part) for part in cluster.plane.settings.version.split(".")) < (1, 35)
    text = screen(cluster, "preemptions")
    if keeps:
        assert [(row["victim"], row["preemptor"]["owner"], row["sources"]) for row in rows] == [
            (None, "agent", ["nomination"])
        ]
        assert text.startswith("room was made for 1 pod, nobody tells any more at whose cost\n")
    else:
        assert rows == []
        assert text.startswith("no preemption is known\n")
    assert "kept for an hour by default" in text


def test_equal_priority_and_never_leave_nothing_to_tell(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="800m", priority_class=MIDDLE)
    cluster.daemon_set("agent", cpu="500m", priority_class=MIDDLE)
    eventually(lambda: report(cluster, "pending")["pods"])

    document = report(cluster, "preemptions")

    assert (document["observed"], document["predicted"]) == ([], [])
    assert document["events"]["count"] > 0
    text = screen(cluster, "preemptions")
    assert text.startswith("no preemption is known\nevents go back ")
    assert "nothing happened" not in text


def test_one_daemon_set_or_one_node_can_be_asked_about(cluster: Cluster) -> None:
    crowd(cluster, "n1", "n2")
    for name in ("n1", "n2"):
        holder(cluster, f"train-{name}", name, cpu="800m", priority_class=LOW)
    cluster.daemon_set("agent", cpu="500m", priority_class=HIGH)
    cluster.daemon_set("idle")
    eventually(lambda: len(report(cluster, "preemptions")["observed"]) == 2, timeout=20)

    assert [row["node"] for row in report(cluster, "preemptions", "--node", "n2")["observed"]] == ["n2"]
    assert len(report(cluster, "preemptions", "agent")["observed"]) == 2
    assert report(cluster, "preemptions", "idle")["observed"] == []


def test_where_other_namespaces_may_not_be_read_the_gap_is_told(cluster: Cluster) -> None:
    crowd(cluster, "n1")
    holder(cluster, "train", "n1", cpu="800m", priority_class=LOW)
    cluster.daemon_set("agent", cpu="500m", priority_class=HIGH)
    assert observed(cluster)
    kinds = ["daemonsets", "pods", "controllerrevisions", "events"]
    cluster.create(
        role("own", [rule(["get", "list"], kinds)], cluster.namespace),
        role_binding("own", "own", "viewer", cluster.namespace),
    )
    eventually(lambda: cluster.kubectl("auth", "can-i", "list", "events", user="viewer").stdout.strip() == "yes")

    ran = cluster.kubectl("ds", "preemptions", user="viewer")

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("1 pod was evicted for a DaemonSet's pod\n")
    assert "events in other namespaces" in ran.stdout


def test_a_capture_holds_the_victims_of_other_namespaces(cluster: Cluster, tmp_path: Any) -> None:
    crowd(cluster, "n1")
    other = f"{cluster.namespace}-batch"
    cluster.create(namespace(other))
    holder(cluster, "train", "n1", other, cpu="800m", priority_class=LOW)
    cluster.daemon_set("agent", cpu="500m", priority_class=HIGH)
    live = observed(cluster)
    file = str(tmp_path / "capture.json")
    assert cluster.kubectl("ds", "capture", file).returncode == 0

    replayed = report(cluster, "preemptions", "--from", file)["observed"]

    assert [(row["victim"]["name"], row["preemptor"]["owner"]) for row in replayed] == [("train", "agent")]
    assert [row["quoted"] for row in replayed] == [row["quoted"] for row in live]
