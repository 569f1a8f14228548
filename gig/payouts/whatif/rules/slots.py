"""Cuts a span into slots in which the card's multiplier and the hour of the day stay what they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gig.payouts.rates.rules.bands import percent_at
from gig.payouts.rates.rules.card import DAY_MINUTES, RateCard

_DAY = dt.timedelta(days=1)
_HOURS = frozenset(range(0, DAY_MINUTES, 60))


@dataclass(frozen=True, slots=True)
class Slot:
    """The multiplier for a clock that starts in it, and the hour on the business zone's wall."""

    percent: int
    hour: int


def slots(card: RateCard, since: dt.datetime, until: dt.datetime) -> tuple[list[dt.datetime], list[Slot]]:
    """The instants at which slots begin, the first at `since`, and each slot up to the next one's."""
    starts = sorted({since, *_edges(card, since, until)})
    return starts, [Slot(percent_at(card, at), card.zone.local(at).hour) for at in starts]


def _edges(card: RateCard, since: dt.datetime, until: dt.datetime) -> list[dt.datetime]:
    zone = card.zone
    found = list(zone.shifts(since, until))
    day, last = zone.day_of(since) - _DAY, zone.day_of(until)
    while day <= last:
        midnight = dt.datetime.combine(day, dt.time())
        hours = card.hours_starting_on(day)
        for minute in _HOURS | {edge for each in hours for edge in (each.start, each.stop)}:
            found += zone.instants_of(midnight + dt.timedelta(minutes=minute))
        day += _DAY
    return [at for at in found if since < at < until]
