"""Run a control plane by hand: ``python -m tests.controlplane [version]``, until Ctrl-C.

It prints one line of JSON when it is ready: the kubeconfig, the data folder and the process ids.
"""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading

from .build import NEWEST, resolve_version
from .kubelet import FakeKubelet
from .plane import ControlPlane
from .settings import PlaneSettings


def main(wanted: str = NEWEST) -> None:
    """Start, tell, wait."""
    with ControlPlane(PlaneSettings(version=resolve_version(wanted))) as plane, FakeKubelet(plane.new_client()):
        told = {"kubeconfig": str(plane.kubeconfig()), "data": str(plane.data), "pids": plane.pids}
        print(json.dumps(told), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    for ending in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background jobs inherit that it is ignored
        signal.signal(ending, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        main(*sys.argv[1:2])
