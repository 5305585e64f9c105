"""A queue of keys in which a key waits once and is worked on by one thread at a time, as in client-go."""

from __future__ import annotations

import threading


class WorkQueue:
    """``get`` and ``done`` frame the work on a key; a key added meanwhile comes again afterwards."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: dict[str, None] = {}
        """A dict for its order: first come, first served."""

        self._processing: set[str] = set()
        self._again: set[str] = set()
        self._closed = False

    def add(self, key: str) -> None:
        """Have the key worked on, once more if it is being worked on now."""
        with self._condition:
            if key in self._processing:
                self._again.add(key)
            else:
                self._waiting[key] = None
                self._condition.notify()

    def get(self) -> str | None:
        """The next key, or None when the queue is closed."""
        with self._condition:
            while not self._waiting and not self._closed:
                self._condition.wait()
            if self._closed:
                return None
            key = next(iter(self._waiting))
            del self._waiting[key]
            self._processing.add(key)
            return key

    def done(self, key: str) -> None:
        """The work on the key is over."""
        with self._condition:
            self._processing.discard(key)
            if key in self._again:
                self._again.discard(key)
                self._waiting[key] = None
                self._condition.notify()

    def idle(self) -> bool:
        """True when nothing waits and nothing is being worked on."""
        with self._condition:
            return not self._waiting and not self._processing

    def close(self) -> None:
        """Send every worker home; what waits is dropped."""
        with self._condition:
            self._closed = True
            self._waiting.clear()
            self._condition.notify_all()
