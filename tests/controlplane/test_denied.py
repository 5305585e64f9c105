"""Users who may not read everything: commands answer with what they know, name what they do not, and never break.

The roles are those that people really have: one namespace, the nodes as well, everything but the pods, next to nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.schemas import check

from .cluster import Cluster
from .objects import daemon_set, node, taint
from .policies import claim_volume, pvc, role, role_binding, rule
from .wait import eventually
from .waiting import HIGH, crowd, holder

Object = dict[str, Any]
OF_A_NAMESPACE = (
    *("daemonsets", "controllerrevisions", "pods", "events", "persistentvolumeclaims"),
    *("resourcequotas", "limitranges", "serviceaccounts"),
)
ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "a namespace": (OF_A_NAMESPACE, ()),
    "a namespace and the nodes": (OF_A_NAMESPACE, ("nodes",)),
    "all but the pods": (tuple(each for each in OF_A_NAMESPACE if each != "pods"), ("nodes",)),
    "DaemonSets alone": (("daemonsets",), ()),
}
"""What may be read in the namespace, and in the whole cluster."""


def live_in(cluster: Cluster) -> None:
    """A DaemonSet that is well, one that waits, one with a host port; a node that is left out."""
    crowd(cluster, "n1", "n2")
    cluster.nodes(node("gpu", taints=[taint("gpu")]))
    holder(cluster, "train", "n1", cpu="800m", priority_class=HIGH)
    cluster.create(pvc("data", storage_class="gone"))
    cluster.daemon_set("well")
    cluster.daemon_set("short", cpu="500m", volumes=[claim_volume("data")])
    cluster.daemon_set("port", host_port=9100)
    cluster.kubelet.settle()


def allow(cluster: Cluster, inside: tuple[str, ...], everywhere: tuple[str, ...]) -> None:
    """Let the viewer read these."""
    cluster.create(
        role("inside", [rule(["get", "list"], inside)], cluster.namespace),
        role_binding("inside", "inside", "viewer", cluster.namespace),
        role("everywhere", [rule(["get", "list"], everywhere or ("componentstatuses",))]),
        role_binding("everywhere", "everywhere", "viewer"),
    )
    for resource, where in ((inside[0], ()), *((each, ("-A",)) for each in everywhere)):
        may = ("auth", "can-i", "list", resource, *where)
        eventually(lambda may=may: cluster.kubectl(*may, user="viewer").stdout.strip() == "yes")  # type: ignore[misc]


@pytest.mark.parametrize("who", ROLES)
def test_every_command_answers_with_what_it_may_know(cluster: Cluster, tmp_path: Path, who: str) -> None:
    inside, everywhere = ROLES[who]
    live_in(cluster)
    allow(cluster, inside, everywhere)
    manifest = tmp_path / "new.json"
    manifest.write_text(json.dumps(daemon_set("new", cluster.namespace, cpu="500m")))
    told = {}
    for command in (
        *(("coverage",), ("coverage", "-f", str(manifest)), ("pending",), ("preemptions",)),
        *(("tolerations",), ("tolerations", "well", "--for-nodes", "all"), ("storage",)),
        *(("why", "short", "n1"), ("why", "well", "gpu"), ("why", "-f", str(manifest), "n1")),
    ):
        text = cluster.kubectl("ds", *command, user="viewer")
        document = cluster.kubectl("ds", *command, "-o", "json", "--exit-code", user="viewer")
        for ran in (text, document):
            assert "Traceback" not in ran.stderr and "kubectl-ds itself failed" not in ran.stderr, command
            assert ran.stdout or ran.stderr, command
        assert text.returncode in (0, 1), command
        if document.stdout:
            found = check(json.loads(document.stdout))
            assert any(gap["denied"] for gap in found["gaps"]), command
            assert "cannot read" in text.stdout, command
            told[command] = found

    verdicts = {each["name"]: set(each["verdicts"]) for each in told[("coverage",)]["daemonSets"]}
    if who == "a namespace and the nodes":
        assert verdicts == {"well": {"ok", "excluded"}, "port": {"ok", "excluded"}, "short": {"pending", "excluded"}}
    else:
        assert all(found <= {"unknown"} for found in verdicts.values())
    foretold = told[("coverage", "-f", str(manifest))]["daemonSets"][0]
    assert set(foretold["verdicts"]) <= {"unknown", "excluded"}
    if "nodes" not in everywhere:
        assert all(each["keepingOut"] is None for each in told[("tolerations",)]["daemonSets"])
        assert foretold["counts"] is None
    storage = {each["name"]: each for each in told[("storage",)]["daemonSets"]}
    assert storage["port"]["unseen"]
    assert storage["short"]["claims"][0]["problem"] == "unknown"


def test_somebody_without_any_right_is_told_so_in_two_lines(cluster: Cluster) -> None:
    live_in(cluster)
    for command in (("coverage",), ("why", "well", "n1"), ("tolerations",), ("storage",), ("pending",)):
        ran = cluster.kubectl("ds", *command, user="viewer")

        assert (ran.returncode, ran.stdout) == (1, ""), command
        assert "Forbidden): daemonsets.apps" in ran.stderr, command
        assert len(ran.stderr.splitlines()) <= 2, command


def test_rights_in_one_namespace_do_not_answer_for_all(cluster: Cluster) -> None:
    live_in(cluster)
    allow(cluster, OF_A_NAMESPACE, ("nodes",))

    ran = cluster.kubectl("ds", "coverage", "-A", user="viewer")

    assert ran.returncode == 1
    assert "at the cluster scope" in ran.stderr
