"""Staged rollouts on the real plane: run in this process, or in another one that dies at a chosen request; and an
observer that sees every change of every pod, and says afterwards whether a budget was ever exceeded.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kubectl_ds.cluster.exchange import Request, Response
from kubectl_ds.cluster.transport import HttpTransport
from kubectl_ds.errors import ConnectionFailed
from tests.cli.runs import Ran, ds

from .client import Watch
from .cluster import Cluster
from .objects import timestamp

Object = dict[str, Any]

OLD, NEW, BROKEN = (f"registry.example/agent:{tag}" for tag in ("1.0", "2.0", "broken"))
STAGE = "kubectl-ds/stage"
REVISION = "controller-revision-hash"


def stage(cluster: Cluster, name: str, *arguments: str, user: str = "admin", **options: Any) -> Ran:
    """``kubectl ds rollout stage NAME …`` in this process."""
    config = str(cluster.plane.kubeconfig(user, cluster.namespace))
    environ = {"KUBECONFIG": config, "NO_COLOR": "1"}
    return ds("rollout", "stage", name, *arguments, environ=environ, **options)


def events(ran: Ran) -> list[Object]:
    """The stream of ``-o json``."""
    return [json.loads(line) for line in ran.out.splitlines()]


@dataclass(frozen=True)
class Apart:
    """What came of a run in a process of its own."""

    code: int
    """Below 0: the signal that ended it."""
    out: str
    err: str


class Nursery:
    """Runs in processes of their own, each of which may kill itself at a chosen request.

    They are forked off a process that has loaded the program already and has no threads: starting Python anew for each
    would take most of the time.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._config = str(cluster.plane.kubeconfig("admin", cluster.namespace))
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def stage(self, name: str, *arguments: str, dies_at: int = 0, log: Path = Path(os.devnull)) -> Apart:
        """``kubectl ds rollout stage NAME …``, dead when the answer to its request number ``dies_at`` has come.

        ``log`` gets a line for each request.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        task = {"arguments": ["rollout", "stage", name, *arguments], "dies_at": dies_at, "log": str(log)}
        self._process.stdin.write(json.dumps(task | {"kubeconfig": self._config}) + "\n")
        done = Apart(**json.loads(self._process.stdout.readline()))
        assert done.code in (0, 1, -signal.SIGKILL), done
        return done

    def close(self) -> None:
        """No more runs."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


@contextmanager
def meddling(when: Callable[[Request], bool], action: Callable[[], object], every: bool = False) -> Iterator[list[str]]:
    """Do something just before runs in this process send the first request that ``when`` is true of, or each such.

    What is given is filled with the requests of the runs.
    """
    send = HttpTransport.send
    asked: list[str] = []
    done = threading.Event()

    def meddled(transport: HttpTransport, request: Request) -> Response:
        if (every or not done.is_set()) and when(request):
            done.set()
            action()
        asked.append(f"{request.method} {request.path}")
        return send(transport, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpTransport, "send", meddled)
        yield asked


@contextmanager
def losing_answers() -> Iterator[list[str]]:
    """Every change of a DaemonSet or pod is made, and the answer to the first try at it is lost."""
    send = HttpTransport.send
    lost: list[str] = []

    def unheard(transport: HttpTransport, request: Request) -> Response:
        counts = Nth(1)(request)
        response = send(transport, request)
        key = f"{request.method} {request.path} {request.body!r}"
        if counts and key not in lost:
            lost.append(key)
            response.close()
            raise ConnectionFailed("the connection broke off", reference="broken")
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpTransport, "send", unheard)
        patch.setattr("kubectl_ds.flow.stage.writes._PAUSES", (0.01,) * 3)
        yield lost


class Nth:
    """True of the request number ``number`` of those that change a DaemonSet or a pod."""

    def __init__(self, number: int) -> None:
        self._left = number

    def __call__(self, request: Request) -> bool:
        """Whether this is it."""
        counts = request.method in ("PATCH", "DELETE") and "leases" not in request.path
        if counts and ("dryRun", "All") not in request.query:
            self._left -= 1
            return self._left == 0
        return False


def is_silent(cluster: Cluster, name: str) -> None:
    """Let time pass for whoever holds the DaemonSet: its last heartbeat was a minute ago."""
    lease = f"kubectl-ds-stage-{name}"
    if cluster.client.find("leases", lease, cluster.namespace) is not None:
        renewed = f"{timestamp(time.time() - 60)[:-1]}.000000Z"
        cluster.client.patch("leases", lease, {"spec": {"renewTime": renewed}}, cluster.namespace)


def left_behind(daemon_set: Object) -> Object:
    """What of a DaemonSet a rollout may have changed, its name and all numbers of the server's own aside."""
    name = daemon_set["metadata"]["name"]
    metadata = {key: daemon_set["metadata"].get(key) for key in ("annotations", "labels", "generation")}
    found = {"metadata": metadata, "spec": daemon_set["spec"], "status": daemon_set["status"]}
    plain: Object = json.loads(json.dumps(found).replace(f'"{name}"', '"agent"'))
    return plain


@dataclass(frozen=True)
class Seen:
    """One change of a pod."""

    gone: bool
    pod: Object

    @property
    def name(self) -> str:
        """Of the DaemonSet."""
        return str(self.pod["metadata"]["ownerReferences"][0]["name"])

    @property
    def node(self) -> str:
        """The node that the pod is bound to, if any."""
        return str(self.pod["spec"].get("nodeName", ""))

    @property
    def uid(self) -> str:
        """Of the pod."""
        return str(self.pod["metadata"]["uid"])

    @property
    def image(self) -> str:
        """Of the pod's container."""
        return str(self.pod["spec"]["containers"][0]["image"])

    @property
    def deleted(self) -> bool:
        """Whether somebody has asked for it to go."""
        return self.gone or "deletionTimestamp" in self.pod["metadata"]

    @property
    def well(self) -> bool:
        """Whether it counts as available."""
        conditions = self.pod["status"].get("conditions", [])
        return not self.deleted and any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


class Observer:
    """Sees every change of every pod of the namespace, in the one order in which they happened."""

    def __init__(self, cluster: Cluster) -> None:
        pods, version = cluster.client.list_with_version("pods", cluster.namespace)
        self._cluster = cluster
        self._seen = [Seen(False, pod) for pod in pods]
        self._start = len(self._seen)
        self._watch: Watch = cluster.client.watch("pods", cluster.namespace, version, 300)
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Observer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        known = -1
        while known != len(self._seen):
            known = len(self._seen)
            time.sleep(0.3)
        self._watch.interrupt()
        self._thread.join(timeout=10)

    def _follow(self) -> None:
        with self._watch as watch:
            for type_, pod in watch:
                self._seen.append(Seen(type_ == "DELETED", pod))

    def most_down(self, name: str, nodes: int) -> int:
        """The most nodes that were without an available pod of the DaemonSet at any moment."""
        return max(down for down in self._down(name, nodes))

    def deleted(self, name: str) -> list[tuple[str, str]]:
        """(node, image) of every pod that was deleted, in order, each once."""
        found: dict[str, tuple[str, str]] = {}
        for seen in self._seen:
            if seen.name == name and seen.deleted:
                found.setdefault(seen.uid, (seen.node, seen.image))
        return list(found.values())

    def _down(self, name: str, nodes: int) -> Iterator[int]:
        well: defaultdict[str, set[str]] = defaultdict(set)
        for number, seen in enumerate(self._seen, 1):
            if seen.name == name and seen.node:
                (well[seen.node].add if seen.well else well[seen.node].discard)(seen.uid)
            if number >= self._start:
                yield nodes - sum(bool(uids) for uids in well.values())


def images(cluster: Cluster, name: str) -> Mapping[str, str]:
    """By node, the image of the DaemonSet's pod."""
    return {
        pod["spec"]["nodeName"]: pod["spec"]["containers"][0]["image"]
        for pod in cluster.pods(f"app={name}")
        if "deletionTimestamp" not in pod["metadata"] and "nodeName" in pod["spec"]
    }


def _serve() -> None:
    """A run for each line that asks for one, each in a child."""
    import kubectl_ds.cli.rollout.stage
    import kubectl_ds.flow.stage.driver
    import kubectl_ds.flow.stage.entry
    import kubectl_ds.flow.stage.explain
    import kubectl_ds.flow.stage.prepare  # noqa: F401

    for line in sys.stdin:
        task = json.loads(line)
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            child = os.fork()
            if not child:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                os._exit(_run(task["arguments"], task["kubeconfig"], task["dies_at"], Path(task["log"])))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            written = [(file.seek(0), file.read())[1] for file in (out, err)]
        print(json.dumps({"code": code, "out": written[0], "err": written[1]}), flush=True)


def _run(arguments: list[str], kubeconfig: str, dies_at: int, log: Path) -> int:
    """Run the command line; die by SIGKILL when the answer to one request has come."""
    from kubectl_ds.cli import run
    from kubectl_ds.cli.terminal import Terminal

    send = HttpTransport.send
    count, lock = 0, threading.Lock()

    def counted(transport: HttpTransport, request: Request) -> Response:
        nonlocal count
        response = send(transport, request)
        with lock:
            count += 1
            with log.open("a") as file:
                file.write(f"{request.method} {request.path}\n")
            if count == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return response

    HttpTransport.send = counted  # type: ignore[method-assign, assignment]
    code = run(arguments, Terminal(environ={**os.environ, "KUBECONFIG": kubeconfig}))
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    _serve()
