"""Several collections watched at once, and silence heard between their events.

A watch blocks until something comes. Whoever follows pods and nodes beside a DaemonSet, or wants to look at the clock
in between, reads them all here as one stream; each is read by a thread of its own.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kubectl_ds.cluster.client import WatchEvent
from kubectl_ds.cluster.watch import build_decoders

Changes = Callable[[], Iterator[WatchEvent]]
"""Begins a watch, such as ``partial(changes, client, path)``; called in the thread that reads it."""


@dataclass(frozen=True)
class _End:
    """A watch is over."""

    error: BaseException | None = None


def together(watches: Mapping[str, Changes], quiet: float | None = None) -> Iterator[tuple[str, WatchEvent] | None]:
    """The events of all, each with the name of its watch, until all have ended; None when it was quiet for so long.

    Args:
        watches: by name.
        quiet: seconds without an event after which None is given; None for never.

    Raises:
        DsError: what the first watch that failed raised.
    """
    heard: queue.SimpleQueue[tuple[str, WatchEvent | _End]] = queue.SimpleQueue()
    over = threading.Event()

    def read(name: str, begin: Changes) -> None:
        end = _End()
        try:
            for event in begin():
                if over.is_set():
                    return
                heard.put((name, event))
        except BaseException as error:  # noqa: BLE001 - raised again where the events are read
            end = _End(error)
        heard.put((name, end))

    build_decoders()
    for name, begin in watches.items():
        threading.Thread(target=read, args=(name, begin), name=f"watch {name}", daemon=True).start()
    try:
        left = len(watches)
        while left:
            try:
                name, event = heard.get(timeout=quiet)
            except queue.Empty:
                yield None
                continue
            if not isinstance(event, _End):
                yield name, event
            elif event.error is not None:
                raise event.error
            else:
                left -= 1
    finally:
        over.set()
