"""What a card lowers, and of it what nobody was told, against the pay of every reply that could be given."""

from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gig.payouts.rates.rules.bands import percent_at
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.cuts import cuts, untold
from gig.payouts.rates.rules.quote import quote
from gig.payouts.rates.rules.validation import validate
from tests.rules.cards import a_card, band, base_row, card_json

EXAMPLES = 30
STEP = dt.timedelta(hours=2)
"""No band of these cards begins or ends between two steps, so that each minute pays as its step does."""
WEEKS = 3
"""Dates are in the first one and the nights after them in the second at most; the third is a plain week."""
LATENCIES = [dt.timedelta(seconds=s, microseconds=1) for s in (0, 60, 120, 200)]
"""One on each side of all edges that these cards have; beyond 300 s none pays."""
CASES = tuple(product(("refund", "other"), ("late", "other"), ("gold", "bronze")))


@st.composite
def bands(draw: st.DrawFn, days: tuple[str, ...] = ("mon-sun", "mon-fri", "sat-sun", "sun", "mon")) -> Any:
    hours = st.tuples(st.sampled_from(days), st.integers(0, 11), st.integers(1, 4), st.integers(10, 30))
    return [
        band(each, f"{start * 2:02d}:00", f"{(start + length) % 12 * 2:02d}:00", percent * 10)
        for each, start, length, percent in draw(st.lists(hours, max_size=3))
    ]


@st.composite
def cards(draw: st.DrawFn) -> RateCard:
    keys = st.sampled_from(
        [("refund", "*", "*"), ("refund", "late", "*"), ("*", "late", "*"), ("*", "*", "gold")]
    )
    rows = draw(st.dictionaries(keys, st.integers(10, 30), max_size=2))
    dated = draw(st.dictionaries(st.integers(2, 6), bands(), max_size=1))
    first, second = draw(st.integers(0, 3)), draw(st.integers(4, 9))
    document = card_json(
        base=[
            base_row(draw(st.integers(10, 30)) * 10),
            *(base_row(fen * 10, *key) for key, fen in rows.items()),
        ],
        bands=draw(bands()),
        dates=[
            {
                "date": f"2026-11-{day:02d}",
                "bands": [{k: v for k, v in b.items() if k != "days"} for b in own],
            }
            for day, own in dated.items()
        ],
        late=[{"over_s": 60, "percent": 10 + first * 10}, {"over_s": 120, "percent": second * 10}],
        claim_expires_s=draw(st.sampled_from([200, 300])),
        max_paid_replies=draw(st.integers(8, 10)),
        triage_fee_fen=draw(st.integers(0, 2)) * 10,
    )
    card, _faults = validate(document)
    assume(card is not None)
    assert card is not None
    return card


def pays(card: RateCard, case: tuple[str, str, str], at: dt.datetime, latency: dt.timedelta) -> int:
    """As RULES.md has it, by the quote that an agent would be given."""
    queue, issue_type, tier = case
    found = quote(card, queue=queue, issue_type=issue_type, tier=tier, clock_started_at=at, paid_so_far=0)
    if at + latency > found.expires_at(at):
        return 0
    late = found.late_tier(latency)
    return found.gross_fen - (found.gross_fen * late.percent + 50) // 100 if late else found.gross_fen


def moments(*of: RateCard) -> list[dt.datetime]:
    """One instant for each combination of multipliers that the three weeks know."""
    start = of[0].valid_from
    steps = (start + n * STEP for n in range(WEEKS * 7 * 12))
    return list({tuple(percent_at(card, at) for card in of): at for at in steps}.values())


def limits(card: RateCard) -> tuple[int, int]:
    return card.max_paid_replies, card.triage_fee_fen


@settings(max_examples=EXAMPLES)
@given(cards(), cards())
def test_a_card_cuts_something_just_where_a_reply_or_a_limit_is_less(
    before: RateCard, after: RateCard
) -> None:
    replies = product(CASES, moments(before, after), LATENCIES)
    less = any(pays(after, *each) < pays(before, *each) for each in replies)
    less |= any(now < was for was, now in zip(limits(before), limits(after), strict=True))
    assert bool(cuts(before, after)) == less


@settings(max_examples=EXAMPLES)
@given(cards(), cards(), cards())
def test_untold_is_what_pays_less_than_the_days_before_and_not_less_than_was_told(
    before: RateCard, value: RateCard, after: RateCard
) -> None:
    replies = product(CASES, moments(before, value, after), LATENCIES)
    figures = [[pays(card, *each) for card in (before, value, after)] for each in replies]
    figures += [list(each) for each in zip(*map(limits, (before, value, after)), strict=True)]
    silent = any(was > now >= known for known, was, now in figures)
    assert bool(untold(before, value, after)) == silent


@settings(max_examples=EXAMPLES)
@given(cards(), cards())
def test_nothing_is_untold_where_nothing_lies_between_or_what_lies_between_is_lower(
    before: RateCard, after: RateCard
) -> None:
    assert untold(before, before, after) == untold(before, after, after) == []
    assert bool(untold(after, before, after)) == bool(cuts(before, after))


def test_who_was_told_of_a_lower_multiplier_knows_the_pay_however_the_days_before_word_it() -> None:
    """1.00 × 2.0 all day becomes 1.00 × 1.5; the days between pay 1.50 × 1.5."""
    whole = [band("mon-sun", "00:00", "24:00", 200)], [band("mon-sun", "00:00", "24:00", 150)]
    before = a_card(dates=[], base=[base_row(100)], bands=whole[0])
    value = a_card(dates=[], base=[base_row(150)], bands=whole[1])
    assert untold(before, value, a_card(dates=[], base=[base_row(100)], bands=whole[1])) == []


def test_a_lower_price_that_the_hours_had_made_up_for_is_told_to_nobody() -> None:
    """From Monday 0.90 × 2.0 where 1.00 × 1.0 was: no evening was ever to pay less, until the days between
    pay 1.10 × 2.0 for it."""
    evening = [band("mon-sun", "17:00", "20:00", 200)]
    before = a_card(dates=[], base=[base_row(100)], bands=[])
    value = a_card(dates=[], base=[base_row(110)], bands=evening)
    found = untold(before, value, a_card(dates=[], base=[base_row(90)], bands=evening))
    assert [(each.subject, each.before, each.after) for each in found] == [("*,*,*", "1.10", "0.90")]
