"""Inquiries that came in today, in quarters of an hour, and what past weeks say of the next hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone
from gig.dispatch.models import Inquiry
from gig.insight.queries.slots import instant_of, slot_column, slot_of

SLOT_S = 900
AHEAD = 4
WEEKS = 4
LATELY = dt.timedelta(minutes=5)
WEEK = dt.timedelta(days=7)

Slots = Mapping[int, Mapping[str, int]]
"""Slot → queue → how many came in."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What came in on the same weekday and hour of past weeks: the mean of those that have data.

    `slots` are the next quarters from the running one's end, in tenths of an inquiry; `queues` the whole
    hour. `weeks` says how many weeks it rests on; with none there is no forecast.
    """

    weeks: int
    slots: tuple[int, ...]
    queues: Mapping[str, int]

    @property
    def tenths(self) -> int:
        return sum(self.slots)


def today(
    session: Session, zone: BusinessZone, now: dt.datetime, known: Slots
) -> tuple[dict[int, dict[str, int]], int]:
    """The day's quarters so far, and how many came in in the last five minutes.

    One statement along the index on arrivals, from the first quarter that is not known or may still grow.
    """
    first = slot_of(zone.start_of_day(zone.day_of(now)), SLOT_S)
    current = slot_of(now, SLOT_S)
    wanted = list(range(first, current + SLOT_S, SLOT_S))
    since = next(slot for slot in wanted if slot not in known or slot >= current - SLOT_S)
    found: dict[int, dict[str, int]] = {slot: dict(known[slot]) for slot in wanted if slot < since}
    found.update({slot: {} for slot in wanted if slot >= since})
    slot = slot_column(session, Inquiry.arrived_at, SLOT_S).label("slot")
    recent = sa.case((Inquiry.arrived_at > now - LATELY, 1), else_=0)
    rows = session.execute(
        sa.select(slot, Inquiry.queue, sa.func.count(), sa.func.sum(recent))
        .where(Inquiry.arrived_at >= min(instant_of(since), now - LATELY), Inquiry.arrived_at <= now)
        .group_by(slot, Inquiry.queue)
    )
    lately = 0
    for at, queue, count, new in rows:
        lately += int(new)
        if at in found and at >= since:
            found[at][queue] = count
    return found, lately


def next_hour(session: Session, zone: BusinessZone, now: dt.datetime) -> Forecast:
    """One statement: the same hour of the same weekday, four weeks back, each along the index."""
    start = instant_of(slot_of(now, SLOT_S) + SLOT_S)
    wall = zone.local(start).replace(tzinfo=None)
    parts = []
    for week in range(1, WEEKS + 1):
        began = zone.instants_of(wall - week * WEEK)[0]
        slot = slot_column(session, Inquiry.arrived_at, SLOT_S).label("slot")
        parts.append(
            sa.select(
                sa.literal(week).label("week"),
                (slot - sa.literal(slot_of(began, SLOT_S))).label("after"),
                Inquiry.queue,
                sa.func.count(),
            )
            .where(
                Inquiry.arrived_at >= began,
                Inquiry.arrived_at < began + dt.timedelta(seconds=AHEAD * SLOT_S),
            )
            .group_by(slot, Inquiry.queue)
        )
    weeks: set[int] = set()
    slots, queues = [0] * AHEAD, dict[str, int]()
    for week, after, queue, count in session.execute(sa.union_all(*parts)):
        weeks.add(week)
        slots[int(after) // SLOT_S] += count
        queues[queue] = queues.get(queue, 0) + count
    n = len(weeks)
    if not n:
        return Forecast(0, (), {})
    return Forecast(
        n,
        tuple(_mean_tenths(sum_, n) for sum_ in slots),
        {queue: _mean_tenths(sum_, n) for queue, sum_ in queues.items()},
    )


def _mean_tenths(total: int, n: int) -> int:
    return (20 * total + n) // (2 * n)
