"""A watch that lasts, against a real API server whose connections are cut again and again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from kubectl_ds.cluster.client import LiveClient, WatchEvent
from kubectl_ds.cluster.connect import connect
from kubectl_ds.cluster.connection import ConnectionOptions
from kubectl_ds.cluster.exchange import JSON, Request, Response
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.cluster.watch import changes
from kubectl_ds.errors import ConnectionFailed
from kubectl_ds.model import kinds
from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import daemon_set
from tests.controlplane.plane import ControlPlane

TABLE = f"{JSON};as=Table;v=v1;g=meta.k8s.io"
CHANGES = 24


class CutOff:
    """A client of the plane whose watches break off in the middle of an event, each somewhat later, or never begin."""

    def __init__(self, plane: ControlPlane, *, streams_lists: bool = True, forgets: bool = False) -> None:
        connection = connect(ConnectionOptions(kubeconfig=str(plane.kubeconfig("admin"))), {})
        self._transport = HttpTransport(connection, environ={})
        self._streams_lists = streams_lists
        self._forgets = forgets
        self.watches = 0
        self.client = LiveClient(self._send, connection, close=self._transport.close)

    def _send(self, request: Request) -> Response:
        query = dict(request.query)
        if "watch" not in query:
            return self._transport.send(request)
        if "sendInitialEvents" in query and not self._streams_lists:
            return Response(422, b"{}")
        self.watches += 1
        if self.watches % 5 == 4:
            raise ConnectionFailed("refused", reference="refused")
        if self._forgets and self.watches % 3 == 0:
            return Response(410, b'{"kind": "Status", "code": 410, "reason": "Expired"}')
        response = self._transport.send(request)
        if response.status >= 400:  # servers before 1.34 refuse to stream a list
            return response
        return Response(response.status, self._cut(response), response.headers, response.close)

    def _cut(self, response: Response) -> Iterator[bytes]:
        lines, last = 0, self.watches * 2
        for chunk in response.chunks():
            lines += chunk.count(b"\n")
            if lines >= last:
                yield chunk[: len(chunk) // 2]
                raise ConnectionFailed("broke off", reference="broken")
            yield chunk


def metadata_of(change: WatchEvent) -> dict[str, Any]:
    found = json.loads(change.object)
    metadata: dict[str, Any] = found["rows"][0]["object"]["metadata"] if found.get("rows") else found["metadata"]
    return metadata


@pytest.mark.parametrize("accept", [JSON, TABLE])
@pytest.mark.parametrize("ways", [{}, {"streams_lists": False}, {"forgets": True}])
def test_every_change_is_told_once_however_often_the_connection_breaks(
    cluster: Cluster, accept: str, ways: dict[str, bool]
) -> None:
    cluster.create(*(daemon_set(f"old-{at}", cluster.namespace) for at in range(4)))
    cut = CutOff(cluster.plane, **ways)
    collection = kinds.DAEMON_SETS.path(cluster.namespace)
    told = changes(cut.client, collection, accept=accept, deadline=monotonic() + 60)
    synced = [next(told)]
    while synced[-1].type != "SYNCED":
        synced.append(next(told))
    assert sorted(metadata_of(each)["name"] for each in synced[:-1]) == [f"old-{at}" for at in range(4)]
    changing = threading.Thread(target=change_all, args=(cluster,))
    changing.start()
    there = {metadata_of(each)["name"]: metadata_of(each)["uid"] for each in synced[:-1]}
    versions = set()
    for each in told:
        metadata = metadata_of(each)
        version = (each.type, metadata["uid"], metadata["resourceVersion"])
        assert version not in versions, "nothing is told twice"
        versions.add(version)
        if each.type == "DELETED":
            assert there.pop(metadata["name"]) == metadata["uid"]
        else:
            assert (each.type == "ADDED") == (there.get(metadata["name"]) != metadata["uid"])
            there[metadata["name"]] = metadata["uid"]
        if "last" in there and there == identities(cluster):
            break
    told.close()  # type: ignore[attr-defined]
    changing.join()
    cut.client.close()
    assert there == identities(cluster), "nothing is lost"
    assert cut.watches >= 3, "else nothing was cut"


def identities(cluster: Cluster) -> dict[str, str]:
    """What is really there: uids by name."""
    found = cluster.client.list("daemonsets", cluster.namespace)
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in found}


def change_all(cluster: Cluster) -> None:
    """Create, change, delete, and create again under the same name; ``last`` comes last."""
    for at in range(CHANGES):
        name = f"new-{at % 7}"
        found = cluster.client.find("daemonsets", name, cluster.namespace)
        if found is None:
            cluster.create(daemon_set(name, cluster.namespace))
        elif at % 2:
            cluster.client.delete("daemonsets", name, cluster.namespace)
        else:
            change = {"metadata": {"labels": {"at": str(at)}}}
            cluster.client.patch("daemonsets", name, change, cluster.namespace)
    cluster.client.delete("daemonsets", "old-2", cluster.namespace)
    cluster.create(daemon_set("last", cluster.namespace))
