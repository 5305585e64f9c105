"""Following an update: to its end, to a deadline, or until nothing more is to be waited for; by watches alone."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter

import pytest

from tests.cli.runs import Ran
from tests.controlplane import build
from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import node
from tests.controlplane.policies import role, role_binding, rule
from tests.controlplane.rollouts import NEXT_IMAGE, agent, ds, update
from tests.controlplane.wait import eventually
from tests.schemas import check


def later(cluster: Cluster, seconds: float = 3.0) -> threading.Timer:
    """Let the pods of the new image start after a while."""
    timer = threading.Timer(seconds, lambda: cluster.kubelet.ready(image=NEXT_IMAGE))
    timer.start()
    return timer


def held(cluster: Cluster, **fields: object) -> None:
    """An update whose first new pod does not start."""
    agent(cluster, **fields)  # type: ignore[arg-type]
    cluster.kubelet.hold(image=NEXT_IMAGE)
    update(cluster)


def watches(cluster: Cluster, ran: Ran) -> set[str]:
    """What a run with -v 6 has asked for: each but once, or from older servers by a list and a watch."""
    asked = Counter(re.findall(r'verb="GET" url="https://[^?"]*/([^/?"]*)', ran.err))
    most = 1 if cluster.plane.settings.version == build.NEWEST else 3
    assert max(asked.values()) <= most, asked
    return set(asked)


def test_a_pipe_gets_kubectls_sentences_until_it_is_complete_from_one_watch(cluster: Cluster) -> None:
    held(cluster)
    assert ds(cluster, "status", "ds/agent", "--watch=false").code == 0
    later(cluster)

    ran = ds(cluster, "status", "ds/agent", "-v", "6")

    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[0].startswith('Waiting for daemon set "agent" rollout to finish: ')
    assert lines[-1] == 'daemon set "agent" successfully rolled out'
    assert watches(cluster, ran) == {"agent", "daemonsets"}


def test_documents_come_one_a_line_at_each_change_from_one_watch_for_each_kind(cluster: Cluster) -> None:
    held(cluster)
    assert ds(cluster, "status", "agent", "--watch=false", "-o", "json").code == 0
    later(cluster)

    ran = ds(cluster, "status", "agent", "-o", "json", "-v", "6")

    documents = [check(json.loads(line)) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [documents[0]["phase"], documents[-1]["phase"]] == ["progressing", "complete"]
    assert documents[0]["laggards"][0]["nodes"]
    assert watches(cluster, ran) == {"agent", "controllerrevisions", "daemonsets", "events", "nodes", "pods"}


def test_a_deadline_is_an_error_and_with_exit_code_tells_how_it_stood(cluster: Cluster) -> None:
    held(cluster)

    plain = ds(cluster, "status", "ds/agent", "--timeout=1s")
    told = ds(cluster, "status", "ds/agent", "--timeout=1s", "--exit-code")

    assert (plain.code, plain.err) == (1, "error: timed out waiting for the condition\n")
    assert (told.code, told.err) == (4, plain.err)
    assert "agent: progressing: 1 of 3 nodes updated, 2 available" in told.out


def test_without_progress_for_as_long_as_the_deadline_it_is_stuck(cluster: Cluster) -> None:
    held(cluster)

    ran = ds(cluster, "status", "agent", "--progress-deadline=2s", "--exit-code", "--timeout=30s")

    assert ran.code == 5
    assert "agent: stuck" in ran.out


@pytest.mark.parametrize("how", ["OnDelete", "paused"])
def test_in_a_pipe_nobody_waits_for_what_only_somebody_can_do(cluster: Cluster, how: str) -> None:
    agent(cluster, strategy="OnDelete" if how == "OnDelete" else "RollingUpdate")
    if how == "paused":
        assert ds(cluster, "pause", "agent").code == 0
    update(cluster)

    assert ds(cluster, "status", "agent", "--exit-code").code == 5
    assert ds(cluster, "status", "agent").code == 1


def test_a_daemon_set_that_is_deleted_meanwhile_is_an_error(cluster: Cluster) -> None:
    held(cluster)
    for flags in ((), ("--exit-code",)):
        threading.Timer(1.0, lambda: cluster.client.delete("daemonsets", "agent", cluster.namespace)).start()
        ran = ds(cluster, "status", "agent", *flags)
        assert (ran.code, ran.err) == (1, "error: object has been deleted\n")
        cluster.daemon_set("agent", image=NEXT_IMAGE)


def test_on_a_terminal_the_whole_story_stands_alone_in_the_end(cluster: Cluster) -> None:
    held(cluster)
    later(cluster)

    ran = ds(cluster, "status", "agent", tty=True, width=100)

    assert ran.code == 0
    assert "all 3 nodes are on the current revision and available" in ran.out
    assert "agent" in ran.err


def test_a_revision_that_is_no_longer_current_is_told(cluster: Cluster) -> None:
    agent(cluster)
    update(cluster)
    cluster.settle()

    assert ds(cluster, "status", "ds/agent", "--revision=2").code == 0
    ran = ds(cluster, "status", "ds/agent", "--revision=1")
    assert (ran.code, ran.err) == (1, "error: desired revision (1) is different from the running revision (2)\n")


@pytest.mark.parametrize("verb", ["undo", "restart"])
def test_a_change_can_be_waited_for(cluster: Cluster, verb: str) -> None:
    agent(cluster)
    update(cluster)
    cluster.settle()

    ran = ds(cluster, verb, "agent", "--wait", "--timeout=30s", "--exit-code")

    assert ran.code == 0
    assert ran.out.splitlines()[-1] == 'daemon set "agent" successfully rolled out'
    status = cluster.status("agent")
    assert status["updatedNumberScheduled"] == status["numberAvailable"] == 3


def test_what_all_failing_nodes_have_in_common_is_named(cluster: Cluster) -> None:
    cluster.nodes(*(node(f"arm-{n}", labels={"kubernetes.io/arch": "arm64"}) for n in (1, 2)))
    agent(cluster, max_unavailable="100%")
    for name in ("arm-1", "arm-2"):
        cluster.kubelet.crash_loop(node=name, image=NEXT_IMAGE)
    update(cluster)

    def told() -> bool:
        ran = ds(cluster, "status", "agent", "--watch=false", "--exit-code")
        return ran.code == 3 and "all 2 have kubernetes.io/arch=arm64; none of the 3 where it works" in ran.out

    assert eventually(told)


def test_whoever_may_read_daemon_sets_alone_is_told_what_is_missing_and_never_a_guess(cluster: Cluster) -> None:
    held(cluster)
    reading = rule(["get", "list", "watch"], ["daemonsets"])
    cluster.create(role("few", [reading], cluster.namespace), role_binding("few", "few", "viewer", cluster.namespace))
    eventually(lambda: ds(cluster, "status", "ds/agent", "--watch=false", user="viewer").code == 0)

    looked = ds(cluster, "status", "agent", "--watch=false", "--exit-code", user="viewer")
    followed = ds(cluster, "status", "agent", "--timeout=2s", "-o", "json", "--exit-code", user="viewer")

    assert looked.code == followed.code == 6
    assert looked.out.startswith("agent: cannot tell: .status says ")
    told = check(json.loads(followed.out.splitlines()[-1]))
    assert (told["phase"], told["counts"], told["budget"]) == (None, None, None)
    assert {gap["resource"] for gap in told["gaps"]} == {"pods", "nodes", "events", "controllerrevisions"}
    cluster.kubelet.ready(image=NEXT_IMAGE)
    assert ds(cluster, "status", "agent", "--timeout=30s", "--exit-code", user="viewer").code == 0
