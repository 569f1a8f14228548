"""What one reply gets in a back-pay run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.payouts.adjustments.rules.back_pay import PaidReply, by_card, fixed, percent
from gig.payouts.rates.rules.pricing import Pricing, price
from gig.payouts.rates.rules.quote import quote
from tests.rules.cards import a_card, base_row, shanghai
from tests.rules.examples import QUICK


def would(base: int = 150, *, at: str = "2026-11-18 13:00", s: int = 30, **offered: Any) -> Pricing:
    """What a card of this base pays for a clock that starts at one o'clock, after half a minute."""
    start = shanghai(at)
    end = start.replace(second=s % 60, minute=start.minute + s // 60)
    of = {"queue": "refund", "issue_type": "general", "tier": "bronze", "paid_so_far": 0, **offered}
    return price(
        quote(a_card(base=[base_row(base)]), clock_started_at=start, **of),
        clock_started_at=start,
        replied_at=end,
    )


@pytest.mark.parametrize(
    ("gross", "share", "fen"), [(83, 50, 42), (55, 10, 6), (54, 10, 5), (50, 1, 1), (49, 1, 0)]
)
def test_a_share_is_rounded_half_up(gross: int, share: int, fen: int) -> None:
    assert percent(PaidReply(gross), share) == fen


def test_a_fixed_amount_is_what_it_is() -> None:
    assert fixed(PaidReply(120), 20) == 20


@pytest.mark.parametrize(
    ("old", "at", "s", "fen"),
    [
        (PaidReply(120), "2026-11-18 13:00", 30, 30),
        (PaidReply(120), "2026-11-18 18:00", 30, 180),
        (PaidReply(120, 24), "2026-11-18 13:00", 90, 24),
        (PaidReply(400), "2026-11-18 13:00", 30, 0),
    ],
)
def test_a_card_pays_the_difference_to_what_it_would_have_paid(
    old: PaidReply, at: str, s: int, fen: int
) -> None:
    assert by_card(old, would(at=at, s=s)) == fen


def test_what_an_earlier_run_gave_counts_as_paid() -> None:
    assert by_card(PaidReply(120, given_fen=30), would(150)) == 0
    assert by_card(PaidReply(120, given_fen=30), would(170)) == 20


def test_a_surge_is_paid_by_the_other_card_too() -> None:
    assert by_card(PaidReply(180), would(150, surge_percent=50)) == 45


@pytest.mark.parametrize(
    ("excused", "fen"), [(0, 24), (24, 30), (12, 27)], ids=["not excused", "wholly", "by half"]
)
def test_an_excused_late_reply_is_excused_by_the_other_card_too(excused: int, fen: int) -> None:
    """1.20 less a fifth is 0.96; 1.50 less a fifth is 1.20."""
    assert by_card(PaidReply(120, 24, excused), would(150, s=90)) == fen


def test_a_reply_beyond_the_paid_ones_gets_nothing() -> None:
    assert by_card(PaidReply(0), would(150, paid_so_far=10)) == 0
    assert by_card(PaidReply(0), would(150, paid_so_far=9)) == 150


@pytest.mark.parametrize(
    ("reply", "gone"),
    [
        (PaidReply(120), False),
        (PaidReply(120, 120), False),
        (PaidReply(120, taken_fen=119), False),
        (PaidReply(120, taken_fen=120), True),
        (PaidReply(120, 24, taken_fen=96), True),
        (PaidReply(120, 24, excused_fen=24, taken_fen=96), False),
    ],
)
def test_a_reply_is_gone_once_all_that_it_paid_was_taken_back(reply: PaidReply, gone: bool) -> None:
    assert reply.is_gone is gone


@QUICK
@given(
    gross=st.integers(0, 800),
    penalty=st.integers(0, 800),
    excused=st.integers(0, 800),
    before=st.integers(0, 500),
    base=st.integers(50, 400),
    s=st.sampled_from([30, 61, 121, 301]),
)
def test_nothing_is_ever_taken_and_a_second_run_gives_nothing(
    gross: int, penalty: int, excused: int, before: int, base: int, s: int
) -> None:
    penalty = min(penalty, gross)
    excused = min(excused, penalty)
    offered = would(base, s=s)
    first = by_card(PaidReply(gross, penalty, excused, before), offered)
    assert first >= 0
    assert by_card(PaidReply(gross, penalty, excused, before + first), offered) == 0
