"""Quantities are added and written as Go does it."""

from __future__ import annotations

import pytest

from kubectl_ds.engine.admission.quantities import Totals, add_to, quantity, raise_to, stored, totals_of


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1024Mi", "1Gi"),
        ("0.5Gi", "512Mi"),
        ("1500Ki", "1500Ki"),
        ("100M", "100M"),
        ("1500M", "1500M"),
        ("0", "0"),
        ("0Gi", "0"),
        ("128974848", "128974848"),
        ("1e0", "1e0"),
        ("1e3", "1e3"),
        ("1e8", "100e6"),
        ("0.0005", "1m"),
        ("123456789m", "123456789m"),
        ("0.5Ki", "512"),
        ("1000", "1k"),
        (2, "2"),
        (0.5, "500m"),
        ("much", "much"),
    ],
)
def test_an_amount_is_stored_as_the_api_server_writes_it(written: str | int | float, kept: str) -> None:
    assert stored(written) == kept


def test_a_sum_keeps_the_form_of_its_first_amount_that_is_not_zero() -> None:
    totals: Totals = {}
    for amount in ("0", "64Mi", "64M"):
        add_to(totals, totals_of({"memory": amount}))
    assert str(totals["memory"]) == "128036Ki"
    assert totals["memory"].form == "BinarySI"


def test_an_amount_with_an_exponent_keeps_its_text_until_it_is_added_to() -> None:
    totals = totals_of({"cpu": "1e0"})
    assert str(totals["cpu"]) == "1e0"
    add_to(totals, totals_of({"cpu": "1"}))
    assert str(totals["cpu"]) == "2"


def test_the_larger_amount_wins_whatever_its_form() -> None:
    totals = totals_of({"memory": "1Gi", "cpu": "1"})
    raise_to(totals, totals_of({"memory": "1100M", "cpu": "500m", "pods": "1"}))
    assert {name: str(amount) for name, amount in totals.items()} == {"memory": "1100M", "cpu": "1", "pods": "1"}


def test_what_is_no_quantity_counts_as_zero() -> None:
    assert quantity("much").value == 0
