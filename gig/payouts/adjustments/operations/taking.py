"""What is taken back of back pay is written down reply by reply, in the transaction that takes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.db import one_at_a_time
from gig.payouts.adjustments import given, queries
from gig.payouts.adjustments.became import gone
from gig.payouts.adjustments.models import BackPayShare, BackPayTaken
from gig.payouts.disbursement.models import PayHold
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.operations.periods import posting_period


def take_of_inquiry(
    session: Session, *, agent_id: str, inquiry_id: str, decision: str, why: str, now: dt.datetime
) -> int:
    """What the agent has left of back pay for replies of the inquiry is reversed; the fen taken.

    Nobody posts back pay or decides on an adjustment before the transaction ends.
    """
    one_at_a_time(session, "adjustments")
    shares, taken = given.in_inquiry(session, agent_id, inquiry_id), 0
    for adjustment_id, theirs in groupby(shares, key=lambda share: share.adjustment_id):
        key = f"adjustment:{adjustment_id}"
        entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.source_key == key)).one()
        parts = _laid(queries.left_of(session, entry), ((each.earning_id, each.fen) for each in theirs))
        if not parts:
            continue
        period_id, late_for = posting_period(session, now, now)
        journal.reverse(
            session,
            entry,
            decision=decision,
            amount_fen=sum(parts.values()),
            period_id=period_id,
            late_for_period_id=late_for,
            why=why,
            now=now,
        )
        _write_down(session, entry, decision, parts)
        taken += sum(parts.values())
    return taken


def note_taken(session: Session, entry: LedgerEntry, *, decision: str, fen: int) -> None:
    """What a decision took of an entry as a whole is laid on replies, if it is back pay that kept them: on
    those whose own pay is gone, then on those in question, then on the last."""
    in_question = sa.exists().where(
        PayHold.agent_id == Earning.agent_id,
        PayHold.inquiry_id == Earning.inquiry_id,
        PayHold.ended_at.is_(None),
    )
    query = (
        sa.select(BackPayShare.earning_id, given.left())
        .join(Earning, Earning.id == BackPayShare.earning_id)
        .where(BackPayShare.adjustment_id == entry.source_key.removeprefix("adjustment:"))
        .order_by(sa.case((gone(), 0), (in_question, 1), else_=2), BackPayShare.earning_id.desc())
    )
    if parts := _laid(fen, ((id, left) for id, left in session.execute(query))):
        _write_down(session, entry, decision, parts)


def _laid(fen: int, shares: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The fen on these shares in order, on each as much as it has."""
    parts = {}
    for earning_id, left in shares:
        if part := min(fen, left):
            parts[earning_id] = part
            fen -= part
    return parts


def _write_down(session: Session, entry: LedgerEntry, decision: str, parts: dict[str, int]) -> None:
    of = {
        "source_key": f"reversal:{decision}:{entry.id}",
        "adjustment_id": entry.source_key.removeprefix("adjustment:"),
    }
    session.execute(
        sa.insert(BackPayTaken), [{**of, "earning_id": id, "fen": fen} for id, fen in parts.items()]
    )
