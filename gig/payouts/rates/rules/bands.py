"""Which multiplier the business zone's wall clock stands in, and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from gig.payouts.rates.rules.card import Hours, RateCard

_DAY = dt.timedelta(days=1)
_WEEK_AND_A_DAY = 8
PLAIN = 100


def hours_at(card: RateCard, instant: dt.datetime) -> Hours | None:
    """The band that contains the instant, if any; a band belongs to the day it starts on."""
    wall = card.zone.local(instant)
    day = wall.date()
    minute = wall.hour * 60 + wall.minute
    for hours in card.hours_starting_on(day):
        if hours.start <= minute < hours.stop:
            return hours
    from_yesterday = minute + 24 * 60
    for hours in card.hours_starting_on(day - _DAY):
        if from_yesterday < hours.stop:
            return hours
    return None


def percent_at(card: RateCard, instant: dt.datetime) -> int:
    """The multiplier in percent; 100 outside every band."""
    hours = hours_at(card, instant)
    return PLAIN if hours is None else hours.percent


def holds_until(card: RateCard, instant: dt.datetime) -> dt.datetime | None:
    """The next instant at which this card's multiplier is another one; None if it never is."""
    instant = instant.astimezone(dt.UTC)
    percent = percent_at(card, instant)
    today = card.zone.day_of(instant)
    soon = [today + n * _DAY for n in range(-1, _WEEK_AND_A_DAY + 1)]
    shifts = card.zone.shifts(instant, instant + _WEEK_AND_A_DAY * _DAY)
    far = sorted({entry.date + n * _DAY for entry in card.dates if entry.date > soon[-1] for n in (-1, 0, 1)})
    for candidates in ([*shifts, *_edges(card, soon)], _edges(card, far)):
        for candidate in sorted(candidates):
            if candidate > instant and percent_at(card, candidate) != percent:
                return candidate
    return None


def _edges(card: RateCard, days: Iterable[dt.date]) -> Iterator[dt.datetime]:
    for day in days:
        midnight = dt.datetime.combine(day, dt.time())
        for minute in {edge for hours in card.hours_starting_on(day) for edge in (hours.start, hours.stop)}:
            yield from card.zone.instants_of(midnight + dt.timedelta(minutes=minute))
