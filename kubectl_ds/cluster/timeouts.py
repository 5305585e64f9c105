"""Durations as Go reads and writes them: ``--request-timeout`` comes in as text, and goes out as a query parameter."""

from __future__ import annotations

from kubectl_ds.errors import ConfigError

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
"""In nanoseconds; micro is written with either of two letters."""
_INVALID = (
    "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding "
    "time unit (e.g. 1s | 2m | 3h)"
)


def parse_timeout(text: str) -> float | None:
    """Seconds of ``--request-timeout``; None for no limit (upstream ``clientcmd.ParseTimeout``, v0.37).

    A negative one, which upstream takes for none, is refused.

    Raises:
        ConfigError: neither a number of seconds nor a duration.
    """
    if not text:
        return None
    nanoseconds = int(text) * 10**9 if text.isascii() and text.removeprefix("+").isdigit() else parse_duration(text)
    if nanoseconds is None or nanoseconds < 0:
        raise ConfigError(
            _INVALID,
            line=f"error: {_INVALID}",
            hint="give whole seconds or a duration: --request-timeout=30, 30s, 2m, 1h",
            reference="invalid-timeout",
        )
    return nanoseconds / 10**9 or None


def parse_duration(text: str) -> int | None:
    """Nanoseconds; None when it is no duration (Go's ``time.ParseDuration``)."""
    import re

    sign = -1 if text.startswith("-") else 1
    unsigned = text[1:] if text[:1] in ("-", "+") else text
    if unsigned == "0":
        return 0
    parts = re.findall(r"(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)", unsigned, re.ASCII)
    written = "".join(re.findall(r"(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)", unsigned, re.ASCII))
    if not unsigned or written != unsigned:
        return None
    total = 0
    for whole, part, unit in parts:
        scale: int = 10 ** len(part)
        total += (int(whole or 0) * scale + int(part or 0)) * _UNITS[unit] // scale
    return sign * total


def duration_text(seconds: float) -> str:
    """As Go writes it: ``1h30m0s``, ``250ms`` (Go's ``time.Duration.String``)."""
    nanoseconds = round(seconds * 10**9)
    if nanoseconds < 10**9:
        unit = next(unit for unit in ("ms", "µs", "ns") if nanoseconds >= _UNITS[unit] or unit == "ns")
        return f"{_decimal(nanoseconds, _UNITS[unit])}{unit}" if nanoseconds else "0s"
    minutes, rest = divmod(nanoseconds, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    ahead = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{ahead}{_decimal(rest, _UNITS['s'])}s"


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    digits = str(part).zfill(len(str(unit)) - 1).rstrip("0")
    return f"{whole}.{digits}" if part else str(whole)
