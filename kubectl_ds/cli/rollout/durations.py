"""Durations on the command line, refused in the words of Go."""

from __future__ import annotations

import re
from datetime import timedelta

import typer

from kubectl_ds.cluster.timeouts import parse_duration

_PART = re.compile(r"(\d+\.?\d*|\.\d+)([^.\d]*)")


def duration(context: typer.Context, text: str, flag: str) -> timedelta:
    """The value of a flag of pflag (v1.0.9): ``90s``, ``1h30m``; a bare 0 needs no unit.

    Raises:
        ClickException: it is no duration.
    """
    nanoseconds = parse_duration(text)
    if nanoseconds is None:
        context.fail(f'invalid argument "{text}" for "{flag}" flag: time: {_complaint(text)} duration "{text}"')
    return timedelta(microseconds=nanoseconds / 1000)


def _complaint(text: str) -> str:
    """What is wrong with it, up to the word duration (``time.ParseDuration``, Go 1.26)."""
    bare = text[1:] if text[:1] in ("+", "-") else text
    parts = _PART.findall(bare)
    if not parts or "".join("".join(part) for part in parts) != bare:
        return "invalid"
    for _, unit in parts:
        if not unit:
            return "missing unit in"
        if parse_duration(f"1{unit}") is None:
            return f'unknown unit "{unit}" in'
    return "invalid"
