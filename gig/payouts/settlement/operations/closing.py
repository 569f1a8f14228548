"""Closing a period: once, in short transactions, resumable wherever it was cut off."""

from __future__ import annotations

import datetime as dt
import time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core import audit, outbox, tunables
from gig.core.db import Instant, db, is_sqlite, not_inside_another, transaction
from gig.core.errors import NotFound, Refused
from gig.core.pacing import LOCKED_S, Pace, gently, pace_of
from gig.core.prepared import Prepared
from gig.core.text import N_
from gig.core.transitions import move
from gig.core.writers import others_wait_to_write
from gig.identity.models import Agent
from gig.payouts.settlement import cut
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.operations.periods import ensure_period
from gig.payouts.settlement.states import PERIOD, UNCLOSED
from gig.payouts.settlement.tie import Tie, tie
from gig.payouts.settlement.values import MINIMUM_PAYOUT, grace, zone

CHUNK, CHUNK_BESIDE_OTHERS = 5000, 500
"""Agents decided at once at most; on PostgreSQL they are written in the same transaction, and the pace says
how many they are while others write."""
SLICE, SLICE_WHEN_AWAITED = 250, 50
"""Agents written in one transaction on SQLite at most, and at least: whoever else writes waits for it."""

_PERIOD_ID = sa.bindparam("period_id", type_=sa.Text())
_PROGRESS = Prepared(
    sa.select(
        Period.id,
        Period.state,
        Period.close_no,
        Period.close_after,
        Period.closing_at,
        Period.minimum_fen,
        Period.starts_at,
    ).where(Period.id == _PERIOD_ID)
)
_BEFORE = Prepared(
    sa.select(Period.id)
    .where(Period.ends_at <= sa.bindparam("starts_at", type_=Instant()))
    .order_by(Period.ends_at.desc())
    .limit(sa.literal_column("1"))
)
_EDGE = Prepared(
    sa.select(Agent.id)
    .where(Agent.id > sa.bindparam("after", type_=sa.Text()))
    .order_by(Agent.id)
    .limit(sa.literal_column("2"))
    .offset(sa.bindparam("behind", type_=sa.Integer()))
)
_ADVANCE = Prepared(
    sa.update(Period)
    .where(
        Period.id == _PERIOD_ID,
        Period.state == sa.literal_column("'closing'"),
        Period.close_no == sa.bindparam("of_close", type_=sa.Integer()),
        Period.close_after == sa.bindparam("after", type_=sa.Text()),
    )
    .values(close_after=sa.bindparam("upto", type_=sa.Text()))
)


class DoesNotTie(Exception):
    """Book, statements and lines disagree; the period stays `closing` until they agree."""


def close_due(*, now: dt.datetime, until: dt.date | None = None) -> list[str]:
    """Every period whose grace is over is closed, the oldest first; the ids of those closed now.

    With `until`, only periods that have ended by the end of that business day. A period that was
    reopened waits for a person, until the one after it is due.
    """
    not_inside_another("close_due")
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


def close_period(*, period_id: str, actor_id: str | None, now: dt.datetime) -> Tie | None:
    """The period is closed: one statement for each agent concerned, one line for each that pays.

    A second run, or one that meets another, finishes what is left and changes nothing that is there. It
    begins transactions of its own, and refuses to be called inside another. While others write it goes in
    short pieces and rests between them, so that they hardly notice it. Whoever found that all ties and
    closed the period is given what it found; None if it was closed before.
    """
    not_inside_another("close_period")
    _begin(period_id, actor_id, now)
    pace = _pace(db.session())
    while _cut_next(period_id, pace):
        pass
    return _finish(period_id, pace, now)


def _pace(session: Session) -> Pace:
    """On SQLite the slices are paced, which are written under its one lock; elsewhere the chunks."""
    if is_sqlite(session):
        return pace_of(session, most=SLICE, least=SLICE_WHEN_AWAITED, piece_s=LOCKED_S)
    return pace_of(session, most=CHUNK)


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


def _begin(period_id: str, actor_id: str | None, now: dt.datetime) -> None:
    """A period that was open takes no postings any more; its instant and its minimum are fixed.

    Whoever else began first is waited for, and what they decided stands.
    """
    with transaction() as session:
        period = session.get(Period, period_id, populate_existing=True)
        if period is None:
            raise NotFound()
        if period.state != "open":
            return
        numbers = tunables.values(session)
        if now < period.ends_at + grace(numbers):
            raise Refused("period-not-over", N_("这个周期还没有结束，或还在宽限时间里，暂时不能关账。"))
        _refuse_if_an_earlier_one_is_unclosed(session, period)
        began = move(
            session,
            PERIOD,
            Period,
            period_id,
            origin="open",
            target="closing",
            close_no=period.close_no + 1,
            close_after="",
            closing_at=now,
            closed_by=actor_id,
            minimum_fen=numbers[MINIMUM_PAYOUT.name],
        )
        if began:
            audit.note(
                session,
                actor_id=actor_id,
                action="period.close",
                object_type="period",
                object_id=period_id,
                now=now,
            )
            tell(session, period_id, "closing", now=now)


def _refuse_if_an_earlier_one_is_unclosed(session: Session, period: Period) -> None:
    """The period before is share-locked, so that it is not reopened while this close begins."""
    earlier = sa.select(Period.id).where(Period.starts_at < period.starts_at)
    before = earlier.order_by(Period.starts_at.desc()).limit(1)
    session.execute(before.with_for_update(read=True))
    if session.execute(earlier.where(Period.state.in_(UNCLOSED)).limit(1)).first():
        raise Refused("earlier-period-open", N_("更早的周期还没有关账，先关那一个。"))


def _cut_next(period_id: str, pace: Pace) -> bool:
    """The next agents have their statements and lines. False when nobody is left.

    What a power cut takes of a close is its latest pieces, with the progress they made: they are cut again.
    The commit that closes the period waits for the disk, and for all before it.
    """
    session = db.session()
    session.rollback()
    started = time.perf_counter()
    period = _PROGRESS.first(session, {"period_id": period_id})
    if period is None or period.state != "closing" or period.close_after is None:
        return False
    close = cut.Close.of(period, previous_of(session, period.starts_at))
    if is_sqlite(session):
        size = CHUNK if pace.alone else min(CHUNK, CHUNK_BESIDE_OTHERS)
        _write_in_slices(session, close, _next_span(session, period.close_after, size), pace)
        return True
    span = _next_span(session, period.close_after, pace.size)
    with transaction(lasting=False) as writing:
        if _advance(writing, close, span.after, span.upto):
            cut.write_at_once(writing, close, span)
    pace.own()
    pace.worked(time.perf_counter() - started)
    return True


def _write_in_slices(session: Session, close: cut.Close, span: cut.Span, pace: Pace) -> None:
    """What is read before the write begins is written, a slice in a transaction."""
    rows = gently(session, pace, lambda: cut.decided(session, close, span))
    agent, after = cut.STATEMENT.index("agent_id"), span.after
    start = 0
    while start < max(1, len(rows)):
        some = rows[start : start + pace.size]
        start += len(some) or 1
        upto = some[-1][agent] if start < len(rows) else span.upto
        inserts = cut.inserts(session, close, some)
        with transaction(lasting=False) as writing:
            started = time.perf_counter()
            if not _advance(writing, close, after, upto):
                break
            cut.write(writing, inserts)
        took = time.perf_counter() - started
        after = upto or ""
        others_wait_to_write(session)
        pace.worked(took)


def _next_span(session: Session, after: str, size: int) -> cut.Span:
    """The next agents, the last of them named unless they are the last of all."""
    found = _EDGE.all(session, {"after": after, "behind": size - 1})
    return cut.Span(after, found[0].id if len(found) == 2 else None)


def _advance(session: Session, close: cut.Close, after: str, upto: str | None) -> bool:
    """Progress is compared and set before anything is written, so two runs at once never cut the same
    agents; False when the other one did."""
    progress = {"period_id": close.period_id, "of_close": close.close_no, "after": after, "upto": upto}
    return _ADVANCE.run(session, progress) == 1


def _finish(period_id: str, pace: Pace, now: dt.datetime) -> Tie | None:
    """The period is closed if everything ties. Nothing can be posted to it since it began to close, so
    book, statements and lines are summed before the write."""
    session = db.session()
    session.rollback()
    period = session.get(Period, period_id, populate_existing=True)
    if period is None or period.state != "closing":
        return None
    found = gently(session, pace, lambda: tie(session, period_id, resting=not pace.alone))
    if not found.holds:
        raise DoesNotTie(
            f"{period_id}: ledger {found.ledger_fen} - statements {found.gross_fen} = "
            f"{found.gross_difference_fen} fen; payable {found.payable_fen} - lines {found.lines_fen} = "
            f"{found.payable_difference_fen} fen"
        )
    with transaction() as writing:
        if move(writing, PERIOD, Period, period_id, origin="closing", target="closed", closed_at=now):
            tell(writing, period_id, "closed", now=now)
    return found


def previous_of(session: Session, starts_at: dt.datetime) -> str | None:
    """The id of the period before the one that starts then, whose statements carry into it."""
    found = _BEFORE.first(session, {"starts_at": starts_at})
    return None if found is None else str(found.id)


def tell(session: Session, period_id: str, state: str, *, now: dt.datetime) -> None:
    """Finance's open pages learn that the period moved."""
    outbox.emit(session, "finance", "period.state", {"period_id": period_id, "state": state}, now=now)
