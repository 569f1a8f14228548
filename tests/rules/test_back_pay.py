"""What one reply gets in a back-pay run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.payouts.adjustments.rules.back_pay import PaidReply, by_card, fixed, percent
from tests.rules.cards import a_card, base_row, shanghai
from tests.rules.examples import QUICK


def reply(
    gross: int = 120, pay: int | None = None, *, at: str = "2026-11-18 13:00", s: int = 30
) -> PaidReply:
    """A reply of 120 fen at one o'clock, answered after half a minute unless told."""
    start = shanghai(at)
    end = start.replace(second=s % 60, minute=start.minute + s // 60)
    return PaidReply("refund", "general", "bronze", start, end, gross, gross if pay is None else pay)


@pytest.mark.parametrize(
    ("gross", "share", "fen"), [(83, 50, 42), (55, 10, 6), (54, 10, 5), (50, 1, 1), (49, 1, 0)]
)
def test_a_share_is_rounded_half_up(gross: int, share: int, fen: int) -> None:
    assert percent(reply(gross), share) == fen


def test_a_fixed_amount_is_what_it_is() -> None:
    assert fixed(reply(), 20) == 20


@pytest.mark.parametrize(
    ("old", "at", "s", "fen"),
    [
        (reply(120), "2026-11-18 13:00", 30, 30),
        (reply(120), "2026-11-18 18:00", 30, 180),
        (reply(120, 96), "2026-11-18 13:00", 90, 24),
        (reply(400), "2026-11-18 13:00", 30, 0),
    ],
)
def test_a_card_pays_the_difference_to_what_it_would_have_paid(
    old: PaidReply, at: str, s: int, fen: int
) -> None:
    card = a_card(base=[base_row(150)])
    moved = reply(old.gross_fen, old.pay_fen, at=at, s=s)
    assert by_card(moved, card) == fen


@QUICK
@given(gross=st.integers(0, 800), pay=st.integers(0, 800), base=st.integers(50, 400))
def test_nothing_is_ever_taken(gross: int, pay: int, base: int) -> None:
    assert by_card(reply(gross, min(pay, gross)), a_card(base=[base_row(base)])) >= 0
