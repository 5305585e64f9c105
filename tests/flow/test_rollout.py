"""Changes of a rollout against an API server in memory: conflicts, refusals in the middle, and what is asked before."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import msgspec
import pytest

from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.engine.saved_strategy import PAUSED_ANNOTATION
from kubectl_ds.errors import ApiError, DsError, Forbidden
from kubectl_ds.flow.dry_run import DryRun
from kubectl_ds.flow.rights import Right, expect_rights, user_name
from kubectl_ds.flow.rollout import pause, restart, resume
from kubectl_ds.model.daemonset import DaemonSet
from kubectl_ds.model.decode import decode_item
from kubectl_ds.model.kinds import DAEMON_SETS, PODS
from tests.cluster.fakes import client, ok, status

Object = dict[str, Any]
AT = datetime(2026, 11, 23, 10, 0, 0, 123, tzinfo=timezone.utc)
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}


def stored(generation: int = 1, strategy: Object | None = None, annotations: dict[str, str] | None = None) -> Object:
    """A DaemonSet as the server holds it."""
    metadata = {"name": "d", "namespace": "ns", "uid": "u", "generation": generation, "resourceVersion": "7"}
    return {
        "metadata": metadata | {"annotations": annotations or {}},
        "spec": {"updateStrategy": strategy or ROLLING, "template": {"metadata": {}}},
    }


def value(plain: Object) -> DaemonSet:
    found = decode_item(DAEMON_SETS, msgspec.json.encode(plain))
    assert isinstance(found, DaemonSet)
    return found


class Server:
    """Holds one DaemonSet; keeps the patches it is sent, and refuses the first ones if it shall."""

    def __init__(self, holds: Object, *refusals: Response) -> None:
        self.holds = holds
        self.refusals = list(refusals)
        self.patches: list[Any] = []

    def __call__(self, request: Request) -> Response:
        if request.method == "GET":
            return ok(self.holds)
        if request.method == "POST":
            return ok({"status": {"allowed": True, "userInfo": {"username": "joe"}}})
        self.patches.append(json.loads(request.body or b"{}"))
        return self.refusals.pop(0) if self.refusals else ok(self.holds)


UNCHANGED = [
    {"op": "test", "path": "/metadata/uid", "value": "u"},
    {"op": "test", "path": "/metadata/generation", "value": 1},
]
TEST_FAILED = status(422, "Invalid", "the server rejected our request due to an error in our request", details={})


def test_a_pause_keeps_the_strategy_and_stops_the_update_in_one_request() -> None:
    server = Server(stored())

    done = pause(client(server), value(stored()), AT, DryRun.NONE)

    assert done.operation == "paused"
    (patch,) = server.patches
    *tests, keep, stop = patch
    assert tests == UNCHANGED
    assert json.loads(keep["value"]) == {
        "version": 1,
        "strategy": ROLLING,
        "by": "joe",
        "at": "2026-11-23T10:00:00Z",
    }
    assert stop == {"op": "replace", "path": "/spec/updateStrategy", "value": {"type": "OnDelete"}}


def test_whoever_changed_the_spec_in_between_is_not_overwritten() -> None:
    server = Server(stored(), TEST_FAILED)

    with pytest.raises(ApiError, match="has been changed by somebody else since it was read"):
        pause(client(server), value(stored()), AT, DryRun.NONE)


@pytest.mark.parametrize("mode", list(DryRun))
def test_a_dry_run_goes_as_far_as_it_says(mode: DryRun) -> None:
    server = Server(stored())

    pause(client(server), value(stored()), AT, mode)
    restart(client(server), value(stored()), AT, "me", mode)

    assert len(server.patches) == (0 if mode is DryRun.CLIENT else 2)


def test_what_the_server_refuses_is_told_and_nothing_is_lost() -> None:
    broken = Server(stored(), status(500, "InternalError", "etcd is full"), status(500, "InternalError", "still"))

    with pytest.raises(DsError, match="failed to patch: etcd is full"):
        restart(client(broken), value(stored()), AT, "me", DryRun.NONE)
    with pytest.raises(ApiError, match="still"):
        pause(client(broken), value(stored()), AT, DryRun.NONE)


def test_a_resume_takes_the_annotation_off_with_the_very_request_that_puts_the_strategy_back() -> None:
    kept = json.dumps({"version": 1, "strategy": ROLLING, "by": "joe", "at": "2026-11-23T10:00:00Z"})
    paused = stored(strategy={"type": "OnDelete"}, annotations={PAUSED_ANNOTATION: kept})
    server = Server(paused)

    done = resume(client(server), value(paused), DryRun.NONE)

    (patch,) = server.patches
    path = "/metadata/annotations/kubectl-ds~1paused"
    assert patch == [
        *UNCHANGED,
        {"op": "test", "path": path, "value": kept},
        {"op": "remove", "path": path},
        {"op": "replace", "path": "/spec/updateStrategy", "value": ROLLING},
    ]
    assert "it was paused by joe at 2026-11-23T10:00:00Z" in done.notes[0]


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"version":1}', '{"version":1,"strategy":{}}', '{"version":7}'])
def test_a_strategy_that_cannot_be_understood_is_left_where_it_is(text: str) -> None:
    paused = stored(strategy={"type": "OnDelete"}, annotations={PAUSED_ANNOTATION: text})
    server = Server(paused)

    with pytest.raises(DsError, match=PAUSED_ANNOTATION) as caught:
        resume(client(server), value(paused), DryRun.NONE)

    assert server.patches == []
    assert "kubectl annotate daemonset d -n ns" in caught.value.hint


def test_a_staged_rollout_is_neither_paused_nor_resumed() -> None:
    staged = stored(strategy={"type": "OnDelete"}, annotations={"kubectl-ds/stage": "{}"})
    server = Server(staged)

    with pytest.raises(DsError, match="is under a staged rollout"):
        pause(client(server), value(staged), AT, DryRun.NONE)
    with pytest.raises(DsError, match="is under a staged rollout"):
        resume(client(server), value(staged), DryRun.NONE)

    assert server.patches == []


def test_every_right_that_is_missing_is_named_before_anything_is_done() -> None:
    def deny_patches(request: Request) -> Response:
        asked = json.loads(request.body or b"{}")["spec"]["resourceAttributes"]
        return ok({"status": {"allowed": asked["verb"] != "patch"}})

    rights = (
        Right.of("get", DAEMON_SETS, "ns"),
        Right.of("patch", DAEMON_SETS, "ns", "d"),
        Right.of("patch", PODS, "ns", subresource="status"),
    )
    with pytest.raises(Forbidden) as caught:
        expect_rights(client(deny_patches), rights)

    assert caught.value.message == (
        "nothing was changed, because you may not patch daemonsets.apps d in namespace ns, "
        "patch pods/status in namespace ns"
    )


def test_where_rights_may_not_be_asked_for_the_change_itself_will_tell() -> None:
    def closed(request: Request) -> Response:
        return status(403, "Forbidden", "no")

    expect_rights(client(closed), [Right.of("patch", DAEMON_SETS)])
    assert user_name(client(closed)) == ""
