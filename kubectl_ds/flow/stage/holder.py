"""What a run is called where others see it, and whether one of this name can still be alive.

A run that was killed leaves its lease behind. On the machine where it ran nobody need wait for the lease to run out:
its process is not there any more. Machines, and containers on them, are told apart by what the kernel says of its boot
and of the namespace of process numbers; where it says nothing, nobody is ever taken for dead.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_NOWHERE = "0" * 8
_NAME = re.compile(r"process (\d+) \(([0-9a-f]{8})\.[0-9a-f]+\)$")


def this_run(user: str) -> str:
    """A name that no other run has."""
    return f"{user or 'somebody'} on {socket.gethostname()}, process {os.getpid()} ({_place()}.{os.urandom(3).hex()})"


def is_dead(holder: str) -> bool:
    """Whether the run of this name was here and is no more; False where that cannot be known."""
    found = _NAME.search(holder)
    place = _place()
    if found is None or found[2] != place or place == _NOWHERE:
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _place() -> str:
    """The present boot of the machine, and its process numbers as we see them; zeros where the kernel does not say."""
    try:
        known = f"{_BOOT.read_text()} {_NAMESPACE.readlink()}"
    except OSError:
        return _NOWHERE
    return hashlib.sha256(known.encode()).hexdigest()[:8]
