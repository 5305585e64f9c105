"""``coverage -w`` beside a real cluster: a taint lands, and the line about it comes by itself."""

from __future__ import annotations

import subprocess
import sys
import threading

from tests.controlplane.cluster import Cluster
from tests.controlplane.objects import taint


def test_a_change_is_told_when_it_happens(cluster: Cluster) -> None:
    cluster.nodes("n1", "n2")
    cluster.daemon_set("d")
    cluster.settle()
    command = [sys.executable, "-m", "kubectl_ds", "coverage", "d", "-w"]
    environment = cluster.plane.environment(namespace=cluster.namespace)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as watching:
        patience = threading.Timer(60, watching.terminate)
        patience.start()
        try:
            assert watching.stdout is not None
            assert watching.stdout.readline().startswith("d: all 2 nodes covered")
            cluster.client.patch("nodes", "n2", {"spec": {"taints": [taint("late")]}})
            line = next((line for line in watching.stdout if "→" in line), "nothing came")
        finally:
            patience.cancel()
            watching.terminate()

    assert "/d n2: ok → misscheduled  TaintToleration: taint late:NoSchedule is not tolerated" in line
