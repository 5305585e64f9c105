"""What a staged rollout of 2,000 nodes asks of the API server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_ds.cluster.transport import HttpTransport
from tests.cli.runs import Ran, ds

from .stage_server import NAMESPACE, StageServer

NODES = 2000


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StageServer, Ran]]:
    """The rollout, once it is over, and the server that it was on."""
    server = StageServer(NODES, max_unavailable=100)
    config: Path = tmp_path_factory.mktemp("config") / "config"
    config.write_text(
        json.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": "http://fake"}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "namespace": NAMESPACE}}],
                "current-context": "c",
            }
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpTransport, "send", lambda _, request: server.send(request))
        arguments = ("rollout", "stage", "agent", "--image", "main=new", "--waves", "1,10%,50%,100%", "-o", "json")
        ran = ds(*arguments, environ={"KUBECONFIG": str(config)})
    yield server, ran


def test_every_pod_is_replaced_within_the_budget(rolled: tuple[StageServer, Ran]) -> None:
    server, ran = rolled
    assert ran.code == 0, ran.err
    assert {pod["metadata"]["labels"]["controller-revision-hash"] for pod in server.objects["pods"].values()} == {"r2"}
    assert server.most_down == 100
    assert server.daemon_set["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": 100}


def test_a_replaced_pod_costs_one_request_and_the_rest_is_a_constant(rolled: tuple[StageServer, Ran]) -> None:
    server, _ = rolled
    assert server.requests["DELETE pods"] == NODES
    renewals = server.requests["PATCH leases"]
    assert server.requests.total() - renewals - NODES < 60, server.requests


def test_it_watches_once_and_never_polls(rolled: tuple[StageServer, Ran]) -> None:
    server, _ = rolled
    watched = {asked: count for asked, count in server.requests.items() if asked.startswith("WATCH")}
    assert watched == {"WATCH daemonsets": 1, "WATCH pods": 1, "WATCH nodes": 1}
    assert server.requests["GET pods"] == server.requests["GET nodes"] == 1
    assert server.requests["GET controllerrevisions"] == 2
    assert server.requests["PATCH daemonsets"] == 6, "a dry run, the begin, three borders, the end"


def test_the_annotation_is_written_at_borders_only(rolled: tuple[StageServer, Ran]) -> None:
    _, ran = rolled
    waves = [json.loads(line) for line in ran.out.splitlines() if '"type":"wave"' in line]
    assert [len(each["nodes"]) for each in waves] == [1, 199, 800, 1000]
