"""Reading what was earned: the lines, and totals that are the sums of the lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.businesstime import BusinessZone
from gig.payouts.earnings import triage
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period


@dataclass(frozen=True)
class Totals:
    """Sums over earnings, in fen. `peak` is what multipliers added; `on_time` counts turns.

    `pay_fen` is what the replies pay; `triage_fen` what handing turns on paid, beside them.
    """

    turns: int
    on_time: int
    base_fen: int
    peak_fen: int
    penalty_fen: int
    pay_fen: int
    triage_fen: int

    @property
    def total_fen(self) -> int:
        """All that the span earned."""
        return self.pay_fen + self.triage_fen

    def as_json(self) -> dict[str, int]:
        return {**asdict(self), "total_fen": self.total_fen}


@dataclass(frozen=True)
class Hour:
    """One hour of a business day: what it earned as base and through a multiplier, before penalties."""

    hour: int
    base_fen: int
    peak_fen: int
    percent: int


@dataclass(frozen=True)
class Day:
    """One business day: how many turns were answered, and what they and turns handed on paid."""

    day: dt.date
    turns: int
    pay_fen: int


def _of(agent_id: str, since: dt.datetime, until: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Earning.agent_id == agent_id, Earning.received_at >= since, Earning.received_at < until)


def earnings(
    session: Session,
    agent_id: str,
    since: dt.datetime,
    until: dt.datetime,
    *,
    after: tuple[dt.datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Earning]:
    """The agent's earnings in the span, newest first, beyond the cursor (received_at, id)."""
    query = sa.select(Earning).where(_of(agent_id, since, until))
    if after:
        query = query.where(
            sa.or_(
                Earning.received_at < after[0],
                sa.and_(Earning.received_at == after[0], Earning.id < after[1]),
            )
        )
    query = query.order_by(Earning.received_at.desc(), Earning.id.desc()).limit(limit)
    return session.execute(query).scalars().all()


@dataclass(frozen=True)
class Returned:
    """How much of an earning's penalty was given back, and what the book says of it."""

    fen: int
    why: str


def returned(session: Session, found: Sequence[Earning]) -> dict[str, Returned]:
    """By earning. One statement, none when nothing was late; read along the penalties' own keys."""
    keys = {f"penalty:{each.id}": each.id for each in found if each.penalty_fen}
    if not keys:
        return {}
    penalty = LedgerEntry.__table__.alias("penalty")
    rows = session.execute(
        sa.select(penalty.c.source_key, sa.func.sum(LedgerEntry.amount_fen), sa.func.max(LedgerEntry.memo))
        .select_from(penalty)
        .join(LedgerEntry, LedgerEntry.reverses_id == penalty.c.id)
        .where(penalty.c.source_key.in_(keys))
        .group_by(penalty.c.source_key)
    )
    return {keys[key]: Returned(int(fen), why) for key, fen, why in rows}


def taken_back(session: Session, earning: Earning) -> list[LedgerEntry]:
    """The reversals that took of what the reply earned, the first first. One statement."""
    earned = sa.select(LedgerEntry.id).where(LedgerEntry.source_key == f"earning:{earning.id}")
    query = sa.select(LedgerEntry).where(LedgerEntry.reverses_id == earned.scalar_subquery())
    return list(session.scalars(query.order_by(LedgerEntry.id)))


def replies_reversed(session: Session, entries: Sequence[LedgerEntry]) -> dict[str, str]:
    """By reversal, the earning whose money it moved back; none for entries that reverse no reply's.

    One statement, none when there is nothing to look up.
    """
    originals = {entry.reverses_id for entry in entries if entry.reverses_id}
    if not originals:
        return {}
    query = sa.select(LedgerEntry.id, LedgerEntry.source_key).where(LedgerEntry.id.in_(originals))
    keys = {id: key for id, key in session.execute(query) if key.startswith(("earning:", "penalty:"))}
    return {
        entry.id: keys[entry.reverses_id].partition(":")[2] for entry in entries if entry.reverses_id in keys
    }


def totals(session: Session, agent_id: str, since: dt.datetime, until: dt.datetime) -> Totals:
    """One statement; base and peak over turns with a gross, as on a statement."""
    paid = Earning.gross_fen > 0
    base = sa.case((paid, Earning.base_fen), else_=0)
    row = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((Earning.on_time, 1), else_=0)), 0),
            sa.func.coalesce(sa.func.sum(base), 0),
            sa.func.coalesce(sa.func.sum(Earning.gross_fen - base), 0),
            sa.func.coalesce(sa.func.sum(Earning.penalty_fen), 0),
            sa.func.coalesce(sa.func.sum(Earning.pay_fen), 0),
            sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.payable_fen), 0))
            .where(triage.of_span(agent_id, since, until))
            .scalar_subquery(),
        ).where(_of(agent_id, since, until))
    ).one()
    return Totals(*(int(value) for value in row))


def hours(
    session: Session, agent_id: str, since: dt.datetime, until: dt.datetime, zone: BusinessZone
) -> list[Hour]:
    """The hours of the span that earned something, on the business zone's wall clock.

    Grouped here and not in the database, which does not know the zone's rules.
    """
    rows = session.execute(
        sa.select(
            Earning.clock_started_at, Earning.base_fen, Earning.gross_fen, Earning.multiplier_percent
        ).where(_of(agent_id, since, until), Earning.gross_fen > 0)
    )
    found: dict[int, Hour] = {}
    for started, base, gross, percent in rows:
        hour = zone.local(started).hour
        was = found.get(hour, Hour(hour, 0, 0, 100))
        found[hour] = Hour(hour, was.base_fen + base, was.peak_fen + gross - base, max(was.percent, percent))
    return [found[hour] for hour in sorted(found)]


def days(
    session: Session, agent_id: str, since: dt.datetime, until: dt.datetime, zone: BusinessZone
) -> list[Day]:
    """The business days of the span that earned something, the newest first."""
    rows = session.execute(sa.select(Earning.received_at, Earning.pay_fen).where(_of(agent_id, since, until)))
    found: dict[dt.date, Day] = {}
    for at, fen in rows:
        day = zone.day_of(at)
        was = found.get(day, Day(day, 0, 0))
        found[day] = Day(day, was.turns + 1, was.pay_fen + fen)
    for fee in triage.fees(session, agent_id, since, until):
        day = zone.day_of(fee.posted_at)
        was = found.get(day, Day(day, 0, 0))
        found[day] = Day(day, was.turns, was.pay_fen + fee.payable_fen)
    return [found[day] for day in sorted(found, reverse=True)]


def period_days(session: Session, instant: dt.datetime) -> tuple[dt.date, dt.date] | None:
    """The first and the last day of the period that contains the instant; None before its first posting."""
    found = session.execute(
        sa.select(Period.first_day, Period.end_day).where(
            Period.starts_at <= instant, Period.ends_at > instant
        )
    ).first()
    return (found.first_day, found.end_day - dt.timedelta(days=1)) if found else None
