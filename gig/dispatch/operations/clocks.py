"""Starting an owner's clock on a turn, with the price that holds for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.dispatch.models import Inquiry, TurnQuote
from gig.identity.models import Agent
from gig.payouts.rates import queries as rates
from gig.payouts.rates.rules.card import RateCard
from gig.payouts.rates.rules.quote import Quote, quote
from gig.payouts.surges import queries as surges
from gig.payouts.surges.operations import promise


def card_now(session: Session, now: dt.datetime) -> RateCard:
    return rates.card_in_force(session, now)[1]


def row(
    *,
    inquiry_id: str,
    turn_id: str,
    agent_id: str,
    card_id: str,
    quoted: Quote,
    clock_started_at: dt.datetime,
    surge_id: str | None = None,
) -> dict[str, object]:
    """The columns of a TurnQuote."""
    return {
        "turn_id": turn_id,
        "agent_id": agent_id,
        "inquiry_id": inquiry_id,
        "clock_started_at": clock_started_at,
        "deadline_at": quoted.deadline_at(clock_started_at),
        "expires_at": quoted.expires_at(clock_started_at),
        "card_id": card_id,
        "tier": quoted.tier,
        "base_fen": quoted.base_fen,
        "multiplier_percent": quoted.multiplier_percent,
        "band": quoted.band or None,
        "gross_fen": quoted.gross_fen,
        "capped": quoted.capped,
        "why": quoted.why,
        "ended": None,
        "surge_id": surge_id if quoted.surge_fen else None,
        "surge_fen": quoted.surge_fen or None,
    }


def start(
    session: Session,
    inquiry: Inquiry,
    turn_id: str,
    agent_id: str,
    *,
    asked_at: dt.datetime,
) -> TurnQuote:
    """The owner's clock on the turn runs, at the price of the card and the surge in force at its start."""
    card_id, card = rates.card_in_force(session, asked_at)
    tier = session.execute(sa.select(Agent.tier).where(Agent.id == agent_id)).scalar_one()
    surge = surges.uplift(session, inquiry.queue, asked_at)

    def priced(surge_percent: int) -> Quote:
        return quote(
            card,
            queue=inquiry.queue,
            issue_type=inquiry.issue_type,
            tier=tier,
            clock_started_at=asked_at,
            paid_so_far=inquiry.paid_replies,
            surge_percent=surge_percent,
        )

    quoted = priced(surge.percent if surge else 0)
    if surge and quoted.surge_fen and not promise(session, surge.id, quoted.surge_fen, asked_at):
        quoted = priced(0)
    kept = TurnQuote(
        **row(
            inquiry_id=inquiry.id,
            turn_id=turn_id,
            agent_id=agent_id,
            card_id=card_id,
            quoted=quoted,
            clock_started_at=asked_at,
            surge_id=surge.id if surge else None,
        )
    )
    session.add(kept)
    session.flush()
    return kept


def kept_quote(card: RateCard, kept: sa.Row[*tuple[Any, ...]] | TurnQuote) -> Quote:
    """The stored quote as the value that pricing works with; its limits are its own card's."""
    return Quote(
        tier=kept.tier,
        base_fen=kept.base_fen,
        multiplier_percent=kept.multiplier_percent,
        band=kept.band or "",
        gross_fen=kept.gross_fen,
        capped=kept.capped,
        reply_within_s=card.reply_within_s,
        claim_expires_s=card.claim_expires_s,
        max_paid_replies=card.max_paid_replies,
        late=card.late,
    )
