"""Where ``rollout`` does otherwise than kubectl on purpose: both programs are run, and told apart."""

from __future__ import annotations

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.rollouts import agent, ds, kubectl


@pytest.fixture
def updated(cluster: Cluster) -> Cluster:
    """An agent on one node."""
    agent(cluster, nodes=("n1",))
    return cluster


def generation(cluster: Cluster) -> int:
    """How often the spec has been changed."""
    found: int = cluster.client.get("daemonsets", "agent", cluster.namespace)["metadata"]["generation"]
    return found


def test_a_name_and_labels_need_no_type_word(updated: Cluster) -> None:
    for line in (("history", "agent"), ("history", "-l", "app=agent"), ("status", "agent", "--watch=false")):
        assert kubectl(updated, *line).code == 1
        ours = ds(updated, *line)
        assert (ours.code, ours.err) == (0, "")
        assert "agent" in ours.out


def test_history_has_a_wide_table(updated: Cluster) -> None:
    assert kubectl(updated, "history", "ds/agent", "-o", "wide").code == 1

    ours = ds(updated, "history", "ds/agent", "-o", "wide")

    head, row = (line.split() for line in ours.out.splitlines()[1:])
    told = dict(zip(head, row, strict=True))
    assert (told["REVISION"], told["PODS"], told["READY"]) == ("1*", "1", "1")
    assert told["CHANGED-BY"] != "<none>"


@pytest.mark.parametrize("mode", ["client", "server"])
def test_a_restart_can_be_tried_and_changes_nothing(updated: Cluster, mode: str) -> None:
    before = generation(updated)
    assert kubectl(updated, "restart", "ds/agent", f"--dry-run={mode}").code == 1

    ours = ds(updated, "restart", "ds/agent", f"--dry-run={mode}")

    suffix = "(dry run)" if mode == "client" else "(server dry run)"
    assert (ours.code, ours.out) == (0, f"daemonset.apps/agent restarted {suffix}\n")
    assert generation(updated) == before


def test_a_format_that_there_is_not_is_refused_before_anything_is_changed(updated: Cluster) -> None:
    before = generation(updated)

    ours = ds(updated, "restart", "ds/agent", "-o", "table")

    assert ours.code == 2
    assert generation(updated) == before
    theirs = kubectl(updated, "restart", "ds/agent", "-o", "table")
    assert theirs.err == ours.err
    assert generation(updated) == before + 1


def test_a_restart_asks_on_a_terminal_before_it_takes_down_more_than_is_down(cluster: Cluster) -> None:
    agent(cluster, max_unavailable=2)
    cluster.kubelet.not_ready(node="n1")
    cluster.settle()
    before = generation(cluster)

    refused = ds(cluster, "restart", "agent", tty=True, stdin=b"n\n", answers=True)
    assert "1 of 3 nodes are without an available pod now: n1" in refused.err
    assert "maxUnavailable 2 takes down 1 more at once" in refused.err
    assert "[y/N]" in refused.err
    assert refused.code == 1
    assert generation(cluster) == before
    assert ds(cluster, "undo", "agent", "--to-revision=1", tty=True, stdin=b"n\n", answers=True).code == 0
    agreed = ds(cluster, "restart", "agent", tty=True, stdin=b"y\n", answers=True)
    assert agreed.out == "daemonset.apps/agent restarted\n"
    assert generation(cluster) == before + 1
