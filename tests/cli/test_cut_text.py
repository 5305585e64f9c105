"""A long annotation is cut within a character by kubectl, and the very bytes come out of our stdout too."""

from __future__ import annotations

import io
from pathlib import Path

from kubectl_ds.cli import run
from kubectl_ds.cli.terminal import Terminal
from tests.cli.runs import list_file
from tests.controlplane.objects import daemon_set


def test_half_a_character_is_written_as_the_byte_that_it_is(tmp_path: Path) -> None:
    cut = daemon_set("agent", "default", annotations={"k": "x" * 137 + "日本"})
    written = io.BytesIO()
    strict = io.TextIOWrapper(written, encoding="utf-8", errors="strict", write_through=True)
    arguments = ("describe", "agent", "-n", "default", "--from", list_file(tmp_path, [cut]))
    assert run(arguments, Terminal(stdout=strict, environ={})) == 0
    assert b"x" * 137 + "日".encode()[:1] + b"...\n" in written.getvalue()
