"""Whole runs of the command line in this process: the real ``run`` with a terminal of strings."""

from __future__ import annotations

import atexit
import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubectl_ds.cli import run
from kubectl_ds.cli.terminal import Terminal

HOME = tempfile.mkdtemp()
"""An empty home, where a kubectl that we call may keep what it likes; gone when the tests end."""
atexit.register(shutil.rmtree, HOME, ignore_errors=True)


class Tty(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The answer as a document."""
        return json.loads(self.out)


def ds(
    *arguments: str,
    stdin: bytes = b"",
    tty: bool = False,
    answers: bool = False,
    width: int = 80,
    encoding: str = "utf-8",
    errors: str = "strict",
    environ: Mapping[str, str] | None = None,
) -> Ran:
    """Run ``kubectl ds ARGUMENTS``; nothing of this machine's environment is seen.

    ``errors`` is what becomes of written bytes that are no character.
    With ``answers`` stdin is somebody at a terminal, who types what is in it.
    """
    stream = Tty if tty else io.TextIOWrapper
    out, err = stream(io.BytesIO(), encoding=encoding), stream(io.BytesIO(), encoding=encoding)
    given = {"HOME": HOME, "KUBECONFIG": "/nonexistent/kubeconfig", "TERM": "xterm", "COLUMNS": str(width)}
    keyboard = Tty if answers else io.TextIOWrapper
    terminal = Terminal(stdin=keyboard(io.BytesIO(stdin)), stdout=out, stderr=err, environ=given | dict(environ or {}))
    code = run(arguments, terminal)
    return Ran(code, _written(out, errors), _written(err, errors))


def list_file(folder: Path, items: Iterable[Mapping[str, Any]], name: str = "list.json") -> str:
    """A plain ``v1 List`` as ``kubectl get … -o json`` prints it."""
    path = folder / name
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)}))
    return str(path)


def _written(stream: io.TextIOWrapper, errors: str) -> str:
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode(stream.encoding, errors)
