"""Holding a DaemonSet for one staged rollout: a lease, taken before the first change and renewed until the last.

Whoever stops renewing it, killed or cut off, loses it after ``SILENCE`` seconds; whoever was only slow notices before
the next change. It knows nothing of waves.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType

from kubectl_ds.cluster import leases
from kubectl_ds.cluster.client import LiveClient
from kubectl_ds.cluster.leases import Lease, LeaseOwner
from kubectl_ds.errors import ApiError, DsError
from kubectl_ds.flow.stage.holder import is_dead
from kubectl_ds.model.daemonset import DaemonSet

SILENCE = 15
"""Seconds without a heartbeat after which somebody else may take over."""
_BEAT = SILENCE / 3
_FRESH = SILENCE * 2 / 3
"""Seconds after the last heartbeat within which a change may be made without another one."""
_LONGEST_NAME = 253


def lease_name(daemon_set: str) -> str:
    """The lease that goes with the DaemonSet of this name."""
    name = f"kubectl-ds-stage-{daemon_set}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"kubectl-ds-stage-{hashlib.sha256(daemon_set.encode()).hexdigest()}"


class Hold:
    """The lease on one DaemonSet; a context in which it is held."""

    def __init__(
        self,
        client: LiveClient,
        daemon_set: DaemonSet,
        holder: str,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        pause: Callable[[float], None],
        say: Callable[[str], None],
    ) -> None:
        """``now`` is the server's clock; ``say`` is told when somebody else's hold has to run out first."""
        self._client = client
        self._daemon_set = daemon_set
        self._name = lease_name(daemon_set.name)
        self._holder = holder
        self._now = now
        self._monotonic = monotonic
        self._pause = pause
        self._say = say
        self._lease: Lease | None = None
        self._renewed = 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._beating = threading.Thread(target=self._beat, name="stage lease", daemon=True)

    def __enter__(self) -> Hold:
        """Take it, once whoever held it before has been silent for long enough.

        Raises:
            DsError: somebody else holds it, and is alive.
        """
        self._lease = self._take()
        self._renewed = self._monotonic()
        self._beating.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        self._over.set()
        with self._lock:
            lease, self._lease = self._lease, None
            if lease is None:
                return
            try:
                leases.give_back(self._client, lease)
            except DsError:  # it runs out by itself
                return

    def expect(self) -> None:
        """Make sure that it is still held, before something is changed.

        Raises:
            DsError: somebody else has taken over.
        """
        if self._monotonic() > self._renewed + _FRESH:
            self._renew()
        if self._lease is None:
            raise DsError(
                f"somebody else has taken over the staged rollout of {self._daemon_set.name}, "
                "as this run was not heard of for a while",
                hint="Nothing more is changed here; theirs goes on.",
                reference="taken-over",
            )

    def _take(self) -> Lease:
        namespace, waited = self._daemon_set.namespace, False
        while True:
            found = leases.find(self._client, namespace, self._name)
            now = self._now()
            if found is None:
                taken = leases.create(
                    self._client, namespace, self._name, self._holder, SILENCE, now, _owner(self._daemon_set)
                )
            else:
                ends = found.spec.ends()
                if ends is not None and now < ends and not is_dead(found.spec.holder_identity or ""):
                    self._wait_for(found, ends - now, waited)
                    waited = True
                    continue
                taken = leases.hold(self._client, found, self._holder, SILENCE, now)
            if taken is not None:
                return taken

    def _wait_for(self, lease: Lease, left: timedelta, waited: bool) -> None:
        """Let somebody else's hold run out, once; whoever renews it meanwhile is alive."""
        if waited:
            raise _held(self._daemon_set, lease.spec.holder_identity or "")
        self._say(
            f"{lease.spec.holder_identity} holds {self._daemon_set.name}; "
            f"waiting {max(1, round(left.total_seconds()))}s for a sign of life"
        )
        self._pause(left.total_seconds() + 1)

    def _beat(self) -> None:
        """Renew it until it is over; a renewal that fails is tried again at the next beat."""
        while not self._over.wait(_BEAT):
            self._renew()

    def _renew(self) -> None:
        with self._lock:
            if self._lease is None or self._over.is_set():
                return
            try:
                renewed = leases.hold(self._client, self._lease, self._holder, SILENCE, self._now())
                if renewed is None:
                    renewed = self._still_ours()
            except ApiError as error:
                if error.status != 404:
                    return
                renewed = None  # somebody has deleted it; a new one would not tell who drives meanwhile
            except DsError:
                return
            self._lease = renewed
            self._renewed = self._monotonic()

    def _still_ours(self) -> Lease | None:
        """After a conflict: the lease, if it was only touched and not taken."""
        found = leases.find(self._client, self._daemon_set.namespace, self._name)
        return found if found is not None and found.spec.holder_identity == self._holder else None


def _held(daemon_set: DaemonSet, holder: str) -> DsError:
    return DsError(
        f"{holder} is driving a staged rollout of {daemon_set.name}, and is alive",
        hint="Wait for it to end, or interrupt it there; nothing was changed here.",
        reference="held",
    )


def _owner(daemon_set: DaemonSet) -> LeaseOwner:
    return LeaseOwner(api_version="apps/v1", kind="DaemonSet", name=daemon_set.name, uid=daemon_set.metadata.uid)
