"""Numbers on the command line, read and refused as Go's flag library does."""

from __future__ import annotations

import re
from datetime import timedelta

from kubectl_ds.errors import UsageError

_INT64 = re.compile(r"[+-]?\d+")
_LIMIT = 2**63
_NUMBER = re.compile(r"\d+\.?\d*|\.\d+")
_PARTS = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def int64(text: str, flag: str) -> int:
    """``strconv.ParseInt`` for a flag of pflag (v1.0).

    Raises:
        UsageError: it is no number, or too large for one.
    """
    if not text.isascii() or not _INT64.fullmatch(text):
        raise _invalid(text, flag, "invalid syntax")
    number = int(text)
    if not -_LIMIT <= number < _LIMIT:
        raise _invalid(text, flag, "value out of range")
    return number


def duration(text: str, flag: str) -> timedelta:
    """``time.ParseDuration`` for a flag of pflag: ``90s``, ``1h30m``; a bare 0 needs no unit.

    Raises:
        UsageError: it is no duration, or less than nothing.
    """
    if text.lstrip("+-") == "0":
        return timedelta()
    sign = -1 if text.startswith("-") else 1
    bare = text[1:] if text[:1] in ("+", "-") else text
    parts = _PARTS.findall(bare)
    if not bare or "".join("".join(part) for part in parts) != bare:
        why = f'missing unit in duration "{text}"' if _NUMBER.fullmatch(bare) else f'invalid duration "{text}"'
        raise UsageError(f'invalid argument "{text}" for "{flag}" flag: time: {why}')
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return timedelta(seconds=sign * seconds)


def _invalid(text: str, flag: str, why: str) -> UsageError:
    return UsageError(f'invalid argument "{text}" for "{flag}" flag: strconv.ParseInt: parsing "{text}": {why}')
