"""One run's access to the world: opens the cluster or the capture once, when a command first asks for it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kubectl_ds.cli.flags import Invocation
from kubectl_ds.cli.terminal import Terminal
from kubectl_ds.errors import UsageError
from kubectl_ds.render.theme import Theme

if TYPE_CHECKING:
    from kubectl_ds.cluster.client import LiveClient
    from kubectl_ds.cluster.source import Source

_TWINS = frozenset(
    {"get", "describe", "create", "rollout status", "rollout history", "rollout undo", "rollout restart"}
)
"""Commands that kubectl has too."""

_PLACES = (("from_file", "--from"), ("kubeconfig", "--kubeconfig"), ("context", "--context"), ("cluster", "--cluster"))
"""Shared flags that say where to read from."""

DEMO = Path(__file__).parent.parent / "demo" / "capture.json.gz"
"""The capture that ships with the package."""


class Session(msgspec.Struct, dict=True):
    """What commands share during one run."""

    terminal: Terminal
    invocation: Invocation = msgspec.field(default_factory=Invocation)
    command: str = ""
    """The command that was called."""
    arguments: tuple[str, ...] = ()
    """The command line, as it was written."""

    @property
    def twin_of_kubectl(self) -> bool:
        """Whether kubectl answers the same; off a terminal such a command says what kubectl says and nothing more."""
        return self.command in _TWINS

    @property
    def offline(self) -> bool:
        """Whether a capture is read; then no kubeconfig is looked at and no connection opened."""
        return self.invocation.given("from_file") or self.invocation.given("demo")

    @property
    def theme(self) -> Theme:
        """How the screen may look."""
        self.terminal.colour_flag = self.invocation.text("color") or "auto"
        return Theme(width=self.terminal.width, colour=self.terminal.colour, unicode=self.terminal.unicode)

    @cached_property
    def client(self) -> LiveClient:
        """The connection to the API server.

        Raises:
            ConfigError: the kubeconfig or the flags do not lead to a server.
        """
        from kubectl_ds.cluster.client import LiveClient
        from kubectl_ds.cluster.connection import ConnectionOptions
        from kubectl_ds.cluster.log import Log

        flags: dict[str, Any] = self.invocation.flags
        known = ConnectionOptions.__struct_fields__
        options = ConnectionOptions(**{name: value for name, value in flags.items() if name in known})
        client = LiveClient.connect(options, self.terminal.environ, Log(self.verbosity, self.terminal.say))
        for warning in client.connection.warnings:
            self.terminal.say(f"Warning: {warning}")
        return client

    @property
    def verbosity(self) -> int:
        """As in kubectl; 0 when nothing was asked for."""
        text = self.invocation.text("verbosity")
        return int(text) if text.isdecimal() else 0

    @cached_property
    def source(self) -> Source:
        """The cluster, or the capture that ``--from`` or ``--demo`` names."""
        if self.invocation.given("from_file") and self.invocation.given("demo"):
            raise UsageError("--from and --demo both name what to read; give one of them")
        if self.offline:
            from kubectl_ds.cluster.capture import CaptureSource

            path = self.invocation.text("from_file")
            if path == "-":
                return CaptureSource.parse("standard input", self.terminal.stdin.buffer.read())
            return CaptureSource.open(Path(path) if path else DEMO)
        from kubectl_ds.cluster.live import LiveSource

        return LiveSource(self.client)

    @property
    def namespace(self) -> str | None:
        """The namespace to look at; None for all of them."""
        if self.invocation.given("all_namespaces"):
            return None
        if self.invocation.text("namespace"):
            return self.invocation.text("namespace")
        return self.source.default_namespace if self.offline else self.client.connection.namespace

    @property
    def again(self) -> str:
        """The flags with which a command that is suggested reads from the same place; each after a space."""
        from shlex import quote

        given = [f"{flag} {quote(self.invocation.text(name))}" for name, flag in _PLACES if self.invocation.text(name)]
        return "".join(f" {words}" for words in (*given, *(["--demo"] if self.invocation.given("demo") else [])))

    def close(self) -> None:
        """Let go of what was opened."""
        if "source" in self.__dict__:
            self.source.close()
        elif "client" in self.__dict__:
            self.client.close()
