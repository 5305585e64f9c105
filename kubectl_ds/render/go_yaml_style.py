"""Which strings YAML would take for something else, and so must be quoted.

Ports ``resolve``, ``isBase60Float`` and ``yaml_emitter_analyze_scalar`` of go.yaml.in/yaml/v2 (v2.4.4), by which
kubectl prints: YAML 1.1 with Go's idea of numbers and timestamps.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from dataclasses import dataclass

BREAKS = "\r\n\x85\u2028\u2029"

_CONSTANTS = ("y", "yes", "true", "on", "n", "no", "false", "off", "null", ".inf", "+.inf", "-.inf")
_WORDS = {form for word in _CONSTANTS for form in (word, word.title(), word.upper())} | {
    *("", "~", ".nan", ".NaN", ".NAN")
}

_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_INTEGER = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|([1-9][0-9]*|0))")
_BINARY = re.compile(r"0b([+-]?)([01]+)|-0b([01]+)")

_DATE = r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2}):(?P<second>\d{1,2})(?:[.,]\d+)?"
_ZONE = r"(?:Z|[+-](?P<zone_hour>\d\d):(?P<zone_minute>\d\d))"
_TIMESTAMP = re.compile(rf"{_DATE}(?:[Tt]{_CLOCK}{_ZONE})?", re.ASCII)
_SPACED_TIMESTAMP = re.compile(rf"{_DATE} +{_CLOCK}", re.ASCII)


def needs_quotes(text: str) -> bool:
    """Whether unquoted YAML would resolve to a boolean, a number, a time or null."""
    if text in _WORDS:
        return True
    first = text[0]
    if first == ".":
        return _DOT_FLOAT.fullmatch(text) is not None and _finite(text)
    if first not in "+-0123456789":
        return False
    return is_timestamp(text) or _is_number(text.replace("_", "")) or _BASE_60.fullmatch(text) is not None


@dataclass(frozen=True)
class Scalar:
    """How a text may be written in a block context."""

    multiline: bool
    plain: bool
    single_quoted: bool
    literal: bool


def analyze(text: str) -> Scalar:
    """What the characters of a text allow; whether they resolve to something else is another question."""
    if not text:
        return Scalar(multiline=False, plain=True, single_quoted=True, literal=False)
    breaks = [character in BREAKS for character in text]
    pairs = list(zip(text, text[1:], breaks, breaks[1:], strict=False))
    special = not all(map(is_printable, text)) or any(this == " " and after for this, _, _, after in pairs)
    break_space = any(before and this == " " for _, this, before, _ in pairs)
    edges = text[0] == " " or text[-1] == " " or breaks[0] or breaks[-1]
    return Scalar(
        multiline=any(breaks),
        plain=not (special or break_space or edges or any(breaks) or _has_indicator(text)),
        single_quoted=not (special or break_space),
        literal=not (special or text[-1] == " "),
    )


def is_printable(character: str) -> bool:
    """Upstream's ``is_printable``: nothing beyond the basic plane, so an emoji is written as its code."""
    code = ord(character)
    return (
        code == 0x0A or 0x20 <= code <= 0x7E or 0xA0 <= code < 0xD800 or (0xE000 <= code <= 0xFFFD and code != 0xFEFF)
    )


def _has_indicator(text: str) -> bool:
    """Whether a character means something to YAML where it stands."""
    if text.startswith(("---", "...")) or text[0] in "#,[]{}&*!|>'\"%@`":
        return True
    if text[0] in "?-" and (len(text) == 1 or text[1] in " \t"):
        return True
    if ": " in text or ":\t" in text or text.endswith(":"):
        return True
    return any(text[at] == "#" and text[at - 1] in f" \t\0{BREAKS}" for at in range(1, len(text)))


def _is_number(plain: str) -> bool:
    integer = _INTEGER.fullmatch(plain)
    if integer is not None and _fits(integer[1], _value(integer)):
        return True
    if _FLOAT.fullmatch(plain) is not None and _finite(plain):
        return True
    binary = _BINARY.fullmatch(plain)
    if binary is None:
        return False
    sign, digits = ("-", binary[3]) if binary[3] else (binary[1], binary[2])
    return _fits(sign, int(digits, 2))


def _value(match: re.Match[str]) -> int:
    bases = ((match[2], 16), (match[3], 2), (match[4], 8), (match[5], 10))
    return next(int(digits, base) for digits, base in bases if digits is not None)


def _fits(sign: str, value: int) -> bool:
    """``strconv.ParseInt`` takes 64 bits with a sign, ``strconv.ParseUint`` without."""
    return value < 2**64 if not sign else value <= 2**63 - (sign == "+")


def _finite(text: str) -> bool:
    """``strconv.ParseFloat`` refuses what is too large for 64 bits."""
    return math.isfinite(float(text))


def is_timestamp(text: str) -> bool:
    """``parseTimestamp``: the four layouts, as ``time.Parse`` (Go 1.26) reads them."""
    match = _TIMESTAMP.fullmatch(text) or _SPACED_TIMESTAMP.fullmatch(text)
    if match is None:
        return False
    part = {name: int(value or 0) for name, value in match.groupdict().items()}
    if not (1 <= part["month"] <= 12 and part["hour"] < 24 and part["minute"] < 60 and part["second"] < 60):
        return False
    # Python's calendar begins with the year 1; Go's year 0 is a leap year, as 2000 is
    days = monthrange(part["year"] or 2000, part["month"])[1]
    return 1 <= part["day"] <= days and part.get("zone_hour", 0) <= 24 and part.get("zone_minute", 0) <= 60
