"""Which appeals are open in a period, for finance before a close."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.identity.models import Person
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.unsettled import Undecided
from gig.quality.models import Appeal
from gig.quality.queries.money import left_of


def open_appeals(session: Session, period: str) -> Sequence[Undecided]:
    """The open appeals about what was posted, or happened, in the period of this id, and their money.

    A close does not wait for them: what is given back later is a reversal in the period that is then open.
    """
    penalty = LedgerEntry.__table__.alias("penalty")
    query = (
        sa.select(
            Appeal.id, Appeal.agent_id, Person.name, sa.func.coalesce(left_of(penalty), 0), Appeal.due_at
        )
        .join(Person, Person.id == Appeal.agent_id)
        .outerjoin(penalty, penalty.c.id == Appeal.penalty_id)
        .where(Appeal.period_id == period, Appeal.state == "open")
        .order_by(Appeal.due_at, Appeal.id)
    )
    return [
        Undecided("appeal", id, agent_id, name, int(fen), due_at, f"/console/appeals/{id}")
        for id, agent_id, name, fen, due_at in session.execute(query)
    ]
