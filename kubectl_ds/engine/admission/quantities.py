"""Quantities that are added up and written back as the API server writes them.

Mirrors ``Quantity.Add``, ``Cmp``, ``RoundUp`` and ``CanonicalizeBytes`` (k8s.io/apimachinery v0.37): a sum keeps the
form of its first amount that is not zero. It must not know of pods or nodes; the scheduler's rounding is in
``engine.requests``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from kubectl_ds.model.pod import Amount
from kubectl_ds.model.quantity import QuantityError, is_quantity, parse

_BINARY_SUFFIXES = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL_SUFFIXES = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_EXPONENT = re.compile(r"[+-]?(\d+)(?:\.(\d*))?[eE]([+-]?\d+)")
_MILLI = 1000
_NANO = 10**9


class Quantity(NamedTuple):
    """An exact amount, and the form in which it was written."""

    value: Fraction
    form: str = "DecimalSI"
    """``DecimalSI``, ``BinarySI`` or ``DecimalExponent``."""
    text: str = ""
    """How it was written, where the API server leaves it so; gone once it is added to."""

    def __str__(self) -> str:
        """As the API server writes it (``Quantity.String``)."""
        return self.text or _canonical(self)


Amounts = Mapping[str, Amount]
Totals = dict[str, Quantity]
ZERO = Quantity(Fraction(0))


@lru_cache(maxsize=65536)
def quantity(amount: Amount) -> Quantity:
    """The quantity of a text or number; what is none counts as zero, since the API server never stores one."""
    try:
        value = parse(amount)
    except QuantityError:
        return ZERO
    text = str(amount)
    if text.endswith("i"):
        return Quantity(value, "DecimalSI" if 0 < value < 1 else "BinarySI")
    if _EXPONENT.fullmatch(text) is None:
        return Quantity(value)
    return Quantity(value, "DecimalExponent", text if _is_kept(text) else "")


@lru_cache(maxsize=65536)
def stored(amount: Amount) -> str:
    """How the API server stores an amount of a resource list: rounded up to milli (``SetDefaults_ResourceList``)."""
    if not is_quantity(amount):
        return str(amount)
    value, form, text = quantity(amount)
    return text or str(Quantity(Fraction(_ceil(value * _MILLI), _MILLI), form))


def totals_of(amounts: Amounts) -> Totals:
    """The quantities of a resource list."""
    return {name: quantity(amount) for name, amount in amounts.items()}


def added(one: Quantity, other: Quantity) -> Quantity:
    """The sum, in the form of the first unless that is zero."""
    return Quantity(one.value + other.value, one.form if one.value else other.form)


def add_to(totals: Totals, more: Mapping[str, Quantity]) -> None:
    """Add a resource list to another (``addResourceList``)."""
    for name, amount in more.items():
        totals[name] = added(totals[name], amount) if name in totals else amount


def raise_to(totals: Totals, other: Mapping[str, Quantity]) -> None:
    """Raise a resource list to another where that is more (``maxResourceList``)."""
    for name, amount in other.items():
        if name not in totals or amount.value > totals[name].value:
            totals[name] = amount


def _is_kept(text: str) -> bool:
    """Whether a text with an exponent stays as it is, though it could be shorter: ``1e0`` (``ParseQuantity``)."""
    match = _EXPONENT.fullmatch(text)
    if match is None:
        return False
    whole, fraction, exponent = match[1], match[2] or "", int(match[3])
    digits = whole + fraction
    scale = exponent - len(fraction)
    return scale % 3 == 0 and scale >= -3 and len(digits) < 18 and not digits.endswith("000") and digits[0] != "0"


def _canonical(amount: Quantity) -> str:
    value, form = amount.value, amount.form
    if value == 0:
        return "0"
    if form == "BinarySI" and abs(value) >= 1024 and value.denominator == 1:
        number, power = value.numerator, 0
        while number % 1024 == 0 and power < len(_BINARY_SUFFIXES) - 1:
            number, power = number // 1024, power + 1
        return f"{number}{_BINARY_SUFFIXES[power]}"
    mantissa, exponent = _ceil(value * _NANO), -9
    while mantissa % 1000 == 0 and exponent < 18:
        mantissa, exponent = mantissa // 1000, exponent + 3
    if form == "DecimalExponent":
        return f"{mantissa}e{exponent}" if exponent else str(mantissa)
    return f"{mantissa}{_DECIMAL_SUFFIXES[exponent]}"


def _ceil(number: Fraction) -> int:
    return -((-number.numerator) // number.denominator)
