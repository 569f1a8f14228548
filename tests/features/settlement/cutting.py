"""Work that is cut off at any of its writes, and what money says before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from gig.core import prepared
from gig.core.db import db, engine_of
from tests.features.settlement import books

TABLES = (
    "earning",
    "turn",
    "ledger_entry",
    "adjustment",
    "appeal",
    "score_event",
    "period",
    "statement",
    "payout_line",
    "batch",
    "batch_file",
    "result_import",
    "tax_record",
    "audit_log",
    "escalation",
    "outage",
    "pay_hold",
    "rate_card",
    "surge",
    "suspicion",
    "tunable_change",
)


@contextmanager
def cut_off(step: int) -> Iterator[None]:
    """The process is gone as it is about to do its writing statement or commit number `step`."""
    left = [step]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise books.Crash

    def told(statement: str) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE") or "WITH" in statement[:8]:
            count()

    def sent(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        told(statement)

    def committing(_session: object) -> None:
        count()

    engine = engine_of(db.session())
    sa.event.listen(engine, "before_cursor_execute", sent)
    sa.event.listen(db.session, "before_commit", committing)
    prepared.watchers.append(told)
    try:
        yield
    finally:
        prepared.watchers.remove(told)
        sa.event.remove(db.session, "before_commit", committing)
        sa.event.remove(engine, "before_cursor_execute", sent)


def fingerprint() -> dict[str, list[Any]]:
    """All that money, and the log of who did what, say now."""
    session = db.session()
    session.rollback()
    return {
        name: sorted(repr(tuple(row)) for row in session.execute(sa.text(f'SELECT * FROM "{name}"')))
        for name in TABLES
    }
