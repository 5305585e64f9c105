"""A whole control plane as one context manager: etcd, API server, controller manager and scheduler.

There is no kubelet: nodes are plain objects, and ``kubelet.FakeKubelet`` speaks for them. A plane belongs to
the process that started it and ends with it, however that process ends (see ``process``).
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import commands
from .build import ensure
from .client import ApiError, Client
from .commands import LOOPBACK, Ports
from .process import Program, ProgramError
from .settings import ADMIN, PlaneSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from .settings import User

PREFIX = "kubectl-ds-plane-"
ATTEMPTS = 4
"""A free port may be taken by somebody else before our program binds it: try again with others."""

START_TIMEOUT = 60.0
"""Seconds for each program to get ready; a small multiple of what a busy 2-core machine needs."""


class ControlPlane:
    """A running Kubernetes, without kubelets."""

    def __init__(self, settings: PlaneSettings | None = None) -> None:
        self.settings = settings or PlaneSettings()
        self.programs = ensure(self.settings.version)
        self.startup_seconds = 0.0
        """From ``start()`` until the API server was ready and the controllers were at work."""

        self.data = Path()
        """The folder of this run: etcd's data, certificates, kubeconfigs and the logs of all programs."""

        self._ports = Ports(0, 0, 0)
        self._authority = ""
        self._tokens: dict[User, str] = {}
        self._running: list[Program] = []
        """In the order of their start, which is the reverse of the order in which they may stop."""

        self._clients: dict[str, Client] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything; on return the API server is ready and the controllers work."""
        _sweep()
        started = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._start_all()
                break
            except ProgramError as error:
                self.stop()
                if attempt == ATTEMPTS or "address already in use" not in str(error):
                    raise
            except BaseException:
                self.stop()
                raise
        self.startup_seconds = time.monotonic() - started

    def stop(self) -> None:
        """Stop everything in the order that does not hang; a second call does nothing."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        while self._running:
            self._running.pop().stop()
        if self.data != Path():
            shutil.rmtree(self.data, ignore_errors=True)
        atexit.unregister(self.stop)

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{LOOPBACK}:{self._ports.api}"

    @property
    def pids(self) -> dict[str, int]:
        """The process id of each running program."""
        return {program.name: program.pid for program in self._running}

    def log(self, program: str) -> str:
        """The whole log of a program, such as ``kube-scheduler``."""
        return (self.data / f"{program}.log").read_text(errors="replace")

    def client(self, user: str = ADMIN.name) -> Client:
        """The client of a user; the plane closes it."""
        if user not in self._clients:
            self._clients[user] = self.new_client(user)
        return self._clients[user]

    def new_client(self, user: str = ADMIN.name, timeout: float = 30.0) -> Client:
        """A client of one's own, to be closed by the caller."""
        return Client(self.server, self._authority, self.token(user), timeout)

    def token(self, user: str) -> str:
        """The bearer token of ``admin`` or one of the users in the settings."""
        return next(token for known, token in self._tokens.items() if known.name == user)

    def kubeconfig(self, user: str = ADMIN.name, namespace: str | None = None) -> Path:
        """A kubeconfig file that verifies the server by the authority that signed its certificate."""
        target = self.data / f"{user}{'.' + namespace if namespace else ''}.kubeconfig"
        authority = base64.b64encode(self._authority.encode()).decode()
        context = {"cluster": "plane", "user": user} | ({"namespace": namespace} if namespace else {})
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "plane", "cluster": {"server": self.server, "certificate-authority-data": authority}}
            ],
            "users": [{"name": user, "user": {"token": self.token(user)}}],
            "contexts": [{"name": "plane", "context": context}],
            "current-context": "plane",
        }
        handle, fresh = tempfile.mkstemp(dir=self.data)  # a program may be reading the old one
        with os.fdopen(handle, "w") as file:
            json.dump(content, file)
        Path(fresh).replace(target)
        return target

    def environment(
        self, user: str = ADMIN.name, namespace: str | None = None, extra: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The variables for a command: this cluster, a home of its own, and our kubectl and plugin on PATH."""
        home = self.data / "home"
        home.mkdir(exist_ok=True)
        paths = (str(Path(sys.executable).parent), str(self.programs), os.environ.get("PATH", os.defpath))
        variables = {
            "HOME": str(home),
            "KUBECONFIG": str(self.kubeconfig(user, namespace)),
            "PATH": os.pathsep.join(paths),
        }
        return {**os.environ, **variables, **(extra or {})}

    def kubectl(
        self,
        *arguments: str,
        input: str | None = None,  # noqa: A002 - the name that subprocess.run uses
        user: str = ADMIN.name,
        namespace: str | None = None,
        env: Mapping[str, str] | None = None,
        check: bool = False,
        timeout: float = 60.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run this plane's own kubectl; ``kubectl("ds", …)`` runs the kubectl-ds of this Python."""
        done = subprocess.run(
            [str(self.programs / "kubectl"), *arguments],
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            env=self.environment(user, namespace, env),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(arguments)} exited {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def pause_scheduler(self) -> None:
        """Freeze the scheduler, for a still picture of pods that nobody has tried to place yet."""
        self._program("kube-scheduler").pause()

    def resume_scheduler(self) -> None:
        """Let the scheduler go on."""
        self._program("kube-scheduler").resume()

    def restart_scheduler(self) -> None:
        """A fresh scheduler: it tries every Pending pod anew, and says anew why it cannot place it."""
        old = self._program("kube-scheduler")
        self._running.remove(old)
        old.stop()
        self._start_scheduler()

    def _start_all(self) -> None:
        atexit.register(self.stop)
        self.data = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._ports = Ports(*_free_ports(3))
        self._write_tokens()
        store = self._start("etcd", commands.etcd(self.programs, self.data, self._ports))
        self._wait_for(store, lambda: _accepts(self._ports.etcd))
        api = self._start("kube-apiserver", commands.apiserver(self.programs, self.data, self._ports, self.settings))
        certificate = self.data / "certificates" / "apiserver.crt"
        self._wait_for(api, lambda: certificate.exists() and _accepts(self._ports.api))
        self._authority = certificate.read_text()
        with self.new_client(timeout=2) as probe:
            self._wait_for(api, lambda: _ready(probe))
        manager_config = self.kubeconfig()
        manager = self._start(
            "kube-controller-manager", commands.controller_manager(self.programs, manager_config, self.settings)
        )
        if self.settings.scheduler:
            self._start_scheduler()
        if self.settings.service_accounts:
            found = self.client().find
            self._wait_for(manager, lambda: found("serviceaccounts", "default", "default") is not None)

    def _start_scheduler(self) -> None:
        command = commands.scheduler(self.programs, self.data, self.kubeconfig(), self.settings)
        self._start("kube-scheduler", command).check_alive()

    def _start(self, name: str, command: list[str]) -> Program:
        program = Program(command, self.data / f"{name}.log")
        self._running.append(program)
        return program

    def _program(self, name: str) -> Program:
        return next(program for program in self._running if program.name == name)

    def _wait_for(self, program: Program, check: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not check():
            for started in self._running:
                started.check_alive()
            if time.monotonic() > deadline:
                raise ProgramError(f"{program.name} was not ready after {START_TIMEOUT:.0f} s:\n{program.tail()}")
            time.sleep(0.01)

    def _write_tokens(self) -> None:
        self._tokens = {user: secrets.token_hex(16) for user in (ADMIN, *self.settings.users)}
        target = self.data / "tokens.csv"
        target.touch(mode=0o600)
        target.write_text(
            "".join(
                f'{token},{user.name},{user.name},"{",".join(user.groups)}"\n' for user, token in self._tokens.items()
            )
        )


def _free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago; held together, so that they differ."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def _ready(client: Client) -> bool:
    try:
        return bool(client.request("GET", "/readyz") == "ok")
    except (ApiError, OSError):
        return False


def _sweep() -> None:
    """Remove the folders of runs that were killed before they could tidy up."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists() and Path("/proc/self").exists():
            shutil.rmtree(left, ignore_errors=True)
