"""Closing a period: once, in short transactions, resumable wherever it was cut off."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, outbox, tunables
from gig.core.db import is_sqlite, rows_changed, transaction
from gig.core.errors import NotFound, Refused
from gig.core.text import N_
from gig.core.transitions import move
from gig.identity.models import Agent
from gig.payouts.settlement import cut
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.periods import ensure_period
from gig.payouts.settlement.states import PERIOD, UNCLOSED
from gig.payouts.settlement.tie import tie
from gig.payouts.settlement.values import MINIMUM_PAYOUT, grace, zone

CHUNK = 5000
"""Agents in one transaction: short enough that replies do not wait for a close."""


class DoesNotTie(Exception):
    """Book, statements and lines disagree; the period stays `closing` until they agree."""


def close_due(*, now: dt.datetime, until: dt.date | None = None) -> list[str]:
    """Every period whose grace is over is closed, the oldest first; the ids of those closed now.

    With `until`, only periods that have ended by the end of that business day. A period that was
    reopened waits for a person, until the one after it is due.
    """
    with transaction() as session:
        ensure_period(session, now)
        ended_by = now - grace(tunables.values(session))
    if until is not None:
        ended_by = min(ended_by, zone().day_bounds(until)[1])
    closed: list[str] = []
    while (period_id := _oldest_due(ended_by)) is not None:
        close_period(period_id=period_id, actor_id=None, now=now)
        closed.append(period_id)
    return closed


def close_period(*, period_id: str, actor_id: str | None, now: dt.datetime) -> None:
    """The period is closed: one statement for each agent concerned, one line for each that pays.

    A second run, or one that meets another, finishes what is left and changes nothing that is there.
    """
    while _advance(period_id, actor_id, now):
        pass


def _oldest_due(ended_by: dt.datetime) -> str | None:
    with transaction() as session:
        due = session.scalars(
            sa.select(Period)
            .where(Period.state.in_(UNCLOSED), Period.ends_at <= ended_by)
            .order_by(Period.starts_at)
            .limit(2)
        ).all()
    reopened = len(due) == 1 and due[0].state == "open" and due[0].close_no > 0
    return due[0].id if due and not reopened else None


def _advance(period_id: str, actor_id: str | None, now: dt.datetime) -> bool:
    """One transaction: the period begins to close if it was open, the next agents get their statements
    and lines, and behind the last of them it is closed if everything ties. False when nothing is left.
    """
    with transaction() as session:
        period = session.get(Period, period_id, populate_existing=True)
        if period is None:
            raise NotFound()
        if period.state == "open":
            _begin(session, period, actor_id, now)
        if period.state != "closing":
            return False
        if period.close_after is not None:
            _cut_next(session, period)
        if period.close_after is not None:
            return True
        found = tie(session, period_id)
        if found.holds and move(
            session, PERIOD, Period, period_id, origin="closing", target="closed", closed_at=now
        ):
            tell(session, period_id, "closed", now=now)
    if not found.holds:
        raise DoesNotTie(
            f"{period_id}: ledger {found.ledger_fen} - statements {found.gross_fen} = "
            f"{found.gross_difference_fen} fen; payable {found.payable_fen} - lines {found.lines_fen} = "
            f"{found.payable_difference_fen} fen"
        )
    return False


def _begin(session: Session, period: Period, actor_id: str | None, now: dt.datetime) -> None:
    """The period takes no postings any more; its instant and its minimum are fixed.

    Whoever else began first is waited for, and what they decided is read.
    """
    numbers = tunables.values(session)
    if now < period.ends_at + grace(numbers):
        raise Refused("period-not-over", N_("这个周期还没有结束，或还在宽限时间里，暂时不能关账。"))
    _refuse_if_an_earlier_one_is_unclosed(session, period)
    began = move(
        session,
        PERIOD,
        Period,
        period.id,
        origin="open",
        target="closing",
        close_no=period.close_no + 1,
        close_after="",
        closing_at=now,
        closed_by=actor_id,
        minimum_fen=numbers[MINIMUM_PAYOUT.name],
    )
    session.refresh(period)
    if began:
        audit.note(
            session,
            actor_id=actor_id,
            action="period.close",
            object_type="period",
            object_id=period.id,
            now=now,
        )
        tell(session, period.id, "closing", now=now)


def _refuse_if_an_earlier_one_is_unclosed(session: Session, period: Period) -> None:
    """The period before is share-locked, so that it is not reopened while this close begins."""
    earlier = sa.select(Period.id).where(Period.starts_at < period.starts_at)
    before = earlier.order_by(Period.starts_at.desc()).limit(1)
    session.execute(before.with_for_update(read=True))
    if session.execute(earlier.where(Period.state.in_(UNCLOSED)).limit(1)).first():
        raise Refused("earlier-period-open", N_("更早的周期还没有关账，先关那一个。"))


def _cut_next(session: Session, period: Period) -> None:
    """The next agents have their statements and lines.

    Progress is compared and set first, so two runs at once never cut the same agents.
    """
    after = period.close_after or ""
    edge = sa.select(Agent.id).where(Agent.id > after).order_by(Agent.id).offset(CHUNK - 1).limit(2)
    found = session.scalars(edge).all()
    upto = found[0] if len(found) == 2 else None
    advance = (
        sa.update(Period)
        .where(
            Period.id == period.id,
            Period.state == "closing",
            Period.close_no == period.close_no,
            Period.close_after == after,
        )
        .values(close_after=upto)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(session, advance):
        span = cut.Span(after, upto)
        session.execute(cut.statements(period, _previous_id(session, period), span))
        if is_sqlite(session):
            session.execute(cut.lines(period, span))
        else:  # the new statements have no statistics yet: look their agents up at once, not one by one
            session.execute(sa.text("SET LOCAL enable_nestloop = off"))
            session.execute(cut.lines(period, span))
            session.execute(sa.text("SET LOCAL enable_nestloop = on"))
    session.refresh(period)


def _previous_id(session: Session, period: Period) -> str | None:
    earlier = sa.select(Period.id).where(Period.ends_at <= period.starts_at)
    return session.scalars(earlier.order_by(Period.ends_at.desc()).limit(1)).first()


def tell(session: Session, period_id: str, state: str, *, now: dt.datetime) -> None:
    """Finance's open pages learn that the period moved."""
    outbox.emit(session, "finance", "period.state", {"period_id": period_id, "state": state}, now=now)
