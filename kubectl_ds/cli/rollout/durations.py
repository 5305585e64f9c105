"""Durations on the command line, refused in the words of Go."""

from __future__ import annotations

import re
from datetime import timedelta

import typer

from kubectl_ds.cluster.timeouts import parse_duration

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


def duration(context: typer.Context, text: str, flag: str) -> timedelta:
    """The value of a flag of pflag (v1.0.9): ``90s``, ``1h30m``; a bare 0 needs no unit.

    Raises:
        ClickException: it is no duration.
    """
    nanoseconds = parse_duration(text)
    if nanoseconds is None:
        why = "missing unit in duration" if _NUMBER.fullmatch(text) else "invalid duration"
        context.fail(f'invalid argument "{text}" for "{flag}" flag: time: {why} "{text}"')
    return timedelta(microseconds=nanoseconds / 1000)
