"""What became of the scripts' uses, counted day by day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from gig.core.businesstime import BusinessZone
from gig.core.db import transaction
from gig.dispatch.models import Inquiry, Message, Rating
from gig.dispatch.scripts.models import ScriptDay
from gig.dispatch.scripts.values import COUNTED_AGAIN
from gig.payouts.earnings.models import Earning
from gig.scoring.models import ScoreEvent

SPOILS = [sa.literal(kind, literal_execute=True) for kind in ("returned", "not_solved")]


def count_uses(*, zone: BusinessZone, now: dt.datetime, days: int = COUNTED_AGAIN) -> int:
    """The figures of the latest business days are as the messages say; how many rows that makes.

    Each day in a transaction of its own; counted again, it is the same.
    """
    today = zone.day_of(now)
    return sum(_count_day(zone, today - dt.timedelta(days=back)) for back in range(days))


def _count_day(zone: BusinessZone, day: dt.date) -> int:
    start, end = zone.day_bounds(day)
    with transaction() as session:
        rows: dict[str, dict[str, Any]] = {
            id: {"picked": picked, "answered": answered or 0, "on_time": on_time or 0}
            for id, picked, answered, on_time in session.execute(_messages(start, end))
        }
        for id, ended, solved, rated, stars in session.execute(_conversations(start, end)):
            rows[id] |= {"ended": ended or 0, "solved": solved or 0, "rated": rated or 0, "stars": stars or 0}
        session.execute(sa.delete(ScriptDay).where(ScriptDay.day == day))
        if rows:
            session.execute(
                sa.insert(ScriptDay), [{"day": day, "script_id": id, **row} for id, row in rows.items()]
            )
        return len(rows)


def _used(start: dt.datetime, end: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Message.script_id.is_not(None), Message.sent_at >= start, Message.sent_at < end)


def _messages(start: dt.datetime, end: dt.datetime) -> sa.Select[*tuple[Any, ...]]:
    """By script: how many messages, how many of them answered a turn, how many in time."""
    answers = sa.and_(
        Message.unpaid_reason.is_(None),
        Earning.turn_id == Message.turn_id,
        Earning.agent_id == Message.agent_id,
    )
    return (
        sa.select(
            Message.script_id,
            sa.func.count(),
            sa.func.count(Earning.id),
            sa.func.sum(sa.case((Earning.on_time.is_(sa.true()), 1), else_=0)),
        )
        .outerjoin(Earning, answers)
        .where(_used(start, end))
        .group_by(Message.script_id)
    )


def _conversations(start: dt.datetime, end: dt.datetime) -> sa.Select[*tuple[Any, ...]]:
    """By script: of its conversations, how they ended and what their customers thought."""
    used = (
        sa.select(Message.script_id, Message.inquiry_id, sa.func.min(Message.sent_at).label("first_at"))
        .where(_used(start, end))
        .group_by(Message.script_id, Message.inquiry_id)
        .subquery()
    )
    spoilt = (
        sa.select(ScoreEvent.id)
        .where(
            ScoreEvent.kind.in_(SPOILS),
            ScoreEvent.inquiry_id == used.c.inquiry_id,
            ScoreEvent.at >= used.c.first_at,
            ScoreEvent.struck_at.is_(None),
        )
        .exists()
    )
    ended = Inquiry.state.in_(("resolved", "closed"))
    return (
        sa.select(
            used.c.script_id,
            sa.func.sum(sa.case((ended, 1), else_=0)),
            sa.func.sum(sa.case((sa.and_(ended, ~spoilt), 1), else_=0)),
            sa.func.count(Rating.id),
            sa.func.sum(Rating.stars),
        )
        .join(Inquiry, Inquiry.id == used.c.inquiry_id)
        .outerjoin(Rating, sa.and_(Rating.inquiry_id == Inquiry.id, Rating.first))
        .group_by(used.c.script_id)
    )
