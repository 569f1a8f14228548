"""Claims that are not finished when a period is about to close."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.dispatch.models import Inquiry
from gig.identity.models import Person
from gig.payouts.settlement.models import Period
from gig.payouts.settlement.rehearsal import SHOWN, Finding, Item, ledger_of

HANDED_ON = "/console/live/inquiries/{}/reassignment"
"""Where ops sees how long the agent has left, and hands the customer on."""


def unfinished_claims(session: Session, period: Period) -> Finding:
    """Inquiries that somebody claimed before the period's end and whose turn is still open."""
    which = sa.and_(
        Inquiry.state == "claimed",
        Inquiry.open_turn_id.is_not(None),
        Inquiry.claimed_at < period.ends_at,
    )
    count = session.scalar(sa.select(sa.func.count()).where(which)) or 0
    rows = session.execute(
        sa.select(Inquiry.id, Inquiry.owner_id, Person.name, Inquiry.claimed_at)
        .join(Person, Person.id == Inquiry.owner_id)
        .where(which)
        .order_by(Inquiry.claimed_at, Inquiry.id)
        .limit(SHOWN if count else 0)
    )
    return Finding(
        N_("还没答完的会话"),
        N_("关账后才回复的，收入记到下一期。"),
        int(count),
        [
            Item(name or owner[-6:], HANDED_ON.format(id), at=at, by="operate", read=ledger_of(owner))
            for id, owner, name, at in ((id, str(owner), name, at) for id, owner, name, at in rows)
        ],
    )
