"""Counting what the database is sent, through the engine and past it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from gig.core import prepared
from gig.core.db import db

NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the database is sent inside the block."""
    sent: list[str] = []

    def note(statement: str) -> None:
        if not statement.lstrip().upper().startswith(NOT_COUNTED):
            sent.append(" ".join(statement.split()))

    def of_engine(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        note(statement)

    engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", of_engine)
    prepared.watchers.append(note)
    try:
        yield sent
    finally:
        prepared.watchers.remove(note)
        sa.event.remove(engine, "before_cursor_execute", of_engine)
