"""Writing what a turn earned, and posting it, in the transaction of the reply itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from gig.core.db import table_of
from gig.core.ids import new_id
from gig.core.inserts import PreparedInsert
from gig.core.rows import as_written
from gig.payouts.earnings.models import Earning
from gig.payouts.ledger import journal
from gig.payouts.rates.rules.pricing import Pricing
from gig.payouts.settlement.operations.periods import posting_period

_EARNINGS = PreparedInsert(table_of(Earning))


@dataclass(frozen=True)
class AnsweredTurn:
    """What the price of a turn is for: whose, of which kind, and the clock it was answered on."""

    turn_id: str
    inquiry_id: str
    agent_id: str
    queue: str
    issue_type: str
    tier: str
    card_id: str
    band: str
    capped: bool
    clock_started_at: dt.datetime
    received_at: dt.datetime


def record_earning(session: Session, turn: AnsweredTurn, pricing: Pricing, *, now: dt.datetime) -> Earning:
    """The turn has its one earning, and the ledger its entries, in the period of the reply.

    Returns the earning as it is written. Three statements: the period (locked against its close, at once),
    the earning, the entries; a gross of 0 posts none. The unique turn refuses a second earning.
    """
    period_id, late_for = posting_period(session, turn.received_at, now)
    id = new_id()
    written: dict[str, Any] = {
        "id": id,
        "turn_id": turn.turn_id,
        "inquiry_id": turn.inquiry_id,
        "agent_id": turn.agent_id,
        "period_id": period_id,
        "queue": turn.queue,
        "issue_type": turn.issue_type,
        "tier": turn.tier,
        "card_id": turn.card_id,
        "base_fen": pricing.base_fen,
        "multiplier_percent": pricing.multiplier_percent,
        "band": turn.band or None,
        "gross_fen": pricing.gross_fen,
        "late_percent": pricing.late_percent,
        "penalty_fen": pricing.penalty_fen,
        "pay_fen": pricing.pay_fen,
        "capped": turn.capped,
        "on_time": pricing.on_time,
        "clock_started_at": turn.clock_started_at,
        "received_at": turn.received_at,
        "latency_us": pricing.latency_us,
        "why": pricing.why,
    }
    _EARNINGS.write(session, [written])
    entries = []
    if pricing.gross_fen:
        entries.append(journal.earning(id, turn.agent_id, pricing.gross_fen, pricing.why))
    if pricing.penalty_fen:
        entries.append(journal.penalty(id, turn.agent_id, pricing.penalty_fen, pricing.why))
    journal.post(session, entries, period_id=period_id, late_for_period_id=late_for, now=now)
    return as_written(Earning, written)
