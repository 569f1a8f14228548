"""What moved an agent's money beside replies and hand-overs: adjustments, awards, and what was given back.

The agent reads each at once with its reason, not only when the statement is cut.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from gig.core.text import N_
from gig.payouts.earnings.queries import replies_reversed
from gig.payouts.ledger.models import LedgerEntry

WORDS = {"adjustment": N_("调整"), "award": N_("奖励"), "reversal": N_("冲回")}


def moved(session: Session, agent_id: str, since: dt.datetime, until: dt.datetime) -> list[dict[str, Any]]:
    """The postings of the span, the newest first, with their reasons; one that gave a reply's money back
    leads to that reply. One statement, two where there is something given back."""
    query = sa.select(LedgerEntry).where(
        LedgerEntry.agent_id == agent_id,
        LedgerEntry.kind.in_(WORDS),
        LedgerEntry.payable_fen != 0,
        LedgerEntry.posted_at >= since,
        LedgerEntry.posted_at < until,
    )
    entries = session.scalars(query.order_by(LedgerEntry.posted_at.desc(), LedgerEntry.id.desc())).all()
    replies = replies_reversed(session, entries)
    return [
        {
            "id": entry.id,
            "at": entry.posted_at,
            "words": _words(entry),
            "fen": entry.payable_fen,
            "url": f"/agent/earnings/{replies[entry.id]}" if entry.id in replies else None,
        }
        for entry in entries
    ]


def _words(entry: LedgerEntry) -> str:
    """The reason as it was given; what the platform itself wrote is said in the page's language."""
    if not entry.memo:
        return str(_(WORDS[entry.kind]))
    kind, parted, reason = entry.memo.partition(" · ")
    return f"{_(kind)}{parted}{reason}"
