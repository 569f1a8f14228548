"""Periods and statements in lists, the newest first, a page at a time.

Both lists are in the order of the periods' starts, of which there are never two alike: that is their cursor.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.settlement.models import Period, Statement

SUMMED = ("turns", "gross_fen", "payable_fen")
NOTHING = (0, 0, 0, 0)


@dataclass(frozen=True)
class PeriodRow:
    """A period in a list, with the sums of its statements."""

    id: str
    kind: str
    first_day: dt.date
    end_day: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime
    state: str
    close_no: int
    agents: int
    turns: int
    gross_fen: int
    payable_fen: int


def periods(
    session: Session,
    *,
    oldest_first: bool = False,
    limit: int | None = None,
    before: dt.datetime | None = None,
) -> list[PeriodRow]:
    """Periods with the sums of their statements, if asked those that start `before` an instant.

    One that is open has no statements yet. Only what the periods shown were cut into is summed.
    """
    query = sa.select(Period).order_by(Period.starts_at if oldest_first else Period.starts_at.desc())
    if before is not None:
        query = query.where(Period.starts_at < before)
    found = session.scalars(query.limit(limit)).all()
    sums = _sums(session, [period.id for period in found])
    return [_row(period, *sums.get(period.id, NOTHING)) for period in found]


def shows() -> sa.ColumnElement[bool]:
    """The statement that stands for its period: the one that counts, or, while the period is open again and
    until its next close has ended, the one that was voided then, so that nobody finds nothing where they
    read an amount before."""
    reopened = sa.and_(Period.state == "open", Statement.close_no == Period.close_no)
    closing_again = sa.and_(Period.state == "closing", Statement.close_no == Period.close_no - 1)
    return sa.or_(_counts(), reopened, closing_again)


def _counts() -> sa.ColumnElement[bool]:
    """Not voided, nor of a close that has not ended: until then it may come out otherwise."""
    return sa.and_(Statement.voided_at.is_(None), Period.state != "closing")


def statements_of(
    session: Session,
    agent_id: str,
    *,
    limit: int,
    before: dt.datetime | None = None,
    reopened: bool = False,
) -> Sequence[tuple[Statement, Period]]:
    """The agent's statements that count with their periods, if asked those of periods that start `before` an
    instant. With `reopened` also what a period that is open or being closed again said before."""
    query = (
        sa.select(Statement, Period)
        .join(Period, Period.id == Statement.period_id)
        .where(Statement.agent_id == agent_id, shows() if reopened else _counts())
        .order_by(Period.starts_at.desc())
    )
    if before is not None:
        query = query.where(Period.starts_at < before)
    return [(statement, period) for statement, period in session.execute(query.limit(limit))]


def voided_of(session: Session, period_id: str, agent_id: str) -> Sequence[Statement]:
    """The agent's statements of the period that later closes replaced, the newest first."""
    query = sa.select(Statement).where(
        Statement.period_id == period_id, Statement.agent_id == agent_id, Statement.voided_at.is_not(None)
    )
    return session.scalars(query.order_by(Statement.close_no.desc())).all()


def open_period_at(session: Session, at: dt.datetime) -> Period | None:
    """The period that takes a posting of this instant, for a preview; None before there is one.

    Nothing is locked: whoever posts asks again.
    """
    query = sa.select(Period).where(Period.ends_at > at, Period.state == "open")
    return session.scalars(query.order_by(Period.starts_at).limit(1)).first()


def _sums(session: Session, period_ids: Sequence[str]) -> dict[str, tuple[int, int, int, int]]:
    """(agents, turns, gross, payable) of each period that has statements."""
    columns = Statement.__table__.c
    rows = session.execute(
        sa.select(columns.period_id, sa.func.count(), *(sa.func.sum(columns[name]) for name in SUMMED))
        .where(columns.period_id.in_(period_ids), columns.voided_at.is_(None))
        .group_by(columns.period_id)
    )
    return {id: (agents, int(turns), int(gross), int(payable)) for id, agents, turns, gross, payable in rows}


def _row(period: Period, agents: int, turns: int, gross_fen: int, payable_fen: int) -> PeriodRow:
    return PeriodRow(
        id=period.id,
        kind=period.kind,
        first_day=period.first_day,
        end_day=period.end_day,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        state=period.state,
        close_no=period.close_no,
        agents=agents,
        turns=turns,
        gross_fen=gross_fen,
        payable_fen=payable_fen,
    )
