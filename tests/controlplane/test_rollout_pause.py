"""``pause`` and ``resume``: no pod is replaced in between, the strategy comes back to the byte, no edit is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.controlplane.cluster import Cluster
from tests.controlplane.policies import role, role_binding, rule
from tests.controlplane.rollouts import IMAGE, NEXT_IMAGE, agent, ds, patch, update
from tests.controlplane.wait import eventually

Object = dict[str, Any]
KEY = "kubectl-ds/paused"


def found(cluster: Cluster) -> Object:
    """The DaemonSet."""
    there: Object = cluster.client.get("daemonsets", "agent", cluster.namespace)
    return there


def images(cluster: Cluster) -> list[str]:
    """The images of the pods that are not going away."""
    return sorted(
        pod["spec"]["containers"][0]["image"] for pod in cluster.pods() if "deletionTimestamp" not in pod["metadata"]
    )


STRATEGIES: list[Object] = [
    {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "34%", "maxSurge": 0}},
    {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "50%"}},
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=["unavailable", "surge"])
def test_a_paused_update_replaces_nothing_and_goes_on_with_the_very_same_strategy(
    cluster: Cluster, strategy: Object
) -> None:
    agent(cluster)
    patch(cluster, {"spec": {"updateStrategy": strategy}})
    assert found(cluster)["spec"]["updateStrategy"] == strategy

    assert ds(cluster, "pause", "agent").out == "daemonset.apps/agent paused\n"
    update(cluster)
    cluster.settle()

    assert images(cluster) == [IMAGE] * 3
    assert ds(cluster, "resume", "agent").out == "daemonset.apps/agent resumed\n"
    assert found(cluster)["spec"]["updateStrategy"] == strategy
    assert KEY not in found(cluster)["metadata"]["annotations"]
    eventually(lambda: images(cluster) == [NEXT_IMAGE] * 3)


def test_a_second_pause_keeps_what_the_first_has_kept(cluster: Cluster) -> None:
    agent(cluster, max_unavailable=2)
    ds(cluster, "pause", "agent")
    kept = found(cluster)["metadata"]["annotations"][KEY]

    again = ds(cluster, "pause", "agent")

    assert (again.code, again.out) == (0, "daemonset.apps/agent already paused\n")
    assert found(cluster)["metadata"]["annotations"][KEY] == kept
    assert json.loads(kept)["strategy"]["rollingUpdate"]["maxUnavailable"] == 2
    assert json.loads(kept)["by"] == "admin"
    ds(cluster, "resume", "agent")
    assert ds(cluster, "resume", "agent").out == "daemonset.apps/agent not paused\n"


def test_a_pod_that_is_replaced_meanwhile_is_shown_ahead(cluster: Cluster) -> None:
    agent(cluster)
    ds(cluster, "pause", "agent")
    update(cluster)
    gone = cluster.pods(node="n2")[0]["metadata"]["name"]
    cluster.client.delete("pods", gone, cluster.namespace)
    cluster.settle()

    told = ds(cluster, "status", "agent", "--watch=false", "-o", "json").json()

    assert (told["phase"], told["ahead"]) == ("paused", ["n2"])
    assert told["paused"]["by"] == "admin"
    text = ds(cluster, "status", "agent", "--watch=false").out
    assert "1 ahead: n2: on the current revision although paused" in text
    assert f"kubectl ds rollout resume agent -n {cluster.namespace}" in text


def test_a_strategy_that_somebody_sets_meanwhile_stays(cluster: Cluster) -> None:
    agent(cluster)
    ds(cluster, "pause", "agent")
    theirs = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 3, "maxSurge": 0}}
    patch(cluster, {"spec": {"updateStrategy": theirs}})

    ran = ds(cluster, "resume", "agent")

    assert ran.code == 0
    assert "somebody has set RollingUpdate maxUnavailable=3 since it was paused: that stays" in ran.err
    assert found(cluster)["spec"]["updateStrategy"] == theirs
    assert KEY not in found(cluster)["metadata"]["annotations"]


def test_whoever_edits_between_the_look_and_the_change_is_not_overwritten(cluster: Cluster, mocker: Any) -> None:
    agent(cluster)
    theirs = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2, "maxSurge": 0}}

    def meddle(client: object) -> str:
        patch(cluster, {"spec": {"updateStrategy": theirs}})
        return "me"

    mocker.patch("kubectl_ds.flow.rollout.user_name", side_effect=meddle)
    ran = ds(cluster, "pause", "agent")

    assert ran.code == 1
    assert "has been changed by somebody else since it was read" in ran.err
    assert found(cluster)["spec"]["updateStrategy"] == theirs
    assert KEY not in found(cluster)["metadata"]["annotations"]


def test_what_was_kept_and_cannot_be_understood_is_left_and_told(cluster: Cluster) -> None:
    agent(cluster)
    ds(cluster, "pause", "agent")
    patch(cluster, {"metadata": {"annotations": {KEY: '{"version":2}'}}})

    ran = ds(cluster, "resume", "agent")

    assert ran.code == 1
    assert "it is of version 2, and this program knows version 1" in ran.err
    assert found(cluster)["metadata"]["annotations"][KEY] == '{"version":2}'
    assert found(cluster)["spec"]["updateStrategy"] == {"type": "OnDelete"}


def test_what_is_on_delete_of_its_own_accord_can_be_neither_paused_nor_resumed(cluster: Cluster) -> None:
    agent(cluster, strategy="OnDelete")

    paused, resumed = ds(cluster, "pause", "agent"), ds(cluster, "resume", "agent")

    assert paused.code == resumed.code == 1
    assert "there is nothing to pause" in paused.err
    assert "no pause has kept another one" in resumed.err


def test_a_controller_that_owns_the_strategy_or_the_template_is_named_before_the_change(cluster: Cluster) -> None:
    agent(cluster)
    body = found(cluster)
    wanted = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent"},
        "spec": {key: body["spec"][key] for key in ("selector", "updateStrategy", "template")},
    }
    applied = ("apply", "--server-side", "--force-conflicts", "--field-manager=argocd-controller", "-f", "-")
    cluster.kubectl(*applied, input=json.dumps(wanted), check=True)
    update(cluster)
    cluster.settle()

    paused = ds(cluster, "pause", "agent").err
    ds(cluster, "resume", "agent")
    piped, watched = ds(cluster, "undo", "agent"), ds(cluster, "undo", "agent", tty=True)

    assert "argocd-controller sets spec.updateStrategy" in paused
    assert piped.err == ""
    assert "argocd-controller sets spec.template" in watched.err


def test_what_may_not_be_done_is_told_before_anything_is_changed(cluster: Cluster) -> None:
    agent(cluster)
    cluster.daemon_set("other", image=IMAGE)
    reading = rule(["get", "list", "watch"], ["daemonsets", "controllerrevisions", "pods", "events"])
    one = {**rule(["patch"], ["daemonsets"]), "resourceNames": ["agent"]}
    cluster.create(
        role("one", [reading, one], cluster.namespace), role_binding("one", "one", "viewer", cluster.namespace)
    )
    may = ("auth", "can-i", "patch", "daemonsets/agent")
    eventually(lambda: cluster.kubectl(*may, user="viewer").stdout.strip() == "yes")
    before = found(cluster)["metadata"]["resourceVersion"]

    several = ds(cluster, "restart", "ds", user="viewer")
    alone = ds(cluster, "restart", "ds/other", user="viewer")

    assert several.code == alone.code == 1
    assert f"you may not patch daemonsets.apps other in namespace {cluster.namespace}" in several.err
    assert found(cluster)["metadata"]["resourceVersion"] == before
    assert 'cannot patch resource "daemonsets"' in alone.err
    assert ds(cluster, "pause", "agent", user="viewer").code == 0
    assert json.loads(found(cluster)["metadata"]["annotations"][KEY])["by"] == "viewer"
