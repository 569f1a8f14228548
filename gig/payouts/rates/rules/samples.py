"""A few replies priced with a card, to be read before it is published."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gig.payouts.rates.rules.card import DAY_MINUTES, RateCard
from gig.payouts.rates.rules.pricing import Pricing, price
from gig.payouts.rates.rules.quote import quote

MOST = 6
_PLAIN_HOURS = (9 * 60, 13 * 60, 21 * 60, 3 * 60)


@dataclass(frozen=True)
class Sample:
    """One reply: when its clock started, what it was about, and what it pays."""

    at: dt.datetime
    queue: str
    issue_type: str
    tier: str
    latency_s: int
    pricing: Pricing


def samples(card: RateCard) -> list[Sample]:
    """One reply in each kind of hours, one outside of them, and a late one, over the dearest base rows."""
    rows = sorted(card.base, key=lambda row: (row.queue == "*", -row.fen))
    instants = _instants(card)
    found = []
    for number, at in enumerate(instants[: MOST - 1]):
        row = rows[number % len(rows)]
        found.append(_sample(card, at, row.key, latency_s=card.reply_within_s // 2))
    late = card.late[-1]
    latency_s = (late.over_s + card.claim_expires_s) // 2
    return [*found, _sample(card, instants[0], rows[0].key, latency_s=max(latency_s, late.over_s + 1))]


def _sample(card: RateCard, at: dt.datetime, key: tuple[str, str, str], *, latency_s: int) -> Sample:
    queue, issue_type, tier = key
    offered = quote(card, queue=queue, issue_type=issue_type, tier=tier, clock_started_at=at, paid_so_far=0)
    pricing = price(offered, clock_started_at=at, replied_at=at + dt.timedelta(seconds=latency_s))
    return Sample(at, queue, issue_type, tier, latency_s, pricing)


def _instants(card: RateCard) -> list[dt.datetime]:
    """The middle of each band in the first week of the card, of the first dates, and a plain hour."""
    first = card.zone.day_of(card.valid_from)
    week = [first + dt.timedelta(days=n) for n in range(1, 8)]
    seen: set[tuple[int, int, int]] = set()
    found = []
    for day in [*reversed(week), *(entry.date for entry in card.dates if entry.date >= first)]:
        for hours in card.hours_starting_on(day):
            if (kind := (hours.start, hours.stop, hours.percent)) not in seen:
                seen.add(kind)
                found.append(_at(card, day, (hours.start + hours.stop) // 2))
    plain = next(
        (_at(card, week[0], minute) for minute in _PLAIN_HOURS if _free(card, week[0], minute)), None
    )
    return [*found, plain] if plain else found or [_at(card, week[0], DAY_MINUTES // 2)]


def _free(card: RateCard, day: dt.date, minute: int) -> bool:
    return not any(hours.start <= minute < hours.stop for hours in card.hours_starting_on(day))


def _at(card: RateCard, day: dt.date, minute: int) -> dt.datetime:
    midnight = dt.datetime.combine(day, dt.time())
    return card.zone.instants_of(midnight + dt.timedelta(minutes=minute))[0]
