"""The fee for handing a turn on, posted in the transaction of the hand-over, and read back by the agent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.operations.periods import posting_period

KIND = "triage"


def pay_triage(
    session: Session, *, turn_id: str, agent_id: str, fee_fen: int, memo: str, now: dt.datetime
) -> None:
    """The agent is owed the fee, once for the turn, in the period of this instant; 0 posts nothing."""
    if not fee_fen:
        return
    period_id, late_for = posting_period(session, now, now)
    entry = journal.triage(turn_id, agent_id, fee_fen, memo)
    journal.post(session, [entry], period_id=period_id, late_for_period_id=late_for, now=now)


def fees(session: Session, agent_id: str, since: dt.datetime, until: dt.datetime) -> Sequence[LedgerEntry]:
    """The agent's triage fees of the span, the newest first."""
    query = sa.select(LedgerEntry).where(of_span(agent_id, since, until))
    return session.scalars(query.order_by(LedgerEntry.posted_at.desc(), LedgerEntry.id.desc())).all()


def of_span(agent_id: str, since: dt.datetime, until: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        LedgerEntry.agent_id == agent_id,
        LedgerEntry.kind == KIND,
        LedgerEntry.posted_at >= since,
        LedgerEntry.posted_at < until,
    )


def turn_of(fee: LedgerEntry) -> str:
    """The turn that the fee was paid for."""
    return fee.source_key.split(":")[1]
