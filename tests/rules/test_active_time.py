"""Active time, pay an hour, and what an hour may bring."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.payouts.earnings.rules.forecast import LEAST, Forecast, forecast, median
from gig.payouts.earnings.rules.hours import active, hourly_fen, length, union

DAWN = dt.datetime(2026, 11, 18, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def at(minutes: float) -> dt.datetime:
    return DAWN + dt.timedelta(minutes=minutes)


def minutes(amount: float) -> dt.timedelta:
    return dt.timedelta(minutes=amount)


def test_two_clocks_at_once_count_once() -> None:
    found = active([], [(at(0), at(10)), (at(5), at(15))], DAWN, DAWN + DAY)
    assert (found.whole, found.answering, found.waiting) == (minutes(15), minutes(15), minutes(0))


def test_waiting_online_is_work_and_answering_offline_is_too() -> None:
    found = active([(at(0), at(60))], [(at(10), at(12)), (at(70), at(73))], DAWN, DAWN + DAY)
    assert found.whole == minutes(63)
    assert (found.answering, found.waiting) == (minutes(5), minutes(58))


def test_time_outside_the_span_is_not_counted() -> None:
    found = active([(at(-30), at(30)), (at(24 * 60 - 5), at(24 * 60 + 30))], [], DAWN, DAWN + DAY)
    assert found.whole == minutes(35)


def test_a_span_that_ends_before_it_begins_is_nothing() -> None:
    assert union([(at(5), at(5)), (at(9), at(7))], DAWN, DAWN + DAY) == []


@pytest.mark.parametrize(
    ("fen", "worked", "hourly"),
    [
        (600, 60, 600),
        (100, 40, 150),
        (1, 120, 1),  # half a fen goes up
        (1, 121, 0),
        (500, 10, 3000),
        (500, 9.99, None),
        (0, 60, 0),
        (-30, 60, -30),
    ],
)
def test_pay_an_hour_is_rounded_once_and_needs_ten_minutes(
    fen: int, worked: float, hourly: int | None
) -> None:
    assert hourly_fen(fen, minutes(worked)) == hourly


spans = st.lists(
    st.tuples(st.integers(0, 1500), st.integers(0, 300)).map(lambda pair: (at(pair[0]), at(sum(pair)))),
    max_size=8,
)


@given(spans, spans)
def test_active_time_is_never_more_than_its_parts_nor_than_the_day(
    online: list[tuple[dt.datetime, dt.datetime]], clocks: list[tuple[dt.datetime, dt.datetime]]
) -> None:
    found = active(online, clocks, DAWN, DAWN + DAY)
    parts = [length(union(some, DAWN, DAWN + DAY)) for some in (online, clocks)]
    assert max(parts) <= found.whole <= min(sum(parts, minutes(0)), DAY)
    assert found.answering == parts[1]


HOURS = [
    (DAWN - dt.timedelta(weeks=back), DAWN - dt.timedelta(weeks=back) + minutes(60)) for back in range(1, 9)
]


def test_a_forecast_is_from_the_least_to_the_most_that_was_seen() -> None:
    paid = [
        (start + minutes(5), fen) for (start, _end), fen in zip(HOURS, [900, 300, 700, 500], strict=False)
    ]
    assert forecast(HOURS, HOURS[:4], paid) == Forecast(4, 300, 600, 900)


def test_an_hour_counts_from_half_an_hour_online_on() -> None:
    half = [(start, start + minutes(30)) for start, _end in HOURS[:LEAST]]
    almost = [(start, start + minutes(29.9)) for start, _end in HOURS[:LEAST]]
    assert forecast(HOURS, half, []).seen == LEAST
    assert forecast(HOURS, almost, []).seen == 0


def test_an_hour_online_without_pay_is_a_zero_and_not_left_out() -> None:
    paid = [(start, 400) for start, _end in HOURS[1:4]]
    assert forecast(HOURS, HOURS[:4], paid).low_fen == 0


def test_three_hours_are_no_range() -> None:
    found = forecast(HOURS, HOURS[:3], [(HOURS[0][0], 400)])
    assert not found.enough and (found.low_fen, found.high_fen) == (0, 0)


def test_pay_of_another_hour_is_not_taken_in() -> None:
    paid = [(end, 400) for _start, end in HOURS] + [(start - minutes(1), 400) for start, _end in HOURS]
    assert forecast(HOURS, HOURS, paid).high_fen == 0


def test_the_middle_of_an_even_number_is_rounded_half_up() -> None:
    assert median([1, 2, 3]) == 2
    assert median([1, 2, 3, 10]) == 3
