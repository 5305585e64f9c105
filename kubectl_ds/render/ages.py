"""Ages as Kubernetes writes them. The present moment is always an argument."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import msgspec

_ZERO_TIME = datetime(1, 1, 1, tzinfo=timezone.utc)


def human_duration(duration: timedelta) -> str:
    """Two or three significant figures: ``70s``, ``3m10s``, ``47h``, ``2d1h``, ``2y1d``.

    Mirrors ``duration.HumanDuration`` (k8s.io/apimachinery v0.37): clocks may differ by less than two seconds,
    what lies further in the future is ``<invalid>``.
    """
    seconds = int(duration.total_seconds())
    if seconds < -1:
        return "<invalid>"
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    minutes, hours = seconds // 60, seconds // 3600
    days = hours // 24
    if minutes < 10:
        return _two_figures(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two_figures(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 24 * 8:
        return _two_figures(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return _two_figures(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def age(since: datetime | None, now: datetime) -> str:
    """The time from ``since`` until ``now``; ``<unknown>`` without a time.

    Mirrors ``translateTimestampSince`` (k8s.io/kubectl v0.37 pkg/describe, kubernetes v1.37 pkg/printers).
    """
    return "<unknown>" if since is None or since == _ZERO_TIME else human_duration(now - since)


def parse_time(text: object) -> datetime | None:
    """A timestamp as JSON holds it (RFC 3339); None for whatever is none."""
    try:
        time = msgspec.convert(text, datetime) if isinstance(text, str) else None
    except msgspec.ValidationError:
        return None
    return time if time is not None and time.tzinfo is not None else None


def _two_figures(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
