"""Which appeals are open in a period, for finance before a close."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.identity.models import Person
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.rehearsal import SHOWN, Finding, Item, ledger_of
from gig.quality.models import Appeal
from gig.quality.queries.money import left_of


def open_appeals(session: Session, period: Period) -> Finding:
    """The open appeals about what was posted, or happened, in the period, and the money they are about.

    A close does not wait for them: what is given back later is a reversal in the period that is then open.
    """
    which = sa.and_(Appeal.period_id == period.id, Appeal.state == "open")
    count = session.scalar(sa.select(sa.func.count()).where(which)) or 0
    penalty = LedgerEntry.__table__.alias("penalty")
    rows = session.execute(
        sa.select(
            Appeal.id, Appeal.agent_id, Person.name, sa.func.coalesce(left_of(penalty), 0), Appeal.due_at
        )
        .join(Person, Person.id == Appeal.agent_id)
        .outerjoin(penalty, penalty.c.id == Appeal.penalty_id)
        .where(which)
        .order_by(Appeal.due_at, Appeal.id)
        .limit(SHOWN if count else 0)
    )
    return Finding(
        N_("还没裁定的申诉"),
        N_("关账不等它们；以后返还的钱记进那时开着的周期。"),
        int(count),
        [
            Item(name, f"/console/appeals/{id}", int(fen), due_at, by="review", read=ledger_of(agent_id))
            for id, agent_id, name, fen, due_at in rows
        ],
    )
