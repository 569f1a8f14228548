"""Forgetting what has been told."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from gig.core.db import rows_changed, transaction
from gig.core.outbox import OutboxEvent

KEPT = dt.timedelta(hours=24)
CHUNK = 2000


def purge_outbox(now: dt.datetime) -> str | None:
    """No row older than a day is left, but for the newest of all: on SQLite the next id follows from it.

    Works in short transactions, so that nobody waits for it and no old snapshot is held.
    """
    gone = 0
    while removed := _purge_chunk(now - KEPT):
        gone += removed
    return f"{gone} rows" if gone else None


def _purge_chunk(before: dt.datetime) -> int:
    newest = sa.select(sa.func.max(OutboxEvent.id)).scalar_subquery()
    chunk = (
        sa.select(OutboxEvent.id)
        .where(OutboxEvent.created_at < before, OutboxEvent.id < newest)
        .order_by(OutboxEvent.created_at)
        .limit(CHUNK)
    )
    with transaction() as session:
        ids = session.scalars(chunk).all()
        return rows_changed(session, sa.delete(OutboxEvent).where(OutboxEvent.id.in_(ids))) if ids else 0
