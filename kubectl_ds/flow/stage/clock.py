"""The API server's clock, between its answers too: ages, soaks and leases are judged by it and by no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from kubectl_ds.cluster.client import LiveClient

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class ServerClock:
    """Never ahead of the server: its answers tell whole seconds, so the latest beginning of one is gone by."""

    def __init__(self, client: LiveClient, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._monotonic = monotonic
        self._offset: float | None = None
        """Seconds by which the server's clock is ahead of ours, at least."""

    def now(self) -> datetime:
        """The server's time; ours before it has answered for the first time."""
        told, ours = self._client.server_time, self._monotonic()
        if told is not None:
            offset = (told - _EPOCH).total_seconds() - ours
            self._offset = offset if self._offset is None else max(self._offset, offset)
        if self._offset is None:
            return datetime.now(timezone.utc)
        return _EPOCH + timedelta(seconds=ours + self._offset)
