"""The business zone's days and periods."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.core.businesstime import (
    PeriodKind,
    business_zone,
    format_instant,
    parse_instant,
    period_end,
    period_start,
)
from tests.rules.examples import QUICK

NEW_YORK = business_zone("America/New_York")
ZONES = ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/Havana")
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2040, 1, 1))
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-06-01", 24), ("2026-11-01", 25)])
def test_a_day_is_as_long_as_the_clock_makes_it(day: str, hours: int) -> None:
    start, end = NEW_YORK.day_bounds(dt.date.fromisoformat(day))
    assert end - start == dt.timedelta(hours=hours)


def test_a_repeated_time_happens_twice_and_a_skipped_one_at_the_skip() -> None:
    twice = NEW_YORK.instants_of(dt.datetime.fromisoformat("2026-11-01T01:30"))
    assert [format_instant(each) for each in twice] == ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]
    skipped = NEW_YORK.instants_of(dt.datetime.fromisoformat("2026-03-08T02:30"))
    assert [format_instant(each) for each in skipped] == ["2026-03-08T07:00:00Z"]


@QUICK
@given(st.sampled_from(ZONES), DAYS)
def test_days_follow_each_other_without_gap_or_overlap(zone_name: str, day: dt.date) -> None:
    zone = business_zone(zone_name)
    start, end = zone.day_bounds(day)
    assert end == zone.start_of_day(day + DAY)
    tick = dt.timedelta(microseconds=1)
    assert (zone.day_of(start), zone.day_of(end - tick)) == (day, day)
    assert zone.day_of(start - tick) == day - DAY


@QUICK
@given(st.sampled_from(PeriodKind), DAYS)
def test_a_day_is_inside_the_period_around_it(kind: PeriodKind, day: dt.date) -> None:
    start = period_start(kind, day)
    assert start <= day < period_end(kind, start)
    assert period_start(kind, start) == start
    assert period_start(kind, period_end(kind, start)) == period_end(kind, start)


@QUICK
@given(st.sampled_from(PeriodKind), DAYS)
def test_a_stub_fills_up_to_the_next_boundary(kind: PeriodKind, first_day: dt.date) -> None:
    end = period_end(kind, first_day)
    assert first_day < end == period_end(kind, period_start(kind, first_day))


def test_periods_begin_on_mondays_firsts_and_sixteenths() -> None:
    day = dt.date(2026, 2, 18)
    assert [period_start(kind, day).day for kind in PeriodKind] == [18, 16, 16, 1]
    assert [period_end(kind, day) for kind in PeriodKind] == [
        dt.date(2026, 2, 19),
        dt.date(2026, 2, 23),
        dt.date(2026, 3, 1),
        dt.date(2026, 3, 1),
    ]


def test_instants_are_read_with_their_offset_and_said_in_utc() -> None:
    assert format_instant(parse_instant("2026-11-01T00:00:00.5+08:00")) == "2026-10-31T16:00:00.500000Z"
    assert format_instant(parse_instant("2026-11-02T08:00+08:00")) == "2026-11-02T00:00:00Z"


@pytest.mark.parametrize("text", ["2026-11-01T00:00:00", "2026-11-01", "now", "", "9999-12-31T23:59:59Z"])
def test_a_time_without_its_zone_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match="时间"):
        parse_instant(text)
