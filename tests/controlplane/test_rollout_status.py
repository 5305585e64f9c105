"""``rollout status``: every phase on the real control plane, with whose fault it is, beside what kubectl says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.policies import quota
from tests.controlplane.rollouts import NEXT_IMAGE, agent, ds, kubectl, update
from tests.controlplane.wait import eventually
from tests.schemas import check

Object = dict[str, Any]
Story = Callable[[Cluster], None]


def complete(cluster: Cluster) -> None:
    """An update that has come to its end."""
    agent(cluster)
    update(cluster)
    cluster.settle()


def progressing(cluster: Cluster) -> None:
    """A new pod that has not started yet."""
    agent(cluster)
    cluster.kubelet.hold(image=NEXT_IMAGE)
    update(cluster)


def node_down(cluster: Cluster) -> None:
    """The one node that may be down is down."""
    agent(cluster)
    cluster.kubelet.node_not_ready("n2")
    update(cluster)


def bad_revision(cluster: Cluster) -> None:
    """A new image that crashes."""
    agent(cluster)
    cluster.kubelet.crash_loop(image=NEXT_IMAGE)
    update(cluster)


def bad_revision_all_at_once(cluster: Cluster) -> None:
    """A new image that cannot be pulled, and no old pod left."""
    agent(cluster, max_unavailable="100%")
    cluster.kubelet.image_pull_fail(NEXT_IMAGE)
    update(cluster)


def quota_one_short(cluster: Cluster) -> None:
    """The pod that is deleted may not be made again."""
    agent(cluster)
    cluster.create(quota("small", {"pods": "2"}))
    update(cluster)


def on_delete(cluster: Cluster) -> None:
    """Somebody has to delete the old pods."""
    agent(cluster, strategy="OnDelete")
    update(cluster)


def on_delete_done(cluster: Cluster) -> None:
    """Somebody has deleted them."""
    agent(cluster, strategy="OnDelete")
    update(cluster)
    cluster.client.delete_all("pods", cluster.namespace)
    cluster.settle()


def surge_with_host_port(cluster: Cluster) -> None:
    """The new pod wants the port that the old one holds."""
    agent(cluster, max_surge=1, host_port=9100)
    update(cluster)


def no_room_for_new_pods(cluster: Cluster) -> None:
    """The new pods ask for more than a node has."""
    agent(cluster)
    update(cluster, resources={"requests": {"cpu": "900"}})


def paused(cluster: Cluster) -> None:
    """A pause in the middle of an update."""
    agent(cluster)
    cluster.kubelet.hold(image=NEXT_IMAGE)
    assert ds(cluster, "pause", "agent").code == 0
    update(cluster)


def no_nodes(cluster: Cluster) -> None:
    """A selector that no node meets."""
    agent(cluster, node_selector={"disk": "none"})


STORIES: list[tuple[Story, str, str | None, int]] = [
    (complete, "complete", None, 0),
    (progressing, "progressing", None, 4),
    (node_down, "stuck", "node", 5),
    (bad_revision, "failed", "revision", 3),
    (bad_revision_all_at_once, "failed", "revision", 3),
    (quota_one_short, "stuck", "policy", 5),
    (on_delete, "waiting-for-delete", None, 5),
    (on_delete_done, "complete", None, 0),
    (surge_with_host_port, "stuck", "revision", 5),
    (no_room_for_new_pods, "stuck", "capacity", 5),
    (paused, "paused", None, 5),
    (no_nodes, "no-nodes", None, 6),
]


def looked_at(cluster: Cluster) -> Object:
    """The status as a document."""
    return check(ds(cluster, "status", "agent", "--watch=false", "-o", "json").json())


@pytest.mark.parametrize(("story", "phase", "fault", "code"), STORIES, ids=[row[0].__name__ for row in STORIES])
def test_each_phase_is_recognised_with_its_fault(
    cluster: Cluster, story: Story, phase: str, fault: str | None, code: int
) -> None:
    story(cluster)

    def recognised() -> Object:
        found = looked_at(cluster)
        assert (found["phase"], found["fault"]) == (phase, fault), found["laggards"]
        return found

    found = eventually(recognised)
    assert ds(cluster, "status", "agent", "--watch=false", "--exit-code").code == code
    theirs = kubectl(cluster, "status", "ds/agent", "--watch=false")
    ours = ds(cluster, "status", "ds/agent", "--watch=false")
    if found["updateStrategy"]["type"] == "RollingUpdate":
        assert (ours.out, ours.err, ours.code) == (theirs.out, theirs.err, theirs.code)
    else:
        assert theirs.err == "error: rollout status is only available for RollingUpdate strategy type\n"
        assert ours.out.startswith(f"agent: {phase.replace('-for-delete', ' for deletes')}")
        assert ours.code == (0 if phase == "complete" else 1)
