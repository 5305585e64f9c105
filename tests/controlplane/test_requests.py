"""How often each command asks a real API server, for what, and how much it is sent: nothing creeps up unseen."""

from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import pytest

from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.cluster.wire import Wire
from tests.cli.runs import ds
from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import node

OWN = ("daemonsets/fluentd", "nodes", "pods", "controllerrevisions", "events DaemonSet", "events Pod")
"""What one DaemonSet needs of which no pod waits."""
ALL = ("daemonsets", *OWN[1:])
SCHEDULING = (
    *("namespaces", "priorityclasses", "poddisruptionbudgets", "persistentvolumeclaims", "persistentvolumes"),
    *("storageclasses", "csinodes", "csidrivers", "volumeattachments", "version"),
)
"""What the scheduler leans on besides, read only when a pod waits."""


class Counted:
    """Requests and bytes of the runs since the last look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[Request] = []
        self.received = 0
        send, read = HttpTransport.send, Wire.read

        def sent(transport: HttpTransport, request: Request) -> Response:
            self.requests.append(request)
            return send(transport, request)

        def received(wire: Wire, most: int) -> bytes:
            data = read(wire, most)
            self.received += len(data)
            return data

        monkeypatch.setattr(HttpTransport, "send", sent)
        monkeypatch.setattr(Wire, "read", received)

    def of(self, cluster: Cluster, *arguments: str, expect: int = 0) -> tuple[Counter[str], int]:
        """What a command asks for, in short, and how many bytes it is sent."""
        self.requests.clear()
        self.received = 0
        path = str(cluster.plane.kubeconfig(namespace=cluster.namespace))
        done = ds(*arguments, environ={"KUBECONFIG": path})
        assert done.code == expect, done.err
        return Counter(_in_short(request) for request in self.requests), self.received


def _in_short(request: Request) -> str:
    parts = urlsplit(request.target)
    query = dict(parse_qsl(parts.query))
    resource = parts.path.partition("/namespaces/")[2].partition("/")[2] or parts.path.rpartition("/")[2]
    about = query.get("fieldSelector", "").partition("involvedObject.kind=")[2].partition(",")[0]
    return f"{resource} {about}".strip() if resource == "events" else resource


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def test_each_command_asks_for_what_it_needs_and_no_more(cluster: Cluster, counted: Counted) -> None:
    cluster.nodes("n1", "n2", "n3")
    cluster.daemon_set("fluentd")
    cluster.daemon_set("vector")
    cluster.settle()
    every = ("-A",)
    rows: list[tuple[tuple[str, ...], tuple[str, ...], int]] = [
        (("get",), ("daemonsets",), 7_500),
        (("get", "fluentd"), ("daemonsets/fluentd",), 5_800),
        (("get", "fluentd", "-o", "json"), ("daemonsets/fluentd",), 2_900),
        (("get", *every), ("daemonsets",), 7_500),
        (("coverage", "fluentd"), OWN, 41_000),
        (("coverage", "fluentd", "-o", "wide"), OWN, 41_000),
        (("coverage", "fluentd", "-o", "json"), (*OWN, "version"), 43_000),
        (("coverage",), ALL, 66_000),
        (("coverage", *every), ALL, 66_000),
        (("coverage", "--node", "n1"), ALL, 66_000),
        (("why", "fluentd", "n1"), (*OWN, "namespaces", "version"), 43_000),
        (("pending",), ALL, 66_000),
        (("pending", *every), ALL, 66_000),
        (("describe", "fluentd"), OWN, 41_000),
    ]
    for arguments, expected, limit in rows:
        asked, received = counted.of(cluster, *arguments)
        assert asked == Counter(expected), arguments
        assert received <= limit, arguments


def test_only_a_pod_that_waits_makes_whole_nodes_be_read(cluster: Cluster, counted: Counted) -> None:
    cluster.create(node("n1", cpu="100m"))
    cluster.daemon_set("fluentd", cpu="500m")
    cluster.settle()
    asked, _ = counted.of(cluster, "coverage", "fluentd")
    assert asked == Counter(OWN) + Counter(OWN) + Counter(SCHEDULING)


def test_pods_of_one_daemon_set_are_chosen_by_the_server(cluster: Cluster, counted: Counted) -> None:
    cluster.nodes("n1")
    cluster.daemon_set("fluentd")
    cluster.settle()
    counted.of(cluster, "coverage", "fluentd")
    queries = {_in_short(request): dict(request.query) for request in counted.requests}
    assert queries["pods"]["labelSelector"] == queries["controllerrevisions"]["labelSelector"] != ""
    assert all(
        f"/namespaces/{cluster.namespace}/" in each.path for each in counted.requests if "nodes" not in each.path
    )
    assert not any("resourceVersion" in query or "limit" in query for query in queries.values())


def test_the_rollout_verbs_ask_no_more_than_kubectl_does(cluster: Cluster, counted: Counted) -> None:
    cluster.nodes("n1")
    cluster.daemon_set("fluentd")
    cluster.settle()
    it = "daemonsets/fluentd"
    rows: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
        (("status", "fluentd"), (it,)),
        (("status", "fluentd", "--watch=false", "--exit-code"), (it, *OWN)),
        (("history", "fluentd"), (it, "controllerrevisions")),
        (("history", "fluentd", "-o", "wide"), (it, "controllerrevisions", "pods")),
        (("diff", "fluentd", "--from=1"), (it, "controllerrevisions")),
        (("undo", "fluentd", "--to-revision=1"), (it, it, "controllerrevisions")),
        (("restart", "fluentd"), (it, it)),
        (("pause", "fluentd"), (it, "selfsubjectreviews", it)),
        (("resume", "fluentd"), (it, it)),
    ]
    for arguments, expected in rows:
        asked, _ = counted.of(cluster, "rollout", *arguments)
        assert asked == Counter(expected), arguments
