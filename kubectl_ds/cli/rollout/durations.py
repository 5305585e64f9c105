"""Durations on the command line, read and refused as Go does."""

from __future__ import annotations

import re
from datetime import timedelta

import typer

_NUMBER = re.compile(r"\d+\.?\d*|\.\d+")
_PARTS = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration(context: typer.Context, text: str, flag: str) -> timedelta:
    """``time.ParseDuration`` for a flag of pflag (v1.0.9): ``90s``, ``1h30m``; a bare 0 needs no unit.

    Raises:
        ClickException: it is no duration.
    """
    if text.lstrip("+-") == "0":
        return timedelta()
    sign = -1 if text.startswith("-") else 1
    bare = text[1:] if text[:1] in ("+", "-") else text
    parts = _PARTS.findall(bare)
    if not bare or "".join("".join(part) for part in parts) != bare:
        why = "missing unit in duration" if _NUMBER.fullmatch(bare) else "invalid duration"
        context.fail(f'invalid argument "{text}" for "{flag}" flag: time: {why} "{text}"')
    return timedelta(seconds=sign * sum(float(number) * _UNITS[unit] for number, unit in parts))
