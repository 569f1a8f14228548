"""The indexes of the book serve the sums that go over all of a period, and hold what changes them only."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import is_sqlite
from gig.payouts.ledger.queries import entries
from gig.payouts.settlement.tie import of_book


def test_what_a_period_adds_to_what_is_owed_is_summed_from_indexes_of_the_period(session: Session) -> None:
    sent: list[tuple[str, Any]] = []
    sa.event.listen(
        session.connection(),
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: sent.append((statement, values)),
    )
    assert of_book(session, "2026-W47") == 0
    if not is_sqlite(session):  # on a table so small it would rather read all
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
    explain = "EXPLAIN QUERY PLAN " if is_sqlite(session) else "EXPLAIN "
    whole, payments = (
        str(session.connection().exec_driver_sql(explain + statement, values).all())
        for statement, values in sent[:2]
    )
    assert "ix_ledger_entry_period" in whole
    assert "ix_ledger_entry_period_other" in payments


def test_the_entries_of_a_period_are_put_in_order_without_their_words(session: Session) -> None:
    """All of a period are looked through for the newest; only those on the page are read whole."""
    sent: list[tuple[str, Any]] = []
    sa.event.listen(
        session.connection(),
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: sent.append((statement, values)),
    )
    assert entries(session, period_id="2026-W47", limit=60) == []
    ((statement, values),) = sent
    inner = statement[statement.index("(SELECT") :]
    assert "memo" in statement and "memo" not in inner
    if is_sqlite(session):
        explained = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = [row[3] for row in explained]
        sorted_at = next(place for place, step in enumerate(plan) if "ORDER BY" in step)
        assert any("LIST SUBQUERY" in step for step in plan[:sorted_at])
