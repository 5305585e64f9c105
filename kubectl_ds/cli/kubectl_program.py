"""What only kubectl itself can do: the same command line, run by the kubectl on the PATH, byte for byte.

Go templates are programs in a language of Go's own library; whoever has written one has kubectl.
"""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Iterator

from kubectl_ds.cli.session import Session
from kubectl_ds.errors import ExitCode, UsageError

_TYPE = "daemonsets.apps"
_OURS = ("--color",)
"""Flags that kubectl does not have."""


def through_kubectl(session: Session, verb: str, *, insert_type: bool) -> int:
    """Run ``kubectl`` with what this command was given; its exit code is ours.

    Raises:
        UsageError: there is no kubectl, or a capture is to be read, which it cannot.
    """
    if session.offline:
        raise UsageError("Go templates are filled in by kubectl, which reads no captures; -o jsonpath works on them")
    command = ["kubectl", *_arguments(session.arguments, verb, insert_type=insert_type)]
    environ = dict(session.terminal.environ)
    try:
        process = subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except OSError as error:
        raise UsageError("Go templates are filled in by kubectl, and there is none on the PATH") from error
    with process:
        try:
            _copy(session, process)
        except KeyboardInterrupt:
            process.terminate()
            raise
    return ExitCode.OK if process.returncode == 0 else ExitCode.ERROR


def _arguments(arguments: tuple[str, ...], verb: str, *, insert_type: bool) -> Iterator[str]:
    """Ours without what is ours alone, and with the type that we take for granted."""
    rest = iter(arguments)
    waits = True
    for each in rest:
        if each in _OURS:
            next(rest, None)
        elif not each.startswith(tuple(f"{flag}=" for flag in _OURS)):
            yield each
        if waits and each == verb:
            waits = False
            if insert_type:
                yield _TYPE


def _copy(session: Session, process: subprocess.Popen[bytes]) -> None:
    """Both streams as they come."""
    terminal = session.terminal
    with selectors.DefaultSelector() as selector:
        for stream, write in ((process.stdout, terminal.write), (process.stderr, terminal.stderr.write)):
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, write)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                key.data(data.decode(errors="surrogateescape"))
                terminal.stdout.flush()
