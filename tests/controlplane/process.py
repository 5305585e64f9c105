"""One program of the control plane: started with a log file, watched while it starts, and never outliving us.

A test run may end by Ctrl-C, by SIGTERM or by SIGKILL. The last cannot be caught, so on Linux every program
is started through a guard that asks the kernel to kill it with its parent (``PR_SET_PDEATHSIG``) and then
becomes the program. The guard is a process of its own rather than a ``preexec_fn``, because forking Python
code out of a process with threads may deadlock. The kernel looks at the parent *thread*: start programs from
the main thread. Elsewhere than on Linux only the orderly ends are covered.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

GUARD = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
"""``prctl(PR_SET_PDEATHSIG, SIGKILL)``, then exec; nothing at all when the parent has died in between."""

LOG_LINES = 25
"""How much of a program's log goes into the error about its death."""


class ProgramError(Exception):
    """A program of the control plane died or did not get ready; the message shows the end of its log."""


class Program:
    """A running program and its log file."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name = os.path.basename(command[0])  # noqa: PTH119
        self.log = log
        guard = [sys.executable, "-I", "-S", "-c", GUARD, str(os.getpid())] if sys.platform == "linux" else []
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*guard, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # a Ctrl-C in the terminal is for pytest, which then stops us in order
            )

    @property
    def pid(self) -> int:
        """The process id, the same before and after the guard became the program."""
        return self._process.pid

    def check_alive(self) -> None:
        """Raise with the end of the log when the program has ended."""
        status = self._process.poll()
        if status is not None:
            raise ProgramError(f"{self.name} ended with status {status}:\n{self.tail()}")

    def tail(self) -> str:
        """The last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])

    def pause(self) -> None:
        """Freeze the program (SIGSTOP)."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen program go on (SIGCONT)."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self, grace: float = 3.0) -> None:
        """End the program: politely, then after ``grace`` seconds by force. A second call does nothing."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)  # a frozen program would never see the SIGTERM
        deadline = time.monotonic() + grace
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(timeout=10)
