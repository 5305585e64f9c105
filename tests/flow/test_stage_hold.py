"""Who may drive a staged rollout: one at a time, and nobody who has been silent for too long."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.errors import DsError
from kubectl_ds.flow.stage.hold import SILENCE, Hold, lease_name
from kubectl_ds.flow.stage.holder import is_dead, this_run
from tests.cluster.fakes import client, ok, status
from tests.controlplane.objects import daemon_set
from tests.engine.pods import stored
from tests.engine.values import daemon_set_value

Object = dict[str, Any]
START = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
AGENT = daemon_set_value(stored(daemon_set("agent")))


class Leases:
    """One lease behind the transport's seam, with optimistic locking; and a clock that only waits move."""

    def __init__(self, holder: str = "", renewed: float = 0) -> None:
        self.lease: Object | None = None
        self.clock = 0.0
        self.said: list[str] = []
        self.renews_while_waiting = False
        self.version = 1
        if holder:
            self.take(holder, renewed)

    def take(self, holder: str, at: float) -> None:
        """Somebody holds it as of a second."""
        self.version += 1
        self.lease = {
            "metadata": {
                "name": lease_name("agent"),
                "namespace": "ns",
                "uid": "u",
                "resourceVersion": str(self.version),
            },
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": SILENCE,
                "renewTime": (START + timedelta(seconds=at)).isoformat().replace("+00:00", "Z"),
                "leaseTransitions": 3,
            },
        }

    def __call__(self, request: Request) -> Response:
        """Answer."""
        body = json.loads(request.body) if request.body else {}
        if request.method == "POST":
            self.version += 1
            self.lease = {**body, "metadata": {**body["metadata"], "uid": "u", "resourceVersion": str(self.version)}}
            return ok(self.lease)
        if self.lease is None:
            return status(404, "NotFound", "no such lease")
        sent = body.get("metadata", body.get("preconditions", {})).get("resourceVersion")
        if request.method == "GET":
            return ok(self.lease)
        if sent != self.lease["metadata"]["resourceVersion"]:
            return status(409, "Conflict", "the object has been modified")
        if request.method == "DELETE":
            self.lease = None
            return ok({})
        self.version += 1
        metadata = self.lease["metadata"] | {"resourceVersion": str(self.version)}
        self.lease = {"metadata": metadata, "spec": self.lease["spec"] | body["spec"]}
        return ok(self.lease)

    def pause(self, seconds: float) -> None:
        """Time passes."""
        self.clock += seconds
        if self.renews_while_waiting:
            self.take("joe", self.clock - 1)

    def hold(self, holder: str = "me") -> Hold:
        """One who wants it."""
        now: Callable[[], datetime] = lambda: START + timedelta(seconds=self.clock)  # noqa: E731
        return Hold(client(self, "ns"), AGENT, holder, now, lambda: self.clock, self.pause, self.said.append)

    @property
    def holder(self) -> str:
        """Who holds it; empty for nobody."""
        return str(self.lease["spec"]["holderIdentity"]) if self.lease is not None else ""


def test_it_is_taken_given_back_and_goes_with_its_daemon_set() -> None:
    leases = Leases()
    with leases.hold():
        assert leases.holder == "me"
        assert leases.lease is not None
        (owner,) = leases.lease["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("DaemonSet", "agent", "ds-uid")
        assert leases.lease["spec"]["renewTime"] == "2026-11-23T10:00:00.000000Z"
    assert leases.lease is None


def test_whoever_was_silent_for_too_long_is_taken_over_at_once() -> None:
    leases = Leases("joe", -SILENCE)
    with leases.hold():
        assert (leases.holder, leases.clock, leases.said) == ("me", 0, [])
        assert leases.lease is not None
        assert leases.lease["spec"]["leaseTransitions"] == 4


def test_whoever_was_killed_on_this_machine_need_not_be_waited_for() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait(timeout=30)
    killed = this_run("joe").replace(f"process {os.getpid()}", f"process {ended.pid}")
    leases = Leases(killed, -1)
    with leases.hold():
        assert (leases.holder, leases.clock, leases.said) == ("me", 0, [])


@pytest.mark.parametrize(
    "holder",
    [
        this_run("joe"),
        re.sub(r"\(.{8}\.", "(12345678.", this_run("joe")).replace(f"process {os.getpid()}", "process 4194305"),
        this_run("joe").replace(f"process {os.getpid()}", f"process {10**30}"),
        "joe",
        "",
    ],
    ids=["a process that lives", "another machine", "no process number", "a name of another kind", "no name"],
)
def test_whoever_may_live_elsewhere_is_never_taken_for_dead(holder: str) -> None:
    assert not is_dead(holder)


def test_whoever_may_be_alive_is_waited_for_once() -> None:
    leases = Leases("joe", -5)
    with leases.hold():
        assert leases.holder == "me"
    assert leases.clock == SILENCE - 5 + 1
    assert leases.said == ["joe holds agent; waiting 10s for a sign of life"]


def test_whoever_shows_a_sign_of_life_keeps_it() -> None:
    leases = Leases("joe", -5)
    leases.renews_while_waiting = True
    with pytest.raises(DsError, match="joe is driving a staged rollout of agent, and is alive"), leases.hold():
        pass
    assert leases.holder == "joe"


def test_before_a_change_a_stale_hold_is_renewed_first() -> None:
    leases = Leases()
    with leases.hold() as hold:
        leases.clock = 60.0
        hold.expect()
        assert leases.lease is not None
        assert leases.lease["spec"]["renewTime"] == "2026-11-23T10:01:00.000000Z"


def test_before_a_change_whoever_was_taken_over_learns_it_and_leaves_the_lease_alone() -> None:
    leases = Leases()
    with leases.hold() as hold:
        leases.clock = 60.0
        leases.take("joe", 60)
        with pytest.raises(DsError, match="somebody else has taken over the staged rollout of agent"):
            hold.expect()
    assert leases.holder == "joe"


def test_a_lease_that_was_only_touched_is_still_ours() -> None:
    leases = Leases()
    with leases.hold() as hold:
        leases.clock = 60.0
        leases.take("me", 1)
        hold.expect()
    assert leases.lease is None


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    for _ in range(3):
        with Leases().hold():
            pass
    for thread in threading.enumerate():
        if thread.name == "stage lease":
            thread.join(timeout=5)
    assert threading.active_count() <= before


@pytest.mark.parametrize(("name", "length"), [("agent", 22), ("a" * 253, 81)])
def test_the_name_of_a_lease_is_never_too_long(name: str, length: int) -> None:
    assert len(lease_name(name)) == length
