"""Numbers on the command line, read and refused as Go's flag library does."""

from __future__ import annotations

import re

from kubectl_ds.errors import UsageError

_INT64 = re.compile(r"[+-]?\d+")
_LIMIT = 2**63


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


def _invalid(text: str, flag: str, why: str) -> UsageError:
    return UsageError(f'invalid argument "{text}" for "{flag}" flag: strconv.ParseInt: parsing "{text}": {why}')
