"""Which surge is in force, and what became of those before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import table_of
from gig.core.errors import NotFound
from gig.core.ids import is_id
from gig.payouts.surges.models import Surge

HISTORY = 50
surge = table_of(Surge).c


@dataclass(frozen=True, slots=True)
class Uplift:
    """A surge in force as prices need it."""

    id: str
    percent: int
    until: dt.datetime


def in_force(queue: Any, at: Any) -> sa.ColumnElement[bool]:
    """The condition of a join: the queue's surge whose time it is and that can still promise.

    It can while the most that one reply may add (4.00 × percent) fits into what is left of the budget.
    """
    return sa.and_(
        surge.queue == queue,
        surge.ended_at.is_(None),
        surge.starts_at <= at,
        surge.ends_at > at,
        surge.promised_fen <= surge.budget_fen - 4 * surge.percent,
    )


def uplift(session: Session, queue: str, at: dt.datetime) -> Uplift | None:
    """The surge for a clock that starts on the queue at the instant. One statement."""
    query = sa.select(surge.id, surge.percent, surge.ends_at).where(in_force(queue, at))
    found = session.execute(query).first()
    return Uplift(*found) if found else None


def live(session: Session, at: dt.datetime) -> Sequence[Surge]:
    """Those that nobody has ended and whose time is not over, the last to end first."""
    query = sa.select(Surge).where(Surge.ended_at.is_(None), Surge.ends_at > at).order_by(Surge.ends_at)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def newest(session: Session, limit: int = HISTORY) -> Sequence[Surge]:
    query = sa.select(Surge).order_by(Surge.starts_at.desc(), Surge.id.desc()).limit(limit)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def one(session: Session, id: str) -> Surge:
    """NotFound for an id that is no surge."""
    found = session.get(Surge, id, populate_existing=True) if is_id(id) else None
    if found is None:
        raise NotFound
    return found


def can_promise(found: Surge, at: dt.datetime) -> bool:
    """Whether a clock that starts now gets it; what `in_force` says, of one that was read."""
    open_ = found.ended_at is None and found.starts_at <= at < found.ends_at
    return open_ and found.promised_fen <= found.budget_fen - 4 * found.percent
