"""What a YAML scalar means, exactly as kubectl and the API server take it.

kubectl reads YAML by sigs.k8s.io/yaml v1.6.0 on go.yaml.in/yaml/v2 v2.4.4, which keeps much of YAML 1.1: ``yes``,
``off`` and ``y`` are booleans, ``0777`` is octal, ``1_000`` is a number, and ``12e03`` is a float. PyYAML's own
resolver differs in many of these, so it is not used.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct

Scalar = str | int | float | bool | None

TAG = "tag:yaml.org,2002:"
MERGE_TAG = f"{TAG}merge"
_RESOLVABLE = {f"{TAG}{name}" for name in ("str", "bool", "int", "float", "null")}

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMBER_START = frozenset("+-0123456789.")
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_FRACTION = re.compile(r"\.[0-9][0-9_]*(?:[eE][-+]?[0-9][0-9_]*)?")
"""What begins with a point keeps its underscores, as Go's ``ParseFloat`` does where they stand between digits."""
_STRAY = re.compile(r"_(?![0-9])")
_MAX_INT64 = 2**63 - 1
_MAX_UINT64 = 2**64 - 1


class ScalarError(ValueError):
    """A scalar that contradicts its tag, or that JSON cannot hold."""


def resolve(text: str, tag: str | None, plain: bool) -> Scalar:
    """The value of a scalar as it is sent (upstream ``resolve`` and ``decoder.scalar`` of yaml.v2, then JSON).

    Args:
        text: the scalar's content.
        tag: its explicit tag in full, or None.
        plain: whether it was written without quotes (libyaml's ``plain_implicit``).

    Raises:
        ScalarError: the tag forbids this text, or the number is one that JSON cannot write.
    """
    return _for_json(_read(text, tag, plain))


def resolve_key(text: str, tag: str | None, plain: bool) -> str:
    """The same for a key of a mapping, which JSON has as a string (upstream ``convertToJSONableObject``).

    Raises:
        ScalarError: the tag forbids this text, or the key is null.
    """
    value = _read(text, tag, plain)
    if isinstance(value, float):
        return _float_key(value)
    return key_text(value)


def key_text(value: object) -> str:
    """A value that stands where a key is due.

    Raises:
        ScalarError: only texts, numbers and booleans can be keys.
    """
    if value is None:
        raise ScalarError("the key before the colon is empty or null")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ScalarError("a key must be a word, not a list or a mapping")


def _read(text: str, tag: str | None, plain: bool) -> Scalar:
    if tag is None:
        return _plain(text) if plain else text
    if tag == f"{TAG}binary":
        return _binary(text)
    if tag not in _RESOLVABLE or tag == f"{TAG}str":
        return text
    value = _plain(text)
    wanted = tag.removeprefix(TAG)
    found = _type_name(value)
    if found != wanted and not (wanted == "float" and found == "int"):
        raise ScalarError(f"cannot decode !!{found} `{text}` as a !!{wanted}")
    return value


def _plain(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    if text[0] == ".":
        bare = text.replace("_", "")
        return _float(bare, text) if _FRACTION.fullmatch(text) and not _STRAY.search(text) else text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        number = _integer(digits)
        if -_MAX_INT64 - 1 <= number <= (_MAX_INT64 if digits[0] in "+-" else _MAX_UINT64):
            return number
    return _float(digits, text) if _FLOAT.fullmatch(digits) else text


def _integer(digits: str) -> int:
    """Go's ``ParseInt(s, 0, 64)``: a leading 0 means octal; anything that cannot fit is out of range at once."""
    if len(digits) > 80:
        return _MAX_UINT64 + 1
    sign = -1 if digits[0] == "-" else 1
    bare = digits.lstrip("+-").lower()
    if len(bare) > 1 and bare[0] == "0" and bare[1].isdigit():
        return sign * int(bare, 8)
    return sign * int(bare, 0)


def _float(digits: str, text: str) -> Scalar:
    """Go's ``ParseFloat``: out of range is an error there, and the scalar stays a string."""
    number = float(digits)
    return text if math.isinf(number) else number


def _for_json(value: Scalar) -> Scalar:
    """Through JSON, as kubectl sends it: 1.0 is written as 1, integers beyond 64 bits are floats there."""
    if not isinstance(value, float):
        return float(value) if isinstance(value, int) and value > _MAX_INT64 else value
    if math.isinf(value) or math.isnan(value):
        raise ScalarError("infinity and NaN cannot be sent: JSON has no such numbers")
    return int(value) if value.is_integer() and abs(value) < 2**63 else value


def _type_name(value: Scalar) -> str:
    if value is None:
        return "null"
    return {bool: "bool", int: "int", float: "float", str: "str"}[type(value)]


def _binary(text: str) -> str:
    try:
        return base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode("utf-8", errors="replace")
    except binascii.Error as error:
        raise ScalarError("!!binary value contains invalid base64 data") from error


def _float_key(value: float) -> str:
    """Go's ``FormatFloat(v, 'g', -1, 32)``: the shortest digits that give the same 32-bit number."""
    if math.isnan(value):
        return ".nan"
    try:
        single = struct.pack("f", value)
    except OverflowError:
        single = struct.pack("f", math.copysign(math.inf, value))
    rounded = struct.unpack("f", single)[0]
    if math.isinf(rounded):
        return ".inf" if value > 0 else "-.inf"
    texts = (f"{rounded:.{digits}e}" for digits in range(9))
    shortest = next(text for text in texts if struct.pack("f", float(text)) == single)
    mantissa, _, exponent = shortest.partition("e")
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    places = len(mantissa.lstrip("-").replace(".", "")) - 1 - power
    return f"{float(shortest):.{max(0, places)}f}"
