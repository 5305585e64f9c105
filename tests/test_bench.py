"""The benchmark's own parts do what they say: a recorded item is multiplied, a program that fails is out."""

from __future__ import annotations

import json
import os
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from bench.measure import Program, run_in_turn
from bench.population import NAMESPACE, daemon_set_name, node_name
from bench.recorded import Handler, Record, Stock

UID = "11111111-2222-4333-8444-555555555555"
POD_UID = "66666666-7777-4888-8999-aaaaaaaaaaaa"
POD = {
    "metadata": {"name": f"{daemon_set_name(0)}-00001", "namespace": NAMESPACE, "uid": POD_UID, "owner": UID},
    "spec": {"nodeName": node_name(1)},
}
ITEMS = {
    "nodes": {"metadata": {"name": node_name(1)}},
    "daemonsets": {"metadata": {"name": daemon_set_name(0), "uid": UID}},
    "pods": POD,
}


@pytest.fixture
def server() -> Iterator[str]:
    """Three nodes and two DaemonSets."""
    record = Record({"/version": {"gitVersion": "v1"}}, ITEMS, {"pods": {"cells": ["x"], "object": POD}}, {"pods": []})
    Handler.stock = Stock(record, nodes=3, daemon_sets=2)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()
        thread.join()


def got(url: str, **headers: str) -> Any:
    """The answer."""
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_one_recorded_pod_becomes_a_pod_of_each_daemon_set_on_each_node(server: str) -> None:
    pods = got(f"{server}/api/v1/pods")["items"]
    assert [(each["metadata"]["name"], each["spec"]["nodeName"]) for each in pods] == [
        (f"{daemon_set_name(number)}-{place:05x}", node_name(place)) for number in range(2) for place in range(3)
    ]
    owners = {each["metadata"]["uid"] for each in got(f"{server}/apis/apps/v1/daemonsets")["items"]}
    assert {each["metadata"]["owner"] for each in pods} == owners and len(owners) == 2
    assert len({each["metadata"]["uid"] for each in pods}) == 6


def test_it_pages_selects_and_makes_tables_as_the_original_does(server: str) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = got(f"{server}/api/v1/pods?limit=4&continue={token}")
        names += [each["metadata"]["name"] for each in page["items"]]
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert names == [each["metadata"]["name"] for each in got(f"{server}/api/v1/pods")["items"]]
    one = got(f"{server}/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=name%3D{daemon_set_name(1)}")["items"]
    assert {each["metadata"]["name"][: len(daemon_set_name(1))] for each in one} == {daemon_set_name(1)}
    table = got(f"{server}/api/v1/pods", Accept="application/json;as=Table;v=v1;g=meta.k8s.io")
    assert (table["kind"], len(table["rows"])) == ("Table", 6)
    assert got(f"{server}/version/") == {"gitVersion": "v1"}


def test_who_does_not_do_the_work_is_out_and_the_others_go_on() -> None:
    env = {"PATH": os.environ["PATH"]}
    does = Program("does", ((sys.executable, "-c", "print('done')"),), env, 2, "done")
    fails = Program("fails", ((sys.executable, "-c", "raise SystemExit('no luck')"),), env, 2, "done")
    silent = Program("silent", ((sys.executable, "-c", ""),), env, 2, "done")
    done, failed, said_nothing = run_in_turn([does, fails, silent])
    assert len(done.samples) == 2 and done.seconds > 0 and done.cpu > 0 and done.mebibytes > 1
    assert "no luck" in failed.failure and not failed.samples
    assert "did not do the work" in said_nothing.failure
