"""The outside world of one run: streams, environment, width and colour, in one object that tests can replace.

stdout carries the answer and nothing else; warnings, hints and progress go to stderr.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TextIO

import msgspec

COLOURS = ("auto", "always", "never")


class Terminal(msgspec.Struct, dict=True):
    """Where a run reads from and writes to."""

    stdin: TextIO = msgspec.field(default_factory=lambda: sys.stdin)
    stdout: TextIO = msgspec.field(default_factory=lambda: sys.stdout)
    stderr: TextIO = msgspec.field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = msgspec.field(default_factory=lambda: os.environ)
    colour_flag: str = "auto"
    """One of ``COLOURS``."""

    def __post_init__(self) -> None:
        """Let bytes through that are no character: kubectl cuts long annotations within one, and so do we."""
        if isinstance(self.stdout, io.TextIOWrapper):
            self.stdout.reconfigure(errors="surrogateescape")

    @cached_property
    def interactive(self) -> bool:
        """Whether a person looks at stdout."""
        return self.stdout.isatty()

    @cached_property
    def width(self) -> int | None:
        """Columns to fold into; None off a terminal, where nothing is folded."""
        if not self.interactive:
            return None
        columns = self.environ.get("COLUMNS", "")
        return int(columns) if columns.isdecimal() and int(columns) > 0 else shutil.get_terminal_size((80, 24)).columns

    @cached_property
    def colour(self) -> bool:
        """Flag first, then NO_COLOR, then whether stdout is a terminal that can."""
        if self.colour_flag != "auto":
            return self.colour_flag == "always"
        if self.environ.get("NO_COLOR"):
            return False
        return self.interactive and self.environ.get("TERM", "") not in ("", "dumb")

    @cached_property
    def unicode(self) -> bool:
        """Whether stdout can carry ✗ and …; otherwise plain ASCII is written."""
        return (self.stdout.encoding or "").lower().replace("-", "") == "utf8"

    def write(self, text: str) -> None:
        """Write a part of the answer, as it is."""
        self.stdout.write(text if self.unicode else text.encode("ascii", "backslashreplace").decode())

    def say(self, text: str) -> None:
        """Write a line beside the answer: a warning, a hint, a message."""
        encoding = self.stderr.encoding or "utf-8"
        text = text.removesuffix("\n")
        self.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
