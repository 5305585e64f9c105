"""Run one program and tell what it took: ``python -I -S stopwatch.py SECONDS OUTPUT PROGRAM ARGUMENT …``.

A small process of its own, for the kernel counts the memory of whoever starts a program as that program's peak. It
imports next to nothing for the same reason.
"""

import os
import signal
import sys
import time


def main() -> None:
    """Print seconds, processor seconds, peak KiB and exit status."""
    limit, output, *arguments = sys.argv[1:]
    opened = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    began = time.perf_counter()
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, opened, 1)]
    pid = os.posix_spawnp(arguments[0], arguments, dict(os.environ), file_actions=actions)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.alarm(int(limit))
    _, status, used = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss, os.waitstatus_to_exitcode(status))


main()
