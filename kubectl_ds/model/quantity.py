"""Quantities as Kubernetes writes them: ``250m``, ``1Gi``, ``1e3``. Exact arithmetic, upstream's rounding.

Mirrors ``resource.ParseQuantity``, ``Quantity.Value`` and ``Quantity.MilliValue`` (k8s.io/apimachinery v0.37).
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

_FORM = re.compile(r"([+-]?)([0-9]*\.?[0-9]*)([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE]?)")
_SPACE = " \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""What Go trims, and JSON does not escape."""
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_MILLI_RESOURCES = ("cpu", "requests.cpu", "limits.cpu")
_MAX_INT64 = 2**63 - 1
_VAST = 40
"""An exponent from which on every number is the largest there is."""


class QuantityError(ValueError):
    """A text that is not a quantity."""


@lru_cache(maxsize=65536)
def parse(text: str | int | float) -> Fraction:
    """The exact number that a quantity stands for; finer than a nano is rounded up, as upstream does.

    What has no digits at all, such as ``Gi``, is zero to upstream, but for the two suffixes of its slow path.

    Raises:
        QuantityError: ``text`` is not a quantity.
    """
    written = str(text).strip(_SPACE)
    match = _FORM.fullmatch(written)
    sign, digits, suffix = match.groups() if match else ("", "", "")
    if match is None or not written or (suffix in ("Pi", "Ei") and digits in ("", ".")):
        raise QuantityError(f"{text!r} is not a quantity")
    number = Fraction(Decimal(f"0{digits}"))
    if suffix in _BINARY:
        number *= _BINARY[suffix]
    elif suffix in _DECIMAL:
        number *= Fraction(10) ** _DECIMAL[suffix]
    else:
        number *= Fraction(10) ** max(-_VAST, min(int(suffix[1:]), _VAST))
    number = Fraction(_ceil(number * 10**9), 10**9)
    number = min(number, Fraction(_MAX_INT64))
    return -number if sign == "-" else number


def is_quantity(text: str | int | float) -> bool:
    """Whether the API server can read it."""
    try:
        parse(text)
    except QuantityError:
        return False
    return True


def scheduler_units(resource: str, text: str | int | float) -> int:
    """What the scheduler counts: millicores for cpu, whole units (bytes, devices) for everything else, rounded up.

    A text that is no quantity counts as nothing, since the API server never stores one.
    """
    return quantity_units(resource, str(text))


@lru_cache(maxsize=65536)
def quantity_units(resource: str, text: str) -> int:
    """Cached body of ``scheduler_units``."""
    try:
        number = parse(text)
    except QuantityError:
        return 0
    return _ceil(number * 1000) if resource in _MILLI_RESOURCES else _ceil(number)


def in_words(resource: str, units: int) -> str:
    """Scheduler units as Kubernetes writes them: ``500m`` or ``4`` for cpu, ``1536Mi`` for bytes, else the count."""
    if resource in _MILLI_RESOURCES:
        return str(units // 1000) if units % 1000 == 0 else f"{units}m"
    if is_bytes(resource):
        for suffix in ("Ti", "Gi", "Mi", "Ki"):
            size = _BINARY[suffix]
            if units and units % size == 0:
                return f"{units // size}{suffix}"
    return str(units)


def is_bytes(resource: str) -> bool:
    """Whether a resource is counted in bytes."""
    name = resource.removeprefix("requests.").removeprefix("limits.")
    return name in ("memory", "ephemeral-storage", "storage") or name.startswith("hugepages-")


def _ceil(number: Fraction) -> int:
    return -((-number.numerator) // number.denominator)
