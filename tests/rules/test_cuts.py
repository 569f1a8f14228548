"""What a card takes from anybody against the one before it, each with its name."""

from __future__ import annotations

from typing import Any

import pytest

from gig.payouts.rates.rules.cuts import cuts, untold
from gig.payouts.rates.rules.overlaps import WEEKDAY_WORDS
from tests.rules.cards import DINNER, LUNCH, a_card, band, base_row

BEFORE = a_card(dates=[])


def lost(**changes: Any) -> list[tuple[str, str, str]]:
    after = a_card(dates=[], **changes) if "dates" not in changes else a_card(**changes)
    return [(each.subject, each.before, each.after) for each in cuts(BEFORE, after)]


def test_the_same_card_cuts_nothing() -> None:
    assert lost() == []


def test_a_raise_is_no_cut() -> None:
    assert lost(base=[base_row(121), base_row(200, queue="refund", tier="gold")]) == []
    assert lost(bands=[LUNCH, {**DINNER, "to": "21:00"}], max_paid_replies=11, triage_fee_fen=5) == []


def test_a_lower_base_is_a_cut_of_that_case_alone() -> None:
    found = lost(base=[base_row(120), base_row(190, queue="refund", tier="gold")])
    assert found == [("refund,*,gold", "2.00", "1.90")]


def test_a_lower_base_everywhere_is_said_once() -> None:
    found = lost(base=[base_row(119), base_row(200, queue="refund", tier="gold")])
    assert ("*,*,*", "1.20", "1.19") in found
    assert all(subject.startswith(("*,*,*", "refund")) for subject, _, _ in found)


def test_a_wider_row_that_wins_over_a_narrower_one_is_found() -> None:
    """A queue's own row comes before the row of an issue type, and no key of either card shows it."""
    before = a_card(dates=[], base=[base_row(100), base_row(200, issue_type="late")])
    after = a_card(
        dates=[], base=[base_row(100), base_row(200, issue_type="late"), base_row(150, queue="refund")]
    )
    assert [(each.subject, each.after) for each in cuts(before, after)] == [("refund,late,*", "1.50")]


def test_shorter_hours_are_a_cut_of_each_day_and_of_those_hours() -> None:
    found = lost(bands=[LUNCH, {**DINNER, "days": "mon-sat"}, band("sun", "17:00", "19:30", 200, "晚高峰")])
    assert found == [("周日 19:30–20:00", "×2.0", "×1.0")]


def test_hours_past_midnight_are_looked_at_on_the_day_they_reach() -> None:
    before = a_card(dates=[], bands=[band("fri", "22:00", "02:00", 150)])
    after = a_card(dates=[], bands=[band("fri", "22:00", "01:00", 150)])
    assert [each.subject for each in cuts(before, after)] == ["周六 01:00–02:00"]


def test_a_date_that_loses_its_peak_is_a_cut() -> None:
    assert ("2026-12-25 17:00–20:00", "×2.0", "×1.0") in lost(dates=[{"date": "2026-12-25", "bands": []}])


def test_a_date_before_the_card_begins_is_nobodys_loss() -> None:
    assert lost(dates=[{"date": "2026-10-01", "bands": []}]) == []


def test_what_the_hours_take_and_the_base_gives_is_no_cut() -> None:
    """1.20 × 1.5 = 1.80 and 1.80 × 1.0 = 1.80: nobody has less."""
    before = a_card(dates=[], base=[base_row(120)], bands=[band("mon-sun", "00:00", "24:00", 150)])
    after = a_card(dates=[], base=[base_row(180)], bands=[])
    assert cuts(before, after) == []
    assert cuts(before, a_card(dates=[], base=[base_row(179)], bands=[])) != []


@pytest.mark.parametrize(
    "late",
    [
        [{"over_s": 60, "percent": 21}, {"over_s": 120, "percent": 50}],
        [{"over_s": 60, "percent": 20}, {"over_s": 119, "percent": 50}],
        [{"over_s": 60, "percent": 20}, {"over_s": 120, "percent": 50}, {"over_s": 200, "percent": 60}],
    ],
    ids=["a larger share", "an earlier tier", "one more tier"],
)
def test_harder_late_tiers_are_a_cut(late: list[dict[str, int]]) -> None:
    assert [subject for subject, _, _ in lost(late=late)] == ["late"]


def test_less_time_before_it_expires_is_a_cut() -> None:
    assert lost(claim_expires_s=299) == [("claim_expires_s", "300", "299")]


@pytest.mark.parametrize("name", ["max_paid_replies", "triage_fee_fen"])
def test_fewer_paid_replies_or_a_lower_fee_are_a_cut(name: str) -> None:
    before = a_card(dates=[], triage_fee_fen=30)
    after = a_card(dates=[], **{"triage_fee_fen": 30, name: 9})
    assert [each.subject for each in cuts(before, after)] == [name]


DINNER_LOWER = {**DINNER, "percent": 150}


def silent(value: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    cards = (a_card(dates=[], **changes) for changes in (value, after))
    return [(each.subject, each.before, each.after) for each in untold(BEFORE, *cards)]


def test_what_a_coming_card_lowers_was_told_however_high_the_days_before_it_are() -> None:
    """The raise cuts the evening into other hours and the case into other rows than the announced card."""
    evening = [LUNCH, {**DINNER, "to": "18:00"}, band("mon-sun", "18:00", "19:00", 250, "晚高峰")]
    evening.append({**DINNER, "from": "19:00"})
    lower = [base_row(100), base_row(150, queue="refund", tier="gold")]
    higher = [base_row(130), base_row(250, queue="refund", tier="gold"), base_row(140, queue="refund")]
    assert silent({"bands": evening}, {"bands": [LUNCH, DINNER_LOWER]}) == []
    assert silent({"base": higher}, {"base": lower}) == []
    assert silent({"max_paid_replies": 12}, {"max_paid_replies": 8}) == []


def test_what_only_the_days_before_pay_more_was_told_to_nobody() -> None:
    bands = [LUNCH, {**DINNER, "to": "21:00"}]
    found = silent({"bands": bands}, {"bands": [LUNCH, DINNER_LOWER]})
    assert found == [(f"{day} 20:00–21:00", "×2.0", "×1.0") for day in WEEKDAY_WORDS]
    base = [base_row(120), base_row(200, queue="refund", tier="gold"), base_row(180, queue="quality")]
    assert silent({"base": base}, {}) == [("quality,*,*", "1.80", "1.20")]


def test_all_of_a_cut_is_untold_where_the_coming_card_lowered_nothing_before() -> None:
    raised, after = a_card(dates=[], base=[base_row(300)]), a_card(dates=[], base=[base_row(100)])
    same = a_card(dates=[], base=[base_row(100)])
    assert untold(same, raised, after) == cuts(raised, after) != []
    assert cuts(raised, after) != untold(raised, raised, after) == []
