"""What of a penalty was not given back yet."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.ledger.models import LedgerEntry


def left_of(penalty: sa.FromClause) -> sa.ColumnElement[int]:
    """The penalty's amount less all its reversals, whoever decided them, as a column of a query over it."""
    reversal = LedgerEntry.__table__.alias("reversal")
    back = (
        sa.select(sa.func.coalesce(sa.func.sum(reversal.c.amount_fen), 0))
        .where(reversal.c.reverses_id == penalty.c.id)
        .correlate(penalty)
        .scalar_subquery()
    )
    left: sa.ColumnElement[int] = penalty.c.amount_fen - back
    return left


def open_fen(session: Session, penalty_id: str | None, *, hold: bool = False) -> int:
    """What is left of the penalty; 0 where no money was taken. With `hold` nobody else gives of it until the
    end of the transaction."""
    if penalty_id is None:
        return 0
    if hold:
        session.execute(sa.select(LedgerEntry.id).where(LedgerEntry.id == penalty_id).with_for_update())
    penalty = LedgerEntry.__table__.alias("penalty")
    return int(session.execute(sa.select(left_of(penalty)).where(penalty.c.id == penalty_id)).scalar_one())
