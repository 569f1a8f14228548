"""The price of a reply, fen by fen."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.payouts.rates.rules.comparison import differences
from gig.payouts.rates.rules.pricing import Pricing, ReplyBeforeClock, price, seconds
from gig.payouts.rates.rules.quote import Quote, agreed, quote
from gig.payouts.rates.rules.seed import EPOCH, seed_card
from gig.payouts.rates.rules.validation import publication_faults, validate
from tests.rules.cards import a_card, base_row, shanghai
from tests.rules.examples import QUICK

WORKED = [
    (120, "09:59:59.999", "60.000", 100, 120, 0, 120),
    (120, "10:00:00.000", "60.001", 150, 180, 36, 144),
    (55, "11:59:59.999", "30", 150, 83, 0, 83),
    (55, "12:00:00.000", "30", 100, 55, 0, 55),
    (400, "17:00:00", "120.000", 200, 800, 160, 640),
    (333, "19:59:59", "120.001", 200, 666, 333, 333),
    (50, "20:00:00", "299", 100, 50, 25, 25),
    (51, "13:00:00", "90", 100, 51, 10, 41),
    (53, "13:00:00", "90", 100, 53, 11, 42),
]


def priced(
    *, base: int = 120, start: str = "18:00", latency: str = "30", paid_so_far: int = 0, **changes: object
) -> Pricing:
    card = a_card(base=[base_row(base)], **changes)
    started = shanghai(f"2026-11-20T{start}")
    offered = quote(
        card,
        queue="refund",
        issue_type="late",
        tier="gold",
        clock_started_at=started,
        paid_so_far=paid_so_far,
    )
    whole, _, rest = latency.partition(".")
    took = dt.timedelta(seconds=int(whole), microseconds=int(rest.ljust(6, "0")))
    return price(offered, clock_started_at=started, replied_at=started + took)


@pytest.mark.parametrize(("base", "start", "latency", "multiplier", "gross", "penalty", "pay"), WORKED)
def test_the_worked_cases_come_out_to_the_fen(
    base: int, start: str, latency: str, multiplier: int, gross: int, penalty: int, pay: int
) -> None:
    found = priced(base=base, start=start, latency=latency)
    assert (found.multiplier_percent, found.gross_fen, found.penalty_fen, found.pay_fen) == (
        multiplier,
        gross,
        penalty,
        pay,
    )


@pytest.mark.parametrize(
    ("latency", "start", "why"),
    [
        ("71.3", "18:00", "1.20 × 2.0 晚高峰 = 2.40 − 20% 超时(71.3 s) 0.48 = 1.92"),
        ("60", "18:00", "1.20 × 2.0 晚高峰 = 2.40"),
        ("30", "09:00", "1.20 × 1.0 = 1.20"),
        ("60.001", "09:00", "1.20 × 1.0 = 1.20 − 20% 超时(60.001 s) 0.24 = 0.96"),
        ("300.000001", "09:00", "expired"),
    ],
)
def test_a_price_says_every_step_in_one_line(latency: str, start: str, why: str) -> None:
    assert priced(latency=latency, start=start).why == why


def test_a_second_is_shown_as_more_than_the_limit_it_passed() -> None:
    assert seconds(60_000_001, over_s=60) == "60.000001"
    assert seconds(60_050_000, over_s=60) == "60.1"
    assert priced(latency="60.000001").latency_ms == 60_001


def test_beyond_the_paid_replies_an_answer_is_counted_and_pays_nothing() -> None:
    found = priced(latency="90", paid_so_far=10)
    assert (found.gross_fen, found.late_percent, found.penalty_fen, found.pay_fen) == (0, 0, 0, 0)
    assert (found.base_fen, found.multiplier_percent, found.on_time) == (120, 200, False)
    assert found.why == "0.00 本单计费回复已满 10 条"
    assert priced(paid_so_far=9).gross_fen == 240


def test_an_expired_reply_pays_nothing_and_the_last_moment_still_does() -> None:
    assert priced(latency="300").pay_fen == 120
    late = priced(latency="300.000001")
    assert (late.expired, late.gross_fen, late.late_percent, late.pay_fen) == (True, 0, 0, 0)


def test_a_reply_before_its_clock_is_refused() -> None:
    card = a_card()
    started = shanghai("2026-11-20T18:00")
    offered = quote(card, queue="x", issue_type="y", tier="gold", clock_started_at=started, paid_so_far=0)
    with pytest.raises(ReplyBeforeClock):
        price(offered, clock_started_at=started, replied_at=started - dt.timedelta(microseconds=1))


KEYS = [(q, i, t) for q in ("refund", "*") for i in ("late", "*") for t in ("gold", "*")]


@pytest.mark.parametrize("best", range(len(KEYS)))
def test_the_most_specific_base_row_wins_queue_before_issue_before_tier(best: int) -> None:
    rows = [base_row(100 + rank, *KEYS[rank]) for rank in range(best, len(KEYS))]
    for order in (rows, rows[::-1]):
        assert a_card(base=order).base_fen("refund", "late", "gold") == 100 + best


def test_a_row_for_another_queue_issue_or_tier_does_not_count() -> None:
    rows = [
        base_row(120),
        base_row(200, "delivery"),
        base_row(300, "*", "lost"),
        base_row(400, tier="silver"),
    ]
    assert a_card(base=rows).base_fen("refund", "late", "gold") == 120


QUOTES = st.builds(
    lambda base, multiplier: Quote(
        tier="gold",
        base_fen=base,
        multiplier_percent=multiplier,
        band="",
        gross_fen=(base * multiplier + 50) // 100,
        capped=False,
        reply_within_s=60,
        claim_expires_s=300,
        max_paid_replies=10,
        late=a_card().late,
    ),
    st.integers(50, 400),
    st.integers(100, 500),
)


@QUICK
@given(QUOTES, st.integers(0, 320_000_000))
def test_pay_is_gross_less_a_penalty_that_never_exceeds_it(offered: Quote, latency_us: int) -> None:
    started = shanghai("2026-11-20T18:00")
    found = price(
        offered, clock_started_at=started, replied_at=started + dt.timedelta(microseconds=latency_us)
    )
    assert 0 <= found.penalty_fen <= found.gross_fen
    assert found.pay_fen == found.gross_fen - found.penalty_fen >= 0
    assert found.on_time == (latency_us <= 60_000_000)
    assert found.latency_us == latency_us
    assert found.expired == (latency_us > 300_000_000)
    assert bool(found.late_percent) == (60_000_000 < latency_us <= 300_000_000)


def test_a_stored_quote_prices_as_it_did_when_it_was_given() -> None:
    card = a_card()
    started = shanghai("2026-11-20T18:00")
    given_then = quote(
        card, queue="refund", issue_type="x", tier="gold", clock_started_at=started, paid_so_far=0
    )
    rebuilt = agreed(
        card, tier="gold", base_fen=200, multiplier_percent=200, band="晚高峰", gross_fen=400, capped=False
    )
    assert rebuilt == given_then
    assert given_then.deadline_at(started) == shanghai("2026-11-20T18:01")
    assert given_then.expires_at(started) == shanghai("2026-11-20T18:05")


def test_the_seed_card_breaks_no_rule_and_holds_since_the_epoch() -> None:
    seed = seed_card("Asia/Shanghai")
    assert validate(seed.to_json()) == (seed, [])
    assert seed.valid_from == EPOCH


def test_a_card_is_published_only_for_the_future_and_the_platform_s_zone() -> None:
    card = a_card()
    at = card.valid_from
    before = at - dt.timedelta(microseconds=1)
    assert publication_faults(card, business_timezone="Asia/Shanghai", now=before) == []
    found = publication_faults(card, business_timezone="Europe/Paris", now=at)
    assert [fault.pointer for fault in found] == ["/valid_from", "/timezone"]


def test_two_cards_are_compared_row_by_row_and_term_by_term() -> None:
    old = a_card(base=[base_row(120), base_row(200, "refund"), base_row(90, "gone")])
    new = a_card(base=[base_row(120), base_row(210, "refund"), base_row(80, "new")], max_paid_replies=5)
    found = {
        (each.what, each.row.queue if each.row else each.subject): each for each in differences(old, new)
    }
    limit = next(each for (what, _), each in found.items() if what == "limit")
    assert len(found) == 4
    assert found["base", "refund"].before == "2.00"
    assert found["base", "refund"].after == "2.10"
    assert (limit.before, limit.after) == ("10", "5")
