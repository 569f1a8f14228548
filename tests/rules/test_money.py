"""Fen."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.core.money import MINUS, half_up, half_up_percent, multiplier, parse_yuan, yuan
from tests.rules.examples import QUICK


@QUICK
@given(st.integers(-(10**9), 10**9), st.integers(0, 1000))
def test_percent_rounds_as_decimal_does_half_up(fen: int, percent: int) -> None:
    exact = Decimal(fen) * percent / 100
    assert half_up_percent(fen, percent) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@QUICK
@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_a_negative_amount_rounds_as_its_positive_twin(numerator: int, denominator: int) -> None:
    assert half_up(-numerator, denominator) == -half_up(numerator, denominator)
    assert 2 * abs(half_up(numerator, denominator) * denominator - numerator) <= denominator


@QUICK
@given(st.integers(-(10**13), 10**13), st.sampled_from(["-", MINUS]), st.booleans())
def test_an_amount_is_read_back_as_it_was_written(fen: int, minus: str, grouped: bool) -> None:
    assert parse_yuan(yuan(fen, minus=minus, grouped=grouped), negative=True) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("3.6", 360),
        (" ¥3.60 ", 360),
        ("￥1,234.50", 123450),
        ("0", 0),
        ("１２.５", 1250),
        ("-0.00", 0),
        ("7", 700),
    ],
)
def test_people_may_type_an_amount_in_these_ways(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text", ["", "3.605", "3,6", "1e3", "3.", ".5", "三元", "-1", "12,34.00", "NaN", "٣"]
)
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="金额"):
        parse_yuan(text)


def test_multipliers_are_read_with_at_least_one_decimal() -> None:
    assert [multiplier(percent) for percent in (100, 105, 125, 150, 200)] == [
        "1.0",
        "1.05",
        "1.25",
        "1.5",
        "2.0",
    ]


def test_amounts_show_two_decimals_and_their_sign() -> None:
    assert (yuan(5), yuan(360), yuan(-30), yuan(-30, minus=MINUS)) == ("0.05", "3.60", "-0.30", "−0.30")
    assert yuan(3301514042, grouped=True) == "33,015,140.42"
