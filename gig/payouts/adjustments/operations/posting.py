"""From decided adjustments to entries in the book, within what the rules allow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.core.errors import Refused
from gig.core.money import yuan
from gig.core.text import N_
from gig.payouts.adjustments import queries
from gig.payouts.adjustments.models import Adjustment
from gig.payouts.adjustments.operations.taking import note_taken
from gig.payouts.adjustments.values import AWARDS, WORDS
from gig.payouts.ledger import accounts, journal
from gig.payouts.ledger.journal import Entry
from gig.payouts.ledger.models import LedgerEntry
from gig.payouts.settlement.operations.periods import posting_period


def post_adjustments(session: Session, adjustments: Sequence[Adjustment], *, now: dt.datetime) -> None:
    """Each is in the book once, in the period that takes postings now.

    A reversal never exceeds what is left of its entry, and from one reply is never taken more than it
    paid: Refused otherwise, and nothing is posted.
    """
    period_id, late_for = posting_period(session, now, now)
    entries = []
    for adjustment in adjustments:
        if adjustment.reverses_id is not None:
            _reverse(session, adjustment, period_id, late_for, now=now)
            continue
        if adjustment.kind == "clawback" and adjustment.earning_id:
            _refuse_beyond(session, adjustment.earning_id, adjustment.amount_fen)
        entries.append(entry_of(adjustment))
    journal.post(session, entries, period_id=period_id, late_for_period_id=late_for, now=now)


def entry_of(adjustment: Adjustment) -> Entry:
    """The entry of an adjustment that is not a reversal; the agent reads its kind and its reason."""
    kind = "award" if adjustment.kind in AWARDS else "adjustment"
    given = Entry(
        source_key=f"{kind}:{adjustment.id}",
        kind=kind,
        debit=accounts.AWARD if kind == "award" else accounts.ADJUSTMENT,
        credit=accounts.payable(adjustment.agent_id),
        amount_fen=adjustment.amount_fen,
        agent_id=adjustment.agent_id,
        memo=memo_of(adjustment),
    )
    if adjustment.kind == "clawback":
        return replace(given, debit=given.credit, credit=given.debit)
    return given


def memo_of(adjustment: Adjustment) -> str:
    return f"{WORDS[adjustment.kind]} · {adjustment.reason}"


def _reverse(
    session: Session, adjustment: Adjustment, period_id: str, late_for: str | None, *, now: dt.datetime
) -> None:
    original = session.get_one(LedgerEntry, adjustment.reverses_id)
    if original.kind == "earning":
        _refuse_beyond(session, original.source_key.removeprefix("earning:"), adjustment.amount_fen)
    try:
        journal.reverse(
            session,
            original,
            decision=adjustment.id,
            amount_fen=adjustment.amount_fen,
            period_id=period_id,
            late_for_period_id=late_for,
            why=memo_of(adjustment),
            now=now,
        )
    except journal.TooMuchReversed as error:
        left = queries.left_of(session, original)
        raise Refused("too-much-reversed", N_("最多还能冲回 ¥%(yuan)s。"), yuan=yuan(left)) from error
    if original.kind == "adjustment":
        note_taken(session, original, decision=adjustment.id, fen=adjustment.amount_fen)


def _refuse_beyond(session: Session, earning_id: str, amount_fen: int) -> None:
    """The reply's entry is locked, so that two decisions at once are judged one after the other."""
    key = f"earning:{earning_id}"
    earned = session.scalar(
        sa.select(LedgerEntry.amount_fen).where(LedgerEntry.source_key == key).with_for_update()
    )
    left = (earned or 0) - queries.taken_from(session, earning_id)
    if amount_fen > left:
        raise Refused(
            "more-than-the-reply",
            N_("这条回复最多还能扣 ¥%(yuan)s：迟到扣减、扣回和冲回加起来不能超过它的应得。"),
            yuan=yuan(left),
        )
