"""When somebody who has been online for long must rest."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from gig.identity.rules.duty import Limits, Span, Worked, due, worked

DAY = dt.datetime(2026, 11, 19, 16, tzinfo=dt.UTC)
"""Midnight in Shanghai."""

LIMITS = Limits(dt.timedelta(hours=4), dt.timedelta(minutes=20), dt.timedelta(hours=8))


def at(hours: float) -> dt.datetime:
    return DAY + dt.timedelta(hours=hours)


def hours(amount: float) -> dt.timedelta:
    return dt.timedelta(hours=amount)


def so_far(spans: list[Span], now: float) -> Worked:
    return worked(spans, LIMITS, day_start=DAY, now=at(now))


def test_a_short_break_does_not_begin_a_new_stint_and_is_not_counted() -> None:
    done = so_far([(at(9), at(11)), (at(11.25), at(12))], 12)
    assert (done.stint, done.today) == (hours(2.75), hours(2.75))


def test_twenty_minutes_in_one_piece_are_a_rest() -> None:
    whole = dt.timedelta(minutes=20)
    assert so_far([(at(9), at(11)), (at(11) + whole, at(12))], 12).stint == at(12) - at(11) - whole
    assert so_far([(at(9), at(11))], 11.5).stint == hours(0)


def test_only_today_counts_for_the_day() -> None:
    done = so_far([(at(-2), at(1))], 1)
    assert (done.stint, done.today) == (hours(3), hours(1))


def test_a_rest_is_due_after_four_hours_and_lasts_twenty_minutes() -> None:
    fresh = due(Worked(hours(0), hours(0), None), LIMITS, now=at(9), day_end=at(24))
    assert (fresh.at, fresh.why, fresh.back_at) == (at(13), "stint", at(13) + LIMITS.rest)


def test_after_eight_hours_the_day_is_over() -> None:
    done = Worked(hours(2), hours(7), at(17))
    late = due(done, LIMITS, now=at(17), day_end=at(24))
    assert (late.at, late.why, late.back_at) == (at(18), "day", at(24))


def test_a_day_that_ends_before_its_cap_does_not_use_it() -> None:
    night = due(Worked(hours(0), hours(7), None), LIMITS, now=at(23), day_end=at(24))
    assert (night.at, night.why) == (at(27), "stint")


def test_who_comes_back_too_early_still_rests_from_the_last_time_online() -> None:
    tired = so_far([(at(9), at(13))], 13.1)
    again = due(tired, LIMITS, now=at(13.1), day_end=at(24))
    assert again.at <= at(13.1)
    assert again.back_at == at(13) + LIMITS.rest


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 90)), max_size=12))
def test_a_stint_is_part_of_what_was_worked_and_nobody_is_due_later_than_both_limits(
    gaps: list[tuple[int, int]],
) -> None:
    spans, end = [], DAY
    for pause, length in gaps:
        began = end + dt.timedelta(minutes=pause)
        end = began + dt.timedelta(minutes=length)
        spans.append((began, end))
    done = worked(spans, LIMITS, day_start=DAY, now=end)
    total = sum((ended - began for began, ended in spans), hours(0))
    assert hours(0) <= done.stint <= total == done.today
    next_rest = due(done, LIMITS, now=end, day_end=at(48))
    assert end <= next_rest.at <= end + LIMITS.stint
    assert next_rest.at <= end + max(hours(0), LIMITS.day - done.today)
