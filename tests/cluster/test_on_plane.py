"""The client against a real API server: pages, denials, names, credentials, changes, captures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.cluster.capture import CaptureSource
from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.connect import connect
from kubectl_ds.cluster.connection import ConnectionOptions
from kubectl_ds.cluster.discovery import collection_path
from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.cluster.live import LiveSource
from kubectl_ds.cluster.record import write_capture
from kubectl_ds.cluster.source import OTHERS, Query
from kubectl_ds.cluster.status import kubectl_sentence
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.cluster.writes import create
from kubectl_ds.errors import ApiError, ConnectionFailed, Forbidden, NotFound, Unauthorized
from kubectl_ds.model import kinds
from tests.controlplane import objects, policies
from tests.controlplane.cluster import Cluster

SOME = (kinds.DAEMON_SETS, kinds.NODES, kinds.PODS, kinds.REVISIONS, kinds.EVENTS)


class Asked:
    """A client of the plane that remembers its requests."""

    def __init__(self, cluster: Cluster, user: str = "admin", page: int = 500, **flags: Any) -> None:
        path = str(cluster.plane.kubeconfig(user, cluster.namespace))
        connection = connect(ConnectionOptions(kubeconfig=path, **flags), {})
        self._transport = HttpTransport(connection, environ={})
        self.requests: list[Request] = []
        self.client = LiveClient(self._send, connection, page=page, close=self._transport.close)
        self.source = LiveSource(self.client)

    def _send(self, request: Request) -> Response:
        self.requests.append(request)
        return self._transport.send(request)

    def count(self, path: str) -> int:
        return sum(request.path == path for request in self.requests)


def allow(cluster: Cluster, user: str, *rules: dict[str, Any], everywhere: bool = False) -> None:
    """Give a user these rights, in the test's namespace or everywhere."""
    namespace = None if everywhere else cluster.namespace
    name = f"{user}-{'everywhere' if everywhere else 'here'}"
    cluster.create(policies.role(name, rules, namespace), policies.role_binding(name, name, user, namespace))


READ_ALL = policies.rule(["get", "list"], ["*"], ["*"])


@pytest.fixture
def filled(cluster: Cluster) -> Cluster:
    """Seven nodes and the pods of one DaemonSet."""
    cluster.nodes(*(f"n{number}" for number in range(7)))
    cluster.daemon_set("fluentd")
    cluster.settle()
    return cluster


def test_pages_of_two_hold_what_one_piece_holds(filled: Cluster) -> None:
    paged, whole = Asked(filled, page=2, request_timeout="30s"), Asked(filled)
    query = Query(SOME, filled.namespace, ("fluentd",))
    assert paged.source.snapshot(query).nodes == whole.source.snapshot(query).nodes
    assert (paged.count("/api/v1/nodes"), whole.count("/api/v1/nodes")) == (4, 1)
    paged.client.close()
    whole.client.close()


def test_a_snapshot_holds_the_daemon_set_with_its_bytes_its_pods_and_the_servers_clock(filled: Cluster) -> None:
    asked = Asked(filled)
    snapshot = asked.source.snapshot(Query(SOME, filled.namespace, ("fluentd",), version=True))
    asked.client.close()
    (daemon_set,) = snapshot.daemon_sets
    assert json.loads(bytes(daemon_set.raw))["kind"] == "DaemonSet"
    assert sorted(pod.target_node for pod in snapshot.pods_by_owner[daemon_set.metadata.uid]) == [
        f"n{number}" for number in range(7)
    ]
    assert len(snapshot.revisions_by_owner[daemon_set.metadata.uid]) == 1
    assert any(event.reason == "SuccessfulCreate" for event in snapshot.events_by_object[daemon_set.metadata.uid])
    assert snapshot.source.version == f"v{filled.plane.settings.version}"
    assert daemon_set.metadata.creation_timestamp is not None
    assert 0 <= (snapshot.now - daemon_set.metadata.creation_timestamp).total_seconds() < 300
    assert snapshot.gaps == ()


def test_denied_nodes_are_a_gap_and_the_rest_is_read(filled: Cluster) -> None:
    allow(filled, "viewer", READ_ALL)
    asked = Asked(filled, "viewer")
    snapshot = asked.source.snapshot(Query(SOME, filled.namespace))
    asked.client.close()
    (gap,) = snapshot.gaps
    assert gap.resource == "nodes" and "missing" in gap.affects
    assert gap.error == (
        'nodes is forbidden: User "viewer" cannot list resource "nodes" in API group "" at the cluster scope'
    )
    assert snapshot.nodes == () and len(snapshot.pods) == 7


def test_pods_of_other_namespaces_may_be_denied(filled: Cluster) -> None:
    allow(filled, "viewer", READ_ALL)
    allow(filled, "viewer", policies.rule(["list"], ["nodes"]), everywhere=True)
    asked = Asked(filled, "viewer")
    snapshot = asked.source.snapshot(Query(SOME, filled.namespace, whole_nodes=True))
    asked.client.close()
    assert [(gap.resource, gap.namespace) for gap in snapshot.gaps if gap.resource == "pods"] == [("pods", OTHERS)]
    assert len(snapshot.pods) == 7 and not snapshot.whole_nodes


def test_daemon_sets_that_are_denied_are_kubectls_sentence(filled: Cluster) -> None:
    asked = Asked(filled, "nobody")
    with pytest.raises(Forbidden) as caught:
        asked.source.snapshot(Query(SOME, filled.namespace))
    kubectl = filled.kubectl("get", "ds", user="nobody")
    assert kubectl_sentence(caught.value) == kubectl.stderr.strip()
    asked.client.close()


def test_names_that_are_not_there(filled: Cluster) -> None:
    asked = Asked(filled)
    for query, hint in (
        (Query(SOME, filled.namespace, ("fluetd",)), "did you mean fluentd?"),
        (
            Query(SOME, "default", ("fluentd",)),
            f"there is one in namespace {filled.namespace}: add -n {filled.namespace}",
        ),
        (Query(SOME, "kube-sytem"), "did you mean kube-system?"),
    ):
        with pytest.raises(NotFound) as caught:
            asked.source.snapshot(query)
        assert caught.value.hint == hint
    kubectl = filled.kubectl("get", "ds", "fluetd")
    with pytest.raises(NotFound) as caught:
        asked.source.snapshot(Query(SOME, filled.namespace, ("fluetd",)))
    assert kubectl_sentence(caught.value) == kubectl.stderr.strip()
    asked.client.close()


def test_a_token_file_and_its_rotation(filled: Cluster, tmp_path: Path) -> None:
    path = Path(filled.plane.kubeconfig("admin", filled.namespace))
    config = json.loads(path.read_text())
    token = config["users"][0]["user"]["token"]
    (tmp_path / "token").write_text("expired\n")
    config["users"][0]["user"] = {"tokenFile": "token"}
    (tmp_path / "config").write_text(json.dumps(config))
    client = LiveClient.connect(ConnectionOptions(kubeconfig=str(tmp_path / "config")), {})
    with pytest.raises(Unauthorized) as caught:
        client.get_raw("/api/v1/nodes")
    assert kubectl_sentence(caught.value) == "error: You must be logged in to the server (Unauthorized)"
    (tmp_path / "token").write_text(f"{token}\n")
    assert b"NodeList" in client.get_raw("/api/v1/nodes")
    client.close()


def test_an_impersonated_user_sees_with_its_own_eyes(filled: Cluster) -> None:
    allow(filled, "viewer", READ_ALL)
    asked = Asked(filled, as_user="viewer", as_group=("g",), as_uid="7", as_user_extra=("example.com/Why=x",))
    snapshot = asked.source.snapshot(Query(SOME, filled.namespace))
    assert [gap.resource for gap in snapshot.gaps] == ["nodes"]
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = asked.client.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", json.dumps(review).encode())
    told = json.loads(answer.body)["status"]["userInfo"]
    asked.client.close()
    assert (told["username"], told["uid"], told["extra"]) == ("viewer", "7", {"example.com/why": ["x"]})
    assert "g" in told["groups"]


def test_a_server_that_is_not_trusted_and_one_that_is_not_there(filled: Cluster) -> None:
    cases: tuple[tuple[dict[str, Any], str], ...] = (
        ({"certificate_authority": str(Path(__file__).parent / "certificates/stranger.crt")}, "tls-unknown-authority"),
        ({"tls_server_name": "elsewhere.example"}, "tls-hostname"),
        ({"server": "https://127.0.0.1:1"}, "refused"),
    )
    for flags, reference in cases:
        asked = Asked(filled, **flags)
        with pytest.raises(ConnectionFailed) as caught:
            asked.client.get_raw("/version")
        asked.client.close()
        assert caught.value.reference == reference


def test_create_with_the_servers_validation_and_its_warnings(cluster: Cluster) -> None:
    asked = Asked(cluster)
    resource = asked.client.discover("apps/v1", "DaemonSet")
    manifest = objects.daemon_set("made")
    manifest["spec"]["template"]["spec"]["columeMounts"] = []
    with pytest.raises(ApiError, match=r'strict decoding error: unknown field "spec\.template'):
        create(asked.client, resource, cluster.namespace, json.dumps(manifest).encode())
    answer = create(
        asked.client, resource, cluster.namespace, json.dumps(manifest).encode(), field_validation="Warn", dry_run=True
    )
    assert answer.warnings == ('unknown field "spec.template.spec.columeMounts"',)
    assert cluster.client.find("daemonsets", "made", cluster.namespace) is None
    del manifest["spec"]["template"]["spec"]["columeMounts"]
    answer = create(asked.client, resource, cluster.namespace, json.dumps(manifest).encode())
    assert json.loads(answer.body)["metadata"]["managedFields"][0]["manager"] == "kubectl-ds"
    with pytest.raises(ApiError) as caught:
        create(asked.client, resource, cluster.namespace, json.dumps(manifest).encode())
    assert kubectl_sentence(caught.value) == (
        'Error from server (AlreadyExists): daemonsets.apps "made" already exists'
    )
    manifest["metadata"]["name"] = "Bad_Name"
    with pytest.raises(ApiError) as caught:
        create(asked.client, resource, cluster.namespace, json.dumps(manifest).encode())
    kubectl = cluster.kubectl("create", "-f", "-", input=json.dumps(manifest))
    assert kubectl_sentence(caught.value) == kubectl.stderr.strip()
    asked.client.close()


def test_kinds_are_discovered(cluster: Cluster) -> None:
    asked = Asked(cluster)
    resource = asked.client.discover("rbac.authorization.k8s.io/v1", "ClusterRole")
    assert collection_path(resource, "x") == "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    assert asked.client.discover("v1", "ConfigMap").namespaced
    with pytest.raises(NotFound) as caught:
        asked.client.discover("extensions/v1beta1", "DaemonSet")
    assert caught.value.hint == "the server has DaemonSet in apps/v1"
    assert len(asked.requests) == 2
    asked.client.close()


def test_a_watch_sees_changes(cluster: Cluster) -> None:
    asked = Asked(cluster)
    path = kinds.NODES.path()
    version = json.loads(asked.client.get_raw(path))["metadata"]["resourceVersion"]
    events = asked.client.watch(path, (("resourceVersion", version), ("timeoutSeconds", "20")))
    cluster.nodes("late")
    seen = next(event for event in events if event.type == "ADDED")
    assert json.loads(seen.object)["metadata"]["name"] == "late"
    events.close()  # type: ignore[attr-defined]
    asked.client.close()


def test_a_capture_gives_back_what_the_cluster_said_and_no_secret(filled: Cluster) -> None:
    container = objects.container("main") | {"env": [{"name": "TOKEN", "value": "hunter2"}], "args": ["--as=hunter2"]}
    filled.daemon_set("secretive", template={"spec": {"containers": [container]}})
    filled.settle()
    asked = Asked(filled)
    query = Query(kinds.ALL, filled.namespace, whole_nodes=True)
    live, data = asked.source.snapshot(query), write_capture(asked.source, namespace=filled.namespace)
    asked.client.close()
    assert b"hunter2" not in data
    assert not any("secrets" in request.path or "configmaps" in request.path for request in asked.requests)
    read = CaptureSource.parse("capture", data).snapshot(query)
    assert [each.key for each in read.daemon_sets] == [each.key for each in live.daemon_sets]
    assert read.pods == live.pods
    assert {node.name for node in read.nodes} == {f"n{number}" for number in range(7)}
    for daemon_set in read.daemon_sets:
        (revision,) = read.revisions_by_owner[daemon_set.metadata.uid]
        template = json.loads(bytes(daemon_set.raw))["spec"]["template"]
        assert json.loads(bytes(revision.data))["spec"]["template"] == template | {"$patch": "replace"}


def test_a_plain_list_of_kubectl_says_the_same(filled: Cluster) -> None:
    listed = filled.kubectl("get", "nodes,pods,ds,controllerrevisions,events", "-A", "-o", "json", check=True).stdout
    asked = Asked(filled)
    live = asked.source.snapshot(Query(SOME))
    asked.client.close()
    read = CaptureSource.parse("list", listed.encode()).snapshot(Query(SOME))
    assert (read.pods, read.gaps) == (live.pods, ())
    assert [each.metadata for each in read.revisions] == [each.metadata for each in live.revisions]
    assert [node.name for node in read.nodes] == [node.name for node in live.nodes]
    # the server's clock is read off a header that knows no fractions of a second; timestamps of leases and events do
    assert -1 < (live.now - read.now).total_seconds() < 300
