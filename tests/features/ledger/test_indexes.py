"""The indexes of the book serve the sums that go over all of a period, and hold what changes them only."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import is_sqlite
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
