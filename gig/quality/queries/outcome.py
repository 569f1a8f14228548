"""Where the money of an upheld appeal came back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period
from gig.quality.models import Appeal


def returned_in(session: Session, appeal: Appeal) -> Period | None:
    """The period whose statement has the reversal."""
    query = (
        sa.select(Period)
        .join(LedgerEntry, LedgerEntry.period_id == Period.id)
        .where(LedgerEntry.source_key == f"reversal:appeal-{appeal.id}:{appeal.penalty_id}")
    )
    return session.scalars(query).first()
