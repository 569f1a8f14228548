"""One leader among any number of scheduler processes, by a row that must be renewed."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gig.core.clock import real_now
from gig.core.db import EPOCH, is_sqlite, rows_changed, transaction
from gig.core.ids import new_id
from gig.scheduler.models import SchedulerLease

LEASE_S = 10
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
        try:
            with transaction() as session:
                won = self._compare_and_set(session)
        except IntegrityError:
            won = False
        self._safe_until = asked_at + LEASE_S - MARGIN_S if won else float("-inf")
        return won

    def release(self) -> None:
        """Another process may lead at once."""
        self._safe_until = float("-inf")
        with transaction() as session:
            session.execute(
                sa.update(SchedulerLease)
                .where(SchedulerLease.name == NAME, SchedulerLease.holder == self.holder)
                .values(until=EPOCH)
            )

    def _compare_and_set(self, session: Session) -> bool:
        now = real_now() if is_sqlite(session) else _database_now(session)
        until = now + dt.timedelta(seconds=LEASE_S)
        taken = (
            sa.update(SchedulerLease)
            .where(
                SchedulerLease.name == NAME,
                sa.or_(SchedulerLease.holder == self.holder, SchedulerLease.until <= now),
            )
            .values(holder=self.holder, until=until)
        )
        if rows_changed(session, taken):
            return True
        if session.scalar(sa.select(SchedulerLease.name).where(SchedulerLease.name == NAME)):
            return False
        session.execute(sa.insert(SchedulerLease).values(name=NAME, holder=self.holder, until=until))
        return True


def _database_now(session: Session) -> dt.datetime:
    now: dt.datetime = session.scalars(sa.select(sa.func.clock_timestamp())).one()
    return now
