"""One transaction is held until another one waits for it, so that the moment is always the same."""

from __future__ import annotations

import time
from threading import Thread

import sqlalchemy as sa

from gig.core.db import db


def until_it_waits(other: Thread) -> None:
    """A session of this PostgreSQL database waits for a lock, or the other thread has ended without waiting;
    on SQLite writers always queue up."""
    if db.engine.dialect.name == "sqlite":
        return
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with db.engine.connect() as connection:
        while other.is_alive() and not connection.scalar(waiting):
            connection.rollback()
            time.sleep(0)
