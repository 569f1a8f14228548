"""Pay that is in question: held while a person decides, then free or taken back."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from gig.core.db import is_sqlite, rows_changed
from gig.payouts.disbursement.holds import paid_in_inquiries, takers
from gig.payouts.disbursement.models import PayHold
from gig.payouts.ledger import journal
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.operations.periods import posting_period


def put_in_question(session: Session, *, agent_id: str, inquiry_id: str, now: dt.datetime) -> None:
    """Payouts of the agent wait if they earned, or will earn, something in the inquiry."""
    if session.get(PayHold, (agent_id, inquiry_id)) is None:
        session.add(PayHold(agent_id=agent_id, inquiry_id=inquiry_id, began_at=now, ended_at=None))
        session.flush()


def end_question(session: Session, *, agent_id: str, inquiry_id: str, now: dt.datetime) -> bool:
    """The agent's payouts wait for this inquiry no more; lines that were held want a retry."""
    question = (
        sa.update(PayHold)
        .where(PayHold.agent_id == agent_id, PayHold.inquiry_id == inquiry_id, PayHold.ended_at.is_(None))
        .values(ended_at=now)
    )
    return rows_changed(session, question) == 1


def take_back(
    session: Session, *, agent_id: str, inquiry_id: str, decision: str, why: str, now: dt.datetime
) -> int:
    """What the agent was paid in the inquiry is reversed, entry by entry, in a period that takes postings.

    Of each entry goes what earlier reversals left, so that pay is not taken twice; of one that pays other
    work too (back pay) goes the part of this inquiry. Nothing waits for it any more, and no back pay is given
    for it later. Returns the fen taken.
    """
    of = {"agent_id": agent_id, "inquiry_id": inquiry_id, "decision": decision, "why": why, "now": now}
    taken = sum(take(session, **of) for take in takers)  # first, while no entry is held
    _forfeit(session, agent_id, inquiry_id, now=now)
    period = posting_period(session, now, now)
    for entry in _entries(session, agent_id, inquiry_id):
        if left := entry.amount_fen - _gone(session, entry):
            _reverse(session, entry, left, period, decision=decision, why=why, now=now)
            taken += left if entry.payable_fen > 0 else -left
    return taken


def left_of(session: Session, *, agent_id: str, inquiry_id: str) -> int:
    """What `take_back` would take now, but for what is part of entries that pay other work too."""
    entries = session.scalars(
        sa.select(LedgerEntry).where(LedgerEntry.source_key.in_(_keys(session, agent_id, inquiry_id)))
    )
    left = [(entry.payable_fen > 0, entry.amount_fen - _gone(session, entry)) for entry in entries.all()]
    return sum(fen if given else -fen for given, fen in left)


def taken_by(
    session: Session, decision: str, *, agent_id: str, at: dt.datetime | None
) -> list[tuple[LedgerEntry, int]]:
    """The agent's entries that a decision of that instant took back, each with what it took of it, negative
    where it gave back."""
    original, back = aliased(LedgerEntry), aliased(LedgerEntry)
    query = (
        sa.select(original, -back.payable_fen)
        .join(back, back.reverses_id == original.id)
        .where(back.agent_id == agent_id, back.posted_at == at)
        .where(back.source_key.startswith(f"reversal:{decision}:"))
        .order_by(back.id)
    )
    return [(entry, int(fen)) for entry, fen in session.execute(query)]


def _forfeit(session: Session, agent_id: str, inquiry_id: str, *, now: dt.datetime) -> None:
    """Known also where nothing had waited: marks too weak to hold a payout may be decided on."""
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    decided = {"ended_at": now, "forfeited": True}
    about = {"agent_id": agent_id, "inquiry_id": inquiry_id, "began_at": now}
    session.execute(
        insert(PayHold)
        .values(**about, **decided)
        .on_conflict_do_update(index_elements=["agent_id", "inquiry_id"], set_=decided)
    )


def _gone(session: Session, entry: LedgerEntry) -> int:
    gone = sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount_fen), 0)).where(
        LedgerEntry.reverses_id == entry.id
    )
    return int(session.execute(gone).scalar_one())


def _reverse(
    session: Session,
    entry: LedgerEntry,
    fen: int,
    period: tuple[str, str | None],
    *,
    decision: str,
    why: str,
    now: dt.datetime,
) -> None:
    journal.reverse(
        session,
        entry,
        decision=decision,
        amount_fen=fen,
        period_id=period[0],
        late_for_period_id=period[1],
        why=why,
        now=now,
    )


def _entries(session: Session, agent_id: str, inquiry_id: str) -> list[LedgerEntry]:
    """The book's entries for what the agent was paid in the inquiry, fees for handing it on included.

    What was taken comes first: it is given back before the pay goes, so that at no point more is taken
    from a reply than it paid. They are held, so that nobody else takes of them meanwhile; who claws back
    from a reply holds its entry first, so what was taken while we waited is there when we look again.
    """
    keys: set[str] = set()
    while (found := _keys(session, agent_id, inquiry_id)) != keys:
        keys = found
        held = sa.select(LedgerEntry.id).where(LedgerEntry.source_key.in_(keys)).order_by(LedgerEntry.id)
        session.execute(held.with_for_update()).all()
    entries = sa.select(LedgerEntry).where(LedgerEntry.source_key.in_(keys))
    return list(session.scalars(entries.order_by(LedgerEntry.payable_fen > 0, LedgerEntry.id)))


def _keys(session: Session, agent_id: str, inquiry_id: str) -> set[str]:
    keys: set[str] = set()
    for paid in paid_in_inquiries:
        pay = paid().subquery().c
        query = sa.select(pay.source_key).where(pay.agent_id == agent_id, pay.inquiry_id == inquiry_id)
        keys.update(session.scalars(query))
    return keys
