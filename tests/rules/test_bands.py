"""Which band an instant is in."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gig.payouts.rates.rules.bands import holds_until, hours_at, percent_at
from gig.payouts.rates.rules.card import RateCard
from tests.rules.cards import a_card, band, shanghai
from tests.rules.examples import QUICK

MINUTE = dt.timedelta(minutes=1)
NIGHT = a_card(bands=[band("fri", "22:00", "02:00", 200, "夜")], dates=[{"date": "2026-11-14", "bands": []}])
NEW_YORK = a_card(timezone="America/New_York", bands=[band("sun", "01:30", "02:30", 200)], dates=[])


@pytest.mark.parametrize(
    ("wall", "percent"),
    [
        ("2026-11-20T21:59:59.999999", 100),
        ("2026-11-20T22:00", 200),
        ("2026-11-21T01:59:59.999999", 200),
        ("2026-11-21T02:00", 100),
        ("2026-11-22T01:00", 100),
        ("2026-11-14T01:00", 200),  # the date replaces what starts on it, not Friday's tail
    ],
)
def test_a_band_over_midnight_belongs_to_the_day_it_starts(wall: str, percent: int) -> None:
    assert percent_at(NIGHT, shanghai(wall)) == percent


def test_a_date_has_its_own_bands_instead() -> None:
    card = a_card()
    christmas = hours_at(card, shanghai("2026-12-25T03:00"))
    assert christmas is not None
    assert christmas.name == "圣诞"
    assert percent_at(card, shanghai("2026-12-26T03:00")) == 100


def test_a_repeated_hour_is_in_its_band_twice_and_a_skipped_one_starts_it_late() -> None:
    zone = ZoneInfo("America/New_York")
    repeated = [dt.datetime(2026, 11, 1, 1, 45, tzinfo=zone, fold=fold) for fold in (0, 1)]
    assert [percent_at(NEW_YORK, each) for each in repeated] == [200, 200]
    assert percent_at(NEW_YORK, dt.datetime(2026, 11, 1, 1, 15, tzinfo=zone, fold=1)) == 100
    until = holds_until(NEW_YORK, repeated[0])
    assert until == dt.datetime(2026, 11, 1, 6, 0, tzinfo=dt.UTC)  # the clock goes back to 01:00


@pytest.mark.parametrize(
    ("wall", "until"),
    [
        ("2026-11-20T09:00", "2026-11-20T10:00"),
        ("2026-11-20T10:00", "2026-11-20T12:00"),
        ("2026-11-20T19:59:59.999999", "2026-11-20T20:00"),
        ("2026-11-20T20:00", "2026-11-21T10:00"),
        ("2026-12-24T20:00", "2026-12-25T00:00"),
        ("2026-12-25T10:00", "2026-12-26T00:00"),
    ],
)
def test_a_price_says_until_when_it_holds(wall: str, until: str) -> None:
    assert holds_until(a_card(), shanghai(wall)) == shanghai(until)


def test_a_price_without_bands_holds_until_the_next_date_or_for_ever() -> None:
    assert holds_until(a_card(bands=[]), shanghai("2026-11-20T09:00")) == shanghai("2026-12-25T00:00")
    assert holds_until(a_card(bands=[], dates=[]), shanghai("2026-11-20T09:00")) is None
    same = [band("mon-sun", "00:00", "12:00"), band("mon-sun", "12:00", "24:00")]
    assert holds_until(a_card(bands=same, dates=[]), shanghai("2026-11-20T09:00")) is None


CARDS = (a_card(), NIGHT, NEW_YORK)


def _by_the_minute(card: RateCard, instant: dt.datetime) -> int:
    """The multiplier by walking back on the wall clock to each start that could reach this minute."""
    wall = card.zone.local(instant).replace(tzinfo=None, second=0, microsecond=0)
    for back in range(24 * 60):
        start = wall - back * MINUTE
        for hours in card.hours_starting_on(start.date()):
            if hours.start == start.hour * 60 + start.minute and back < hours.stop - hours.start:
                return hours.percent
    return 100


@QUICK
@given(
    st.sampled_from(CARDS),
    st.datetimes(dt.datetime.fromisoformat("2026-10-30"), dt.datetime.fromisoformat("2026-11-16")),
)
def test_a_band_is_found_as_by_walking_back_minute_by_minute(card: RateCard, at: dt.datetime) -> None:
    instant = at.replace(tzinfo=dt.UTC)
    assert percent_at(card, instant) == _by_the_minute(card, instant)


@QUICK
@given(
    st.sampled_from(CARDS),
    st.datetimes(dt.datetime.fromisoformat("2026-10-30"), dt.datetime.fromisoformat("2026-11-16")),
)
def test_the_price_holds_until_the_said_instant_and_not_longer(card: RateCard, at: dt.datetime) -> None:
    instant = at.replace(tzinfo=dt.UTC)
    until = holds_until(card, instant)
    assert until is not None
    percent = percent_at(card, instant)
    assert percent_at(card, until) != percent
    assert percent_at(card, until - dt.timedelta(microseconds=1)) == percent
    steps = int((until - instant) / (15 * MINUTE))
    assert all(percent_at(card, instant + n * 15 * MINUTE) == percent for n in range(0, steps, 7))
