"""An agent's active time and what an hour of it paid; and what this hour may bring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone
from gig.identity.models import Duty
from gig.payouts.earnings.models import Earning
from gig.payouts.earnings.rules.forecast import HOUR, WEEKS, Forecast, forecast
from gig.payouts.earnings.rules.hours import Active, Span, active, hourly_fen

LONGEST_DUTY = dt.timedelta(hours=48)
"""No span online is longer, so none that began earlier reaches into what is looked at."""


@dataclass(frozen=True)
class Worked:
    """The active time of a span and its pay an hour; `noted` False when no time online is on record."""

    active: Active
    pay_fen: int
    hourly_fen: int | None
    noted: bool


def worked(
    session: Session, agent_id: str, since: dt.datetime, until: dt.datetime, *, pay_fen: int, now: dt.datetime
) -> Worked:
    """Of the span up to now. Two statements, along the agent's own spans and earnings."""
    end = min(until, now)
    online = _online(session, agent_id, since, end, now=now)
    clocks = sa.select(Earning.clock_started_at, Earning.received_at).where(
        Earning.agent_id == agent_id, Earning.received_at >= since, Earning.received_at < until
    )
    found = active(online, [(start, stop) for start, stop in session.execute(clocks)], since, end)
    return Worked(found, pay_fen, hourly_fen(pay_fen, found.whole) if online else None, bool(online))


def this_hour(session: Session, agent_id: str, zone: BusinessZone, now: dt.datetime) -> Forecast:
    """What the hour that now belongs to may bring, from those before it. Two statements."""
    hours = earlier_hours(zone, now)
    online = _online(session, agent_id, hours[-1][0], hours[0][1], now=now)
    in_them = sa.or_(*(sa.and_(Earning.received_at >= a, Earning.received_at < b) for a, b in hours))
    paid = sa.select(Earning.received_at, Earning.pay_fen).where(Earning.agent_id == agent_id, in_them)
    return forecast(hours, online, [(at, fen) for at, fen in session.execute(paid)])


def earlier_hours(zone: BusinessZone, now: dt.datetime) -> Sequence[Span]:
    """The same hour of the same weekday in each of the last weeks, the newest first."""
    local = zone.local(now).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    starts = [zone.instants_of(local - dt.timedelta(weeks=back))[0] for back in range(1, WEEKS + 1)]
    return [(start, start + HOUR) for start in starts]


def _online(
    session: Session, agent_id: str, since: dt.datetime, until: dt.datetime, *, now: dt.datetime
) -> list[Span]:
    query = sa.select(Duty.began_at, Duty.ended_at).where(
        Duty.agent_id == agent_id,
        Duty.began_at > since - LONGEST_DUTY,
        Duty.began_at < until,
        sa.or_(Duty.ended_at.is_(None), Duty.ended_at > since),
    )
    return [(began, ended or now) for began, ended in session.execute(query)]
