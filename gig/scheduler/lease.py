"""One leader among any number of scheduler processes, by a row that must be renewed."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.db import EPOCH, db, is_sqlite, transaction
from gig.core.ids import new_id
from gig.scheduler.models import SchedulerLease

LEASE_S = 10
LEASE = dt.timedelta(seconds=LEASE_S)
MARGIN_S = 2
NAME = "scheduler"


class Lease:
    """This process's claim to lead.

    The row is judged by the database's clock, so hosts may disagree about the time; how long this
    process may still act on it is judged by its own monotonic clock, counted from before the renewal
    and with a margin, so that it stops believing before another may begin.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.holder = new_id()
        self._monotonic = monotonic
        self._safe_until = float("-inf")

    @property
    def held(self) -> bool:
        """Whether this process leads right now."""
        return self._monotonic() < self._safe_until

    def renew(self) -> bool:
        """Takes the lease if it is free or run out, prolongs it if it is ours; says whether we lead."""
        asked_at = self._monotonic()
        won = _held_afterwards(self.holder)
        self._safe_until = asked_at + LEASE_S - MARGIN_S if won else float("-inf")
        return won

    def release(self) -> None:
        """Another process may lead at once."""
        self._safe_until = float("-inf")
        ours = sa.and_(SchedulerLease.name == NAME, SchedulerLease.holder == self.holder)
        with _by_itself() as doing:
            doing.execute(sa.update(SchedulerLease).where(ours).values(until=EPOCH))


@contextmanager
def _by_itself() -> Iterator[Session | Connection]:
    """On PostgreSQL each statement inside commits by itself: a process that is stopped at any point of it
    leaves no lock behind on which the next one would wait."""
    if is_sqlite(db.session()):
        with transaction() as session:
            yield session
    else:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection


def _held_afterwards(holder: str) -> bool:
    """Whether the holder has the lease now."""
    with _by_itself() as doing:
        if is_sqlite(db.session()):
            statement = _take_or_prolong(sqlite, holder, sa.literal(real_now()))
        else:
            statement = _take_or_prolong(postgresql, holder, sa.func.clock_timestamp())
        return doing.execute(statement).first() is not None


def _take_or_prolong(dialect: Any, holder: str, now: sa.ColumnElement[dt.datetime]) -> Any:
    """Gives a row back if the lease was free, run out, or the holder's own already."""
    until = real_now() + LEASE if dialect is sqlite else now + sa.literal(LEASE, sa.Interval())
    row = dialect.insert(SchedulerLease).values(name=NAME, holder=holder, until=until)
    return row.on_conflict_do_update(
        index_elements=[SchedulerLease.name],
        set_={"holder": row.excluded.holder, "until": row.excluded.until},
        where=sa.or_(SchedulerLease.holder == holder, SchedulerLease.until <= now),
    ).returning(SchedulerLease.name)
